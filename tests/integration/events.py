#!/usr/bin/env python3
"""events.py URL STATE: what a webhook for everything hears.

Each operation that changes something tells the event that its row names, with the right subject and data; a webhook
that was set up a moment before is not missed; one for a group hears of its members only; no secret is in any of it.
"""
import http.server
import json
import os
import sys
import threading
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, Report, need, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
who = owui.admin()
admin, RUN, SECRET = who["token"], uuid.uuid4().hex[:8], "S3cret-" + uuid.uuid4().hex


class Listener:
    def __init__(self):
        self.got = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.got.append(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0)))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/all"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def hook(self, events, **more):
        return owui.ok("POST", "/api/events/webhooks", {"url": self.url, "events": events, **more}, admin)["id"]

    def named(self, name, subject=None):
        return [e for e in self.got if e["event"] == name and (subject is None or (e["subject"] or {}).get("id") == subject)]


def drop(hook):
    owui.ok("DELETE", f"/api/events/webhooks/{hook}", None, admin)


def no_wait():
    """Set up and used at once, ten times."""
    ear = Listener()
    for i in range(10):
        hook = ear.hook(["group.created"])
        group = owui.ok("POST", "/api/v1/groups/create", {"name": f"at once {i} {RUN}", "description": ""}, admin)
        drop(hook)
        until(f"event {i}", 10, lambda: ear.named("group.created", group["id"]))


CHAT = {"title": f"Events {RUN}", "history": {"currentId": "m1", "messages": {"m1": {
    "id": "m1", "parentId": None, "childrenIds": [], "role": "user", "content": "x" * 400, "timestamp": 1}}}}

