#!/usr/bin/env python3
"""tools.py URL STATE: what a model may call, with a real MCP server, a real OpenAPI server, and bad ones of every kind.

The MCP server is npm's @modelcontextprotocol/server-everything, as tests/integration/mcp/package-lock.json pins it.
"""
import json
import os
import sys
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import tools_servers as servers  # noqa: E402
from owui import Client, Instance, Report, need, turn_body, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
report = Report()
admin = owui.admin()
TOKEN = admin["token"]
model, shop, secret, bad_mcp = (servers.Server(h) for h in (servers.Model, servers.OpenApi, servers.Secret, servers.BadMcp))
shop.secret = secret.url + "/openapi.json"
mcp_url, mcp_process = servers.everything(os.path.join(HERE, "mcp"))


def account(name):
    email = f"{name}.{uuid.uuid4().hex[:8]}@example.com"
    return owui.ok("POST", "/api/v1/auths/add", {"name": name, "email": email, "password": "Passw0rd!user", "role": "user"}, TOKEN)


def connect(*connections):
    owui.ok("POST", "/api/v1/configs/tool_servers", {"TOOL_SERVER_CONNECTIONS": list(connections)}, TOKEN)
    time.sleep(0.15)  # until the runner has heard of it


def openapi(id, path="openapi.json", grants=(), url=None, **more):
    more.setdefault("auth_type", "none")
    config = {"enable": True, "access_grants": list(grants), "function_name_filter_list": more.pop("only", "")}
    return {"url": url or shop.url, "path": path, "type": "openapi", "key": "", "config": config, "info": {"id": id, "name": id}, **more}


def mcp(id, url=None, **more):
    return openapi(id, "", url=url or mcp_url, **{"type": "mcp", **more})


class Person:
    def __init__(self, who):
        self.token, self.id = who["token"], who["id"]
        self.client = Client(owui, self.token)
        until("socket", 10, lambda: self.client.sid)

    def send(self, script, tool_ids=(), **more):
        """Start a turn; (chat, answer id)."""
        text = script if isinstance(script, str) else json.dumps(script)
        _, am, body = turn_body(text, "scripted", self.client.sid)
        answer = owui.ok("POST", "/api/chat/completions", {**body, "tool_ids": list(tool_ids), **more}, self.token)
        return answer["chat_id"], am

    def events(self, chat, kind):
        found = []
        for e in list(self.client.events):
            if e[0] == "events" and e[1].get("chat_id") == chat and e[1]["data"]["type"] == kind and not e[1].get("shared"):
                found.append(e[1]["data"].get("data"))
        return found

    def idle(self, chat, times=1, seconds=30):
        until("end of the turn", seconds, lambda: sum(1 for e in self.events(chat, "chat:active") if not e["active"]) >= times, 0.01)

    def message(self, chat, am):
        return owui.ok("GET", "/api/v1/chats/" + chat, token=self.token)["chat"]["history"]["messages"][am]

    def turn(self, script, tool_ids=(), seconds=30, **more):
        chat, am = self.send(script, tool_ids, **more)
        self.idle(chat, seconds=seconds)
        return self.message(chat, am)

    def call(self, name, arguments, tool_ids, **more):
        """One call: (text of the result, status, message)."""
        m = self.turn({"calls": [[name, arguments]]}, tool_ids, **more)
        result = next(i for i in m["output"] if i["type"] == "function_call_output")
        return result["output"][0]["text"], result["status"], m


me = Person(admin)


def offered():
    """Names of the tools in the last request that had some."""
    last = next(a for a in reversed(model.asked) if a["body"].get("tools"))
    return [t["function"]["name"] for t in last["body"]["tools"]], last["body"]


def system_of(body):
    return next((m["content"] for m in body["messages"] if m["role"] == "system"), "")


# ---- MCP, the real one

def mcp_is_listed():
    connect(mcp("every", url=mcp_url))
    ids = [t["id"] for t in owui.ok("GET", "/api/v1/tools/", token=TOKEN)]
    need("server:mcp:every" in ids, f"listed: {ids}")
    specs = owui.ok("GET", "/api/v1/tools/id/server:mcp:every/specs", token=TOKEN)["specs"]
    need("echo" in [s["name"] for s in specs], f"specs: {specs}")


