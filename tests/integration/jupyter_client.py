#!/usr/bin/env python3
"""jupyter_client.py URL STATE BUILD - the run button on a Jupyter server: owui-executor's Jupyter front, and servers that lie.

Exit status 77 when owui-executor cannot run programs on this machine.
"""
import base64
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, Report, need, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
build = os.path.abspath(sys.argv[3])
report = Report()
KEY = "key of the kernels"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def engine(url, auth="token", secret=KEY, timeout=5):
    now = owui.ok("GET", "/api/v1/configs/code_execution", token=token)
    now.update(ENABLE_CODE_EXECUTION=True, CODE_EXECUTION_ENGINE="jupyter", CODE_EXECUTION_JUPYTER_URL=url,
               CODE_EXECUTION_JUPYTER_AUTH=auth, CODE_EXECUTION_JUPYTER_AUTH_TOKEN=secret,
               CODE_EXECUTION_JUPYTER_AUTH_PASSWORD=secret, CODE_EXECUTION_JUPYTER_TIMEOUT=timeout)
    owui.ok("POST", "/api/v1/configs/code_execution", now, token)


def run(code):
    status, answer = owui.call("POST", "/api/v1/utils/code/execute", {"code": code}, token, timeout=40)
    need(status == 200, f"{status} {answer}")
    return answer["stdout"], answer["stderr"], answer["result"]


def programs():
    for auth in ("token", "password"):
        engine(f"{front}/", auth)
        need(run("print('hi'); 1 + 1") == ("hi", "", "2"), f"{auth}: {run('print(1)')}")
    out, err, _ = run("import sys; print('x' * 300000); print('e', file=sys.stderr)")
    need(len(out) == 300000 and err == "e", f"{len(out)} {err}")
    need("ValueError: no" in run("raise ValueError('no')")[1], "an error")
    need(len(run("print('y' * 3000000)")[0]) <= 1 << 20, "output without end")
    engine(front, timeout=1)
    began = time.monotonic()
    need("timed out" in run("import time; time.sleep(30)")[1] and time.monotonic() - began < 15, "a long program")
    with urllib.request.urlopen(f"{front}/api/kernels?token={KEY.replace(' ', '%20')}") as r:
        need(json.load(r) == [], "kernels are left")


def strangers():
    engine(front, secret="wrong")
    need(run("1")[1].startswith("Error: "), "a wrong token")
    engine(front, "password", "wrong")
    need(run("1")[1].startswith("Error: "), "a wrong password")
    engine("http://127.0.0.1:9")
    need(run("1")[1].startswith("Error: "), "nobody there")


def frame(payload, opcode=1, length=None, masked=False):
    n = len(payload) if length is None else length
    return bytes([0x80 | opcode]) + (bytes([(0x80 if masked else 0) | n]) if n < 126 else bytes([127]) + struct.pack("!Q", n)) + payload


def liar(how):
    """A server that gives a kernel and then misbehaves in its WebSocket."""
    s = socket.create_server(("127.0.0.1", 0))

    def serve(c):
        with c:
            head = b""
            while b"\r\n\r\n" not in head:
                head += c.recv(4096) or b"\r\n\r\n"
            if b"/channels" not in head.split(b"\r\n")[0]:
                body = b'{"id":"00000000-0000-4000-8000-000000000000"}'
                c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
                return
            key = next(x.split(b": ")[1] for x in head.split(b"\r\n") if x.lower().startswith(b"sec-websocket-key"))
            good = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            if how == "no upgrade":
                c.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                return
            if how == "endless head":
                c.sendall(b"HTTP/1.1 101 x\r\n" + b"A: b\r\n" * 100000)
                return
            accept = b"wrong" if how == "wrong accept" else good
            c.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                      + accept + b"\r\n\r\n")
            if how == "huge frame":
                c.sendall(frame(b"", length=1 << 62))
            elif how == "masked":
                c.sendall(frame(b"xxxx{}", masked=True, length=2))
            elif how == "nonsense":
                c.sendall(frame(b"{\"a\":") + frame(b"[1]") + frame(b"null") + frame(b"x", 9) + frame(b"", 8))
            elif how == "silent":
                time.sleep(8)
            c.recv(65536)

    def accept():
        while True:
            try:
                c, _ = s.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(c,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return s


def liars():
    for how in ("no upgrade", "endless head", "wrong accept", "huge frame", "masked", "nonsense", "closed", "silent"):
        s = liar(how)
        engine(f"http://127.0.0.1:{s.getsockname()[1]}", timeout=2)
        before = owui.restarts()
        _, err, _ = run("1")
        need(err.startswith("Error: ") or "timed out" in err, f"{how}: {err}")
        need(owui.restarts() == before, f"{how}: a program died")
        s.close()


port = free_port()
front = f"http://127.0.0.1:{port}"
with open(os.path.join(owui.state, "jupyter-executor.log"), "w") as log:
    executor = subprocess.Popen([os.path.join(build, "owui-executor")], stdout=log, stderr=log, cwd=owui.state, env={
        **os.environ, "SANDBOX_JUPYTER": "true", "SANDBOX_PORT": str(port), "SANDBOX_API_KEY": KEY,
        "SANDBOX_LAUNCHER": os.path.join(build, "owui-sandbox")})
try:
    def ready():
        if executor.poll() is not None:
            print("owui-executor does not run here: skipped")
            sys.exit(77)
        try:
            urllib.request.urlopen(f"{front}/api", timeout=1)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    until("the executor", 30, ready)
    token = owui.admin()["token"]
    report.check("programs", programs)
    report.check("strangers", strangers)
    report.check("liars", liars)
finally:
    executor.terminate()
    executor.wait()
sys.exit(report.end())
