"""tools_servers - the other side of tools.py: a scripted model, an OpenAPI tool server, and bad ones of every kind.

Python's own library only.  Each server listens on a free port of 127.0.0.1 and notes what it was asked.
"""
import base64
import gzip
import json
import os
import signal
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler):
        self.asked = []
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that hung up is what some checks want


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def take(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw.decode(errors="replace")
        parts = urlsplit(self.path)
        asked = {"method": self.command, "path": parts.path, "query": parse_qsl(parts.query), "body": body,
                 "headers": {k.lower(): v for k, v in self.headers.items()}}
        self.server.asked.append(asked)
        return asked

    def answer(self, status, body, kind="application/json", **headers):
        data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)


# ---- a model that calls what it is told to

class Model(Handler):
    """The last question is JSON: {"calls": [[name, arguments], …], "again": true}; after a result it says what it got."""

    def do_GET(self):
        self.answer(200, {"object": "list", "data": [{"id": "scripted", "object": "model", "owned_by": "test"}]})

    def do_POST(self):
        asked = self.take()["body"]
        messages = asked["messages"]
        question = next(m for m in reversed(messages) if m["role"] == "user" and isinstance(m["content"], str))["content"]
        try:
            script = json.loads(question[question.index("{"):])
        except ValueError:
            script = {}
        done = messages[-1]["role"] == "tool" or (messages[-1]["role"] == "user" and isinstance(messages[-1]["content"], list))
        calls = script.get("calls") if not done or script.get("again") else None
        if not asked.get("stream"):
            text = script.get("plain", "plain")
            return self.answer(200, {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]})
        deltas = [{"role": "assistant", "content": ""}]
        if calls:
            for i, (name, arguments) in enumerate(calls):
                text = arguments if isinstance(arguments, str) else json.dumps(arguments)
                deltas.append({"tool_calls": [{"index": i, "id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": text[:3]}}]})
                deltas.append({"tool_calls": [{"index": i, "function": {"arguments": text[3:]}}]})
        else:
            deltas.append({"content": "It said: " + json.dumps(messages[-1]["content"])[:200]})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for delta in deltas:
            self.chunk({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        self.chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls" if calls else "stop"}]})
        self.wfile.write(b"data: [DONE]\n\n")

    def chunk(self, o):
        self.wfile.write(b"data: " + json.dumps({"id": "c", "object": "chat.completion.chunk", **o}).encode() + b"\n\n")
        self.wfile.flush()


# ---- an OpenAPI server

def operation(name, **more):
    return {"operationId": name, "summary": name, "responses": {"200": {"description": "ok"}}, **more}


def described(schema):
    return {"content": {"application/json": {"schema": schema}}}


API = {
    "openapi": "3.1.0", "info": {"title": "Shop", "description": "A shop", "version": "1"},
    "paths": {
        "/items/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "put": operation("save_item", parameters=[{"name": "dry", "in": "query", "schema": {"type": "boolean"}},
                                                      {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}],
                             requestBody=described({"$ref": "#/components/schemas/Item"}))},
        "/who": {"get": operation("who")}, "/fail": {"get": operation("fail")}, "/text": {"get": operation("text")},
        "/picture": {"get": operation("picture")}, "/page": {"get": operation("page")}, "/slow": {"get": operation("slow")},
        "/endless": {"get": operation("endless")}, "/huge": {"get": operation("huge")}, "/long": {"get": operation("long")},
        "/list": {"get": operation("list_things")}, "/away": {"get": operation("away")}, "/odd": {"get": operation("odd")},
        "/bomb": {"get": operation("bomb")},
    },
    "components": {"schemas": {"Item": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "part": {"$ref": "#/components/schemas/Item"},
        "price": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None}}}}},
}


BOMB = gzip.compress(b'{"a":"' + b"x" * (200 << 20) + b'"}', 9)


