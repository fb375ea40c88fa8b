#!/usr/bin/env python3
"""providers.py URL STATE: providers that misbehave, each against a direct stream and against a chat's turn.

A server of the test's own plays them: garbage, characters cut in half, giant lines, no end, the wrong media type,
refusals, streams that break off, redirects, endless streams, compressed bombs, lists that never come; and clients that
read slowly or hang up.  What was said stays, the chat tells what happened, no thread and no memory stays behind.
"""
import gzip
import http.client
import http.server
import json
import os
import socket
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Failed, Instance, Report, need, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
report = Report()
TOKEN = owui.admin()["token"]
GROWTH_KIB = 48 * 1024
UNREAD_KIB = 20 * 6 * 1024  # of 20 streams: what one round of a quick provider brings before it is paused
LONG = 40  # seconds that anything bad may take at most


# ---- the bad provider ----

def chunk(text, **more):
    o = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
         "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    o.update(more)
    return b"data: " + json.dumps(o, ensure_ascii=False).encode() + b"\n\n"


END = (b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n', b"data: [DONE]\n\n")
SSE = "text/event-stream"


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    open_streams = 0
    lock = threading.Lock()
    private_hits = 0

    def log_message(self, *_):
        pass

    def head(self, status=200, kind=SSE, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, *parts):
        for part in parts:
            self.wfile.write(part)
        self.wfile.flush()

    def do_GET(self):
        if self.path.startswith("/private"):
            Provider.private_hits += 1
        if self.path.startswith("/slow"):
            time.sleep(30)
        if self.path.startswith("/dead"):
            return self.connection.shutdown(socket.SHUT_RDWR)
        models = [n[4:].replace("_", "-") for n in dir(self) if n.startswith("bad_")]
        if not self.path.startswith("/v1"):
            models = [self.path.split("/")[1] + "-model"]
        self.head(kind="application/json")
        self.send(json.dumps({"data": [{"id": m} for m in models]}).encode())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with Provider.lock:
            Provider.open_streams += 1
        try:
            if self.path.startswith("/private"):
                Provider.private_hits += 1
            getattr(self, "bad_" + body["model"].replace("-", "_"))(body)
        except (ConnectionError, OSError):
            pass
        finally:
            with Provider.lock:
                Provider.open_streams -= 1

    def bad_good(self, _):
        self.head()
        self.send(chunk("all "), chunk("is well"), *END)

    def bad_garbage(self, _):
        self.head()
        self.send(b"\x00\xff\xfe{{{\r\n\r\n", b"data: {not json\n\n", b"data: [[[[\n\n", b"data: null\n\ndata: 7\n\n",
                  b'data: {"choices":"x"}\n\ndata: {"choices":[]}\n\n', b'data: {"choices":[{"delta":5}]}\n\n',
                  b"data: " + b"[" * 5000 + b"\n\n", chunk("survived"), *END)

    def bad_half_characters(self, _):
        self.head()
        for byte in chunk("ä€😀 done") + b"".join(END):
            self.send(bytes([byte]))

    def bad_half_in_deltas(self, _):
        self.head()
        for byte in "ä€😀".encode():
            self.send(b'data: {"choices":[{"index":0,"delta":{"content":"' + bytes([byte]) + b'"}}]}\n\n')
        self.send(chunk(" done"), *END)

    def bad_giant_line(self, _):
        self.head()
        self.send(chunk("before "))
        self.send(b'data: {"choices":[{"index":0,"delta":{"content":"')
        for _ in range(64):
            self.send(b"x" * 1048576)
        self.send(b'"}}]}\n\n', *END)

    def bad_no_done(self, _):
        self.head()
        self.send(chunk("no "), chunk("end"))

    def bad_no_done_open(self, _):
        """The last word is said, the connection stays open."""
        self.head()
        self.send(chunk("done "), chunk("but open"), *END)
        time.sleep(3)

    def bad_wrong_type(self, _):
        self.head(kind="text/plain")
        self.send(chunk("still "), chunk("read"), *END)

    def bad_json_for_stream(self, _):
        self.head(kind="application/json")
        self.send(json.dumps({"choices": [{"message": {"role": "assistant", "content": "whole"}}]}).encode())

    def bad_html(self, _):
        self.head(kind="text/html")
        self.send(b"<html><body>A proxy is in the way</body></html>")

    def bad_too_many(self, _):
        self.head(429, "application/json", Retry_After="17")
        self.send(b'{"error":{"message":"slow down, please","type":"rate_limit"}}')

    def bad_refused_late(self, _):
        self.head()
        self.send(chunk("so far "), b'data: {"error":{"message":"out of memory","code":500}}\n\n')

    def bad_cut_off(self, _):
        self.head(Content_Length="100000")
        self.send(chunk("only "), chunk("half"))
        self.connection.shutdown(socket.SHUT_RDWR)

    def bad_redirect(self, _):
        self.head(307, "text/plain", Location=f"http://127.0.0.1:{PORT}/private/chat/completions")

    def bad_endless(self, _):
        self.head()
        line = chunk("y" * 20000)
        while True:
            self.send(line)

    def bad_endless_comment(self, _):
        self.head()
        self.send(chunk("talks "))
        while True:
            self.send(b": still here" + b"." * 4000 + b"\n\n")

    def bad_bomb(self, _):
        self.head(Content_Encoding="gzip")
        self.send(BOMB)

    def bad_silent(self, _):
        self.head()
        self.send(chunk("then "), chunk("silence"))
        time.sleep(20)

    def bad_empty(self, _):
        self.head()


BOMB = gzip.compress(chunk("z" * 1000) * 100000, 9)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Provider)
PORT = server.server_address[1]
threading.Thread(target=server.serve_forever, daemon=True).start()
HOST = f"http://127.0.0.1:{PORT}"