def mcp_answers():
    text, status, _ = me.call("every_echo", {"message": "hello"}, ["server:mcp:every"])
    need((text, status) == ("Echo: hello", "completed"), f"echo: {text} {status}")
    names, body = offered()
    need("every_get-sum" in names and "get_current_timestamp" in names, f"offered: {names}")
    need('MCP server "every"' in system_of(body), "the server's instructions are in the prompt")
    text, _, _ = me.call("every_get-sum", {"a": 2, "b": 40}, ["server:mcp:every"])
    need("42" in text, f"sum: {text}")


def mcp_structured_and_pictures():
    text, status, _ = me.call("every_get-structured-content", {"location": "Chicago"}, ["server:mcp:every"])
    need(status == "completed" and "temperature" in text, f"structured: {text}")
    text, status, m = me.call("every_get-tiny-image", {}, ["server:mcp:every"])
    parts = next(i for i in m["output"] if i["type"] == "function_call_output")["output"]
    need(any(p["type"] == "input_image" and p["image_url"].startswith("data:image/png") for p in parts), f"parts: {[p['type'] for p in parts]}")
    last = model.asked[-1]["body"]["messages"][-1]
    need(last["role"] == "user" and last["content"][1]["type"] == "image_url", f"the model sees it: {str(last)[:120]}")


def mcp_bad_arguments():
    text, status, _ = me.call("every_get-sum", {"a": "x"}, ["server:mcp:every"])
    need(status == "failed" and "error" in text, f"{status} {text}")


def mcp_stop():
    chat, am = me.send({"calls": [["every_trigger-long-running-operation", {"duration": 60, "steps": 60}]]}, ["server:mcp:every"])
    until("the call", 10, lambda: any(d.get("type") == "response.output_item.done" for d in me.events(chat, "response:completion")))
    time.sleep(0.5)
    began = time.monotonic()
    owui.ok("POST", f"/api/tasks/chat/{chat}/stop", {}, TOKEN)
    until("the stop", 5, lambda: me.events(chat, "chat:tasks:cancel"), 0.005)
    took = time.monotonic() - began
    me.idle(chat)
    m = me.message(chat, am)
    need(m["done"] and m["output"][0]["status"] == "incomplete", f"{m['done']} {m['output']}")
    need(took < 1, f"the stop took {took:.2f} s")
    return f"stopped after {took * 1000:.0f} ms"


def mcp_dead():
    connect(mcp("gone", url="http://127.0.0.1:9/mcp"))
    m = me.turn("hello", ["server:mcp:gone"])
    need(m["content"].startswith("It said"), f"the turn goes on: {m}")
    chat = me.client.events[-1][1]["chat_id"]
    need(any(s["action"] == "tool_connection" and s["error"] for s in me.events(chat, "status")), "the chat is told")


# ---- OpenAPI

def openapi_maps_arguments():
    connect(openapi("shop"))
    text, status, _ = me.call("save_item", {"id": "a/b ü", "dry": True, "tag": ["x", "y z"], "name": "N", "made_up": 1}, ["server:shop"])
    asked = shop.asked[-1]
    need(status == "completed" and json.loads(text)["saved"] == {"name": "N"}, f"{status} {text}")
    need(asked["method"] == "PUT" and asked["path"] == "/items/a%2Fb%20%C3%BC", asked["path"])
    need(asked["query"] == [("dry", "true"), ("tag", "x"), ("tag", "y z")], asked["query"])
    names, body = offered()
    spec = next(t["function"] for t in body["tools"] if t["function"]["name"] == "save_item")
    need(spec["parameters"]["required"] == ["id", "name"] and spec["parameters"]["properties"]["price"] == {"type": "number"}, spec)
    listed = owui.ok("GET", "/api/v1/tools/", token=TOKEN)
    need([t["name"] for t in listed if t["id"] == "server:shop"] == ["shop"], "listed by its name")


def openapi_kinds_of_answers():
    ids = ["server:shop"]
    need(me.call("text", {}, ids)[0] == "plain words", "text")
    need(me.call("list_things", {}, ids)[0] == json.dumps({"results": [1, {"a": None}]}, indent=2), "a list is wrapped")
    text, status, _ = me.call("fail", {}, ids)
    need(status == "failed" and json.loads(text)["error"].startswith("HTTP error 500"), text)
    _, _, m = me.call("picture", {}, ids)
    item = next(i for i in m["output"] if i["type"] == "function_call_output")
    need(item["output"][1]["image_url"].startswith("data:image/png;base64,"), item)
    _, _, m = me.call("page", {}, ids)
    item = next(i for i in m["output"] if i["type"] == "function_call_output")
    need(item["embeds"] == ["<b>shown</b>"], item)
    text, status, _ = me.call("odd", {}, ids)
    need("not utf-8" in text, f"{status} {text!r}")


