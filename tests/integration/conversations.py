#!/usr/bin/env python3
"""conversations.py URL STATE PSQL: conversations under load and with bad content.

Fifty writers to one chat lose no message; trees with loops and missing parents, 100,000 messages and
50 MB are stored and read; an import that fails or is cut off leaves nothing, and says at which item; grants to
accounts that are gone hurt nobody; the search finds what was written, before and after it is in the index; deleting an account takes all of it along.
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import time
import urllib.parse
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, Report, need, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
PSQL = sys.argv[3] if len(sys.argv) > 3 else "psql"
WRITERS, MANY, LARGE, BIG_S = 50, 100_000, 50 * 1024 * 1024, 240
admin = owui.admin()["token"]
RUN = uuid.uuid4().hex[:8]


def sql(text):
    done = subprocess.run([PSQL, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", os.path.join(owui.state, "run"),
                           "-U", "postgres", "-d", "open_webui", "-c", text], capture_output=True, text=True, timeout=120)
    need(done.returncode == 0, f"psql: {done.stderr.strip()[:300]}")
    return done.stdout.strip()


def message(mid, parent, content, role="user"):
    return {"id": mid, "parentId": parent, "childrenIds": [], "role": role, "content": content, "timestamp": int(time.time())}


def document(messages, current=None, title="t"):
    return {"title": title, "history": {"messages": {m["id"]: m for m in messages}, "currentId": current}}


def new_chat(doc, token=admin, timeout=BIG_S):
    status, body = owui.call("POST", "/api/v1/chats/new", {"chat": doc}, token, timeout=timeout)[:2]
    need(status == 200, f"new: {status} {str(body)[:200]}")
    return body["id"]


def read(chat, token=admin, timeout=BIG_S):
    status, body = owui.call("GET", f"/api/v1/chats/{chat}", None, token, timeout=timeout)[:2]
    need(status == 200, f"read: {status} {str(body)[:200]}")
    return body["chat"]["history"]["messages"]


def search(text):
    return [c["id"] for c in owui.ok("GET", "/api/v1/chats/search?text=" + urllib.parse.quote(text), None, admin)]


def writers():
    chat = new_chat(document([message("root", None, "root")], "root"))

    def write(i):
        doc = document([message(f"w{i}", "root", f"text {i}")], f"w{i}")
        return owui.call("POST", f"/api/v1/chats/{chat}", {"chat": doc}, admin, timeout=120)[0]

    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        statuses = list(pool.map(write, range(WRITERS)))
    need(statuses == [200] * WRITERS, f"answers {sorted(set(statuses))}")
    got = read(chat)
    lost = [i for i in range(WRITERS) if f"w{i}" not in got]
    need(not lost, f"lost {lost}")
    need(sorted(got["root"]["childrenIds"]) == sorted(f"w{i}" for i in range(WRITERS)), "children differ")
    rows = int(sql(f"SELECT count(*) FROM chat_message WHERE chat_id = '{chat}'"))
    need(rows == WRITERS + 1, f"{rows} rows")


def bad_trees():
    loop = [message("a", "b", "1"), message("b", "a", "2")]
    need(set(read(new_chat(document(loop, "a")))) == {"a", "b"}, "the loop's messages")
    need(set(read(new_chat(document([message("a", "gone", "1")], "nowhere")))) == {"a"}, "the orphan")
    own = message("a", "a", "own parent")
    need(set(read(new_chat(document([own], "a")))) == {"a"}, "its own parent")
    doubled = '{"chat":{"title":"t","history":{"currentId":"a","messages":{"a":' + json.dumps(message("a", None, "1")) + \
              ',"a":' + json.dumps(message("a", None, "2")) + "}}}}"
    status, body = owui.call("POST", "/api/v1/chats/new", doubled.encode(), admin)[:2]
    need(status == 200, f"doubled: {status}")
    need(len(read(body["id"])) == 1, "doubled ids")


def many_messages():
    began = time.monotonic()
    messages = [message(f"m{i}", f"m{i - 1}" if i else None, f"text {i}", "assistant" if i % 2 else "user") for i in range(MANY)]
    chat = new_chat(document(messages, f"m{MANY - 1}"))
    wrote = time.monotonic() - began
    need(len(read(chat)) == MANY, "messages are missing")
    owui.ok("DELETE", f"/api/v1/chats/{chat}", None, admin)
    return f"written in {wrote:.1f} s"


def large_chat():
    text = "0123456789abcdef" * (LARGE // 16 // 10)
    chat = new_chat(document([message(f"m{i}", f"m{i - 1}" if i else None, text) for i in range(10)], "m9"))
    need(sum(len(m["content"]) for m in read(chat).values()) == 10 * len(text), "content is missing")
    owui.ok("DELETE", f"/api/v1/chats/{chat}", None, admin)


def broken_import():
    def item(i):
        return {"chat": document([message("m", None, f"imported {RUN}")], "m", f"import {RUN} {i}"), "meta": {}, "archived": False}

    items = [item(i) for i in range(5)]
    items[3]["archived"] = None
    status, body = owui.call("POST", "/api/v1/chats/import", {"chats": items}, admin)[:2]
    need(status == 400, f"answered {status}")
    need("3" in str(body.get("detail", "")), f"does not say where: {body}")
    need(sql(f"SELECT count(*) FROM chat WHERE title LIKE 'import {RUN}%'") == "0", "something remained")
    status, _ = owui.call("POST", "/api/v1/chats/import", {"chats": [item(i) for i in range(3)]}, admin)[:2]
    need(status == 200, f"the good one: {status}")
    need(sql(f"SELECT count(*) FROM chat WHERE title LIKE 'import {RUN}%'") == "3", "the good one is not complete")


def cut_import():
    """The client goes away in the middle, or what it sends ends there."""
    whole = json.dumps({"chats": [{"chat": document([message("m", None, "x" * 1000)], "m", f"cut {RUN} {i}"), "meta": {}}
                                  for i in range(200)]}).encode()
    for sent, length in ((whole[:len(whole) // 2], len(whole)), (whole[:-3], len(whole) - 3)):
        head = (f"POST /api/v1/chats/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {admin}\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n").encode()
        answer = owui.raw(head + sent, half_close=len(sent) < length)
        need(b" 200 " not in answer.split(b"\r\n")[0], f"answered {answer[:80]}")
        need(sql(f"SELECT count(*) FROM chat WHERE title LIKE 'cut {RUN}%'") == "0", "something remained")
    status, _ = owui.call("POST", "/api/v1/chats/import", whole, admin)[:2]
    need(status == 200, f"the whole one: {status}")
    need(sql(f"SELECT count(*) FROM chat WHERE title LIKE 'cut {RUN}%'") == "200", "the whole one is not complete")


def grants_to_the_gone():
    email = f"granted-{RUN}@example.com"
    user = owui.ok("POST", "/api/v1/auths/add", {"name": "Granted", "email": email, "password": "Passw0rd!x", "role": "user"}, admin)
    grants = [{"principal_type": "user", "principal_id": who, "permission": "read"} for who in (user["id"], f"nobody-{RUN}")]
    note = owui.ok("POST", "/api/v1/notes/create", {"title": "granted", "data": {}}, admin)["id"]
    chat = new_chat(document([message("m", None, "shared")], "m"))
    owui.ok("POST", f"/api/v1/chats/{chat}/share", None, admin)
    things = {"note": (note, f"/api/v1/notes/{note}/access/update", f"/api/v1/notes/{note}"),
              "shared_chat": (chat, f"/api/v1/chats/shared/{chat}/access/update", f"/api/v1/chats/{chat}")}
    for gone in (False, True):
        for kind, (thing, update, read_path) in things.items():
            status, body = owui.call("POST", update, {"access_grants": grants}, admin)[:2]
            need(status in (200, 400, 403), f"{kind} {'after' if gone else 'before'}: {status} {str(body)[:200]}")
            owui.ok("GET", read_path, None, admin)
        if not gone:
            need(owui.call("GET", f"/api/v1/notes/{note}", None, user["token"])[0] == 200, "the grant opens nothing")
            owui.ok("DELETE", f"/api/v1/users/{user['id']}", None, admin)
    need(owui.call("GET", f"/api/v1/notes/{note}", None, user["token"])[0] == 401, "the gone account still reads")
    owui.ok("GET", "/api/v1/notes/?page=1", None, admin)
    owui.ok("DELETE", f"/api/v1/notes/{note}/delete", None, admin)
    need(sql(f"SELECT count(*) FROM access_grant WHERE resource_id = '{note}'") == "0", "grants outlive the note")


def finds():
    word = "quetzal" + RUN
    chat = new_chat(document([message("m", None, f"A {word.upper()} in 100% of Übersee")], "m"))
    for text in (word, word[2:9], f"a {word} in", "übersee", word + " 100"):
        need(chat in search(text), f"'{text}' before the index")
    sql("UPDATE owui.chat_stale SET since = 0")
    until("the index takes it", 60, lambda: sql(f"SELECT count(*) FROM owui.chat_stale WHERE chat_id = '{chat}'") == "0")
    for text in (word, word[2:9], f"a {word} in", "übersee", word + " 100", word[:2] + "%" + word[5:]):
        need(chat in search(text), f"'{text}' in the index")
    need(chat not in search(word + "x"), "what nobody wrote")
    sql(f"UPDATE chat SET title = 'renamed-{word}-by-hand' WHERE id = '{chat}'")
    need(chat in search(f"renamed-{word}"), "what somebody else's program wrote")


def cascade():
    email = f"gone-{RUN}@example.com"
    user = owui.ok("POST", "/api/v1/auths/add", {"name": "Gone", "email": email, "password": "Passw0rd!x", "role": "user"}, admin)
    token = user["token"]
    chat = new_chat(document([message("m", None, "mine")], "m"), token)
    owui.ok("POST", f"/api/v1/chats/{chat}/share", None, token)
    owui.ok("DELETE", f"/api/v1/users/{user['id']}", None, admin)
    for table, column in (("chat", "user_id"), ("shared_chat", "user_id"), ("auth", "id"), ("group_member", "user_id")):
        need(sql(f"SELECT count(*) FROM {table} WHERE {column} = '{user['id']}'") == "0", f"{table} keeps rows")
    need(sql(f"SELECT count(*) FROM chat_message WHERE chat_id = '{chat}'") == "0", "chat_message keeps rows")
    need(sql(f"SELECT count(*) FROM owui.chat_stale WHERE chat_id = '{chat}'") == "0", "the search keeps a mark")


report = Report()
for name, run in (("fifty writers lose nothing", writers), ("bad trees are stored and read", bad_trees),
                  ("a broken import leaves nothing", broken_import), ("an import cut off leaves nothing", cut_import),
                  ("grants to those who are gone", grants_to_the_gone), ("the search finds what was written", finds),
                  ("an account goes with its conversations", cascade), ("100,000 messages", many_messages),
                  ("a conversation of 50 MB", large_chat)):
    report.check(name, run)
sys.exit(report.end())