def connect(*addresses):
    owui.ok("POST", "/openai/config/update", {
        "ENABLE_OPENAI_API": True, "OPENAI_API_BASE_URLS": list(addresses),
        "OPENAI_API_KEYS": ["k"] * len(addresses), "OPENAI_API_CONFIGS": {}}, TOKEN)


# ---- what a client sees ----

def direct(model, seconds=LONG, most=1 << 20):
    """(status, headers, first `most` bytes) of a direct stream; the client hangs up then."""
    c = http.client.HTTPConnection(owui.host, owui.port, timeout=seconds)
    c.request("POST", "/api/chat/completions", json.dumps(
        {"model": model, "stream": True, "messages": [{"role": "user", "content": "x"}]}),
        {"Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"})
    r = c.getresponse()
    got = b""
    while len(got) < most:
        part = r.read1(65536)
        if not part:
            break
        got += part
    headers = {k.lower(): v for k, v in r.getheaders()}
    c.close()
    return r.status, headers, got


def texts(stream):
    out = ""
    for line in stream.split(b"\n"):
        if line.startswith(b"data: {"):
            try:
                o = json.loads(line[6:])
                out += o["choices"][0]["delta"].get("content") or ""
            except (ValueError, KeyError, IndexError, AttributeError, TypeError):
                pass
    return out


def chat(model):
    """Start a turn of a chat, as the web UI does; (chat id, message id, task id)."""
    question, answer = str(uuid.uuid4()), str(uuid.uuid4())
    o = owui.ok("POST", "/api/chat/completions", {
        "model": model, "stream": True, "messages": [], "parent_id": None, "session_id": "s" + answer[:8],
        "id": answer, "user_message": {"id": question, "parentId": None, "role": "user", "content": "x",
                                       "childrenIds": [], "timestamp": 1, "models": [model]}}, TOKEN)
    return o["chat_id"], answer, (o.get("task_ids") or [None])[0]


def message(chat_id, message_id):
    o = owui.ok("GET", f"/api/v1/chats/{chat_id}", token=TOKEN)
    return o["chat"]["history"]["messages"].get(message_id) or {}