def openapi_authentication():
    for auth, key, wanted in (("none", "k", None), ("bearer", " k ", "Bearer k"), ("session", "", "Bearer ey")):
        connect(openapi("shop", auth_type=auth, key=key, headers={"X-Who": "{{USER_NAME}}-{{USER_ID}}", "X-Odd": "ü{{NOPE}}"}))
        text, _, _ = me.call("who", {}, ["server:shop"])
        got = json.loads(text)
        need((got.get("authorization") or "").startswith(wanted or "") and bool(got.get("authorization")) == bool(wanted), f"{auth}: {got}")
        need(got["x-who"] == f"Admin-{admin['id']}" and got["x-odd"] == "%C3%BC{{NOPE}}", got)
        if auth == "session":
            status, who = owui.call("GET", "/api/v1/auths/", token=got["authorization"][7:])
            need(status == 200 and who["id"] == admin["id"], f"the token is the account's: {status}")


def openapi_filter_and_access():
    bob = Person(account("bob"))
    grant = {"principal_type": "user", "principal_id": bob.id, "permission": "read"}
    connect(openapi("shop", only="who, !nobody"), openapi("other", grants=[grant]))
    me.turn("hello", ["server:shop"])
    names, _ = offered()
    need("who" in names and "text" not in names, names)
    bob.turn("hello", ["server:shop"])
    names, _ = offered()
    need("who" not in names, f"without a grant: {names}")
    bob.turn("hello", ["server:other"])
    names, _ = offered()
    need("who" in names and "save_item" in names, f"with a grant: {names}")
    need([t["id"] for t in owui.ok("GET", "/api/v1/tools/", token=bob.token)] == ["server:other"], "the list follows the grants")
    bob.client.close()


def same_names_stay_apart():
    connect(openapi("shop"), openapi("copy"))
    me.turn("hello", ["server:shop", "server:copy"])
    names, _ = offered()
    need("who" in names and "copy_who" in names, names)


# ---- bad ones

def bad_descriptions():
    kinds = ["text", "list", "paths", "types", "cycle", "deep", "huge", "away"]
    connect(*[openapi(k, f"bad/{k}.json") for k in kinds], openapi("none", url="http://127.0.0.1:9"), openapi("fine"))
    began = time.monotonic()
    ids = [t["id"] for t in owui.ok("GET", "/api/v1/tools/", token=TOKEN)]
    need(ids == ["server:types", "server:cycle", "server:fine"], f"usable: {ids}")
    m = me.turn("hello", ["server:" + k for k in kinds] + ["server:fine", "server:nosuch", "server:", "x"])
    need(m["done"] and "error" not in m, m)
    names, _ = offered()
    need("cycle" in names and "fine" in names and "who" in names and "stolen" not in names, names)
    need(not secret.asked, "nobody was led to the secret")
    return f"{time.monotonic() - began:.1f} s"


def slow_descriptions():
    connect(openapi("s1", "bad/slow.json"), openapi("s2", "bad/slow.json"), openapi("s3", "bad/drip.json"), openapi("fine"))
    began = time.monotonic()
    m = me.turn("hello", ["server:s1", "server:fine"])
    took = time.monotonic() - began
    need(took < 14 and "who" in offered()[0], f"{took:.1f} s")
    began = time.monotonic()
    me.turn("hello", ["server:s1", "server:fine"])
    again = time.monotonic() - began
    need(again < 3, f"a server that did not answer is left alone for a while: {again:.1f} s")
    return f"first {took:.1f} s, then {again:.1f} s"


def stopped_while_it_runs():
    connect(openapi("shop"))
    chat, am = me.send({"calls": [["slow", {}], ["text", {}]]}, ["server:shop"])
    until("the call", 10, lambda: shop.asked and shop.asked[-1]["path"] == "/slow")
    began = time.monotonic()
    owui.ok("POST", f"/api/tasks/chat/{chat}/stop", {}, TOKEN)
    until("the stop", 5, lambda: me.events(chat, "chat:tasks:cancel"), 0.005)
    took = time.monotonic() - began
    me.idle(chat)
    m = me.message(chat, am)
    need([i["status"] for i in m["output"] if i["type"] == "function_call"] == ["incomplete", "incomplete"] and m["done"], m["output"])
    need(took < 1, f"{took:.2f} s")
    return f"stopped after {took * 1000:.0f} ms"


