#!/usr/bin/env python3
"""conversations.py URL STATE [PSQL]: what stays quick when there is much of it.

Fills an instance made for this (rows straight into its database, under an account of its own) and measures
from outside, one request at a time:

- the search of an account with 50,000 conversations: 99 of 100 requests within 100 ms, for each operator;
- the list of conversations with 10,000 of them beside one with 100: within 1.5 times;
- the leaderboard of 100,000 votes: within 2 s;
- one message changed in a conversation of 10 MB: it is written to PostgreSQL once (with strace, as root).

Prints tables for docs/benchmarks.md; the exit status is 1 when a figure does not hold.  On a machine that others use
(load above its cores) CPU time of owui-fcgi and PostgreSQL is judged in place of the time that passed.
"""
import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, need  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
PSQL = sys.argv[3] if len(sys.argv) > 3 else "psql"
CHATS, LONG, SHORT, VOTES, BIG = 50_000, 10_000, 100, 100_000, 10 * 1024 * 1024
ROUNDS, WARM, INDEX_S = 100, 5, 900
RUN = uuid.uuid4().hex[:6]
admin = owui.admin()["token"]
failures = []


def sql(text, seconds=INDEX_S):
    done = subprocess.run([PSQL, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", os.path.join(owui.state, "run"),
                           "-U", "postgres", "-d", "open_webui", "-c", text], capture_output=True, text=True, timeout=seconds)
    need(done.returncode == 0, f"psql: {done.stderr.strip()[:300]}")
    return done.stdout.strip()


def account(name):
    form = {"name": name, "email": f"{name}-{RUN}@bench.test", "password": "Passw0rd!x", "role": "user"}
    made = owui.ok("POST", "/api/v1/auths/add", form, admin)
    return made["id"], made["token"]


WORDS = """amber basin cedar delta ember fjord grove haven inlet jetty knoll lagoon meadow north ocean prairie
quarry ridge summit tundra upland valley willow xenon yonder zephyr anchor beacon compass dune estuary frost""".split()


def fill(user, count):
    """Conversations of two messages with words by chance; one in a hundred is pinned, archived, shared, tagged, in a folder."""
    words = "(ARRAY[" + ",".join(f"'{w}'" for w in WORDS) + "])[1 + floor(random() * %d)::int]" % len(WORDS)
    said = " || ' ' || ".join([words] * 12)
    sql(f"""
        INSERT INTO tag (id, name, user_id) VALUES ('travel', 'travel', '{user}') ON CONFLICT DO NOTHING;
        INSERT INTO folder (id, user_id, name, is_expanded, created_at, updated_at)
        SELECT 'f-{user}', '{user}', 'Journeys', false, 1, 1 WHERE NOT EXISTS (SELECT FROM folder WHERE id = 'f-{user}');
        INSERT INTO chat (id, user_id, title, chat, created_at, updated_at, archived, pinned, share_id, folder_id, meta)
        SELECT id, '{user}', title, json_build_object('title', title, 'models', json_build_array('m'), 'history',
                json_build_object('currentId', 'b', 'messages', json_build_object(
                 'a', json_build_object('id', 'a', 'parentId', NULL, 'childrenIds', json_build_array('b'), 'role', 'user',
                                        'content', q || ' number ' || i, 'timestamp', t),
                 'b', json_build_object('id', 'b', 'parentId', 'a', 'childrenIds', json_build_array(), 'role', 'assistant',
                                        'content', r, 'timestamp', t)))),
               t, t, i % 100 = 1, i % 100 = 2, CASE WHEN i % 100 = 3 THEN 's-' || id END,
               CASE WHEN i % 100 = 4 THEN 'f-{user}' END,
               CASE WHEN i % 100 = 5 THEN '{{"tags": ["travel"]}}' ELSE '{{}}' END::json
          FROM (SELECT i, gen_random_uuid()::text AS id, {words} || ' ' || {words} || ' ' || i AS title, {said} AS q,
                       {said} || ' ' || {said} AS r, 1700000000 + i AS t FROM generate_series(1, {count}) AS i) x;
        UPDATE owui.chat_stale SET since = 0;""")