def turn(model, seconds=LONG):
    """The stored answer of a turn once it is done: (content, error)."""
    chat_id, answer, _ = chat(model)
    m, _ = until(f"the turn with {model}", seconds, lambda: (lambda m: m if m.get("done") else None)(
        message(chat_id, answer)), 0.2)
    error = (m.get("error") or {}).get("content")
    return m.get("content") or "", json.dumps(error) if error else ""


def threads():
    out = {}
    for name, (pid, _, _) in owui.programs().items():
        if name in ("owui-fcgi", "owui-runner"):
            out[name] = len(os.listdir(f"/proc/{pid}/task"))
    return out


def survives(name, function, *args):
    def whole():
        before = owui.restarts()
        note = function(*args)
        need(owui.restarts() == before, f"programs died: {before} became {owui.restarts()}")
        until("the provider's streams end", 15, lambda: Provider.open_streams == 0)
        status, answer = owui.call("GET", "/api/v1/auths/", token=TOKEN, timeout=10)
        need(status == 200, f"the session answers {status} afterwards")
        return note
    report.check(name, whole)


# ---- each against both ----

def both(model, said, error=None, status=200, kept=None):
    """What was said, in the stream and in the chat; what the chat tells as an error."""
    def in_stream():
        got, _, body = direct(model)
        need(got == status, f"status {got}, {body[:200]}")
        if status == 200:
            need(said in texts(body) or said.encode() in body, f"{texts(body)[:200]!r} of {body[:200]!r}")

    def in_chat():
        content, told = turn(model)
        need((kept or said) in content, f"content {content[:200]!r}, error {told[:200]}")
        need((error or "") in told and bool(error) == bool(told), f"error {told[:200]!r}")
    survives(f"{model}: direct", in_stream)
    survives(f"{model}: chat", in_chat)


def check_retry_after():
    status, headers, body = direct("too-many")
    need(status == 429 and headers.get("retry-after") == "17", (status, headers))
    need(json.loads(body)["error"]["message"] == "slow down, please", body)


def check_private_is_left_alone():
    need(Provider.private_hits == 0, f"{Provider.private_hits} requests to the private address")


def check_broken_off():
    _, _, body = direct("cut-off")
    need("only half" in texts(body), body[:300])
    need(b'"error"' in body and body.rstrip().endswith(b"data: [DONE]"), body[-300:])


def check_hang_up():
    status, _, body = direct("endless", most=200000)
    need(status == 200 and len(body) >= 200000, (status, len(body)))
    until("the provider hears of it", 10, lambda: Provider.open_streams == 0)


