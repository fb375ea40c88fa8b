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
from owui import Instance, Report, WebSocket, need, until  # noqa: E402
from turns import Turns  # noqa: E402

BACK_S = 2.0
owui = Instance(sys.argv[1], sys.argv[2])
report = Report()
turns = Turns(owui)


def chain_answers():
    try:
        if owui.call("GET", "/ready", timeout=1)[0] != 200 or owui.call("GET", "/api/v1/auths/", token=turns.token, timeout=1)[0] != 200:
            return False
        ws = WebSocket(owui, timeout=1)
        ws.close()
        return ws.status == 101
    except (OSError, HTTPException):
        return False


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


def killed_while_streaming(name, complete):
    running = turns.begin()
    connects = turns.client.connects
    took = kill(name)
    note = turns.end(running, complete)
    turns.joined()
    if name in ("owui-wsd", "nginx"):
        need(turns.client.connects > connects, "the client did not have to connect again")
    turns.one_works()
    need(took < BACK_S, f"back after {took:.2f} s")
    return f"back in {took:.2f} s, {note}"


def stop_after_runner_died():
    """The stop button works for a turn that another runner has taken over."""
    t = turns.begin()[0]
    kill("owui-runner")
    owui.call("POST", f"/api/tasks/chat/{t.chat}/stop", {}, turns.token)
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
turns.client.close()
sys.exit(report.end())
