#!/usr/bin/env python3
"""turns.py URL STATE - chat turns against a provider of the test's own: what it is sent, and how a turn ends
when it behaves badly.

The provider keeps every request; the first word of the last message says how it answers.
"""
import gzip
import http.server
import json
import os
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, Report, need, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
report = Report()
admin = owui.admin()
TOKEN = admin["token"]
MODEL = "turns-model"
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

BOMB = gzip.compress(b"[" + b"0," * 40000000 + b"0]", 6)


def text_of(message):
    content = message["content"]
    return content if isinstance(content, str) else "".join(p.get("text", "") for p in content)


def chunk(delta, finish=None):
    return "data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", "model": MODEL, "choices": [
        {"index": 0, "delta": delta, "finish_reason": finish}]}) + "\n\n"


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    requests = []
    gone = threading.Event()

    def log_message(self, *args):
        pass

    def head(self, status=200, kind="text/event-stream", **more):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.close_connection = True

    def write(self, data):
        self.wfile.write(data if isinstance(data, bytes) else data.encode())
        self.wfile.flush()

    def do_GET(self):
        self.head(kind="application/json")
        self.write(json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "openai"}]}))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Provider.requests.append(body)
        how = text_of(body["messages"][-1]).strip().split("\n")[0].split(" ")[0]
        if any("<code_interpreter_output>" in text_of(m) for m in body["messages"]):
            how = "code"
        try:
            getattr(self, "say_" + how.strip("\"").replace("-", "_"), self.say_words)(body)
        except (BrokenPipeError, ConnectionResetError):
            Provider.gone.set()

    def say_words(self, body):
        if not body.get("stream"):
            self.head(kind="application/json")
            self.write(json.dumps({"id": "x", "object": "chat.completion", "model": MODEL, "choices": [
                {"index": 0, "message": {"role": "assistant", "content": "A SUMMARY"}, "finish_reason": "stop"}]}))
            return
        self.head()
        self.write(chunk({"content": "one"}) + chunk({"content": " two"}) + chunk({}, "stop") + "data: [DONE]\n\n")

    def say_code(self, body):
        if any("<code_interpreter_output>" in text_of(m) for m in body["messages"]):
            self.head()
            self.write(chunk({"content": "It is 42."}) + chunk({}, "stop") + "data: [DONE]\n\n")
            return
        self.head()
        for piece in ("I compute. <code_inter", "preter type=\"code\" lang=\"python\">\nprint(6", " * 7)\n</code_inter", "preter> I guess 41"):
            self.write(chunk({"content": piece}))
        self.write(chunk({}, "stop") + "data: [DONE]\n\n")

    def say_garbage(self, _):
        self.head()
        self.write(b"\x00\xff\xfe not an event\n\ndata: {\"choices\": [{]}\n\ndata: nonsense\n\n" + chunk({"content": "fine"}).encode())

    def say_halves(self, _):
        self.head()
        for byte in (chunk({"content": "ä€😀"}).replace("\\u00e4", "ä") + "data: [DONE]\n\n").encode():
            self.write(bytes([byte]))

    def say_giant(self, _):
        self.head()
        self.write(chunk({"content": "x" * 3000000}) + "data: [DONE]\n\n")

    def say_openend(self, _):
        self.head()
        self.write(chunk({"content": "no end"}))

    def say_wrongtype(self, _):
        self.head(kind="text/html")
        self.write("<html>a page</html>")

    def say_limited(self, _):
        self.head(429, "application/json", Retry_After="7")
        self.write(json.dumps({"error": {"message": "slow down", "type": "rate_limit"}}))

    def say_broken(self, _):
        self.head(Content_Length="100000")
        self.write(chunk({"content": "half"}))

    def say_errorinside(self, _):
        self.head()
        self.write(chunk({"content": "part"}) + "data: " + json.dumps({"error": {"message": "inside"}}) + "\n\n")

    def say_redirect(self, _):
        self.head(302, "text/plain", Location="http://127.0.0.1:1/secret")
        self.write("elsewhere")

    def say_bomb(self, _):
        self.head(200, "application/json", Content_Encoding="gzip")
        self.write(BOMB)

    def say_endless(self, _):
        self.head()
        while True:
            self.write(chunk({"content": "on "}))
            time.sleep(0.02)


provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=provider.serve_forever, daemon=True).start()


def connect():
    owui.ok("POST", "/openai/config/update", {
        "ENABLE_OPENAI_API": True, "OPENAI_API_BASE_URLS": [f"http://127.0.0.1:{provider.server_port}"],
        "OPENAI_API_KEYS": ["key"], "OPENAI_API_CONFIGS": {}}, TOKEN)
    until("the model", 10, lambda: any(m["id"] == MODEL for m in owui.ok(
        "GET", "/api/models?refresh=true", token=TOKEN)["data"]))


