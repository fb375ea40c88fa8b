#!/usr/bin/env python3
"""hostile.py URL STATE - bad input of every kind, then memory under many mixed requests.

Every check ends with a look at the instance: it still answers, and no program died.  An answer to bad
input is an error of the caller (4xx) in the reference's shape, or the connection is closed.
"""
import http.client
import json
import os
import random
import socket
import struct
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Failed, Instance, Report, WebSocket, forge, need, until  # noqa: E402

MIXED = int(os.environ.get("HOSTILE_REQUESTS", "10000"))
ROUNDS = 4
GROWTH_KIB = 4 * 1024  # of all programs together; the sanitizers keep some
owui = Instance(sys.argv[1], sys.argv[2])
report = Report()
admin = owui.admin()
TOKEN = admin["token"]
BODIES = [("POST", "/api/v1/chats/new"), ("POST", "/api/v1/folders/"), ("POST", "/api/v1/auths/signin"),
          ("POST", "/api/v1/users/user/settings/update"), ("POST", "/api/v1/auths/signup"),
          ("POST", "/api/v1/auths/update/profile")]


def alive(before):
    """The chain answers, within the time that a person waits, and the supervisor has nothing restarted."""
    status, answer = owui.call("GET", "/api/v1/auths/", token=TOKEN, timeout=10)
    need(status == 200 and answer["id"] == admin["id"], f"the session answers {status} afterwards")
    need(owui.restarts() == before, f"programs died: {before} became {owui.restarts()}")


def survives(name, function, *args):
    def whole():
        before = owui.restarts()
        note = function(*args)
        alive(before)
        return note
    report.check(name, whole)


def refused(what, status, answer, also=()):
    need(400 <= status < 500 or status in also, f"{what}: status {status} {str(answer)[:120]}")
    if isinstance(answer, bytes):  # of the web server itself
        need(status not in also or not answer, f"{what}: an answer of {status} that is not JSON")
    elif status >= 400:
        need("detail" in answer, f"{what}: no detail in {str(answer)[:120]}")


# ---- HTTP

