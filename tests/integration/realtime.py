#!/usr/bin/env python3
"""realtime.py URL STATE: rooms, delivery, calls and back pressure of owui-wsd, with the test as publisher.

Publishes into the instance's Redis (STATE/run/redis.sock, or OWUI_TEST_REDIS=host:port) as realtime/publish.h says.
"""
import json
import os
import socket
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, Report, WebSocket, need, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
PREFIX = os.environ.get("REDIS_KEY_PREFIX", "open-webui")
admin = owui.admin()


class Redis:
    def __init__(self):
        where = os.environ.get("OWUI_TEST_REDIS")
        if where:
            self.s = socket.create_connection(where.rsplit(":", 1))
        else:
            self.s = socket.socket(socket.AF_UNIX)
            self.s.connect(os.path.join(owui.state, "run", "redis.sock"))
        self.f = self.s.makefile("rb")
        if os.environ.get("OWUI_TEST_REDIS_DB"):
            self.run("SELECT", os.environ["OWUI_TEST_REDIS_DB"])

    def run(self, *args):
        out = b"*%d\r\n" % len(args)
        for a in args:
            a = a if isinstance(a, bytes) else str(a).encode()
            out += b"$%d\r\n%s\r\n" % (len(a), a)
        self.s.sendall(out)
        return self.reply()

    def reply(self):
        line = self.f.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.f.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest

    def publish(self, room, message):
        return self.run("PUBLISH", f"{PREFIX}:room:{room}", message)


redis = Redis()


class Sock:
    """A joined socket whose thread keeps what arrives."""

    def __init__(self, who):
        self.who, self.events, self.acks, self.closed, self.last = who, [], {}, False, 0
        self.ws = WebSocket(owui, timeout=60)
        need(self.ws.status == 101, f"handshake {self.ws.status}")
        self.paused = threading.Event()
        self.paused.set()
        threading.Thread(target=self.run, daemon=True).start()
        self.ws.send("40" + json.dumps({"token": who["token"]}))
        answer = self.ask("user-join", {"auth": {"token": who["token"]}})
        need(answer and answer[0]["id"] == who["id"], f"user-join answered {answer}")

    def run(self):
        try:
            while True:
                self.paused.wait()
                opcode, data = self.ws.receive()
                text = data.decode() if opcode == 1 else ""
                if opcode == 8:
                    break
                self.packet(text)
        except (OSError, ValueError):
            pass
        self.closed = True

    def packet(self, text):
        if text == "2":
            self.ws.send("3")
        elif text.startswith("40{"):
            self.sid = json.loads(text[2:])["sid"]
        elif text == "41":
            self.events.append("disconnected")
        elif text[:2] in ("42", "43"):
            at = text.index("[")
            if text[:2] == "43":
                self.acks[int(text[2:at])] = json.loads(text[at:])
            else:
                self.events.append(json.loads(text[at:]))
                if text[2:at]:
                    self.ws.send(f"43{text[2:at]}" + json.dumps([{"answer": self.events[-1][1]}]))

    def gone(self):
        self.ws.s.shutdown(socket.SHUT_RDWR)

    def emit(self, event, *args):
        self.last += 1
        self.ws.send(f"42{self.last}" + json.dumps([event, *args]))
        return self.last

    def ask(self, event, *args):
        n = self.emit(event, *args)
        until(f"answer to {event}", 10, lambda: n in self.acks, 0.005)
        return self.acks[n]

    def wait(self, what, match, seconds=5):
        until(what, seconds, lambda: any(match(e) for e in self.events), 0.005)
        return next(e for e in self.events if match(e))


def account(name):
    email = f"{name}.{uuid.uuid4().hex[:10]}@example.com"
    owui.ok("POST", "/api/v1/auths/add", {"name": name, "email": email, "password": "Passw0rd!1", "role": "user"}, admin["token"])
    return owui.ok("POST", "/api/v1/auths/signin", {"email": email, "password": "Passw0rd!1"})


bob, eve = account("bob"), account("eve")


def delivery():
    a, b, other = Sock(bob), Sock(bob), Sock(eve)
    need(redis.publish("user:" + bob["id"], f'E {a.sid} events\n{{"n":1}}') == 1, "one process listens")
    b.wait("event", lambda e: e == ["events", {"n": 1}])
    need(a.ask("no-such-event") == [], "unknown events are acknowledged")
    need(not a.events and not other.events, "the skipped socket and strangers hear nothing")
    for n in range(2000):
        redis.publish("user:" + bob["id"], f'E - events\n{{"n":{n}}}')
    until("2000 events", 20, lambda: len(a.events) == 2000)
    need([e[1]["n"] for e in a.events] == list(range(2000)), "in order")


def stored_events_keep_order():
    a, key = Sock(bob), f"{PREFIX}:event:{uuid.uuid4()}"
    redis.run("SET", key, json.dumps("x" * 3000000), "EX", "60")
    redis.publish("user:" + bob["id"], f"K - large {key}\n")
    redis.publish("user:" + bob["id"], "E - small\n1")
    a.wait("small event", lambda e: e[0] == "small")
    need([e[0] for e in a.events] == ["large", "small"] and len(a.events[0][1]) == 3000000, "the stored one is first and whole")


