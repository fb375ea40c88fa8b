#!/usr/bin/env python3
"""odd_bodies.py URL STATE [SEED [COUNT]] - bodies with values of other types in any place.

Right bodies of the operations that take the most of JSON, in which one to three values, however deep, become
something else or go.  Whatever comes of it, an answer comes, no program dies, and it is nobody's fault but the
caller's: no 5xx of ours.  The provider is this test's own, and takes everything.
"""
import http.server
import json
import os
import random
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, Report, need  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261125
COUNT = int(sys.argv[4]) if len(sys.argv) > 4 else 100
report = Report()
TOKEN = owui.admin()["token"]
VALUES = [None, 7, -1, "", "x", [], {}, [None], [1], ["a"], {"a": 1}, True, 1e30, {"id": None}, [{"id": 7}], [{}], 1 << 62, "\u0000", [[[]]]]
CLOSED = "http://127.0.0.1:9/"  # nobody listens there
GRANTS = [{"principal_type": "user", "principal_id": "*", "permission": "read"}]
USER = {"id": "p", "role": "user", "content": "c", "files": [{"type": "file", "id": "f", "name": "n"}]}
BLOCKS = [{"type": "text", "text": "x"}, {"type": "image", "source": {"type": "base64", "data": "a", "media_type": "image/png"}},
          {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "t"}]}]
GOOD = {
    "/api/chat/completions": {
        "model": "odd", "stream": False, "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "x"}]}],
        "files": USER["files"], "params": {"system": "s", "temperature": 1, "stop": ["a"], "custom_params": {"a": "1"}, "logit_bias": "a"},
        "tool_ids": ["t"], "tool_servers": [{"url": "u", "specs": [{"name": "a", "parameters": {}}]}], "features": {"memory": True},
        "variables": {"{{USER_NAME}}": "x"}, "model_item": {"id": "odd"}, "session_id": "s", "chat_id": "local:x", "id": "m",
        "background_tasks": {"title_generation": True}, "filter_ids": ["f"], "skill_ids": ["s"], "metadata": {"a": 1}, "user_message": USER,
        "parent_message": USER, "parent_id": "p", "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
        "tool_choice": "auto", "terminal_id": "t", "folder_id": "f", "assistant_message_id": "a"},
    "/api/v1/messages": {
        "model": "odd", "max_tokens": 5, "system": [{"type": "text", "text": "s"}], "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "messages": [{"role": "user", "content": BLOCKS}, {"role": "assistant", "content": [
            {"type": "tool_use", "id": "1", "name": "f", "input": {}}, {"type": "thinking", "thinking": "a", "signature": "s"}]}],
        "tool_choice": {"type": "auto"}, "thinking": {"type": "enabled", "budget_tokens": 5}, "metadata": {"user_id": "u"}, "stop_sequences": ["a"]},
    "/openai/chat/completions": {"model": "odd", "messages": [{"role": "user", "content": "hi"}], "metadata": {"a": 1}, "max_tokens": 1},
    "/openai/responses": {"model": "odd", "input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}],
                          "tools": [{"type": "function", "name": "f"}], "instructions": "x"},
    "/ollama/api/chat": {"model": "odd", "messages": [{"role": "user", "content": "x", "images": ["a"], "tool_calls": [
        {"function": {"name": "f", "arguments": {}}}]}], "options": {"a": 1}, "tools": [], "format": "json", "keep_alive": "5m"},
    "/ollama/v1/chat/completions": {"model": "odd", "messages": [{"role": "user", "content": "x"}]},
    "/api/embeddings": {"model": "odd", "input": ["a"]},
    "/api/v1/tasks/title/completions": {"model": "odd", "messages": [{"role": "user", "content": "x"}], "chat_id": "c"},
    "/api/v1/tasks/queries/completions": {"model": "odd", "messages": [{"role": "user", "content": "x"}], "type": "web_search", "prompt": "x"},
    "/api/v1/tasks/moa/completions": {"model": "odd", "prompt": "x", "responses": ["a"], "stream": False},
    "/api/chat/completed": {"model": "odd", "messages": [{"id": "a", "role": "user", "content": "x", "output": [{"type": "message"}]}],
                            "chat_id": "c", "id": "a", "session_id": "s", "filter_ids": ["x"], "model_item": {"id": "x"}},
    "/api/v1/chats/new": {"chat": {"title": "t", "models": ["m"], "messages": [], "tags": ["a"], "history": {"currentId": "b", "messages": {
        "a": {"id": "a", "role": "user", "content": "x", "childrenIds": ["b"], "files": [{"id": "f"}]},
        "b": {"id": "b", "parentId": "a", "role": "assistant", "content": "y", "usage": {"a": 1}, "sources": [{}],
              "output": [{"type": "message", "content": [{"type": "output_text", "text": "t"}]}]}}}}, "folder_id": None},
    "/api/v1/chats/import": {"chats": [{"chat": {"history": {"messages": {"a": {"id": "a"}}, "currentId": "a"}}, "meta": {"tags": ["x"]},
                                        "pinned": True, "created_at": 1}]},
    "/api/v1/folders/": {"name": "%d", "data": {"files": [{"id": "x"}], "system_prompt": "s"}, "meta": {"icon": "i"}, "parent_id": None},
    "/api/v1/notes/create": {"title": "t", "data": {"content": {"md": "x", "json": {}, "html": "h"}, "versions": [{}], "files": [{}]},
                             "meta": {}, "access_grants": GRANTS},
    "/api/v1/prompts/create": {"command": "c%d", "name": "n", "content": "x", "tags": ["a"], "data": {}, "meta": {}, "access_grants": GRANTS},
    "/api/v1/models/create": {"id": "m%d", "name": "n", "base_model_id": "odd", "access_grants": GRANTS, "meta": {
        "tags": [{"name": "x"}], "capabilities": {}, "knowledge": [{}], "voice": {"voice": "v"}, "toolIds": ["t"], "actionIds": ["a"]},
        "params": {"system": "x", "model_controls": {"a": {"label": "x", "options": [{}]}}}},
    "/api/v1/skills/create": {"id": "s%d", "name": "n", "description": "d", "content": "x", "meta": {"tags": ["a"]},
                              "files": [{"path": "a", "content": "b"}], "access_grants": GRANTS},
    "/api/v1/evaluations/feedback": {"type": "rating", "data": {"rating": 1, "model_id": "m", "sibling_model_ids": ["x"], "tags": ["a"]},
                                     "meta": {"chat_id": "c", "message_id": "m", "tags": ["x"]}, "snapshot": {"chat": {}}},
    "/api/v1/automations/create": {"name": "n", "is_active": False, "meta": {}, "data": {
        "prompt": "p", "model_id": "odd", "rrule": "FREQ=DAILY", "target": {"type": "chat"}}},
    "/api/v1/calendars/events/create": {"calendar_id": "x", "title": "t", "start_at": 1, "end_at": 2, "rrule": "FREQ=DAILY",
                                        "attendees": [{"user_id": "u"}], "data": {}, "meta": {}, "color": "c"},
    "/api/v1/configs/tool_servers/verify": {"url": CLOSED, "path": "openapi.json", "auth_type": "bearer", "key": "k",
                                            "config": {"enable": True}, "info": {"id": "x"}, "type": "openapi", "headers": {}},
    "/api/v1/users/user/settings/update": {"ui": {"models": ["a"], "notifications": {"webhook_url": ""}, "toolServers": [{"url": "x"}],
                                                  "directConnections": {"OPENAI_API_BASE_URLS": ["x"]}}},
    "/api/v1/groups/create": {"name": "g%d", "description": "d", "permissions": {"chat": {"delete": True}}, "data": {"config": {}}},
}
# What stands in for others: their refusal to answer is told with these.
OTHERS = {"/api/v1/configs/tool_servers/verify": {500, 502, 503}}


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        out = json.dumps({"object": "list", "data": [{"id": "odd", "embedding": [0.5], "index": 0}], "models": [{"name": "odd", "model": "odd"}],
                          "id": "x", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}],
                          "message": {"role": "assistant", "content": "x"}, "done": True}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def changed(rng, value):
    """A copy in which one value, anywhere, is another or gone."""
    value = json.loads(json.dumps(value))
    node, place = value, None
    while isinstance(node, (dict, list)) and node:
        key = rng.choice(sorted(node) if isinstance(node, dict) else range(len(node)))
        place = (node, key)
        if rng.random() < 0.3:
            break
        node = node[key]
    if place and isinstance(place[0], dict) and rng.random() < 0.15:
        del place[0][place[1]]
    elif place:
        place[0][place[1]] = rng.choice(VALUES)
    return value