def giant_answers():
    text, status, _ = me.call("huge", {}, ["server:shop"], seconds=60)
    need(status == "failed" and "larger" in text, text[:200])
    text, status, _ = me.call("long", {}, ["server:shop"], seconds=60)
    need(status == "completed" and len(text) < 2200000 and "cut off" in text[-60:], f"{len(text)} {text[-80:]}")


def never_led_elsewhere():
    text, status, _ = me.call("away", {}, ["server:shop"])
    need(not secret.asked and "do not show" not in text, f"{status} {text}")


def bad_mcp_servers():
    connect(*[mcp(k, url=f"{bad_mcp.url}/{k}") for k in ("loop", "garbage", "error", "flood", "hang")])
    m = me.turn("hello", ["server:mcp:loop", "server:mcp:garbage"])
    names, _ = offered()
    need(m["done"] and 40 <= sum(n.startswith("loop_act") for n in names) <= 50 and not any("garbage" in n for n in names), names)
    text, status, _ = me.call("error_act-0", {}, ["server:mcp:error"])
    need(status == "failed" and json.loads(text)["error"] == "it broke", text)
    text, status, _ = me.call("flood_act-0", {}, ["server:mcp:flood"], seconds=60)
    need(status == "failed" and "large" in text, text[:200])
    chat, am = me.send({"calls": [["hang_act-0", {}]]}, ["server:mcp:hang"])
    until("the call", 10, lambda: any((a["body"] or {}).get("method") == "tools/call" and a["path"] == "/hang" for a in bad_mcp.asked))
    owui.ok("POST", f"/api/tasks/chat/{chat}/stop", {}, TOKEN)
    me.idle(chat, seconds=5)
    need(any(a["method"] == "DELETE" for a in bad_mcp.asked), "sessions are closed")


# ---- the loop

def bad_calls():
    connect(openapi("shop"))
    calls = [["nosuch", {}], ["text", "{\"a\":"], ["text", "[1]"], ["text", "5"], ["text", ""], ["", {}], ["text", "{}{}"]]
    m = me.turn({"calls": calls}, ["server:shop"])
    results = [i for i in m["output"] if i["type"] == "function_call_output"]
    need([r["status"] for r in results] == ["failed"] * 4 + ["completed", "failed"] + ["completed"] * 2, [r["status"] for r in results])
    need(m["content"].startswith("It said") and m["done"], m["content"])


def endless_rounds():
    m = me.turn({"calls": [["get_current_timestamp", {}]], "again": True}, seconds=120)
    need(m["done"] and len(m["output"]) <= 512 and "error" not in m, f"{m['done']} {len(m['output'])} {m.get('error')}")
    return f"{len(m['output'])} items"


def own_tools_of_a_caller():
    tools = [{"type": "function", "function": {"name": "mine", "parameters": {"type": "object", "properties": {}}}}]
    me.turn("hello", ["server:shop"], tools=tools)
    need(offered()[0] == ["mine"], offered()[0])
    before = len(model.asked)
    me.turn("hello", ["server:shop"], tools=[])
    need(model.asked[before]["body"].get("tools") == [], "an empty list stays empty")


def history_has_the_calls():
    m = me.turn({"calls": [["text", {}]]}, ["server:shop"])
    chat = me.client.events[-1][1]["chat_id"]
    parent = m["id"]
    _, am, body = turn_body("and now?", "scripted", me.client.sid, chat, parent)
    owui.ok("POST", "/api/chat/completions", body, TOKEN)
    me.idle(chat, 2)
    roles = [x["role"] for x in model.asked[-1]["body"]["messages"]]
    need(roles == ["user", "assistant", "tool", "assistant", "user"], roles)


def resolve(chat, am, call, **more):
    return owui.call("POST", f"/api/v1/chats/{chat}/messages/{am}/resolve", {"call_id": call, **more}, TOKEN)


def question_survives_a_restart():
    ask = {"questions": [{"id": "q", "question": "Which?", "options": [{"label": "A", "description": "a"}, {"label": "B", "description": "b"}]}]}
    chat, am = me.send({"calls": [["ask_user", ask]]})
    me.idle(chat)
    m = me.message(chat, am)
    need(not m["done"] and m["output"][0]["status"] == "pending", m["output"])
    pid = owui.programs()["owui-runner"][0]
    os.kill(pid, 9)
    until("a new runner", 20, lambda: owui.programs()["owui-runner"][0] != pid and owui.programs()["owui-runner"][1] == "running")
    status, _ = resolve(chat, am, "call_0", action="approve")
    need(status == 400, f"approving a question: {status}")
    status, _ = resolve(chat, am, "call_0", action="answer")
    need(status == 400, f"no answers: {status}")
    status, answer = resolve(chat, am, "call_0", action="answer", answers={"q": {"value": "B"}})
    need(status == 200 and len(answer["task_ids"]) == 1, f"{status} {answer}")
    me.idle(chat, 2)
    m = me.message(chat, am)
    need(m["done"] and [i["type"] for i in m["output"]] == ["function_call", "function_call_output", "message"], m["output"])
    need("answered" in m["content"], m["content"])
    bob = account("carl")
    status, _ = owui.call("POST", f"/api/v1/chats/{chat}/messages/{am}/resolve", {"call_id": "call_0", "action": "answer"}, bob["token"])
    need(status == 401, f"a stranger: {status}")


