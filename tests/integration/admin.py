#!/usr/bin/env python3
"""admin.py URL STATE PSQL: what administrators rely on, beyond single answers.

Webhooks are delivered, again when they fail, and never hold up a request; there is always an
administrator; ten thousand accounts are listed fast; a CSV of accounts is imported; an operation of
identity and administration costs at most two round trips to the database, and what groups allow is
asked for once, along with the account (log level debug).
"""
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, Report, need, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
PSQL = sys.argv[3] if len(sys.argv) > 3 else "psql"
who = owui.admin()
admin = who["token"]
RUN = uuid.uuid4().hex[:8]
PAGE_MS, PEOPLE, RACES, TRIPS = 20, 10000, 20, 2


def sql(text):
    done = subprocess.run([PSQL, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", os.path.join(owui.state, "run"),
                           "-U", "postgres", "-d", "open_webui", "-c", text], capture_output=True, text=True, timeout=120)
    need(done.returncode == 0, f"psql: {done.stderr.strip()[:300]}")
    return done.stdout.strip()


def add(name, role="user", password="Passw0rd!x"):
    return owui.ok("POST", "/api/v1/auths/add", {"name": name, "email": f"{name}-{RUN}@example.com", "role": role,
                                                  "password": password}, admin)


class Listener:
    """An HTTP server that keeps what is posted; `statuses` are its answers, the last one for good."""

    def __init__(self, statuses):
        self.got, self.statuses = [], list(statuses)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = outer.statuses.pop(0) if len(outer.statuses) > 1 else outer.statuses[0]
                outer.got.append((status, time.monotonic(), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()


def with_webhook(url, events, then):
    hook = owui.ok("POST", "/api/events/webhooks", {"url": url, "events": events}, admin)
    try:
        return then()
    finally:
        owui.ok("DELETE", f"/api/events/webhooks/{hook['id']}", None, admin)


def make_group(name):
    return owui.ok("POST", "/api/v1/groups/create", {"name": f"{name} {RUN}", "description": ""}, admin)


def webhook_delivered_again():
    listener = Listener([500, 200])

    def run():
        group = make_group("hooked")
        _, took = until("the first delivery", 5, lambda: listener.got)
        until("the second attempt", 20, lambda: len(listener.got) > 1)
        first, second = (json.loads(b) for _, _, b in listener.got[:2])
        need(first == second, "the second attempt is another message")
        need(first["event"] == "group.created" and first["subject"] == {"type": "group", "id": group["id"]}, str(first)[:300])
        need(first["actor"]["id"] == who["id"], "the actor is missing")
        pause = listener.got[1][1] - listener.got[0][1]
        need(pause > 3, f"tried again after {pause:.1f} s already")
        time.sleep(2)
        need(len(listener.got) == 2, "delivered more than once")
        return f"first after {took * 1000:.0f} ms, again after {pause:.1f} s"

    try:
        return with_webhook(listener.url, ["group.created"], run)
    finally:
        listener.close()


def webhook_never_blocks():
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(64)     # connects, says nothing

    def run():
        began = time.monotonic()
        for _ in range(10):
            make_group("slow")
        took = (time.monotonic() - began) / 10
        need(took < 0.5, f"{took:.2f} s for a request")
        return f"{took * 1000:.0f} ms for a request"

    try:
        return with_webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/", ["group.*"], run)
    finally:
        silent.close()


def webhook_refuses_metadata():
    for url in ("http://169.254.169.254/latest", "http://[fd00:ec2::254]/", "file:///etc/passwd", "gopher://127.0.0.1/x",
                "http://metadata.google.internal/", "http://127.0.0.1\\@example.com/"):
        status, _ = owui.call("POST", "/api/events/webhooks", {"url": url}, admin)
        need(status == 400, f"{url}: {status}")


def always_an_administrator():
    pair = [add(f"boss{i}-{time.time_ns()}", "admin") for i in range(2)]
    tokens = [p["token"] for p in pair]
    left = []
    sql(f"UPDATE \"user\" SET role = 'user' WHERE role = 'admin' AND id NOT IN ('{pair[0]['id']}', '{pair[1]['id']}')")
    try:
        for _ in range(RACES):
            gate = threading.Barrier(2)

            def demote(i):
                gate.wait()
                owui.call("POST", f"/api/v1/users/{pair[1 - i]['id']}/update", {"role": "user"}, tokens[i])

            threads = [threading.Thread(target=demote, args=(i,)) for i in range(2)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            left.append(int(sql("SELECT count(*) FROM \"user\" WHERE role = 'admin'")))
            sql(f"UPDATE \"user\" SET role = 'admin' WHERE id IN ('{pair[0]['id']}', '{pair[1]['id']}')")
        for i in range(2):    # and removal is a demotion too
            owui.call("DELETE", f"/api/v1/users/{pair[1 - i]['id']}", None, tokens[i])
        left.append(int(sql("SELECT count(*) FROM \"user\" WHERE role = 'admin'")))
    finally:
        sql(f"UPDATE \"user\" SET role = 'admin' WHERE id = '{who['id']}'")
    need(all(left), f"administrators left after each race: {left}")
    need(1 in left, f"nobody was demoted in {RACES} races")
    return f"{left.count(1)} of {len(left)} left one"


def page_time(query):
    """The median of 41 requests; of the quietest of three rounds where others are busy on the machine."""
    best = None
    for _ in range(3):
        times = []
        for _ in range(41):
            began = time.monotonic()
            answer = owui.ok("GET", "/api/v1/users/" + query, None, admin)
            times.append((time.monotonic() - began) * 1000)
        median = sorted(times)[len(times) // 2]
        best = median if best is None else min(best, median)
        if best < PAGE_MS:
            break
    return best, answer


# Each order, its other end, and searches that find few, most, and letters beyond ASCII.
PAGES = ["?page=1", "?page=300", "?query=many77", "?query=many", "?query=m%C3%BCller", "?page=2&query=example&order_by=email"]
PAGES += [f"?order_by={order}&direction={way}" for order in ("name", "email", "role", "created_at", "last_active_at",
                                                             "updated_at", "group_id:none") for way in ("asc", "desc")]


def ten_thousand_accounts():
    sql(f"""INSERT INTO "user" (id, name, email, role, profile_image_url, last_active_at, updated_at, created_at)
	SELECT gen_random_uuid(), 'Many ' || n, 'many' || n || '-{RUN}@example.com', 'user', '/user.png', n, n, 1600000000 + n
	  FROM generate_series(1, {PEOPLE}) n; ANALYZE "user" """)
    sql(f"UPDATE \"user\" SET created_at = 1500000000 WHERE id = '{who['id']}'")
    worst = 0
    try:
        for query in PAGES:
            ms, answer = page_time(query)
            need(answer["users"] or "%C3" in query, f"{query}: nobody")
            need(len(answer["users"]) <= 30 and answer["total"] >= len(answer["users"]), f"{query}: {answer['total']}")
            worst = max(worst, ms)
            need(ms < PAGE_MS, f"{query}: {ms:.1f} ms")
        return f"slowest page {worst:.1f} ms (median of 41 requests)"
    finally:
        sql(f"DELETE FROM \"user\" WHERE email LIKE 'many%-{RUN}@example.com'")


def csv_import():
    """The web UI reads the file itself and adds one account a row."""
    rows = [f"Zeile {i}" for i in range(8)]
    for i, name in enumerate(rows):
        owui.ok("POST", "/api/v1/auths/add", {"name": name, "email": f"CSV{i}-{RUN}@Example.com", "password": "Passw0rd!csv",
                                               "role": "pending"}, admin)
    status, answer = owui.call("POST", "/api/v1/auths/add", {"name": "again", "email": f"csv0-{RUN}@example.com",
                                                              "password": "x", "role": "user"}, admin)
    need(status == 400, f"the same address again: {status} {answer}")
    found = owui.ok("GET", f"/api/v1/users/?query=csv&order_by=email&direction=asc", None, admin)["users"]
    found = [u for u in found if u["email"].endswith(f"-{RUN}@example.com")]
    need([u["name"] for u in found] == rows, str([u["name"] for u in found]))
    need({u["role"] for u in found} == {"pending"}, "other roles")


OPERATIONS = (
    ("GET", "/api/v1/users/?page=1"), ("GET", "/api/v1/users/all"), ("GET", "/api/v1/users/search?query=a"),
    ("GET", "/api/v1/users/{user}"), ("GET", "/api/v1/users/{user}/info"), ("GET", "/api/v1/users/{user}/groups"),
    ("GET", "/api/v1/users/{user}/preview"), ("GET", "/api/v1/users/permissions"), ("GET", "/api/v1/users/user/settings"),
    ("GET", "/api/v1/users/usage?days=7"), ("GET", "/api/v1/users/default/permissions"),
    ("POST", "/api/v1/users/{user}/update", {"name": "Other"}), ("POST", "/api/v1/users/{user}/sessions/revoke", {}),
    ("POST", "/api/v1/users/user/settings/update", {"ui": {"x": 1}}), ("POST", "/api/v1/users/user/info/update", {"a": 1}),
    ("GET", "/api/v1/groups/"), ("GET", "/api/v1/groups/id/{group}"), ("GET", "/api/v1/groups/id/{group}/members"),
    ("POST", "/api/v1/groups/id/{group}/users/add", {"user_ids": []}),
    ("POST", "/api/v1/groups/id/{group}/update", {"name": "n", "description": ""}),
    ("GET", "/api/v1/configs/export"), ("GET", "/api/v1/configs/banners"), ("GET", "/api/v1/configs/models"),
    ("POST", "/api/v1/configs/banners", {"banners": []}), ("GET", "/api/v1/auths/admin/config"),
    ("GET", "/api/v1/auths/admin/details"), ("GET", "/api/events"), ("GET", "/api/events/webhooks"),
    ("GET", "/api/v1/analytics/summary"), ("GET", "/api/v1/analytics/daily"), ("GET", "/api/v1/analytics/users"),
    ("GET", "/api/v1/evaluations/config"), ("GET", "/api/config"), ("GET", "/api/v1/auths/"),
    ("DELETE", "/api/v1/users/{user}"), ("DELETE", "/api/v1/groups/id/{group}/delete"),
)


def allowed_tree(tree, value):
    return {k: allowed_tree(v, value) if isinstance(v, dict) else value for k, v in tree.items()}


def trips_of(operations, token, ids):
    """How many round trips each operation took, from the log."""
    log, counted = os.path.join(owui.state, "log", "owui-fcgi.log"), {}
    owui.ok("GET", "/api/v1/folders/", None, token)    # the once-a-minute note of who was seen
    before = os.path.getsize(log)
    for operation in operations:
        method, path = operation[0], operation[1].format(**ids)
        owui.ok(method, path, operation[2] if len(operation) > 2 else None, token)
        counted[method, path.split("?")[0]] = None
    time.sleep(0.3)
    with open(log, errors="replace") as f:
        f.seek(before)
        for line in f:
            m = re.search(r"event=request .*method=(\S+) path=(\S+) status=200 .*trips=(\d+)", line)
            if m and (m[1], m[2]) in counted:
                counted[m[1], m[2]] = int(m[3])
    need(any(v is not None for v in counted.values()), "the log tells nothing: is its level debug?")
    many = {f"{m} {p}": v for (m, p), v in counted.items() if v is None or v > TRIPS}
    need(not many, f"more than {TRIPS} round trips: {many}")
    return f"{len(counted)} operations, {sum(counted.values())} round trips"


def round_trips():
    return trips_of(OPERATIONS, admin, {"user": add("counted")["id"], "group": make_group("counted")["id"]})


# Of an account that has every permission from a group alone: one statement decides, whatever is asked.
PERMITTED = (
    ("GET", "/api/v1/folders/"), ("GET", "/api/v1/notes/"), ("GET", "/api/v1/calendars/"), ("GET", "/api/v1/automations/list"),
    ("GET", "/api/v1/search?q=x"), ("POST", "/api/v1/auths/api_key"), ("GET", "/api/v1/auths/api_key"),
    ("POST", "/api/v1/users/user/settings/update",
     {"ui": {"system": "s", "toolServers": [], "notifications": {"webhook_url": ""}}, "notifications": {}}),
    ("GET", "/api/v1/users/permissions"), ("GET", "/api/v1/memories/"), ("GET", "/api/v1/skills/export"),
    ("POST", "/api/v1/prompts/create", {"command": f"counted-{RUN}", "name": "counted", "content": "c"}),
)


def one_statement_decides():
    defaults = owui.ok("GET", "/api/v1/users/default/permissions", None, admin)
    person, group = add("permitted"), make_group("permitted")
    owui.ok("POST", f"/api/v1/groups/id/{group['id']}/update",
            {"name": group["name"], "description": "", "permissions": allowed_tree(defaults, True)}, admin)
    owui.ok("POST", f"/api/v1/groups/id/{group['id']}/users/add", {"user_ids": [person["id"]]}, admin)
    owui.ok("POST", "/api/v1/users/default/permissions", allowed_tree(defaults, False), admin)
    keys = owui.ok("GET", "/api/v1/auths/admin/config", None, admin)
    owui.ok("POST", "/api/v1/auths/admin/config", {**keys, "ENABLE_API_KEYS": True}, admin)
    try:
        told = trips_of(PERMITTED, person["token"], {})
        key = owui.ok("POST", "/api/v1/auths/api_key", None, person["token"])["api_key"]
        return told + "; with a key: " + trips_of([o for o in PERMITTED if o[0] == "GET" and "/auths/" not in o[1]], key, {})
    finally:
        owui.ok("POST", "/api/v1/auths/admin/config", keys, admin)
        owui.ok("POST", "/api/v1/users/default/permissions", defaults, admin)


report = Report()
report.check("webhook-delivered-again", webhook_delivered_again)
report.check("webhook-never-blocks", webhook_never_blocks)
report.check("webhook-refuses-metadata", webhook_refuses_metadata)
report.check("always-an-administrator", always_an_administrator)
report.check("csv-import", csv_import)
report.check("ten-thousand-accounts", ten_thousand_accounts)
report.check("round-trips", round_trips)
report.check("one-statement-decides", one_statement_decides)
sys.exit(report.end())
