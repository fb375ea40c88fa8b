#!/usr/bin/env python3
"""kill.py URL STATE - every program is killed (SIGKILL) in the middle of work.

The runner: while ten turns stream.  Each turn ends with the whole answer or with the part that had
come and a word about it; none is lost, none stays "running".  Every other program in turn, again with
turns under way: it is back within 2 s, the chain answers, clients connect again, no turn is lost.
"""
import os
import signal
import sys
import time
from http.client import HTTPException

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Client, Failed, Instance, Report, WebSocket, need, turn_body, until  # noqa: E402

BACK_S = 2.0
TURNS = 10
WORDS = 60
DELAY_MS = 50  # between two words: a turn takes 3 s
owui = Instance(sys.argv[1], sys.argv[2])
report = Report()
admin = owui.admin()
TOKEN = admin["token"]
client = Client(owui, TOKEN)


class Turn:
    def __init__(self, number):
        text = f"question {number} tokens={WORDS} delay={DELAY_MS}"
        _, self.answer, body = turn_body(text, "mock-small", client.sid)
        self.chat = owui.ok("POST", "/api/chat/completions", body, TOKEN)["chat_id"]

    def events(self, kind):
        return [e for e in list(client.events) if e[0] == "events" and e[1].get("message_id") == self.answer
                and e[1].get("data", {}).get("type") == kind]

    def streaming(self):
        return len(self.events("response:completion")) > 3

    def message(self):
        chat = owui.ok("GET", "/api/v1/chats/" + self.chat, token=TOKEN)
        return chat["chat"]["history"]["messages"].get(self.answer)

    def tasks(self):
        return owui.ok("GET", "/api/tasks/chat/" + self.chat, token=TOKEN)["task_ids"]

    def ended(self):
        try:
            m = self.message()
            return m is not None and m.get("done") is True and not self.tasks()
        except (OSError, HTTPException, Failed):  # something is just coming back
            return False


def spoken(message):
    """The text of an answer: its content, or what its output items say."""
    text = message.get("content") or ""
    for item in message.get("output") or []:
        for part in item.get("content") or []:
            text += part.get("text") or ""
    return text


def chain_answers():
    try:
        if owui.call("GET", "/ready", timeout=1)[0] != 200 or owui.call("GET", "/api/v1/auths/", token=TOKEN, timeout=1)[0] != 200:
            return False
        ws = WebSocket(owui, timeout=1)
        ws.close()
        return ws.status == 101
    except (OSError, HTTPException):
        return False


def joined():
    until("the client joins", 20, lambda: client.sid)


def begin_turns():
    joined()
    turns = [Turn(i) for i in range(TURNS)]
    until("all turns stream", 30, lambda: all(t.streaming() for t in turns))
    return turns


def kill(name):
    """Kill it; how long until another process runs in its place and the chain answers."""
    pid, state, _ = owui.programs()[name]
    need(state == "running", f"{name} is {state} before it is killed")
    os.kill(pid, signal.SIGKILL)

    def again():
        new, now, _ = owui.programs().get(name, (pid, "", 0))
        return new != pid and now == "running" and chain_answers()
    _, took = until(f"{name} comes back", 15, again, 0.02)
    return took


def all_end(turns, complete):
    until("no turn stays running", 60, lambda: all(t.ended() for t in turns), 0.3)
    whole = 0
    for t in turns:
        m = t.message()
        said = spoken(m)
        if f"w{WORDS - 1}" in said:
            whole += 1
            continue
        need(not complete, f"an answer is cut off: {str(m)[:300]}")
        need(m.get("error") or "w0" in said, f"an answer is lost: {str(m)[:300]}")
    return f"{whole} of {len(turns)} answers whole"


def killed_while_streaming(name, complete):
    turns = begin_turns()
    connects = client.connects
    took = kill(name)
    note = all_end(turns, complete)
    joined()
    if name in ("owui-wsd", "nginx"):
        need(client.connects > connects, "the client did not have to connect again")
    # And a new turn works from the first word to the last.
    after = Turn(99)
    until("a turn afterwards", 30, after.ended, 0.2)
    need(f"w{WORDS - 1}" in spoken(after.message()), "the turn afterwards is not whole")
    until("its deltas reach the client", 5, after.streaming)
    need(took < BACK_S, f"back after {took:.2f} s")
    return f"back in {took:.2f} s, {note}"


def stop_after_runner_died():
    """The stop button works for a turn that another runner has taken over."""
    t = begin_turns()[0]
    kill("owui-runner")
    owui.call("POST", f"/api/tasks/chat/{t.chat}/stop", {}, TOKEN)
    until("the stopped turn ends", 30, t.ended, 0.2)


def supervisor_settles():
    time.sleep(6)  # a program that lived for 5 s is restarted at once again
    need(chain_answers(), "the chain does not answer")


report.check("runner killed in ten streaming turns", killed_while_streaming, "owui-runner", False)
report.check("stop after the runner died", stop_after_runner_died)
for program, complete in (("owui-fcgi", True), ("owui-wsd", True), ("nginx", True), ("redis", False), ("postgresql", True)):
    if program not in owui.programs():
        continue
    supervisor_settles()
    report.check(f"{program} killed in ten streaming turns", killed_while_streaming, program, complete)
client.close()
sys.exit(report.end())