def broken_http():
    for what, data in (
            ("garbage", b"\x00\xff\x16\x03\x01 nonsense\r\n\r\n"),
            ("no path", b"GET\r\n\r\n"),
            ("HTTP/9", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n"),
            ("a header of 100 KB", b"GET /api/config HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 100000 + b"\r\n\r\n"),
            ("2,000 headers", b"GET /api/config HTTP/1.1\r\nHost: x\r\n" +
             b"".join(b"X-%d: %s\r\n" % (i, b"v" * 200) for i in range(2000)) + b"\r\n"),
            ("a path of 100 KB", b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
            ("NUL in a header", b"GET /api/config HTTP/1.1\r\nHost: x\r\nCookie: token=a\0b\r\n\r\n"),
            ("a negative length", b"POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n"),
            ("a length that is no number", b"POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n"),
            ("two lengths", b"POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            ("length and chunks", b"POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
             b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            ("a chunk that lies", b"POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n"),
            ("a body beyond the limit", b"POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")):
        got = owui.raw(data, 3)
        need(not got or got.split(b" ", 2)[1][:1] in (b"4", b"5"), f"{what}: {got[:80]!r}")


def truncated_bodies():
    head = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\nContent-Length: 1000\r\n\r\n"
    for path in ("/api/v1/chats/new", "/api/v1/auths/signin", "/api/chat/completions", "/api/v1/files/"):
        for _ in range(15):
            s = socket.create_connection((owui.host, owui.port), timeout=5)
            s.sendall(head.format(path, TOKEN).encode() + b'{"a":')
            s.close()


def late_bodies():
    """A body that comes after its answer leaves the kept FastCGI connection fit for the next request."""
    def record(kind, content=b""):
        return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content

    def begin(method, path, length):
        names = {"REQUEST_METHOD": method, "REQUEST_URI": path, "DOCUMENT_URI": path, "CONTENT_LENGTH": str(length) if length else "",
                 "CONTENT_TYPE": "application/json", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1"}
        params = b"".join(bytes((len(n), len(v))) + n.encode() + v.encode() for n, v in names.items())
        return record(1, struct.pack(">HB5x", 1, 1)) + record(4, params) + record(4)

    def answer(sock):
        out, head = b"", b""
        while True:
            while len(head) < 8:
                head += need_bytes(sock, 8 - len(head))
            kind, size, padding = head[1], int.from_bytes(head[4:6], "big"), head[6]
            content, head = b"", b""
            while len(content) < size + padding:
                content += need_bytes(sock, size + padding - len(content))
            if kind == 6:
                out += content[:size]
            if kind == 3:
                return out

    def need_bytes(sock, n):
        data = sock.recv(n)
        need(data, "the connection was closed")
        return data

    for name in ("fcgi.sock", "stream.sock"):
        for path, body in (("/api/v1/nothing", b"{}"), ("/api/v1/nothing", b"x" * 100000), ("/api/v1/chats/new", b"{}"), ("/api/version", b"x" * 20000)):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(20)
            sock.connect(os.path.join(sys.argv[2], "run", name))
            for _ in range(3):
                sock.sendall(begin("POST", path, len(body)))
                time.sleep(0.05)
                for at in range(0, len(body), 60000):
                    sock.sendall(record(5, body[at:at + 60000]))
                sock.sendall(record(5))
                need(answer(sock).startswith(b"Status: 4"), f"POST {path} was taken")
                sock.sendall(begin("GET", "/api/version", 0) + record(5))
                need(b'"version"' in answer(sock), f"nothing follows {path}")
            sock.close()


def held_bodies():
    """Bodies that never come do not keep others waiting."""
    held = []
    for i in range(60):
        s = socket.create_connection((owui.host, owui.port), timeout=5)
        path = ("/api/v1/chats/new", "/api/chat/completions", "/api/v1/files/")[i % 3]
        s.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {TOKEN}\r\n"
                  "Content-Length: 5000\r\n\r\n{".encode())
        held.append(s)
    time.sleep(0.3)
    worst = 0.0
    for _ in range(10):
        began = time.monotonic()
        owui.ok("GET", "/api/v1/auths/", token=TOKEN)
        worst = max(worst, time.monotonic() - began)
    for s in held:
        s.close()
    need(worst < 2, f"others waited {worst:.1f} s")


def cut_off_requests():
    """Clients that leave before the answer."""
    for i in range(200):
        s = socket.create_connection((owui.host, owui.port), timeout=5)
        path = ("/api/v1/chats/?page=1", "/api/config", "/api/models", "/")[i % 4]
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        s.close()


def paths():
    for path in ("/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/static/..%2f..%2fetc/passwd", "/_app/../../etc/passwd",
                 "/assets/%2e%2e/%2e%2e/etc/passwd", "/static/%00", "/api/v1/chats/%00", "/api/v1/chats/%ff%fe",
                 "/api/v1/chats/" + "x" * 6000, "/api/v1/chats/..%2f..", "//etc/passwd", "/api/v1/users/%00/profile/image"):
        got = owui.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode(), 5)
        need(b"root:" not in got, f"{path} gives a file away")
        need(got and got.split(b" ", 2)[1][:1] in b"234", f"{path[:60]}: {got[:60]!r}")


def queries():
    for query in ("page=99999999999999999999", "page=-1", "page=1e3", "page=%00", "page=%ff", "page=1&page=2&page=x", "page[]=1",
                  "page=" + "9" * 5000, "=&=&&&==", "%", "page=%zz", "page=1;DROP TABLE chat", "include_folders=maybe"):
        for path in ("/api/v1/chats/", "/api/v1/users/", "/api/v1/chats/search?text=a&"):
            status, answer = owui.call("GET", path + ("" if path.endswith("&") else "?") + query.replace(" ", "%20"), token=TOKEN)
            refused(f"{path}?{query[:40]}", status, answer, also=(200, 500, 501))  # 500: so does the reference


# ---- bodies

MALFORMED = [b"{", b'{"a":', b"[1,]", b"nul", b'{"a":1}x', b"", b"\xff\xfe{\x00}\x00", b'{"a" 1}', b"{'a':1}", b'{"a":01}', b'{"a":+1}',
             b'{"a":.5}', b'"\x01"', b'{"a":"\\x41"}', b'{"a":"\\u12"}', b"[" * 100000, b'{"a":' * 50000, b"[" * 5000 + b"]" * 5000,
             b'{"chat":' * 3000 + b"1" + b"}" * 3000, b'{"a":"\xc3\x28"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xf5\x80\x80\x80"}', b"\x00",
             b'{"chat":{}}\x00', b'{"ch\x00at":{}}']


def malformed_json():
    for method, path in BODIES:
        for body in MALFORMED:
            status, answer = owui.call(method, path, body, TOKEN)
            refused(f"{path} {body[:30]!r}", status, answer)


def odd_values():
    """JSON that is right, with values that nobody sends."""
    values = ['"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', "1e999", "-1e999", "1e-999", "-0", "9" * 400, "1." + "3" * 400, "true",
              "null", "[]", "{}", '[[[[[[]]]]]]', '{"\\u0000":1}', '{"":""}', '"' + "x" * 100000 + '"', '"' + "\U0001f600" * 1000 + '"',
              '{"a":1,"a":2}', "9223372036854775808", "-9223372036854775809", '"\\\\"', "[" * 60 + "]" * 60]
    fields = {"/api/v1/chats/new": '{"chat":{"title":%s,"history":{"messages":%s,"currentId":%s},"models":%s,"tags":%s}}',
              "/api/v1/folders/": '{"name":%s,"data":%s,"meta":%s,"parent_id":%s,"x":%s}',
              "/api/v1/auths/signin": '{"email":%s,"password":%s,"x":%s,"y":%s,"z":%s}',
              "/api/v1/users/user/settings/update": '{"ui":%s,"a":%s,"b":%s,"c":%s,"d":%s}'}
    for path, form in fields.items():
        for v in values:
            status, answer = owui.call("POST", path, (form % ((v,) * 5)).encode(), TOKEN)
            refused(f"{path} {v[:30]}", status, answer, also=(200,))
    owui.ok("POST", "/api/v1/users/user/settings/update", {"ui": {}}, TOKEN)


def oversized_bodies():
    for path in ("/api/v1/auths/signin", "/api/v1/folders/", "/api/v1/chats/new"):
        body = b'{"email":"' + b"x" * (70 << 20) + b'","password":"x","name":"x","chat":{}}'
        try:
            status, answer = owui.call("POST", path, body, TOKEN, timeout=60)
        except (ConnectionError, http.client.HTTPException):
            continue
        refused(f"{path} with 70 MB", status, answer)


def many_keys():
    body = json.dumps({"chat": {str(i): i for i in range(100000)}, **{f"k{i}": i for i in range(1000)}}).encode()
    status, answer = owui.call("POST", "/api/v1/chats/new", body, TOKEN)
    refused("100,000 keys", status, answer, also=(200,))


def wrong_types():
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=", "", "a/b; c=" + "d" * 3000):
        for body in (b"a=b", b'{"chat":{}}', b"--\r\n\r\n--", b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x\"\r\n\r\nabc"):
            for path in ("/api/v1/chats/new", "/api/v1/files/", "/api/v1/audio/transcriptions"):
                status, answer = owui.call("POST", path, body, TOKEN, {"Content-Type": kind})
                refused(f"{path} as {kind[:30]}", status, answer, also=(200, 501))


def mutations():
    """Bodies that were right, with some bytes changed."""
    rng = random.Random(20260101)
    good = {"/api/v1/chats/new": {"chat": {"title": "A", "history": {"messages": {"m": {"id": "m", "role": "user", "content": "hello",
                                  "parentId": None, "childrenIds": []}}, "currentId": "m"}, "models": ["mock-small"], "timestamp": 1}},
            "/api/v1/folders/": {"name": "A", "data": {"a": [1, 2, 3]}, "meta": None},
            "/api/chat/completions": {"model": "mock-small", "messages": [{"role": "user", "content": "tokens=2"}], "stream": False}}
    for path, body in good.items():
        for _ in range(150):
            data = bytearray(json.dumps(body).encode())
            for _ in range(rng.randint(1, 6)):
                at = rng.randrange(len(data))
                what = rng.randrange(3)
                if what == 0:
                    data[at] = rng.randrange(256)
                elif what == 1:
                    del data[at:at + rng.randint(1, 8)]
                else:
                    data[at:at] = bytes(rng.choice(b'{}[]",:\\u0e9-') for _ in range(rng.randint(1, 5)))
                if not data:
                    data = bytearray(b" ")
            status, answer = owui.call("POST", path, bytes(data), TOKEN)
            refused(f"{path} {bytes(data)[:60]!r}", status, answer, also=(200, 501))


# ---- tokens

def forged_tokens():
    key, now, me = owui.secret(), int(time.time()), admin["id"]
    good = {"id": me, "exp": now + 3600, "iat": now, "jti": str(uuid.uuid4())}
    tokens = {
        "alg none": forge(good, "", {"alg": "none", "typ": "JWT"}), "alg None": forge(good, key, {"alg": "None"}),
        "alg missing": forge(good, key, {"typ": "JWT"}), "alg HS512": forge(good, key, {"alg": "HS512"}), "alg RS256": forge(good, key, {"alg": "RS256"}),
        "alg a number": forge(good, key, {"alg": 5}), "alg none with a signature": forge(good, key, {"alg": "none"}),
        "wrong key": forge(good, "wrong" * 8), "empty key": forge(good, ""), "expired": forge({**good, "exp": now - 5}, key),
        "exp a text": forge({**good, "exp": "never"}, key), "exp negative": forge({**good, "exp": -1}, key), "no id": forge({"exp": now + 60}, key),
        "id a number": forge({**good, "id": 1}, key), "id null": forge({**good, "id": None}, key), "an unknown account": forge({**good, "id": str(uuid.uuid4())}, key),
        "id with NUL": forge({**good, "id": me + "\0"}, key), "id of 100 KB": forge({**good, "id": "x" * 5000}, key),
        "claims an array": forge([good], key), "claims no JSON": forge(b"\xff\x00{", key), "claims deep": forge(b"[" * 3000, key),
        "no dots": "a" * 200, "two dots": "..", "many dots": "a.b.c.d.e", "no base64": "!!!.???.###", "a part too few": forge(good, key).rsplit(".", 1)[0],
        "signature cut": forge(good, key)[:-6], "signature twice": forge(good, key) + forge(good, key), "padding": forge(good, key) + "==",
        "an API key": "sk-" + "0" * 40, "long": "a." * 3000}
    for what, token in tokens.items():
        for headers in ({"Authorization": "Bearer " + token}, {"Cookie": "token=" + token}):
            status, answer = owui.call("GET", "/api/v1/auths/", headers=headers)
            need(status in (400, 401, 403), f"{what}: status {status} {str(answer)[:100]}")
    for headers in ({"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "bearer\t" + TOKEN[:20]}, {"Cookie": "token"},
                    {"Cookie": "=;;token=;"}):
        status, answer = owui.call("GET", "/api/v1/auths/", headers=headers)
        need(status in (400, 401, 403), f"{headers}: status {status}")


# ---- sockets

def hostile_sockets():
    deep = "[" * 50000
    frames = [
        ("not masked", b"2", {"mask": False}), ("reserved bits", b"2", {"rsv": 7}), ("reserved opcode", b"2", {"opcode": 5}),
        ("a length of 2^63", b"2", {"length": 1 << 63}), ("a long ping", b"x" * 500, {"opcode": 9}), ("a ping in parts", b"x", {"opcode": 9, "fin": False}),
        ("continuation of nothing", b"x", {"opcode": 0}), ("no UTF-8", b"4\xff\xfe\x80", {}), ("a close of one byte", b"\x03", {"opcode": 8}),
        ("binary of nothing", b"\x01\x02", {"opcode": 2}), ("over the limit", b"4" + b"x" * (17 << 20), {}),
        ("empty", b"", {}), ("4", b"4", {}), ("42", b"42", {}), ("42[", b"42[", {}), ("42{}", b"42{}", {}), ("42[]", b"42[]", {}), ("42[1]", b"42[1]", {}),
        ("42[null]", b"42[null]", {}), ("an id of 40 digits", b"42" + b"9" * 40 + b'["heartbeat"]', {}), ("deep", b"42" + deep.encode(), {}),
        ("deep event", b'42["heartbeat",' + b"[" * 5000 + b"]" * 5000 + b"]", {}), ("attachments that never come", b'451-["x",{"_placeholder":true,"num":0}]', {}),
        ("a billion attachments", b'459999999999-["x"]', {}), ("a placeholder beyond", b'451-["x",{"_placeholder":true,"num":99}]', {}), ("an ack of nothing", b"4399[]", {}),
        ("a second connect", b"40{}", {}), ("connect with an array", b"40[1,2]", {}), ("another namespace", b"40/" + b"n" * 5000 + b",", {}), ("NUL", b'42["a\\u0000b","\x00"]', {}),
        ("events that are not strings", b'42[{"a":1},2]', {}), ("user-join of anything", b'42["user-join",[[]]]', {}), ("user-join of a text", b'420["user-join","x"]', {}),
        ("a room of another", b'42["join-channels",{"auth":5}]', {}), ("noop, pong, upgrade", b"6", {}), ("an unknown packet", b"9", {}), ("text b", b"bAAAA", {})]
    for what, payload, how in frames:
        ws = WebSocket(owui, timeout=10)
        need(ws.status == 101, f"{what}: handshake {ws.status}")
        ws.send("40" + json.dumps({"token": TOKEN}))
        try:
            ws.send(payload, **how)
            ws.send("2probe")
            ws.closed_within(0.15)
        except OSError:
            pass
        ws.close()
    rng = random.Random(7)
    for _ in range(200):
        ws = WebSocket(owui, timeout=10)
        ws.send(bytes(rng.randrange(256) for _ in range(rng.randint(1, 60))), opcode=rng.choice((1, 2)))
        ws.close()
    for _ in range(50):  # gone in the middle of a frame
        ws = WebSocket(owui, timeout=10)
        ws.s.sendall(ws.frame(b"4" * 1000)[:100])
        ws.close()
    for query in ("", "EIO=3&transport=websocket", "EIO=4&transport=smoke", "EIO=4&transport=websocket&sid=x", "EIO=" + "4" * 4000, "%00", "EIO=4&transport=websocket%00"):
        ws = WebSocket(owui, query, timeout=10)
        need(ws.status >= 400 or ws.closed_within(3), f"handshake with {query[:40]} is accepted")
        ws.close()
    ws = WebSocket(owui)
    ws.send("40" + json.dumps({"token": TOKEN}))
    need(any(ws.receive()[1].startswith(b"40{") for _ in range(3)), "an honest client connects afterwards")
    ws.close()


# ---- memory

def one_of_many(c, rng, headers):
    chat = {"chat": {"title": "m", "history": {"messages": {}, "currentId": None}, "models": ["mock-small"]}}
    kind = rng.randrange(16)
    get = {0: "/api/config", 1: "/api/v1/auths/", 2: "/api/v1/chats/?page=1", 3: "/api/models", 4: "/api/v1/folders/", 5: "/", 6: "/api/v1/chats/nothing",
           7: "/health", 8: "/api/version", 9: "/api/v1/users/user/settings", 10: "/no/such/thing", 11: "/api/v1/chats/all/tags"}
    if kind in get:
        c.request("GET", get[kind], headers=headers)
    elif kind == 12:
        c.request("POST", "/api/v1/chats/new", json.dumps(chat) if rng.random() < 0.1 else b'{"chat":', headers)
    elif kind == 13:
        c.request("POST", "/api/v1/auths/signin", b'{"email": 5}', headers)
    elif kind == 14:
        c.request("GET", "/api/v1/auths/", headers={"Authorization": "Bearer a.b.c"})
    else:
        c.request("POST", "/api/v1/users/user/settings/update", json.dumps({"ui": {"a": "x" * rng.randint(1, 20000)}}), headers)
    r = c.getresponse()
    r.read()
    if r.status >= 500:
        raise Failed(f"status {r.status} for kind {kind}")


def many_requests(n, threads=8):
    faults = []

    def work(seed):
        rng = random.Random(seed)
        headers = {"Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"}
        c = http.client.HTTPConnection(owui.host, owui.port, timeout=20)
        try:
            for _ in range(n // threads):
                one_of_many(c, rng, headers)
        except Exception as e:
            faults.append(f"{type(e).__name__} {e}")
        c.close()
    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    need(not faults, "; ".join(faults[:3]))


def flat_memory():
    """Pools, caches and the sanitizer's quarantine fill up at first; then a round grows nothing.  A leak grows in every round."""
    many_requests(MIXED)
    for _ in range(ROUNDS):
        before = owui.pss()
        need(before, "the memory of the programs cannot be read")
        began = time.monotonic()
        many_requests(MIXED)
        took = time.monotonic() - began
        after = owui.pss()
        grown = sum(after.values()) - sum(before.values())
        told = ", ".join(f"{n} {before[n]} to {after.get(n, 0)} KiB" for n in sorted(before))
        if grown <= GROWTH_KIB:
            return f"{MIXED} requests at {MIXED / took:.0f}/s, PSS {told}"
    raise Failed(f"grown by {grown} KiB in the last of {ROUNDS} rounds of {MIXED} requests: {told}")


def sockets_come_back():
    """2,000 sockets opened and dropped leave nothing."""
    def burst():
        for _ in range(10):
            some = [WebSocket(owui, timeout=20) for _ in range(100)]
            for ws in some:
                ws.send("40" + json.dumps({"token": TOKEN}))
            for ws in some:
                ws.close()
    for _ in range(3):  # the sanitizer's quarantine fills up
        burst()
    time.sleep(1)
    before = owui.pss().get("owui-wsd", 0)
    burst()
    burst()
    try:
        until("the memory of 2,000 sockets comes back", 10, lambda: owui.pss().get("owui-wsd", 0) - before < 3 * 1024, 0.5)
    except Failed as e:
        raise Failed(f"{e}: owui-wsd {before} to {owui.pss().get('owui-wsd', 0)} KiB") from None
    return f"owui-wsd {before} to {owui.pss().get('owui-wsd', 0)} KiB"


CHECKS = (broken_http, truncated_bodies, late_bodies, held_bodies, cut_off_requests, paths, queries, malformed_json, odd_values, oversized_bodies, many_keys,
              wrong_types, mutations, forged_tokens, hostile_sockets, sockets_come_back, flat_memory)
for check in CHECKS:
    if len(sys.argv) < 4 or check.__name__ in sys.argv[3:]:
        survives(check.__name__.replace("_", "-"), check)
sys.exit(report.end())
