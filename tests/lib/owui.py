"""owui - what the integration and fault tests share: HTTP, tokens, sockets, the state of an instance.

Python's own library only.  URL is the instance's address, STATE quickstart's state folder.
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import struct
import threading
import time
import urllib.parse
import uuid

ADMIN = {"name": "Admin", "email": "admin@example.com", "password": "Passw0rd!admin"}


class Failed(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Failed(why)


def until(what, seconds, condition, step=0.05):
    """Wait for a true value and return it with the seconds that it took."""
    began = time.monotonic()
    while True:
        value = condition()
        if value:
            return value, time.monotonic() - began
        if time.monotonic() - began > seconds:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(step)


class Report:
    """One line a check; `end` prints the sum and gives the exit status."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, function, *args):
        began = time.monotonic()
        try:
            note = function(*args)
            self.passed += 1
            print(f"ok {name} ({time.monotonic() - began:.1f} s{'; ' + note if note else ''})", flush=True)
            return True
        except Exception as e:  # whatever it was, it is this check's failure
            self.failed += 1
            print(f"not ok {name}: {type(e).__name__ if not isinstance(e, Failed) else ''} {e}", flush=True)
            return False

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def totp(key, shift=0):
    """The code of an authenticator (RFC 6238), `shift` periods from now."""
    mac = hmac.new(base64.b32decode(key), (int(time.time()) // 30 + shift).to_bytes(8, "big"), "sha1").digest()
    at = mac[-1] & 15
    return "%06d" % ((int.from_bytes(mac[at:at + 4], "big") & 0x7fffffff) % 1000000)


def enrol(call, challenge):
    """A first authenticator: its key, and the answer with the session. `call` as Instance.call."""
    status, a = call("POST", "/api/v1/auths/mfa/enroll/start", {"challenge_token": challenge})
    need(status == 200, f"enrolment: {status} {a}")
    key = a["manual_key"]
    status, a = call("POST", "/api/v1/auths/mfa/enroll/confirm", {"challenge_token": challenge, "code": totp(key)})
    need(status == 200, f"enrolment: {status} {a}")
    return key, a


class SecondFactors:
    """`with SecondFactors(call, token) as s`: the policy is on, s.token is the administrator's; afterwards s.token is
    one without second factors."""

    def __init__(self, call, token, **policy):
        self.call, self.token, self.policy = call, token, policy

    def sign_in(self):
        status, a = self.call("POST", "/api/v1/auths/signin", {k: ADMIN[k] for k in ("email", "password")})
        need(status == 200, f"the administrator's sign-in: {status} {a}")
        return a

    def store(self, **values):
        status, a = self.call("POST", "/api/v1/configs/import", {"config": {"auth.mfa." + k: v for k, v in values.items()}}, self.token)
        need(status == 200, f"the policy: {status} {a}")

    def __enter__(self):
        self.store(enable=True, **self.policy)
        a = self.sign_in()
        if a.get("next_step") == "verify":     # enrolled by an earlier one: kept with the class
            status, a = self.call("POST", "/api/v1/auths/mfa/verify", {"challenge_token": a["challenge_token"], "recovery": True,
                                                                      "code": SecondFactors.codes.pop()})
            need(status == 200, f"the administrator's recovery code: {status} {a}")
        else:
            SecondFactors.key, a = enrol(self.call, a["challenge_token"])
            SecondFactors.codes = a["recovery_codes"]
        self.token = a["token"]
        return self

    def __exit__(self, *_):
        self.store(enable=False, **{k: False for k in self.policy})
        self.token = self.sign_in()["token"]


class Instance:
    def __init__(self, url, state):
        self.url, self.state = url.rstrip("/"), state
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port

    def programs(self):
        """{name: (pid, state, restarts)} as the supervisor has it."""
        found = {}
        try:
            with open(os.path.join(self.state, "status")) as f:
                for line in f:
                    name, pid, state, restarts = line.split()
                    found[name] = (int(pid), state, int(restarts))
        except FileNotFoundError:
            pass
        return found

    def restarts(self):
        return {n: r for n, (_, _, r) in self.programs().items()}

    def secret(self):
        with open(os.path.join(self.state, "secret-key")) as f:
            return f.read().strip()

    def call(self, method, path, body=None, token=None, headers=None, timeout=20):
        """(status, parsed or raw body); a body that is not bytes goes out as JSON."""
        c = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        h = dict(headers or {})
        if token:
            h["Authorization"] = "Bearer " + token
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            h.setdefault("Content-Type", "application/json")
        try:
            c.request(method, path, body, h)
            r = c.getresponse()
            text = r.read()
        finally:
            c.close()
        try:
            return r.status, json.loads(text)
        except ValueError:
            return r.status, text

    def ok(self, method, path, body=None, token=None):
        status, answer = self.call(method, path, body, token)
        need(status == 200, f"{method} {path}: {status} {str(answer)[:200]}")
        return answer

    def admin(self):
        status, answer = self.call("POST", "/api/v1/auths/signin", {k: ADMIN[k] for k in ("email", "password")})
        if status != 200:
            answer = self.ok("POST", "/api/v1/auths/signup", ADMIN)
        return answer

    def raw(self, data, seconds=5, half_close=False):
        """Send bytes, return what comes back until the end, b'' when the connection was just closed."""
        s = socket.create_connection((self.host, self.port), timeout=seconds)
        got = b""
        try:
            s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
            while len(got) < 1 << 20:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        except (ConnectionError, TimeoutError, socket.timeout):
            pass
        finally:
            s.close()
        return got

    def pss(self):
        """KiB of our programs and nginx: {name: PSS}, children counted with their parent."""
        parents, total = {}, {}
        names = {pid: n for n, (pid, _, _) in self.programs().items() if n.startswith("owui-") or n == "nginx"}
        for p in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{p}/stat") as f:
                    parents[int(p)] = int(f.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                pass
        for pid, parent in parents.items():
            name = names.get(pid) or names.get(parent)
            if not name:
                continue
            try:
                with open(f"/proc/{pid}/smaps_rollup") as f:
                    kib = next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
            except (OSError, StopIteration):
                continue
            total[name] = total.get(name, 0) + kib
        return total


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(claims, key="", header=None):
    head = b64(json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode())
    body = b64(claims if isinstance(claims, bytes) else json.dumps(claims).encode())
    mac = hmac.new(key.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest() if key else b""
    return f"{head}.{body}.{b64(mac)}"


class WebSocket:
    """A WebSocket that can also break the rules."""

    def __init__(self, instance, query="EIO=4&transport=websocket", timeout=10):
        self.s = socket.create_connection((instance.host, instance.port), timeout=timeout)
        self.s.sendall((f"GET /ws/socket.io/?{query} HTTP/1.1\r\nHost: {instance.host}:{instance.port}\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.s.recv(4096)
            if not part:
                break
            head += part
        self.status = int(head.split()[1]) if head else 0
        self.data = head.split(b"\r\n\r\n", 1)[1] if b"\r\n\r\n" in head else b""
        self.lock = threading.Lock()

    def frame(self, payload, opcode=1, mask=True, fin=True, rsv=0, length=None):
        """length lies about the payload's."""
        n = len(payload) if length is None else length
        head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        bit = 0x80 if mask else 0
        if n < 126:
            head += bytes([bit | n])
        elif n < 65536:
            head += bytes([bit | 126]) + struct.pack("!H", n)
        else:
            head += bytes([bit | 127]) + struct.pack("!Q", n)
        if mask:
            key = b"\x11\x22\x33\x44"
            whole = (key * (len(payload) // 4 + 1))[:len(payload)]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(whole, "big")).to_bytes(len(payload), "big")
            head += key
        return head + payload

    def send(self, text, **how):
        with self.lock:
            self.s.sendall(self.frame(text if isinstance(text, bytes) else text.encode(), **how))

    def take(self, n):
        while len(self.data) < n:
            part = self.s.recv(65536)
            if not part:
                raise ConnectionError("closed")
            self.data += part
        got, self.data = self.data[:n], self.data[n:]
        return got

    def receive(self):
        """(opcode, payload) of the next frame."""
        head = self.take(2)
        n = head[1] & 127
        if n == 126:
            n = struct.unpack("!H", self.take(2))[0]
        elif n == 127:
            n = struct.unpack("!Q", self.take(8))[0]
        return head[0] & 15, self.take(n)

    def closed_within(self, seconds):
        """Did the other side end it?  What it sends before is read."""
        self.s.settimeout(seconds)
        try:
            while True:
                opcode, _ = self.receive()
                if opcode == 8:
                    return True
        except (socket.timeout, TimeoutError):
            return False
        except OSError:
            return True

    def close(self):
        self.s.close()


class Client:
    """A Socket.IO client as the web UI is one: joins, answers pings, connects again when it was dropped."""

    def __init__(self, instance, token, answer=None):
        """answer(event's data): what the browser replies to an event that asks something."""
        self.instance, self.token, self.answer = instance, token, answer
        self.events, self.connects, self.sid, self.ending = [], 0, None, False
        self.ws = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ending:
            try:
                self.session()
            except (OSError, ValueError):
                pass
            self.sid = None
            if self.ws:
                self.ws.close()
            time.sleep(0.1)

    def session(self):
        self.ws = WebSocket(self.instance, timeout=60)
        if self.ws.status != 101:
            raise ConnectionError(f"status {self.ws.status}")
        while True:
            opcode, payload = self.ws.receive()
            text = payload.decode() if opcode == 1 else ""
            if opcode == 8 or text == "41" or text == "1":
                raise ConnectionError("closed")
            if text == "2":
                self.ws.send("3")
            elif text.startswith("0"):
                self.ws.send("40" + json.dumps({"token": self.token}))
            elif text.startswith("40"):
                sid = json.loads(text[2:])["sid"]
                self.ws.send('420["user-join",' + json.dumps({"auth": {"token": self.token}}) + "]")
                self.pending = sid
            elif text.startswith("430"):
                self.sid = self.pending
                self.connects += 1
            elif text.startswith("42"):
                self.events.append(json.loads(text[text.index("["):]))
                asked = text[2:text.index("[")]
                if asked and self.answer:
                    self.ws.send(f"43{asked}" + json.dumps([self.answer(self.events[-1][1]["data"])]))

    def emit(self, event, value):
        self.ws.send("42" + json.dumps([event, value]))

    def close(self):
        self.ending = True
        if self.ws:
            self.ws.close()


def turn_body(text, model, session, chat=None, parent=None):
    """The body of a chat turn as the web UI sends it; (user message id, answer id, body)."""
    um, am = str(uuid.uuid4()), str(uuid.uuid4())
    body = {"stream": True, "model": model, "params": {}, "features": {}, "variables": {}, "tool_servers": [], "tool_ids": [],
            "session_id": session, "id": am, "parent_id": parent, "background_tasks": {},
            "user_message": {"id": um, "parentId": parent, "childrenIds": [am], "role": "user", "content": text,
                             "timestamp": int(time.time()), "models": [model]}}
    if chat:
        body["chat_id"] = chat
    return um, am, body