# Method, path, body, event, subject ("=x": the value saved as x; None: any), data that must be among the rest.  What an
# answer's `id` is goes by the name behind "->".
STEPS = [
    ("POST", "/api/v1/chats/new -> chat", {"chat": CHAT}, "chat.created", "=chat", {"title": CHAT["title"]}),
    ("POST", "/api/v1/chats/{chat}", {"chat": {"title": "Second"}}, "chat.updated", "=chat", {"title": "Second"}),
    ("POST", "/api/v1/chats/{chat}/pin", None, "chat.pinned", "=chat", {}),
    ("POST", "/api/v1/chats/{chat}/pin", None, "chat.unpinned", "=chat", {}),
    ("POST", "/api/v1/chats/{chat}/tags", {"name": "red"}, "chat.tag_added", "=chat", {"tag": "red"}),
    ("DELETE", "/api/v1/chats/{chat}/tags", {"name": "red"}, "chat.tag_removed", "=chat", {"tag": "red"}),
    ("POST", "/api/v1/chats/{chat}/messages/m1", {"content": "y" * 400}, "message.updated", "m1",
     {"chat_id": "=chat", "content_preview": "y" * 300}),
    ("POST", "/api/v1/chats/{chat}/messages/m1/event", {"type": "status", "data": {}}, "message.event_received", "m1",
     {"chat_id": "=chat", "event_type": "status"}),
    ("POST", "/api/v1/chats/{chat}/share", None, "chat.shared", "=chat", {}),
    ("DELETE", "/api/v1/chats/{chat}/share", None, "chat.unshared", "=chat", {}),
    ("POST", "/api/v1/chats/{chat}/clone -> copy", {"title": "Copy"}, "chat.cloned", "=copy", {"original_chat_id": "=chat"}),
    ("POST", "/api/v1/chats/{chat}/archive", None, "chat.archived", "=chat", {}),
    ("POST", "/api/v1/chats/{chat}/archive", None, "chat.unarchived", "=chat", {}),
    ("POST", "/api/v1/folders/ -> folder", {"name": f"F {RUN}"}, "folder.created", "=folder", {"name": f"F {RUN}"}),
    ("POST", "/api/v1/chats/{chat}/folder", {"folder_id": "{folder}"}, "chat.folder_updated", "=chat", {"folder_id": "=folder"}),
    ("POST", "/api/v1/folders/{folder}/update", {"name": f"G {RUN}"}, "folder.updated", "=folder", {"name": f"G {RUN}"}),
    ("POST", "/api/v1/folders/{folder}/update/parent", {"parent_id": None}, "folder.parent_updated", "=folder", {"parent_id": None}),
    ("DELETE", "/api/v1/folders/{folder}?delete_contents=false", None, "folder.deleted", "=folder", {"delete_contents": False}),
    ("POST", "/api/v1/chats/import", {"chats": [{"chat": CHAT}]}, "chat.imported", None, {"count": 1}),
    ("DELETE", "/api/v1/chats/{copy}", None, "chat.deleted", "=copy", {}),
    ("POST", "/api/v1/chats/archive/all", None, "chat.archived", "=admin", {}),
    ("POST", "/api/v1/chats/unarchive/all", None, "chat.unarchived", "=admin", {}),
    ("POST", "/api/v1/notes/create -> note", {"title": "N", "data": {}}, "note.created", "=note", {"title": "N"}),
    ("POST", "/api/v1/notes/{note}/update", {"title": "O"}, "note.updated", "=note", {"title": "O"}),
    ("POST", "/api/v1/notes/{note}/pin", None, "note.pinned", "=note", {}),
    ("POST", "/api/v1/notes/{note}/access/update", {"access_grants": []}, "note.access_updated", "=note", {}),
    ("DELETE", "/api/v1/notes/{note}/delete", None, "note.deleted", "=note", {}),
    ("POST", "/api/v1/prompts/create -> prompt", {"command": f"p{RUN}", "name": "P", "content": "c"}, "prompt.created", "=prompt",
     {"name": "P", "command": f"p{RUN}"}),
    ("POST", "/api/v1/prompts/id/{prompt}/update", {"command": f"p{RUN}", "name": "Q", "content": "d"}, "prompt.updated", "=prompt",
     {"name": "Q"}),
    ("POST", "/api/v1/prompts/id/{prompt}/toggle", None, "prompt.disabled", "=prompt", {"name": "Q"}),
    ("POST", "/api/v1/prompts/id/{prompt}/toggle", None, "prompt.enabled", "=prompt", {"name": "Q"}),
    ("DELETE", "/api/v1/prompts/id/{prompt}/delete", None, "prompt.deleted", "=prompt", {}),
    ("POST", "/api/v1/skills/create", {"id": f"s-{RUN}", "name": "S", "description": "", "content": "c"}, "skill.created", f"s-{RUN}",
     {"name": "S"}),
    ("POST", f"/api/v1/skills/id/s-{RUN}/toggle", None, "skill.disabled", f"s-{RUN}", {"name": "S"}),
    ("DELETE", f"/api/v1/skills/id/s-{RUN}/delete", None, "skill.deleted", f"s-{RUN}", {}),
    ("POST", "/api/v1/models/create", {"id": f"m-{RUN}", "name": "M", "meta": {}, "params": {}, "base_model_id": "mock-small"},
     "model.created", f"m-{RUN}", {"name": "M"}),
    ("POST", f"/api/v1/models/model/toggle?id=m-{RUN}", None, "model.disabled", f"m-{RUN}", {"name": "M"}),
    ("POST", "/api/v1/models/model/delete", {"id": f"m-{RUN}"}, "model.deleted", f"m-{RUN}", {}),
    ("POST", "/api/v1/calendars/create -> calendar", {"name": "C"}, "calendar.created", "=calendar", {"name": "C"}),
    ("POST", "/api/v1/calendars/events/create -> date", {"calendar_id": "{calendar}", "title": "D", "start_at": 1900000000000000000},
     "calendar.event.created", "=date", {"title": "D", "calendar_id": "=calendar"}),
    ("DELETE", "/api/v1/calendars/events/{date}/delete", None, "calendar.event.deleted", "=date", {}),
    ("DELETE", "/api/v1/calendars/{calendar}/delete", None, "calendar.deleted", "=calendar", {}),
    ("POST", "/api/v1/memories/add -> memory", {"content": "z" * 400}, "memory.created", "=memory", {"content_preview": "z" * 300}),
    ("DELETE", "/api/v1/memories/{memory}", None, "memory.deleted", "=memory", {}),
    ("POST", "/api/v1/evaluations/feedback -> feedback", {"type": "rating", "data": {"rating": 1}}, "feedback.created", "=feedback",
     {"rating": 1}),
    ("DELETE", "/api/v1/evaluations/feedback/{feedback}", None, "feedback.deleted", "=feedback", {}),
    ("POST", "/api/v1/groups/create -> group", {"name": f"Top {RUN}", "description": ""}, "group.created", "=group", {"name": f"Top {RUN}"}),
    ("POST", "/api/v1/groups/create -> child", {"name": f"Below {RUN}", "description": "", "parent_group_id": "{group}"},
     "group.created", "=child", {}),
    ("POST", "/api/v1/groups/id/{group}/users/add", {"user_ids": ["{admin}"]}, "group.member_added", "=group", {"user_ids": ["=admin"]}),
    ("DELETE", "/api/v1/groups/id/{group}/delete", None, "group.updated", "=child",
     {"old_parent_group_id": "=group", "parent_group_id": None}),
    ("POST", "/api/v1/auths/add -> person", {"name": "P", "email": f"p-{RUN}@example.com", "password": SECRET, "role": "user"},
     "user.created", "=person", {"role": "user"}),
    ("POST", "/api/v1/auths/signin", {"email": f"p-{RUN}@example.com", "password": SECRET}, "auth.login", "=person",
     {"auth_method": "password"}),
    ("POST", "/api/v1/users/{person}/update", {"role": "pending", "password": SECRET + "2"}, "user.role_updated", "=person",
     {"role": "pending"}),
    ("POST", "/api/v1/users/{person}/sessions/revoke", {}, "auth.sessions_revoked", "=person", {}),
    ("DELETE", "/api/v1/users/{person}", None, "user.deleted", "=person", {}),
    ("POST", "/api/v1/auths/update/timezone", {"timezone": "UTC"}, "user.updated", "=admin", {"updated_fields": ["timezone"]}),
    ("POST", "/api/v1/users/user/settings/update", {"ui": {}}, "user.settings_updated", "=admin", {}),
    ("POST", "/api/v1/configs/banners", {"banners": []}, "config.banners.updated", "ui.banners", {"count": 0}),
    ("POST", "/api/v1/configs/import", {"config": {"ui.banners": []}}, "config.imported", "import", {"keys": ["ui.banners"]}),
    ("POST", "/api/v1/configs/connections", {"ENABLE_DIRECT_CONNECTIONS": False, "ENABLE_BASE_MODELS_CACHE": False},
     "config.connections.updated", "connections", {"ENABLE_DIRECT_CONNECTIONS": False}),
    ("POST", "/api/v1/knowledge/external/connections -> external",
     {"name": "X", "provider": "qdrant", "endpoint": "http://127.0.0.1:1", "auth_config": {"api_key": SECRET}},
     "knowledge.external_connection.created", "=external", {"name": "X", "provider": "qdrant"}),
    ("DELETE", "/api/v1/knowledge/external/connections/{external}", None, "knowledge.external_connection.deleted", "=external", {}),
    ("DELETE", "/api/v1/chats/", None, "chat.deleted_all", "=admin", {}),
]