def odd(path):
    before, counts = owui.restarts(), {}
    rng = random.Random(f"{SEED} {path}")
    for _ in range(COUNT):
        body = GOOD[path]
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            body = changed(rng, body)
        data = json.dumps(body).replace("%d", str(rng.randrange(1 << 30))).encode()
        status, answer = owui.call("POST", path, data, TOKEN, {"Content-Type": "application/json"}, timeout=30)
        counts[status] = counts.get(status, 0) + 1
        need(status < 500 or status in OTHERS.get(path, ()), f"{status} {str(answer)[:200]} for {data.decode()[:1500]}")
    need(owui.restarts() == before, f"programs died: {before} became {owui.restarts()}")
    return " ".join(f"{n} of {s}" for s, n in sorted(counts.items()))


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
here = f"http://127.0.0.1:{server.server_port}"
for path, form in (("/openai/config/update", {"ENABLE_OPENAI_API": True, "OPENAI_API_BASE_URLS": [here + "/v1"], "OPENAI_API_KEYS": ["k"],
                                              "OPENAI_API_CONFIGS": {}}),
                   ("/ollama/config/update", {"ENABLE_OLLAMA_API": True, "OLLAMA_BASE_URLS": [here], "OLLAMA_API_CONFIGS": {}})):
    status, answer = owui.call("POST", path, json.dumps(form).encode(), TOKEN, {"Content-Type": "application/json"})
    need(status == 200, f"{path}: {status} {answer}")
for path in GOOD:
    report.check(path.strip("/").replace("/", "-"), odd, path)
sys.exit(report.end())
