#!/usr/bin/env python3
"""reference.py URL STATE: this server and Open WebUI 0.12.4 on one database.

OWUI_REFERENCE names a program that starts the reference in the foreground when it is called with
PORT DATABASE_URL REDIS_URL; without it the test is skipped.  The reference is started on the database
of the instance, as it stands after other tests: both show the same conversations, notes, models, folders,
prompts and channels, and each shows what the other one wrote.
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import ADMIN, Instance, Report, need, until  # noqa: E402

STARTER = os.environ.get("OWUI_REFERENCE", "")
START_S, RUN = 420, uuid.uuid4().hex[:8]
if not STARTER:
    print("skip reference: OWUI_REFERENCE does not name a program that starts Open WebUI 0.12.4 "
          "(called with PORT DATABASE_URL REDIS_URL)")
    print("0 passed, 0 failed")
    sys.exit(0)

ours = Instance(sys.argv[1], sys.argv[2])
PAGES = {
    "chats": "/api/v1/chats/?page={}&include_pinned=true&include_folders=true",
    "notes": "/api/v1/notes/?page={}",
    "models": "/api/v1/models/list?page={}",
    "prompts": "/api/v1/prompts/list?page={}",
}
WHOLE = {"channels": "/api/v1/channels/list", "folders": "/api/v1/folders/", "overrides": "/api/v1/models/base", "all tags": "/api/v1/chats/all/tags",
         "skills": "/api/v1/skills/", "feedback": "/api/v1/evaluations/feedbacks/all/ids"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listed(server, token, path):
    """{ id: (title, updated_at) } of all pages, or of a list that has none."""
    found, page = {}, 1
    while page < 100:
        body = server.ok("GET", path.format(page), None, token)
        items = body["items"] if isinstance(body, dict) else body
        new = {i["id"]: (i.get("title", i.get("name")), i.get("updated_at")) for i in items}
        if not set(new) - set(found):
            return found
        found.update(new)
        if "{}" not in path:
            return found
        page += 1
    return found


def sign_in(server):
    return server.ok("POST", "/api/v1/auths/signin", {"email": ADMIN["email"], "password": ADMIN["password"]})["token"]


def same(path):
    mine, theirs = listed(ours, us, path), listed(reference, them, path)
    differ = {k: (mine.get(k), theirs.get(k)) for k in set(mine) | set(theirs) if mine.get(k) != theirs.get(k)}
    need(not differ, f"{len(differ)} differ: {dict(list(differ.items())[:3])}")
    return f"{len(mine)} of them"


def same_documents():
    chats = list(listed(ours, us, PAGES["chats"]))[:20]
    for chat in chats:
        a, b = (s.ok("GET", f"/api/v1/chats/{chat}", None, t) for s, t in ((ours, us), (reference, them)))
        need(a["chat"] == b["chat"], f"chat {chat} differs")
    return f"{len(chats)} of them"


def write(server, token, name):
    """A conversation, a note, a preset, a folder, a prompt and a channel with a message; what each of them is called."""
    m = {"id": "m", "parentId": None, "childrenIds": [], "role": "user", "content": f"said by {name}", "timestamp": int(time.time())}
    chat = server.ok("POST", "/api/v1/chats/new", {"chat": {"title": f"{name} chat", "history": {"messages": {"m": m}, "currentId": "m"}}}, token)
    note = server.ok("POST", "/api/v1/notes/create", {"title": f"{name} note", "data": {"content": {"md": f"by {name}", "html": "", "json": None}}}, token)
    server.ok("POST", "/api/v1/models/create", {"id": name, "name": f"{name} model", "base_model_id": "mock-small", "meta": {}, "params": {}}, token)
    folder = server.ok("POST", "/api/v1/folders/", {"name": f"{name} folder"}, token)
    prompt = server.ok("POST", "/api/v1/prompts/create", {"command": name, "name": name, "content": f"by {name}"}, token)
    channel = server.ok("POST", "/api/v1/channels/create", {"type": "group", "name": name}, token)
    server.ok("POST", f"/api/v1/channels/{channel['id']}/messages/post", {"content": f"posted by {name}"}, token)
    return chat["id"], note["id"], folder["id"], prompt["id"], channel["id"]


def shows(server, token, name, made):
    chat, note, folder, prompt, channel = made
    need(server.ok("GET", f"/api/v1/chats/{chat}", None, token)["chat"]["history"]["messages"]["m"]["content"] == f"said by {name}", "the chat")
    need(server.ok("GET", f"/api/v1/notes/{note}", None, token)["data"]["content"]["md"] == f"by {name}", "the note")
    need(server.ok("GET", f"/api/v1/models/model?id={name}", None, token)["name"] == f"{name} model", "the model")
    need(server.ok("GET", f"/api/v1/folders/{folder}", None, token)["name"] == f"{name} folder", "the folder")
    need(server.ok("GET", f"/api/v1/prompts/id/{prompt}", None, token)["content"] == f"by {name}", "the prompt")
    messages = server.ok("GET", f"/api/v1/channels/{channel}/messages", None, token)
    need([m["content"] for m in messages] == [f"posted by {name}"], "the channel's message")
    need(chat in [c["id"] for c in server.ok("GET", f"/api/v1/chats/search?text=said%20by%20{name}", None, token)], "the search")


us = ours.admin()["token"]
settings = ours.ok("GET", "/api/v1/auths/admin/config", None, us)
ours.ok("POST", "/api/v1/auths/admin/config", {**settings, "ENABLE_CHANNELS": True}, us)
write(ours, us, f"before-{RUN}")
port, redis_port = free_port(), free_port()
folder = tempfile.mkdtemp(prefix="owui-reference-")
log = open(os.path.join(folder, "log"), "w")
redis = subprocess.Popen(["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", folder], stdout=log, stderr=log)
run = os.path.join(ours.state, "run")
program = subprocess.Popen([STARTER, str(port), f"postgresql://postgres@/open_webui?host={run}", f"redis://127.0.0.1:{redis_port}/0"],
                           stdout=log, stderr=log, start_new_session=True)
report = Report()
try:
    reference = Instance(f"http://127.0.0.1:{port}", ours.state)

    def up():
        need(program.poll() is None, f"the reference ended: see {folder}/log")
        try:
            return reference.call("GET", "/health", timeout=5)[0] == 200
        except OSError:
            return False

    if report.check("the reference starts on our database", lambda: f"{until('the start', START_S, up, 1)[1]:.0f} s"):
        them = sign_in(reference)
        for name, path in (PAGES | WHOLE).items():
            report.check(f"both list the same {name}", same, path)
        report.check("both show the same documents", same_documents)
        made = write(ours, us, f"ours-{RUN}")
        report.check("the reference shows what we wrote", shows, reference, them, f"ours-{RUN}", made)
        made = write(reference, them, f"theirs-{RUN}")
        report.check("we show what the reference wrote", shows, ours, us, f"theirs-{RUN}", made)
finally:
    for p in (program, redis):
        if p.poll() is None:
            (os.killpg if p is program else os.kill)(p.pid, signal.SIGTERM)
            try:
                p.wait(30)
            except subprocess.TimeoutExpired:
                p.kill()
sys.exit(report.end())
