#!/usr/bin/env python3
"""outage.py URL STATE - PostgreSQL and Redis are away for seconds, not just restarted, and come back.

Away: the socket is moved aside and every connection is ended, so that nothing reaches the server, which
itself goes on.  Meanwhile requests that need it answer 503 at once, never 500 and never late; ten turns
that stream lose nothing; when it is back everything works again without a restart.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
from owui import Instance, Report, need, turn_body, until  # noqa: E402
from turns import Turns  # noqa: E402

AWAY_S = 6
SOON_S = 3.0
owui = Instance(sys.argv[1], sys.argv[2])
report = Report()
turns = Turns(owui)
run = json.loads(subprocess.check_output([os.path.join(TOP, "quickstart"), "status", "--json", "--state", sys.argv[2]]))["sockets"]


def end_postgresql_connections():
    postmaster = owui.programs()["postgresql"][0]
    for pid in subprocess.run(["pgrep", "-P", str(postmaster), "-f", "postgres: postgres "], capture_output=True, text=True).stdout.split():
        os.kill(int(pid), signal.SIGTERM)


class Away:
    """with Away(name): nothing reaches it."""

    def __init__(self, name):
        self.name = name
        self.path = os.path.join(run, ".s.PGSQL.5432" if name == "postgresql" else "redis.sock")

    def __enter__(self):
        if self.name == "redis":
            link = socket.socket(socket.AF_UNIX)
            link.connect(self.path)
        os.rename(self.path, self.path + ".away")
        if self.name == "postgresql":
            end_postgresql_connections()
            return
        link.sendall(b"CLIENT KILL TYPE normal SKIPME yes\r\nCLIENT KILL TYPE pubsub\r\n")
        link.recv(100)
        link.close()

    def __exit__(self, *_):
        os.rename(self.path + ".away", self.path)


def answers(method, path, body, wanted):
    """One of the statuses, and soon."""
    began = time.monotonic()
    status, answer = owui.call(method, path, body, turns.token)
    took = time.monotonic() - began
    need(status in wanted, f"{method} {path}: {status} {str(answer)[:200]}")
    need(status < 500 or isinstance(answer, dict) and "detail" in answer, f"{method} {path}: {str(answer)[:200]} is no answer of ours")
    need(took < SOON_S, f"{method} {path}: after {took:.1f} s")


def a_turn():
    return turn_body("hello tokens=3", "mock-small", turns.client.sid)[2]


def back():
    _, took = until("the chain answers again", 10, lambda: owui.call("GET", "/ready", timeout=5)[0] == 200 and
                    owui.call("GET", "/api/v1/chats/?page=1", token=turns.token, timeout=5)[0] == 200, 0.05)
    return f"back in {took:.2f} s"


def postgresql_away():
    running = turns.begin()
    with Away("postgresql"):
        until_s = time.monotonic() + AWAY_S
        answers("GET", "/health", None, (200,))
        while time.monotonic() < until_s:
            answers("GET", "/api/v1/auths/", None, (503,))
            answers("GET", "/api/v1/chats/?page=1", None, (503,))
            answers("POST", "/api/v1/chats/new", {"chat": {"title": "lost?"}}, (503,))
            answers("POST", "/api/chat/completions", a_turn(), (503,))
            answers("GET", "/ready", None, (503,))
            time.sleep(0.3)
    note = back()
    note += ", " + turns.end(running, True)
    turns.one_works()
    return note


def redis_away():
    running = turns.begin()
    with Away("redis"):
        until_s = time.monotonic() + AWAY_S
        while time.monotonic() < until_s:
            answers("GET", "/api/v1/chats/?page=1", None, (200, 503))
            answers("GET", "/api/v1/auths/", None, (200, 503))
            answers("POST", "/api/chat/completions", a_turn(), (503,))
            time.sleep(0.3)
    note = back()
    note += ", " + turns.end(running, False)
    turns.one_works()
    return note


def redis_hangs():
    """It takes requests and answers none for a while."""
    running = turns.begin()
    pid = owui.programs()["redis"][0]
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(2)
    finally:
        os.kill(pid, signal.SIGCONT)
    note = back() + ", " + turns.end(running, False)
    turns.one_works()
    return note


for name, check in (("postgresql away in ten streaming turns", postgresql_away), ("redis away in ten streaming turns", redis_away),
                    ("redis hangs in ten streaming turns", redis_hangs)):
    if name.split()[0] in owui.programs():
        report.check(name, check)
turns.client.close()
sys.exit(report.end())