def leave_is_asked_for():
    config = owui.ok("GET", "/api/v1/configs/namespace/chat", token=TOKEN)
    owui.ok("POST", "/api/v1/configs/import", {"config": {"chat.tool_permissions.enable": True}}, TOKEN)
    time.sleep(1)  # all processes see a change within a second
    try:
        before = len(shop.asked)
        chat, am = me.send({"calls": [["text", {}], ["who", {}], ["fail", {}]]}, ["server:shop"], params={"tool_approval_mode": "ask"})
        me.idle(chat)
        m = me.message(chat, am)
        need([i["status"] for i in m["output"]] == ["pending", "queued", "queued"], m["output"])
        need(not [a for a in shop.asked[before:] if a["path"] != "/openapi.json"], "nothing runs without leave")
        status, answer = resolve(chat, am, "call_1", action="reject")
        need(status == 200 and answer["task_ids"] == [], f"{status} {answer}")
        status, answer = resolve(chat, am, "call_0", action="approve")
        need(status == 200 and len(answer["task_ids"]) == 1, f"{status} {answer}")
        me.idle(chat, 2)
        m = me.message(chat, am)
        need([i["status"] for i in m["output"] if i["type"] == "function_call"] == ["completed", "rejected", "pending"], m["output"])
        need(resolve(chat, am, "call_0", action="approve")[0] == 409, "twice")
        resolve(chat, am, "call_2", action="reject")
        me.idle(chat, 3)
        m = me.message(chat, am)
        need(m["done"] and m["content"].startswith("It said"), m)
        paths = [a["path"] for a in shop.asked[before:] if a["path"] != "/openapi.json"]
        need(paths == ["/text"], paths)
    finally:
        owui.ok("POST", "/api/v1/configs/import", {"config": {"chat.tool_permissions.enable": config.get("chat.tool_permissions.enable", False)}}, TOKEN)


def a_program_is_stopped():
    def engine(name):
        owui.ok("POST", "/api/v1/configs/import", {"config": {"code_interpreter.engine": name}}, TOKEN)
        time.sleep(1)  # all processes see a change within a second
        time.sleep(0.15)
    engine("sandbox")
    try:
        text, status, _ = me.call("execute_code", {"code": "print(6 * 7)"}, [], features={"code_interpreter": True}, seconds=60)
        if "42" not in text:
            return "no executor here: " + text[:80]
        chat, am = me.send({"calls": [["execute_code", {"code": "import time\ntime.sleep(50)"}]]}, features={"code_interpreter": True})
        until("the call", 10, lambda: any(d.get("type") == "response.output_item.done" for d in me.events(chat, "response:completion")))
        time.sleep(0.5)
        began = time.monotonic()
        owui.ok("POST", f"/api/tasks/chat/{chat}/stop", {}, TOKEN)
        until("the stop", 5, lambda: me.events(chat, "chat:tasks:cancel"), 0.005)
        took = time.monotonic() - began
        me.idle(chat)
        need(took < 1 and me.message(chat, am)["output"][0]["status"] == "incomplete", f"{took:.2f} s")
        return f"stopped after {took * 1000:.0f} ms"
    finally:
        engine("pyodide")


def legacy_models_are_asked_first():
    connect(openapi("shop"))
    before = len(model.asked)
    plain = json.dumps({"tool_calls": [{"name": "text", "parameters": {}}, {"name": "nosuch", "parameters": {}}, 5, {"name": "who", "parameters": "x"}]})
    m = me.turn({"plain": plain}, ["server:shop"], params={"function_calling": "legacy"})
    first, second = (a["body"] for a in model.asked[before:before + 2])
    need([x["role"] for x in first["messages"]] == ["system", "user"] and "save_item" in first["messages"][0]["content"], first["messages"])
    need("tools" not in first and "tools" not in second and "plain words" in json.dumps(second["messages"]), second)
    need([s["source"]["name"] for s in m["sources"]] == ["server:shop/text", "server:shop/who"], m.get("sources"))
    need(m["content"].startswith("It said"), m["content"])