class Chat:
    """A chat of the administrator; ask() makes a turn and gives the stored answer."""

    def __init__(self, token=TOKEN):
        self.id, self.last, self.token = None, None, token

    def start(self, text, **more):
        self.question, self.answer = str(uuid.uuid4()), str(uuid.uuid4())
        message = {"id": self.question, "parentId": self.last, "childrenIds": [self.answer], "role": "user",
                   "content": text, "timestamp": int(time.time()), "models": [MODEL]}
        message.update(more.pop("user_message", {}))
        body = {"model": MODEL, "stream": True, "session_id": "nobody", "id": self.answer, "parent_id": self.last,
                "user_message": message, "params": {}, "features": {}, "background_tasks": {}}
        if self.id:
            body["chat_id"] = self.id
        body.update(more)
        Provider.requests.clear()
        self.id = owui.ok("POST", "/api/chat/completions", body, self.token)["chat_id"]
        self.last = self.answer
        return self

    def stored(self):
        return owui.ok("GET", f"/api/v1/chats/{self.id}", token=self.token)["chat"]["history"]["messages"][self.answer]

    def end(self, seconds=15):
        return until("the end of the turn", seconds, lambda: (lambda m: m if m.get("done") else None)(self.stored()))[0]

    def ask(self, text, **more):
        return self.start(text, **more).end()


def sent(index=-1):
    return Provider.requests[index]["messages"]


def system():
    first = sent()[0]
    need(first["role"] == "system", f"the first message is {first}")
    return first["content"]


# ---- what is sent

def prompt_and_variables():
    owui.ok("POST", "/api/v1/users/user/variables/update", {"variables": {"city": "Turin"}}, TOKEN) \
        if owui.call("GET", "/api/v1/users/user/variables", token=TOKEN)[0] == 200 else None
    answer = Chat().ask("words", messages=[{"role": "system", "content":
                        "{{USER_NAME}} {{MINE}} {{chat.variables.tone | text:default=\"dry\"}} "
                        "{{chat.variables.size}} {{CURRENT_DATE}} {{NOT_KNOWN}} {{USER_BIO}}"}],
                        variables={"{{MINE}}": "mine {{USER_NAME}}"}, chat_variables={"size": "big"})
    need(answer["content"] == "one two", f"the answer is {answer['content']!r}")
    want = f"{admin['name']} mine {{{{USER_NAME}}}} dry big {time.strftime('%Y-%m-%d')} {{{{NOT_KNOWN}}}} None"
    need(system() == want, f"{system()!r} is not {want!r}")


def parameters():
    Chat().ask("words", params={"temperature": 0.5, "max_completion_tokens": 9, "max_tokens": 7, "logit_bias": "5:100,6:-300",
                                "custom_params": {"foo": "{\"a\":1}", "temperature": "0.7"}, "system": "not sent",
                                "function_calling": "native"}, files=None)
    body = dict(Provider.requests[-1])
    for name in ("messages", "tools"):
        body.pop(name, None)
    want = {"model": MODEL, "stream": True, "temperature": 0.7, "max_tokens": 9, "logit_bias": {"5": 100, "6": -100}, "foo": {"a": 1}}
    need(body == want, f"{body} is not {want}")


def pictures():
    files = [{"type": "image", "url": PIXEL}]
    Chat().ask("words", user_message={"files": files})
    parts = sent()[-1]["content"]
    need([p["type"] for p in parts] == ["text", "image_url"] and parts[1]["image_url"]["url"] == PIXEL, f"{parts}"[:200])


def folder_prompt():
    folder = owui.ok("POST", "/api/v1/folders/", {"name": "F" + uuid.uuid4().hex[:6], "data": {"system_prompt": "Folder of {{USER_NAME}}"}}, TOKEN)
    Chat().ask("words", folder_id=folder["id"])
    need("Folder of " + admin["name"] in system(), system()[:200])


def memories():
    owui.ok("POST", "/api/v1/memories/add", {"content": "likes tea", "type": "user"}, TOKEN)
    Chat().ask("words", features={"memory": True})
    need("<memory_context>" in system() and "- likes tea" in system(), system()[:300])


def skills():
    name = "skill" + uuid.uuid4().hex[:8]
    status, _ = owui.call("POST", "/api/v1/skills/create", {
        "id": name, "name": "Knitting", "description": "d", "content": "Purl twice.", "meta": {"tags": []}}, TOKEN)
    if status == 501:
        return "skills cannot be made here yet"
    Chat().ask("words", skill_ids=[name])
    need("<skill id=\"" + name in system() and "Purl twice." in system(), system()[:300])
    Chat().ask(f"<${name}|Knitting>")
    need("Purl twice." in system(), "a mentioned skill is not there")
    need(text_of(sent()[-1]) == "Knitting", f"the mention became {text_of(sent()[-1])!r}")


