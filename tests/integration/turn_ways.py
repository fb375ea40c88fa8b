#!/usr/bin/env python3
"""turn_ways.py URL STATE - the ways that a turn can take: filters of pipelines servers, models of the browser's own,
arenas, several models, keys of every kind, notifications, features without an engine, runners that die of it.

One server of the test's own plays provider and pipelines server; the first word of the question says how it answers.
"""
import http.server
import json
import os
import signal
import socket
import sys
import threading
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from owui import Client, Failed, Instance, Report, need, turn_body, until  # noqa: E402
from tools_servers import Handler, Server  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
report = Report()
admin = owui.admin()
TOKEN = admin["token"]
EACH = 100  # turns of one account that run at once


# ---- provider, pipelines server, listener for webhooks

def chunk(delta, finish=None):
    return b"data: " + json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [
        {"index": 0, "delta": delta, "finish_reason": finish}]}).encode() + b"\n\n"


class Provider(Handler):
    holding = threading.Event()
    refuse = None
    pipelines = True

    def do_GET(self):
        self.take()
        if self.path.startswith("/pipes"):
            filters = [{"id": f"{name}-filter", "object": "model", "name": name, "pipeline": {
                "type": "filter", "pipelines": ["*"], "priority": priority, "valves": False}}
                for name, priority in (("second", 2), ("first", 1))]
            return self.answer(200, {"object": "list", "data": filters, "pipelines": True})
        self.answer(200, {"object": "list", "data": [{"id": m, "object": "model", "owned_by": "openai"}
                                                     for m in ("way-one", "way-two")]})

    def do_POST(self):
        asked = self.take()
        if "/filter/" in asked["path"]:
            return self.filter(asked)
        if asked["path"].startswith("/hook"):
            return self.answer(200, {})
        question = asked["body"]["messages"][-1]["content"]
        how = question.split()[0].lower() if isinstance(question, str) and question.strip() else "say"
        if not asked["body"].get("stream"):
            return self.answer(200, {"choices": [{"index": 0, "message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}]})
        if how == "hold":
            Provider.holding.wait(30)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        words = [f"{asked['body']['model']} says ", "it"] if how != "flood" else ["flooding " * 200] * 2000
        for word in words:
            self.wfile.write(chunk({"content": word}))
            self.wfile.flush()
        self.wfile.write(chunk({}, "stop") + b"data: [DONE]\n\n")

    def filter(self, asked):
        body, name = asked["body"]["body"], asked["path"].split("/")[2].split("-")[0]
        if Provider.refuse and asked["path"].endswith(Provider.refuse):
            return self.answer(403, {"detail": "not today"})
        last = body["messages"][-1]
        last["content"] = f"{last['content']} <{name} {asked['path'].rsplit('/', 1)[1]}>"
        self.answer(200, body)


server = Server(Provider)
ONE = {"OPENAI_API_BASE_URLS": [server.url + "/v1"], "OPENAI_API_KEYS": ["key"], "OPENAI_API_CONFIGS": {}}


def connect(**more):
    owui.ok("POST", "/openai/config/update", {"ENABLE_OPENAI_API": True, **ONE, **more}, TOKEN)
    until("the models", 10, lambda: any(m["id"] == "way-one" for m in owui.ok(
        "GET", "/api/models?refresh=true", token=TOKEN)["data"]))
    time.sleep(0.2)  # until the runner has heard of it


def asked_of_provider():
    return [a for a in server.asked if a["path"] == "/v1/chat/completions"]


class Chat:
    """A chat of an account with a browser; ask() makes a turn and gives the stored answer."""

    def __init__(self, client, token=TOKEN, model="way-one"):
        self.client, self.token, self.model, self.id, self.last = client, token, model, None, None

    def start(self, text, **more):
        _, self.answer, body = turn_body(text, self.model, self.client.sid, self.id, self.last)
        body.update(more)
        got = owui.ok("POST", "/api/chat/completions", body, self.token)
        self.id, self.tasks, self.last = got["chat_id"], got["task_ids"], self.answer
        return self

    def messages(self):
        return owui.ok("GET", f"/api/v1/chats/{self.id}", token=self.token)["chat"]["history"]["messages"]

    def end(self, seconds=20):
        until("the end of the turn", seconds, lambda: self.messages()[self.answer].get("done") and not owui.ok(
            "GET", f"/api/tasks/chat/{self.id}", token=self.token)["task_ids"])
        return self.messages()[self.answer]

    def ask(self, text, **more):
        return self.start(text, **more).end()

    def events(self, kind):
        return [e[1]["data"].get("data") for e in list(self.client.events)
                if e[0] == "events" and e[1].get("chat_id") == self.id and e[1]["data"]["type"] == kind]


def browser(token=TOKEN, answer=None):
    client = Client(owui, token, answer)
    until("the browser", 20, lambda: client.sid)
    return client


def account(name):
    email = f"{name}.{uuid.uuid4().hex[:8]}@example.com"
    return owui.ok("POST", "/api/v1/auths/add", {"name": name, "email": email, "password": "Passw0rd!user", "role": "user"}, TOKEN)


me = browser()


# ---- pipelines

def with_pipelines(run):
    connect(OPENAI_API_BASE_URLS=[server.url + "/v1", server.url + "/pipes"], OPENAI_API_KEYS=["key", "pipes-key"])
    try:
        return run()
    finally:
        Provider.refuse = None
        connect()


def pipelines_filter():
    def run():
        server.asked.clear()
        chat = Chat(me)
        answer = chat.ask("say hello")
        calls = [a for a in server.asked if "/filter/" in a["path"]]
        need([a["path"] for a in calls] == [f"/pipes/{n}-filter/filter/{w}" for w in ("inlet", "outlet") for n in ("first", "second")],
             [a["path"] for a in calls])
        need(calls[0]["headers"].get("authorization") == "Bearer pipes-key", calls[0]["headers"])
        need(calls[0]["body"]["user"] == {k: admin[k] for k in ("id", "email", "name", "role")}, calls[0]["body"]["user"])
        need(calls[0]["body"]["body"]["metadata"]["chat_id"] == chat.id, calls[0]["body"]["body"].get("metadata"))
        sent = asked_of_provider()[-1]["body"]
        need(sent["messages"][-1]["content"] == "say hello <first inlet> <second inlet>", sent["messages"])
        need(set(sent) <= {"model", "stream", "messages", "tools"}, f"the provider is sent {sorted(sent)}")
        need(answer["content"] == "way-one says it <first outlet> <second outlet>" and answer["originalContent"] == "way-one says it", answer)
        until("the browser hears of it", 5, lambda: chat.events("chat:outlet"))
        question = chat.messages()[answer["parentId"]]
        need(question["content"] == "say hello", f"the question became {question['content']!r}")
    with_pipelines(run)


def pipelines_refuse():
    def run():
        Provider.refuse = "inlet"
        server.asked.clear()
        answer = Chat(me).ask("say hello")
        need(answer["error"]["content"] == "not today" and answer["content"] == "" and not asked_of_provider(), answer)
        Provider.refuse = "outlet"
        answer = Chat(me).ask("say hello")
        need(answer["content"] == "way-one says it" and not answer.get("error"), answer)
    with_pipelines(run)


def pipelines_gone():
    """A pipelines server that went away after its list was read is passed by."""
    pipes = Server(Provider)
    connect(OPENAI_API_BASE_URLS=[server.url + "/v1", pipes.url + "/pipes"], OPENAI_API_KEYS=["key", "k"])
    pipes.shutdown()
    pipes.server_close()
    try:
        answer = Chat(me).start("say hello").end(40)
        need(answer["content"] == "way-one says it" and not answer.get("error"), answer)
    finally:
        connect()


# ---- direct connections: the browser asks the model

def direct(answer):
    """A browser whose own model answers; (client, chat)."""
    asked = []

    def reply(event):
        if event["type"] != "request:chat:completion":
            return None
        asked.append(event["data"])
        return answer(client, event["data"])
    client = browser(answer=reply)
    chat = Chat(client, model="my-own")
    item = {"id": "my-own", "name": "my own", "direct": True, "urlIdx": 0, "owned_by": "openai"}
    return client, chat, asked, item


def direct_stream():
    def answer(client, data):
        def speak():
            for word in ("from ", "the ", "browser"):
                client.emit(data["channel"], (chunk({"content": word}).decode().strip()))
            client.emit(data["channel"], "data: [DONE]")
            client.emit(data["channel"], {"done": True})
        threading.Timer(0.1, speak).start()
        return {"status": True}
    client, chat, asked, item = direct(answer)
    try:
        stored = chat.ask("say", model_item=item)
        need(stored["content"] == "from the browser" and not stored.get("error"), stored)
        form = asked[0]["form_data"]
        need(form["messages"][-1]["content"] == "say" and form["model"] == "my-own" and asked[0]["model"]["urlIdx"] == 0, asked[0])
    finally:
        client.close()


def direct_refuses():
    client, chat, _, item = direct(lambda *_: {"status": False, "error": "no key here"})
    try:
        stored = chat.ask("say", model_item=item)
        need("no key here" in json.dumps(stored["error"]), stored)
        need(not text_is_json(stored["error"]["content"]), f"the error is {stored['error']['content']!r}")
    finally:
        client.close()


def text_is_json(text):
    return isinstance(text, str) and text.startswith("{")


def direct_leaves():
    """The tab is closed in mid-stream: what came stays, and the turn ends."""
    def answer(client, data):
        def speak():
            client.emit(data["channel"], chunk({"content": "half"}).decode().strip())
            time.sleep(0.5)
            client.close()
        threading.Timer(0.1, speak).start()
        return {"status": True}
    client, chat, _, item = direct(answer)
    chat.start("say", model_item=item)
    until("the text", 10, lambda: "half" in (chat.messages()[chat.answer].get("content") or ""))
    began = time.monotonic()
    owui.ok("POST", f"/api/tasks/chat/{chat.id}/stop", {}, TOKEN)
    stored = chat.end(10)
    need(stored["content"] == "half", stored)
    return f"stopped within {time.monotonic() - began:.1f} s"


# ---- arenas, several models

def arena():
    config = owui.ok("GET", "/api/v1/evaluations/config", token=TOKEN)
    model = {"id": "the-arena", "name": "Arena", "meta": {"model_ids": ["way-two"], "profile_image_url": "", "description": ""}}
    try:
        owui.ok("POST", "/api/v1/evaluations/config", {"ENABLE_EVALUATION_ARENA_MODELS": True, "EVALUATION_ARENA_MODELS": [model]}, TOKEN)
        time.sleep(0.3)
        chat = Chat(me, model="the-arena")
        stored = chat.ask("say")
        need(stored["content"] == "way-two says it" and stored["selectedModelId"] == "way-two" and stored["model"] == "the-arena", stored)
        need(chat.events("chat:completion")[0] == {"selected_model_id": "way-two"}, chat.events("chat:completion")[:1])
        status, got = owui.call("POST", "/api/chat/completions", {"model": "the-arena", "messages": [{"role": "user", "content": "say"}]}, TOKEN)
        need(status == 200 and got["selected_model_id"] == "way-two", f"{status} {got}")
    finally:
        owui.ok("POST", "/api/v1/evaluations/config", config, TOKEN)


def several_models():
    chat = Chat(me)
    ids = [str(uuid.uuid4()) for _ in range(3)]
    models = ["way-one", "way-two", "way-one"]
    question, _, body = turn_body("say", "way-one", me.sid)
    body["user_message"].update(models=models, childrenIds=ids)
    body["id"] = ids[0]
    body["message_ids"] = [{"model_id": m, "message_id": i, "modelIdx": n} for n, (m, i) in enumerate(zip(models, ids))]
    got = owui.ok("POST", "/api/chat/completions", body, TOKEN)
    chat.id = got["chat_id"]
    need(len(got["task_ids"]) == 3, got)
    messages = until("all answers", 20, lambda: (lambda m: m if all(m[i].get("done") for i in ids) else None)(chat.messages()))[0]
    need([messages[i]["content"] for i in ids] == [f"{m} says it" for m in models], [messages[i]["content"] for i in ids])
    need([messages[i]["modelIdx"] for i in ids] == [0, 1, 2] and messages[question]["childrenIds"] == ids, messages[question])
    until("the chat rests", 10, lambda: not owui.ok("GET", f"/api/tasks/chat/{chat.id}", token=TOKEN)["task_ids"])
    until("its last event", 5, lambda: any(not e["active"] for e in chat.events("chat:active")))
    rest = [e["active"] for e in chat.events("chat:active")]
    need(rest.count(False) == 1 and rest[-1] is False, f"chat:active was {rest}")


# ---- keys of connections

def kinds_of_keys():
    cases = [({}, "Bearer key"), ({"auth_type": "bearer"}, "Bearer key"), ({"auth_type": "none"}, None),
             ({"auth_type": "system_oauth"}, None), ({"auth_type": "nonsense"}, None)]
    for settings, wanted in cases:
        connect(OPENAI_API_CONFIGS={"0": {"enable": True, "headers": {"X-Chat": "{{CHAT_ID}}/{{MESSAGE_ID}}", "X-Who": "{{USER_NAME}}"}, **settings}})
        chat = Chat(me)
        need(chat.ask("say")["content"] == "way-one says it", "no answer")
        got = asked_of_provider()[-1]["headers"]
        need(got.get("authorization") == wanted, f"{settings}: {got.get('authorization')}")
        need(got["x-chat"] == f"{chat.id}/{chat.answer}" and got["x-who"] == admin["name"], got)
    connect()


def session_keys():
    """The account's own token reaches the provider, in a turn as in a direct call, and is good for it."""
    connect(OPENAI_API_CONFIGS={"0": {"enable": True, "auth_type": "session"}})
    try:
        need(Chat(me).ask("say")["content"] == "way-one says it", "no answer")
        got = asked_of_provider()[-1]["headers"].get("authorization") or ""
        status, who = owui.call("GET", "/api/v1/auths/", token=got[7:])
        need(got.startswith("Bearer ey") and status == 200 and who["id"] == admin["id"], f"{got[:20]} {status}")
        owui.ok("POST", "/api/chat/completions", {"model": "way-one", "messages": [{"role": "user", "content": "say"}]}, TOKEN)
        need(asked_of_provider()[-1]["headers"].get("authorization") == "Bearer " + TOKEN, "the direct call has the caller's token")
    finally:
        connect()


# ---- notifications

def notified():
    """The account's webhook, and the server's, hear that a chat has finished or failed."""
    settings = owui.ok("GET", "/api/v1/auths/admin/config", token=TOKEN)
    owui.ok("POST", "/api/v1/auths/admin/config", {**settings, "ENABLE_USER_WEBHOOKS": True}, TOKEN)
    target = owui.ok("POST", "/api/v1/notifications/targets", {
        "type": "webhook", "enabled": True, "events": ["chat.finished", "chat.failed"], "delivery": "always",
        "config": {"url": server.url + "/hook/own"}}, TOKEN)
    hook = owui.ok("POST", "/api/events/webhooks", {"url": server.url + "/hook/server", "events": ["chat.*"]}, TOKEN)

    def heard():
        return [a for a in server.asked if a["path"].startswith("/hook")]
    try:
        server.asked.clear()
        chat = Chat(me)
        chat.ask("say")
        until("both webhooks", 15, lambda: {a["path"] for a in heard()} == {"/hook/own", "/hook/server"})
        own = next(a["body"] for a in heard() if a["path"] == "/hook/own")
        need(chat.id in json.dumps(own) and "way-one says it" in json.dumps(own), own)

        def run():
            Provider.refuse = "inlet"
            server.asked.clear()
            Chat(me).ask("say")
            until("they hear of the failure", 15, lambda: sum("not today" in json.dumps(a["body"]) for a in heard()) == 2)
        with_pipelines(run)
    finally:
        owui.ok("DELETE", f"/api/events/webhooks/{hook['id']}", token=TOKEN)
        owui.call("DELETE", f"/api/v1/notifications/targets/{target['id']}", token=TOKEN)
        owui.ok("POST", "/api/v1/auths/admin/config", settings, TOKEN)


# ---- features without an engine

def no_engine():
    """What asks for the web or a picture where there is no engine is told so, and the model answers all the same."""
    def switch(on):
        owui.ok("POST", "/api/v1/configs/import", {"config": {"web.search.enable": on, "image_generation.enable": on}}, TOKEN)
        time.sleep(0.2)
    try:
        for on in (False, True):
            switch(on)
            for feature in ("web_search", "image_generation"):
                stored = Chat(me).ask("say", features={feature: True})
                need(stored["content"] == "way-one says it" and not stored.get("error"), f"{feature}: {stored}")
                told = [s for s in stored.get("statusHistory") or [] if s.get("action") == feature]
                need(bool(told) == on, f"{feature} {on}: {stored.get('statusHistory')}")
                need(not on or (told[-1]["done"] and told[-1]["error"] and "available" in told[-1]["description"]), told)
                need(("available on this server" in asked_of_provider()[-1]["body"]["messages"][0]["content"]) == on, "the model is told")
    finally:
        switch(False)


# ---- one account and the others

def nobody_waits_for_another():
    """An account with more turns than its share holds up nobody else."""
    owui.call("POST", "/api/v1/models/create", {"id": "way-one", "name": "way-one", "base_model_id": None, "params": {}, "meta": {},
              "access_grants": [{"principal_type": "user", "principal_id": "*", "permission": "read"}]}, TOKEN)
    bob = account("patient")
    client = browser(bob["token"])
    Provider.holding.clear()
    chats = [Chat(me).start("hold") for _ in range(EACH + 20)]
    try:
        until("its share runs", 20, lambda: len([a for a in asked_of_provider()[-EACH - 20:] if a["body"]["messages"][-1]["content"] == "hold"]) >= EACH)
        began = time.monotonic()
        need(Chat(client, bob["token"]).ask("say")["content"] == "way-one says it", "no answer for the other account")
        took = time.monotonic() - began
        need(took < 3, f"the other account waited {took:.1f} s")
    finally:
        Provider.holding.set()
        client.close()
    for chat in chats:
        need(chat.end(60)["content"] == "way-one says it", "an answer is missing")
    return f"the other account waited {took:.2f} s"


def provider_that_came_late():
    """Models of a provider that was away when its list was asked for are found without anybody asking for lists."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    owui.ok("POST", "/openai/config/update", {"ENABLE_OPENAI_API": True, **ONE, "OPENAI_API_BASE_URLS": [f"http://127.0.0.1:{port}/v1"]}, TOKEN)
    status, answer = owui.call("POST", "/api/chat/completions", {"model": "way-one", "messages": [{"role": "user", "content": "say"}]}, TOKEN)
    need(status == 400, f"a model of nobody: {status} {answer}")
    time.sleep(2.5)
    late = http.server.ThreadingHTTPServer(("127.0.0.1", port), Provider)
    late.asked = []
    threading.Thread(target=late.serve_forever, daemon=True).start()
    try:
        need(Chat(me).ask("say")["content"] == "way-one says it", "no answer of the late provider")
    finally:
        late.shutdown()
        connect()


def browser_that_does_not_read():
    """A browser that reads nothing holds up neither the turn nor the memory."""
    client = browser()
    before = sum(owui.pss().values())
    client.ending = True
    real = client.ws.receive

    def deaf():
        time.sleep(15)
        return real()
    client.ws.receive = deaf
    chat = Chat(client)
    stored = chat.start("flood").end(60)
    grown = sum(owui.pss().values()) - before
    need(len(stored["content"]) > 3500000, len(stored["content"]))
    client.close()
    need(grown < 96 * 1024, f"{grown} KiB more")
    return f"{grown} KiB more"


# ---- runners that die

def kill_runner():
    pid, state, _ = owui.programs()["owui-runner"]
    os.kill(pid, signal.SIGKILL)
    until("a new runner", 60, lambda: owui.programs()["owui-runner"][0] != pid and owui.programs()["owui-runner"][1] == "running", 0.1)


def job_that_kills_its_runner():
    """It is tried a few times, then given up: the chat says so and rests."""
    Provider.holding.clear()
    chat, tries = Chat(me), 0
    server.asked.clear()
    chat.start("hold")
    try:
        while tries < 8:
            seen = len(asked_of_provider())
            until("the turn is tried or given up", 60, lambda: len(asked_of_provider()) > tries or chat.messages()[chat.answer].get("done"), 0.1)
            if chat.messages()[chat.answer].get("done"):
                break
            need(seen >= tries, "counted")
            tries = len(asked_of_provider())
            kill_runner()
        stored = chat.end(30)
        need("several times" in stored["error"]["content"], stored)
        need(2 <= tries <= 5, f"{tries} tries")
    finally:
        Provider.holding.set()
    need(Chat(me).ask("say")["content"] == "way-one says it", "turns go on")
    return f"given up after {tries} tries"


CHECKS = [
    ("pipelines: inlet and outlet by priority", pipelines_filter), ("pipelines: a filter refuses", pipelines_refuse),
    ("pipelines: a server that is gone", pipelines_gone),
    ("direct: a model of the browser streams", direct_stream), ("direct: the browser's model refuses", direct_refuses),
    ("direct: the browser falls silent", direct_leaves),
    ("arena", arena), ("several models", several_models), ("kinds of keys", kinds_of_keys), ("the session as key", session_keys),
    ("notifications", notified), ("features without an engine", no_engine),
    ("a provider that came late", provider_that_came_late), ("nobody waits for another", nobody_waits_for_another), ("a browser that does not read", browser_that_does_not_read),
    ("a job that kills its runner", job_that_kills_its_runner),
]

connect()
for label, check in CHECKS:
    if not sys.argv[3:] or any(w in label for w in sys.argv[3:]):
        report.check(label, check)
os._exit(report.end())