def built_in_tools_work():
    made = json.loads(me.call("write_note", {"title": "Trip", "content": "pack socks\nand a map"}, [])[0])
    need(made["status"] == "success", made)
    found = json.loads(me.call("search_notes", {"query": "socks"}, [])[0])
    need(found[0]["id"] == made["id"] and "socks" in found[0]["snippet"], found)
    edit = {"note_id": made["id"], "operations": [{"action": "replace_text", "find": "socks", "content": "boots"}]}
    need(json.loads(me.call("replace_note_content", edit, [])[0])["status"] == "success", "edited")
    need(json.loads(me.call("view_note", {"note_id": made["id"]}, [])[0])["content"] == "pack boots\nand a map", "read")
    text, status, _ = me.call("replace_note_content", {**edit, "operations": [{"action": "replace_text", "find": "zzz", "content": ""}]}, [])
    need(status == "failed" and "not found" in text.lower(), text)
    tasks = json.loads(me.call("create_tasks", {"tasks": [{"content": "one"}, {"content": "two", "status": "completed"}]}, [])[0])
    need([t["status"] for t in tasks["tasks"]] == ["pending", "completed"] and tasks["summary"]["total"] == 2, tasks)
    then = json.loads(me.call("calculate_timestamp", {"days_ago": "2"}, [])[0])
    need(then["current_timestamp"] - then["calculated_timestamp"] == 2 * 86400, then)
    owui.ok("GET", "/api/v1/calendars/", token=TOKEN)
    event = json.loads(me.call("create_calendar_event", {"title": "Tea", "start": "2030-05-01 15:00"}, [])[0])
    need(event["start"] == "2030-05-01 15:00" and event["end"] == "2030-05-01 16:00", event)
    found = json.loads(me.call("search_calendar_events", {"query": "tea", "start": "2030-05-01", "end": "2030-05-02"}, [])[0])
    need([e["id"] for e in found["events"]] == [event["id"]], found)
    need(json.loads(me.call("delete_calendar_event", {"event_id": event["id"]}, [])[0])["status"] == "success", "deleted")
    chats = json.loads(me.call("search_chats", {"query": "create_tasks"}, [])[0])
    need(chats and json.loads(me.call("view_chat", {"chat_id": chats[0]["id"]}, [])[0])["messages"], chats)
    text, status, _ = me.call("view_chat", {"chat_id": "nobody's"}, [])
    need(status == "failed", text)
    need(json.loads(me.call("list_knowledge_bases", {}, [])[0]) == [], "knowledge")
    features = {"memory": True}
    kept = json.loads(me.call("add_memory", {"content": "likes green tea"}, [], features=features)[0])
    found = json.loads(me.call("search_memories", {"query": "tea"}, [], features=features)[0])
    need([f["id"] for f in found] == [kept["id"]], found)
    need(json.loads(me.call("delete_memory", {"memory_id": kept["id"]}, [], features=features)[0])["status"] == "success", "forgotten")


def switches(**config):
    owui.ok("POST", "/api/v1/configs/import", {"config": {k.replace("__", "."): v for k, v in config.items()}}, TOKEN)
    time.sleep(0.15)


def memories_change_together():
    features = {"memory": True}

    def update(*operations):
        return me.call("update_memory", {"operations": list(operations)}, [], features=features)
    done = json.loads(update({"action": "add", "content": "rides a bike", "type": "user", "path": "/sport/"},
                             {"action": "add", "content": "has a dog"})[0])
    need([d["status"] for d in done] == ["created"] * 2 and done[0]["memory"]["path"] == "sport", done)
    first, second = (d["memory"]["id"] for d in done)
    done = json.loads(update({"action": "replace", "id": first, "content": "rides two bikes", "path": "sport"}, {"action": "move", "id": second, "path": "home"},
                             {"action": "add", "content": "rides two bikes", "type": "user", "path": "sport"})[0])
    need([d["status"] for d in done] == ["updated", "updated", "skipped"], done)
    for bad in ([{"action": "burn", "id": first}], [{"action": "remove", "id": first}, {"action": "remove", "id": "nobody's"}], [], "x", [5]):
        text, status, _ = me.call("update_memory", {"operations": bad}, [], features=features)
        need(status == "failed", f"{bad}: {text}")
    kept = json.loads(me.call("list_memories", {}, [], features=features)[0])
    need({first, second} <= {m["id"] for m in kept}, "nothing of a bad list is done")
    found = owui.ok("POST", "/api/v1/memories/query", {"content": "bikes", "k": 3}, TOKEN)
    need("sport\nrides two bikes" in found["documents"][0] if found["ids"] != [[]] else True, found)
    done = json.loads(update({"action": "remove", "id": first}, {"action": "remove", "id": second})[0])
    need([d["status"] for d in done] == ["deleted"] * 2, done)