def wait_for_index():
    began = time.monotonic()
    while sql("SELECT count(*) FROM owui.chat_stale") != "0":
        need(time.monotonic() - began < INDEX_S, "the index does not get ready")
        time.sleep(2)
    return time.monotonic() - began


def workers():
    """The threads of owui-fcgi and PostgreSQL's processes for it, as files that tell their CPU time."""
    pids = [owui.programs()["owui-fcgi"][0]]
    pids += [int(pid) for pid in sql("SELECT pid FROM pg_stat_activity WHERE datname = 'open_webui' "
                                     "AND application_name LIKE 'owui-fcgi%'").split()]
    return [f"/proc/{pid}/task/{task}/schedstat" for pid in pids for task in os.listdir(f"/proc/{pid}/task")]


def cpu(files):
    """Milliseconds of CPU that they have used so far."""
    spent = 0
    for name in files:
        try:
            with open(name) as f:
                spent += int(f.read().split()[0])
        except FileNotFoundError:
            pass
    return spent / 1e6


def timed(token, path, rounds=ROUNDS, check=None):
    """Milliseconds of each request on one kept connection, sorted: those that passed, and those of CPU."""
    c = http.client.HTTPConnection(owui.host, owui.port, timeout=60)
    taken, spent, files = [], [], []
    for i in range(rounds + WARM):
        if i == WARM:
            files = workers()
        target = path(i) if callable(path) else path
        used, began = cpu(files), time.perf_counter()
        c.request("GET", target, None, {"Authorization": "Bearer " + token})
        answer = c.getresponse()
        body = answer.read()
        if i >= WARM:
            taken.append((time.perf_counter() - began) * 1000)
            spent.append(cpu(files) - used)
        need(answer.status == 200, f"{target}: {answer.status} {body[:200]}")
        if check and not i:
            need(check(json.loads(body)), f"{target}: found {body[:200]}")
    c.close()
    return sorted(taken), sorted(spent)


def busy():
    """Do others use this machine so that the time that passes tells little?"""
    return os.getloadavg()[0] > (os.cpu_count() or 1)


def p(taken, share):
    return taken[min(len(taken) - 1, int(len(taken) * share))]


def row(what, figures, limit, holds):
    print(f"| {what} | {figures} | {limit} |" + ("" if holds else " **does not hold**"), flush=True)
    if not holds:
        failures.append(what)


def searches():
    user, token = account("many")
    fill(user, CHATS)
    ready = wait_for_index()
    sql("ANALYZE chat; ANALYZE owui.chat_index")
    print(f"\n{CHATS} conversations of one account, read into the index in {ready:.0f} s or less\n\n"
          "| search | p50 / p99, ms | p50 / p99, ms of CPU | aim |\n|---|---|---|---|")
    some = random.Random(7)

    def two(_):
        return f"{some.choice(WORDS)} {some.choice(WORDS)}"

    asked = {
        "one word": lambda i: WORDS[i % len(WORDS)], "two words": two,
        "a part of a word": lambda i: some.choice(WORDS)[1:4], "a rare number": lambda i: f"number {some.randint(1, CHATS)}",
        "nothing has it": lambda i: f"nowhere{i}", "`tag:`": lambda i: "tag:travel", "`tag:` and two words": lambda i: "tag:travel " + two(i),
        "`folder:`": lambda i: "folder:journeys", "`pinned:`": lambda i: "pinned:true", "`archived:`": lambda i: "archived:true",
        "`shared:`": lambda i: "shared:true", "`shared:` and two words": lambda i: "shared:true " + two(i),
        "`pinned:false` and two words": lambda i: "pinned:false " + two(i),
    }
    for what, text in asked.items():
        taken, spent = timed(token, lambda i, t=text: "/api/v1/chats/search?text=" + urllib.parse.quote(t(i)),
                      check=None if what == "nothing has it" else bool)
        figures = " | ".join(f"{p(of, .5):.1f} / {p(of, .99):.1f}" for of in (taken, spent))
        row(what, figures, "p99 100", p(spent if busy() else taken, .99) < 100)