def attached_texts():
    files = [{"type": "text", "id": "f1", "name": "a.txt", "content": "The secret is 42", "context": "full"}]
    answer = Chat().ask("words", files=files)
    need("The secret is 42</source>" in text_of(sent()[-1]) and "words" in text_of(sent()[-1]), text_of(sent()[-1])[:300])
    need(answer["sources"][0]["document"] == ["The secret is 42"], f"{answer.get('sources')}")
    need([s["action"] for s in answer["statusHistory"]] == ["sources_retrieved"], f"{answer.get('statusHistory')}")


def compaction():
    config = owui.ok("GET", "/api/v1/chats/config", token=TOKEN)
    try:
        owui.ok("POST", "/api/v1/chats/config", {**config, "ENABLE_CONTEXT_COMPACTION": True,
                                                 "CONTEXT_COMPACTION_TOKEN_THRESHOLD": 60, "CONTEXT_COMPACTION_TOKEN_CAP": 60}, TOKEN)
        time.sleep(1)  # all processes see a change within a second
        chat = Chat()
        for i in range(4):
            chat.ask(f"question number {i}, which is long enough to count for something here\nwords")
        need("[CONVERSATION SUMMARY]\nA SUMMARY" in system(), system()[:200])
        need(len(sent()) < 8, f"{len(sent())} messages are sent")
        done = owui.ok("POST", f"/api/v1/chats/{chat.id}/compact", {}, TOKEN)
        need(done["ok"] and done["compacted"] and done["context_usage"]["threshold"] == 60, f"{done}")
    finally:
        owui.ok("POST", "/api/v1/chats/config", config, TOKEN)


def code_of_the_text():
    config = owui.ok("GET", "/api/v1/configs/code_execution", token=TOKEN)
    try:
        owui.ok("POST", "/api/v1/configs/code_execution", {**config, "ENABLE_CODE_INTERPRETER": True,
                                                           "CODE_INTERPRETER_ENGINE": "sandbox"}, TOKEN)
        time.sleep(1)  # all processes see a change within a second
        answer = Chat().ask("code", params={"function_calling": "legacy"}, features={"code_interpreter": True})
    finally:
        owui.ok("POST", "/api/v1/configs/code_execution", config, TOKEN)
    kinds = [i["type"] for i in answer["output"]]
    need(kinds == ["message", "open_webui:code_interpreter", "message"], f"{kinds}")
    item = answer["output"][1]
    need(item["code"] == "print(6 * 7)" and item["status"] == "completed" and "stdout" in item["output"], f"{item}")
    need(answer["content"].endswith("It is 42.") and "41" not in answer["content"], answer["content"])
    return "printed " + repr(item["output"]["stdout"] or item["output"].get("stderr", ""))[:60]


# ---- providers that behave badly

def bad(how, content=None, error=None, seconds=20):
    answer = Chat().start(how).end(seconds)
    if content is not None:
        need(answer["content"] == content, f"the text is {answer['content'][:80]!r}")
    told = (answer.get("error") or {}).get("content")
    if error is None:
        need(not told, f"an error is told: {told}")
    else:
        need(told and error in json.dumps(told), f"the error is {told!r}")


def endless():
    Provider.gone.clear()
    chat = Chat().start("endless")
    until("some text", 10, lambda: len(chat.stored()["content"]) > 20)
    began = time.monotonic()
    need(owui.ok("POST", f"/api/tasks/chat/{chat.id}/stop", {}, TOKEN)["status"], "not stopped")
    need(Provider.gone.wait(3), "the provider is still asked")
    took = time.monotonic() - began
    answer = chat.end()
    need(answer["content"].startswith("on on") and answer["output"][0]["status"] == "incomplete", f"{answer}"[:200])
    return f"stopped within {took * 1000:.0f} ms"


def many_of_one_account():
    """More turns at once than an account's share: all end."""
    chats = [Chat().start("words") for _ in range(130)]
    for chat in chats:
        need(chat.end(60)["content"] == "one two", "an answer is missing")


connect()
for check in (prompt_and_variables, parameters, pictures, folder_prompt, memories, skills, attached_texts, compaction,
              code_of_the_text):
    report.check(check.__name__.replace("_", "-"), check)
for arguments in (("garbage", "fine"), ("halves", "ä€😀"), ("giant", "x" * 3000000), ("openend", "no end"),
                  ("wrongtype", None, ""), ("limited", "", "slow down"), ("broken", None, ""),
                  ("errorinside", "part", "inside"), ("redirect", None, ""), ("bomb", None, "", 40)):
    report.check("bad-provider-" + arguments[0], bad, *arguments)
report.check("endless-stream-is-stopped", endless)
report.check("many-of-one-account", many_of_one_account)
sys.exit(report.end())