def automations_are_made():
    switches(automations__enable=True, automations__min_interval=None)
    made = json.loads(me.call("create_automation", {"name": "Morning", "prompt": "p" * 150, "rrule": "DTSTART:20300501T090000\nRRULE:FREQ=DAILY"}, [])[0])
    need(made["status"] == "success" and made["model_id"] == "scripted" and len(made["next_runs"]) == 5 and made["is_active"], made)
    which = {"automation_id": made["id"]}
    text, status, _ = me.call("create_automation", {"name": "x", "prompt": "x", "rrule": "FREQ=NEVER"}, [])
    need(status == "failed" and "Invalid schedule" in text, text)
    text, status, _ = me.call("create_automation", {"name": "x", "prompt": "x", "rrule": "RRULE:FREQ=DAILY", "folder_id": "nobody's"}, [])
    need(status == "failed", text)
    changed = json.loads(me.call("update_automation", {**which, "name": "Evening"}, [])[0])
    need(changed["name"] == "Evening" and changed["next_runs"] == made["next_runs"], changed)
    stored = owui.ok("GET", f"/api/v1/automations/{made['id']}", token=TOKEN)
    need(stored["data"]["prompt"] == "p" * 150 and stored["data"]["model_id"] == "scripted", stored)
    need(json.loads(me.call("toggle_automation", which, [])[0])["is_active"] is False, "paused")
    found = json.loads(me.call("list_automations", {"status": "paused", "count": 50}, [])[0])
    need([a["prompt_snippet"] for a in found["automations"] if a["id"] == made["id"]] == ["p" * 100 + "..."], found)
    bob = Person(account("scheduler"))
    try:
        bob.turn("hello")
        need("create_automation" not in offered()[0], "an account without the permission is not offered it")
        for name in ("update_automation", "delete_automation"):
            need(bob.call(name, which, [])[1] == "failed", name)
    finally:
        bob.client.close()
    need(json.loads(me.call("delete_automation", which, [])[0])["status"] == "success", "deleted")
    need(me.call("delete_automation", which, [])[1] == "failed", "twice")


def skills_are_made():
    id = "trip-" + uuid.uuid4().hex[:6]
    text = "---\nname: Trip\ndescription: How to pack\n---\nPack socks."
    made = json.loads(me.call("create_skill", {"id": id, "name": id, "content": text, "files": [{"path": "list.md", "content": "one\ntwo"}]}, [])[0])
    need(made == {"id": id, "url": f"/workspace/skills/edit?id={id}"}, made)
    stored = owui.ok("GET", f"/api/v1/skills/id/{id}", token=TOKEN)
    need(stored["description"] == "How to pack" and stored["access_grants"] == [], stored)
    need(me.call("create_skill", {"id": id, "name": "x", "content": "x"}, [])[1] == "failed", "twice")
    for bad in ({"files": [{"path": "../x", "content": "x"}]}, {"files": [{"path": "SKILL.md", "content": "x"}]}, {"id": "no/id"}):
        status = me.call("create_skill", {"id": "y", "name": "y", "content": "y", **bad}, [])[1]
        need(status == "failed", bad)
    change = {"id": id, "operations": [{"op": "put", "path": "list.md", "content": "three"}, {"op": "put", "path": "more.md", "content": "m"}]}
    need(json.loads(me.call("update_skill_files", change, [])[0]) == {"id": id}, "changed")
    need(json.loads(me.call("read_skill_file", {"id": id, "path": "list.md"}, [])[0])["content"] == "three", "read")
    need(len(owui.ok("GET", f"/api/v1/skills/id/{id}/history", token=TOKEN)) == 2, "two versions")
    need(me.call("update_skill_files", {"id": id, "operations": [{"op": "delete", "path": "none.md"}]}, [])[1] == "failed", "no such file")
    bob = Person(account("packer"))
    try:
        need(bob.call("update_skill_files", change, [])[1] == "failed", "somebody else's skill")
        bob.turn("hello")
        need(not {"create_skill", "update_skill_files"} & set(offered()[0]), "not offered without the permission")
    finally:
        bob.client.close()