def lists():
    cost = {}
    for count in (SHORT, LONG):
        user, token = account(f"list{count}")
        fill(user, count)
        sql("ANALYZE chat")
        _, spent = timed(token, "/api/v1/chats/?page=1", 200, lambda found: len(found) == 60)
        cost[count] = p(spent, .5)
    ratio = cost[LONG] / cost[SHORT]
    print("\n| list of conversations, a page | ms of CPU | aim |\n|---|---|---|")
    row(f"of {SHORT} / of {LONG}", f"{cost[SHORT]:.2f} / {cost[LONG]:.2f}, {ratio:.2f} ×", "1.5 ×", ratio < 1.5)


def leaderboard():
    sql(f"""INSERT INTO feedback (id, user_id, version, type, data, meta, snapshot, created_at, updated_at)
        SELECT 'fb-{RUN}-' || i, 'nobody', 0, 'rating', json_build_object('rating', CASE WHEN random() < .5 THEN 1 ELSE -1 END,
               'model_id', 'model-' || (i % 20), 'sibling_model_ids', json_build_array('model-' || ((i * 7 + 3) % 20)),
               'tags', json_build_array('t' || (i % 50))), json_build_object('model_id', 'model-' || (i % 20)),
               json_build_object('chat', json_build_object('x', repeat('y', 2000))), i, i
          FROM generate_series(1, {VOTES}) AS i; ANALYZE feedback""")
    began = time.monotonic()
    board = owui.ok("GET", "/api/v1/evaluations/leaderboard", None, admin)
    took = time.monotonic() - began
    need("model-1" in json.dumps(board), f"the board: {str(board)[:200]}")
    print("\n| leaderboard | s | aim |\n|---|---|---|")
    row(f"of {VOTES} votes", f"{took:.2f}", "2", took < 2)
    sql(f"DELETE FROM feedback WHERE id LIKE 'fb-{RUN}-%'")


def wire():
    """Bytes that owui-fcgi sends while one message of a conversation of 10 MB changes: to PostgreSQL and to the web server."""
    if not shutil.which("strace") or os.geteuid():
        print("\nthe bytes of a change: skipped, needs strace and root")
        return
    text = "0123456789abcdef" * (BIG // 16 // 100)
    messages = {f"m{i}": {"id": f"m{i}", "parentId": f"m{i - 1}" if i else None, "childrenIds": [], "role": "user", "content": text}
                for i in range(100)}
    chat = owui.ok("POST", "/api/v1/chats/new", {"chat": {"title": "big", "history": {"messages": messages, "currentId": "m99"}}}, admin)["id"]
    print("\n| a message changed in a conversation of 10 MB | bytes to PostgreSQL | aim |\n|---|---|---|")
    for what, path, body in (("by itself", f"/api/v1/chats/{chat}/messages/m50", {"content": "changed"}),
                             ("by a document of it alone", f"/api/v1/chats/{chat}",
                              {"chat": {"history": {"currentId": "m99", "messages": {"m50": {**messages["m50"], "content": "again"}}}}})):
        with tempfile.NamedTemporaryFile("r") as out:
            tracer = subprocess.Popen(["strace", "-f", "-qq", "-y", "-s", "0", "-e", "trace=sendto,sendmsg,write,writev",
                                       "-p", str(owui.programs()["owui-fcgi"][0]), "-o", out.name], stderr=subprocess.DEVNULL)
            time.sleep(1)
            owui.ok("POST", path, body, admin)
            tracer.terminate()
            tracer.wait()
            lines = out.read().splitlines()
        sent = sum(int(n) for n in re.findall(r"sendto\(.* = (\d+)$", "\n".join(lines), re.M))
        row(what, f"{sent:,}", f"1.1 × {BIG:,}", 0 < sent < 1.1 * BIG)
    owui.ok("DELETE", f"/api/v1/chats/{chat}", None, admin)


for part in (lists, leaderboard, wire, searches):
    if len(sys.argv) < 5 or part.__name__ in sys.argv[4:]:
        part()
print("\nall figures hold" if not failures else f"\n{len(failures)} figures do not hold: {'; '.join(failures)}")
sys.exit(1 if failures else 0)