class OpenApi(Handler):
    def do_GET(self):
        asked = self.take()
        path = asked["path"]
        special = {"/fail": self.fail, "/slow": self.slow, "/endless": self.endless, "/huge": self.huge, "/bad/slow.json": self.slow,
                   "/bad/huge.json": self.endless, "/bad/drip.json": self.drip}
        bad = {"/bad/text.json": "no JSON: [", "/bad/list.json": [1], "/bad/paths.json": {"paths": [1, 2]},
               "/bad/types.json": {"paths": {"/a": {"get": {"operationId": "fine"}, "post": {"operationId": {"x": 1}}, "put": 5, "parameters": "x"}, "/b": None}},
               "/bad/cycle.json": {"paths": {"/a": {"post": operation("cycle", requestBody=described({"$ref": "#/components/schemas/A"}))}},
                                   "components": {"schemas": {"A": {"properties": {"a": {"$ref": "#/components/schemas/B"}}}, "B": {"$ref": "#/components/schemas/A"}}}},
               "/bad/deep.json": '{"paths":' + '{"a":' * 5000 + "1" + "}" * 5001}
        if path in special:
            return special[path]()
        if path == "/openapi.json":
            return self.answer(200, API)
        if path in bad:
            return self.answer(200, bad[path])
        if path == "/who":
            return self.answer(200, asked["headers"])
        if path == "/text":
            return self.answer(200, "plain words", "text/plain")
        if path == "/picture":
            return self.answer(200, PNG, "image/png")
        if path == "/page":
            return self.answer(200, "<b>shown</b>", "text/html", Content_Disposition="inline")
        if path == "/long":
            return self.answer(200, {"text": "x" * (5 << 20)})
        if path == "/list":
            return self.answer(200, [1, {"a": None}])
        if path in ("/away", "/bad/away.json"):
            return self.answer(302, "", Location=self.server.secret)
        if path == "/bomb":
            return self.answer(200, BOMB, Content_Encoding="gzip")
        if path == "/odd":
            return self.answer(200, b"\xff\xfe not utf-8 \x00 here", "text/plain")
        self.answer(404, {"detail": "no such path"})

    def do_PUT(self):
        asked = self.take()
        self.answer(200, {"saved": asked["body"], "at": asked["path"]})

    do_POST = do_PUT

    def fail(self):
        self.answer(500, {"detail": "on purpose"})

    def slow(self):
        time.sleep(600)

    def endless(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b'{"a":"')
        for _ in range(400):
            self.wfile.write(b"x" * (1 << 20))

    huge = endless

    def drip(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(1)


class Secret(Handler):
    """What nobody may be led to."""

    def do_GET(self):
        self.take()
        self.answer(200, {"paths": {"/x": {"get": operation("stolen")}}, "secret": "do not show"})


# ---- MCP servers that misbehave

class BadMcp(Handler):
    """The path says how: /hang (calls never end), /loop (pages without end), /garbage, /error, /flood."""

    def do_DELETE(self):
        self.take()
        self.answer(200, "")

    def do_POST(self):
        asked = self.take()
        body, how = asked["body"], asked["path"].strip("/")
        if "id" not in body:
            return self.answer(202, "")
        if body["method"] == "initialize":
            if how == "garbage":
                return self.answer(200, "data: {{{{\n\ndata: [1,2]\n\n", "text/event-stream")
            return self.reply(body, {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": how}})
        if body["method"] == "tools/list":
            tool = {"name": "act-" + (body["params"].get("cursor") or "0"), "description": None, "inputSchema": {"type": "object", "properties": {}}}
            more = {"nextCursor": str(int(body["params"].get("cursor") or "0") + 1)} if how == "loop" else {}
            return self.reply(body, {"tools": [tool, {"name": 5}, "x"], **more})
        if how == "hang":
            time.sleep(600)
        if how == "error":
            return self.answer(200, {"jsonrpc": "2.0", "id": body["id"], "error": {"code": -1, "message": "it broke"}})
        if how == "flood":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for i in range(100000):
                self.wfile.write(b'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":"' + b"y" * 1000 + b'"}}\n\n')
        self.reply(body, {"content": [{"type": "text", "text": "done"}]})

    def reply(self, body, result):
        self.answer(200, {"jsonrpc": "2.0", "id": body["id"], "result": result}, Mcp_Session_Id="s1")


def everything(folder):
    """The real MCP server of npm, installed by its lock file; (address, process)."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    entry = os.path.join(folder, "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js")
    process = subprocess.Popen(["node", entry, "streamableHttp"], env={**os.environ, "PORT": str(port)},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    return f"http://127.0.0.1:{port}/mcp", process


def end(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