def filled(value, ids):
    """{name} in a text, and =name, are what was saved as that name."""
    if isinstance(value, dict):
        return {k: filled(v, ids) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, ids) for v in value]
    if isinstance(value, str) and value.startswith("="):
        return ids[value[1:]]
    if isinstance(value, str) and value.startswith("{") and value[1:-1] in ids:
        return ids[value[1:-1]]
    return value


def every_operation():
    ear, ids, faults = Listener(), {"admin": who["id"]}, []
    hook = ear.hook(["*"])
    try:
        wanted = []
        for method, path, body, event, subject, data in STEPS:
            path, _, save = path.partition(" -> ")
            answer = owui.ok(method, path.format(**ids), filled(body, ids), admin)
            if save:
                ids[save] = answer["id"]
            wanted.append((event, filled(subject, ids), filled(data, ids)))
        until("the last event", 30, lambda: ear.named("chat.deleted_all"))
        for event, subject, data in wanted:
            found = [e for e in ear.named(event, subject) if data.items() <= e["data"].items()] if not any(
                isinstance(v, (list, dict)) for v in data.values()) else [
                e for e in ear.named(event, subject) if all(e["data"].get(k) == v for k, v in data.items())]
            if not found:
                faults.append(f"{event} {subject} {data}: {[(e['subject'], e['data']) for e in ear.named(event)]}"[:400])
        need(not faults, "\n    ".join(faults))
        text = json.dumps(ear.got)
        need(SECRET not in text and admin not in text, "a secret is in what webhooks hear")
        actors = {(e["actor"] or {}).get("id") for e in ear.got if e["event"].startswith("chat.")}
        need(actors == {who["id"]}, f"actors: {actors}")
        need(all((e["actor"] or {}).get("created_at") for e in ear.named("chat.created")), "an actor without created_at")
        sources = {e["event"]: e["source"] for e in ear.got}
        need(sources["user.created"] == "admin" and sources["auth.login"] == "password" and sources["chat.created"] == "api", str(sources))
        return f"{len(wanted)} operations, {len(ear.got)} events"
    finally:
        drop(hook)


def for_members_only():
    ear = Listener()
    group = owui.ok("POST", "/api/v1/groups/create", {"name": f"Members {RUN}", "description": ""}, admin)["id"]
    people = [owui.ok("POST", "/api/v1/auths/add", {"name": n, "email": f"{n}-{RUN}@example.com", "password": SECRET, "role": "user"},
                      admin) for n in ("in", "out")]
    owui.ok("POST", f"/api/v1/groups/id/{group}/users/add", {"user_ids": [people[0]["id"]]}, admin)
    hooks = [ear.hook(["chat.created"], targets=[{"type": "group", "id": group}])]
    try:
        for p in reversed(people):
            owui.ok("POST", "/api/v1/chats/new", {"chat": CHAT}, p["token"])
        until("the member's event", 10, lambda: ear.got)
        need([e["actor"]["id"] for e in ear.got] == [people[0]["id"]], str([e["actor"] for e in ear.got]))
    finally:
        for h in hooks:
            drop(h)


report = Report()
report.check("webhook-heard-at-once", no_wait)
report.check("every-operation-tells", every_operation)
report.check("webhook-for-members-only", for_members_only)
sys.exit(report.end())