def notifications_are_sent():
    switches(ui__enable_user_webhooks=True)
    need(me.call("notify", {"message": "hello", "target": "nobody's"}, [])[1] == "failed", "no such target")
    target = owui.ok("POST", "/api/v1/notifications/targets", {"type": "webhook", "enabled": True, "events": [], "delivery": "always",
                     "config": {"url": shop.url + "/hook"}}, TOKEN)
    try:
        owui.ok("PUT", f"/api/v1/notifications/targets/{target['id']}/default", token=TOKEN)
        text, status, _ = me.call("notify", {"message": "tea is ready", "title": "Tea"}, [])
        need(status == "completed" and target["id"] in text, text)
        got = shop.asked[-1]
        need(got["path"] == "/hook" and got["body"]["message"] == "tea is ready" and got["body"]["user_id"] == admin["id"], got)
    finally:
        owui.ok("DELETE", f"/api/v1/notifications/targets/{target['id']}", token=TOKEN)


def compressed_bombs():
    connect(openapi("shop"))
    before = sum(owui.pss().values())
    text, status, _ = me.call("bomb", {}, ["server:shop"], seconds=60)
    grown = sum(owui.pss().values()) - before
    need(len(text) < 3000000 and grown < 80 * 1024, f"{status} {len(text)} {grown} KiB")
    return f"{grown} KiB"


CHECKS = [
    ("mcp: listed with its tools", mcp_is_listed), ("mcp: calls", mcp_answers), ("mcp: structured content and pictures", mcp_structured_and_pictures),
    ("mcp: bad arguments", mcp_bad_arguments), ("mcp: stopped in mid-call", mcp_stop), ("mcp: a server that is gone", mcp_dead),
    ("openapi: arguments", openapi_maps_arguments), ("openapi: kinds of answers", openapi_kinds_of_answers),
    ("openapi: authentication and headers", openapi_authentication), ("openapi: filter and grants", openapi_filter_and_access),
    ("openapi: two servers with the same names", same_names_stay_apart),
    ("hostile: descriptions", bad_descriptions), ("hostile: descriptions that never come", slow_descriptions),
    ("hostile: a tool that never returns is stopped", stopped_while_it_runs), ("hostile: giant answers", giant_answers),
    ("hostile: redirects are not followed", never_led_elsewhere), ("hostile: MCP servers", bad_mcp_servers),
    ("loop: calls that make no sense", bad_calls), ("loop: rounds without end", endless_rounds), ("loop: a caller's own tools", own_tools_of_a_caller),
    ("loop: the next turn knows the calls", history_has_the_calls), ("loop: a question survives a killed runner", question_survives_a_restart),
    ("loop: leave, refusal, twice", leave_is_asked_for), ("legacy: the tools are asked for first", legacy_models_are_asked_first),
    ("hostile: compressed bombs", compressed_bombs), ("built-in tools", built_in_tools_work),
    ("built-in: memories", memories_change_together), ("built-in: automations", automations_are_made),
    ("built-in: skills", skills_are_made), ("built-in: notifications", notifications_are_sent), ("a program is stopped", a_program_is_stopped),
]


def main():
    old = owui.ok("GET", "/openai/config", token=TOKEN)
    added = {**old, "ENABLE_OPENAI_API": True, "OPENAI_API_BASE_URLS": old["OPENAI_API_BASE_URLS"] + [model.url + "/v1"],
             "OPENAI_API_KEYS": old["OPENAI_API_KEYS"] + ["key"]}
    owui.ok("POST", "/openai/config/update", added, TOKEN)
    until("the model", 20, lambda: any(m["id"] == "scripted" for m in owui.ok("GET", "/api/models?refresh=true", token=TOKEN)["data"]))
    owui.call("POST", "/api/v1/models/create", {"id": "scripted", "name": "scripted", "base_model_id": None, "params": {}, "meta": {}, "access_grants":
              [{"principal_type": "user", "principal_id": "*", "permission": "read"}]}, TOKEN)
    wanted = sys.argv[3:]
    before = owui.restarts()
    try:
        for name, function in CHECKS:
            if not wanted or any(w in name for w in wanted):
                report.check(name, function)
        after = owui.restarts()
        dead = {n for n in after if after[n] != before.get(n)} - {"owui-runner"}
        report.check("no program died", lambda: need(not dead, f"{dead}"))
    finally:
        servers.end(mcp_process)
        connect()
        owui.ok("POST", "/openai/config/update", old, TOKEN)
    os._exit(report.end())


main()