def check_slow_reader():
    """A client that does not read: what it does not take is not fetched."""
    before = sum(owui.pss().values())
    socks = []
    body = json.dumps({"model": "endless", "stream": True, "messages": [{"role": "user", "content": "x"}]}).encode()
    for _ in range(20):
        s = socket.create_connection((owui.host, owui.port))
        s.sendall((f"POST /api/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
                   f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
        socks.append(s)
    until("streams run", 10, lambda: Provider.open_streams == 20)
    time.sleep(5)
    grown = sum(owui.pss().values()) - before
    time.sleep(5)
    more = sum(owui.pss().values()) - before - grown
    for s in socks:
        s.close()
    until("they end", 20, lambda: Provider.open_streams == 0)
    need(grown < UNREAD_KIB, f"{grown} KiB for 20 streams that nobody reads")
    need(more < 4096, f"and {more} KiB more while nobody read on")
    return f"{grown} KiB for 20 streams that nobody reads"


def check_stop_endless():
    """An endless turn is stopped by its owner, at once; what was said stays."""
    chat_id, answer, task = chat("endless-comment")
    until("it runs", 10, lambda: Provider.open_streams > 0)
    time.sleep(1)
    began = time.monotonic()
    owui.ok("POST", f"/api/tasks/stop/{task}", token=TOKEN)
    until("the provider hears of it", 5, lambda: Provider.open_streams == 0, 0.01)
    took = time.monotonic() - began
    until("the message is stored", 10, lambda: "talks" in (message(chat_id, answer).get("content") or ""))
    return f"{took * 1000:.0f} ms"


def check_endless_turn():
    """A turn that never ends has a longest length; what fits is kept."""
    before = sum(owui.pss().values())
    content, told = turn("endless", 120)
    grown = sum(owui.pss().values()) - before
    need(content.startswith("yyyy"), f"{content[:50]!r} {told}")
    return f"{len(content) // 1024} KiB kept, {grown} KiB of memory"


def check_bomb():
    before = sum(owui.pss().values())
    status, _, body = direct("bomb")
    grown = sum(owui.pss().values()) - before
    need(grown < GROWTH_KIB, f"{grown} KiB")
    content, told = turn("bomb")
    need("zzzz" not in content or len(content) < 64 << 20, f"{len(content)} bytes")
    return f"{grown} KiB"


def check_slow_list():
    """A provider whose list does not come, and one that is dead, delay nobody's models for long."""
    connect(HOST + "/v1", HOST + "/slow/v1", HOST + "/dead/v1", "http://127.0.0.1:1/v1", "http://192.0.2.1/v1")
    began = time.monotonic()
    ids = [m["id"] for m in owui.ok("GET", "/api/models", token=TOKEN)["data"]]
    first = time.monotonic() - began
    need("good" in ids, ids)
    need(first < 4, f"{first:.1f} s at first")
    worst = 0
    for _ in range(30):
        began = time.monotonic()
        ids = [m["id"] for m in owui.ok("GET", "/api/models", token=TOKEN)["data"]]
        worst = max(worst, time.monotonic() - began)
        need("good" in ids, ids)
        time.sleep(0.1)
    need(worst < 0.5, f"{worst:.2f} s later")
    began = time.monotonic()
    owui.ok("GET", "/api/models?refresh=true", token=TOKEN)
    again = time.monotonic() - began
    need(again < 1.5, f"{again:.1f} s for a refresh, although the slow ones are known")
    connect(HOST + "/v1")
    owui.ok("GET", "/api/models?refresh=true", token=TOKEN)
    return f"first {first:.1f} s, then {worst * 1000:.0f} ms at most, refresh {again:.1f} s"


def check_nothing_stays(threads_before, memory_before):
    def low():
        now = threads()
        return all(now[n] <= threads_before[n] + 4 for n in now)
    until("threads end", 60, low, 0.5)
    grown = sum(owui.pss().values()) - memory_before
    need(grown < 2 * GROWTH_KIB, f"{grown} KiB more than before")
    return f"{threads_before} became {threads()}; {grown} KiB more"


connect(HOST + "/v1")
owui.ok("GET", "/api/models?refresh=true", token=TOKEN)
both("good", "all is well")
for _ in range(20):
    direct("good")
threads_at_first, memory_at_first = threads(), sum(owui.pss().values())
both("garbage", "survived")
both("half-characters", "ä€😀 done")
both("half-in-deltas", " done", kept="ä€😀 done")
both("giant-line", "before", "too long")
both("no-done", "no end")
both("no-done-open", "done but open")
both("wrong-type", "still read")
both("json-for-stream", "whole")
both("html", "", "A proxy is in the way")
both("too-many", "", "slow down, please", 429)
survives("too-many: Retry-After reaches the client", check_retry_after)
both("refused-late", "so far", "out of memory")
survives("cut-off: direct", check_broken_off)
survives("cut-off: chat", lambda: (lambda c, e: need("only half" in c and e, f"{c!r} {e!r}"))(*turn("cut-off")))
both("redirect", "", "redirect", 502)
survives("redirect: the private address is left alone", check_private_is_left_alone)
both("empty", "", "no answer")
survives("endless: a client hangs up", check_hang_up)
survives("endless: clients that do not read", check_slow_reader)
survives("endless: the owner stops the turn", check_stop_endless)
survives("endless: a turn ends by itself", check_endless_turn)
survives("bomb", check_bomb)
survives("model lists that do not come", check_slow_list)
report.check("nothing stays behind", check_nothing_stays, threads_at_first, memory_at_first)
sys.exit(report.end())