def room_changes():
    a = Sock(bob)
    redis.publish("user:" + bob["id"], "J channel:test\n")
    until("subscription", 5, lambda: redis.publish("channel:test", "E - in\n1") == 1)
    a.wait("event of the room", lambda e: e[0] == "in")
    need(a.ask("events:channel", {"channel_id": "test", "message_id": None, "data": {"type": "typing", "data": {"typing": True}}}) == [], "ack")
    typing = a.wait("typing", lambda e: e[0] == "events:channel")[1]
    need(typing["user"] == {"id": bob["id"], "name": "bob", "role": "user"}, f"typing is {typing}")
    redis.publish("user:" + bob["id"], "L channel:test\n")
    until("end of the subscription", 5, lambda: redis.publish("channel:test", "E - out\n1") == 0)
    redis.publish("user:" + bob["id"], "A\n")
    until("disconnect", 5, lambda: "disconnected" in a.events)
    need(a.events[-2:] == [["access:updated", {}], "disconnected"], f"last were {a.events[-2:]}")
    until("its place in the pool is free", 5, lambda: redis.run("HGET", f"{PREFIX}:session_pool", a.sid) is None)


def calls():
    a, key = Sock(bob), f"{PREFIX}:reply:{uuid.uuid4()}"
    redis.publish(a.sid, f'C {key} events\n{{"question":1}}')
    answer = redis.run("BLPOP", key, "5")
    need(answer and json.loads(answer[1]) == [{"answer": {"question": 1}}], f"answer {answer}")
    ws = WebSocket(owui)
    ws.send("40" + json.dumps({"token": bob["token"]}))
    while not (text := ws.receive()[1].decode()).startswith("40{"):
        pass
    until("subscription", 5, lambda: redis.publish(json.loads(text[2:])["sid"], f"C {key} events\n1") == 1)
    ws.close()
    answer = redis.run("BLPOP", key, "5")
    need(answer and answer[1] == b"", f"a lost socket is told at once, not {answer}")


def presence():
    chat = owui.ok("POST", "/api/v1/chats/new", {"chat": {"title": "t", "models": [], "history": {"messages": {}, "currentId": None}}}, bob["token"])["id"]
    a, b, other = Sock(bob), Sock(admin), Sock(eve)

    def join(s, kind="join"):
        return s.ask("events:chat", {"chat_id": chat, "data": {"type": kind}})

    def people(e):
        data = e[1].get("data", {}) if e[0] == "events" else {}
        return [u["id"] for u in data["data"]["users"]] if data.get("type") == "chat:presence" else None

    both = sorted([bob["id"], admin["id"]])
    need((join(a), join(b), join(other)) == ([True], [True], [False]), "owner, administrator, stranger")
    for s in (a, b):
        s.wait("both are there", lambda e: people(e) == both)
    need(json.loads(redis.run("HGET", f"{PREFIX}:session_pool", a.sid))["chat_ids"] == [chat], "the pool names the open chat")
    a.events.clear()
    b.gone()
    a.wait("one is there", lambda e: people(e) == [bob["id"]])
    need(join(a, "leave") == [True], "leave")
    need(a.ask("events:chat", {"chat_id": chat, "data": {"type": "typing", "data": {"typing": True}}}) == [False], "typing outside")


def many_events_at_once():
    a = Sock(bob)
    last = 0
    for _ in range(5000):
        last = a.emit("events:chat", {"chat_id": "x", "data": {"type": "nothing"}})
    until("all answers", 30, lambda: last in a.acks)
    need(len(a.acks) == 5001 and not a.closed, f"{len(a.acks)} answers")


def slow_readers():
    slow, quick = Sock(bob), Sock(eve)
    slow.paused.clear()
    body = 'E - events\n"' + "x" * 250000 + '"'
    for _ in range(300):  # more than the queue and all buffers on the way hold
        redis.publish("user:" + bob["id"], body)
    redis.publish("user:" + eve["id"], "E - events\n1")
    quick.wait("others are served", lambda e: e == ["events", 1])
    slow.paused.set()
    until("the slow reader is dropped", 20, lambda: slow.closed)


def streams():
    a, listener = Sock(bob), Redis()
    channel = f"{bob['id']}:{a.sid}:{uuid.uuid4()}"
    listener.run("SUBSCRIBE", f"{PREFIX}:stream:{channel}")
    for n in range(100):
        a.emit(channel, n)
    a.emit(f"{eve['id']}:{a.sid}:x", "forged")
    need([json.loads(listener.reply()[2]) for _ in range(100)] == list(range(100)), "in order and whole")


report = Report()
for check in (delivery, stored_events_keep_order, room_changes, calls, presence, many_events_at_once, slow_readers, streams):
    report.check(check.__name__.replace("_", "-"), check)
sys.exit(report.end())
