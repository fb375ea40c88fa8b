#!/usr/bin/env python3
"""schedules.py URL STATE - what happens by the clock happens once.

Three runners beside the instance's own look every second.  Many automations that fall due at the same
moment run once each; so do reminders.  Then a runner is killed while their turns are under way: nothing runs
twice, and every run is written down.
"""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Client, Instance, Report, need, until  # noqa: E402

RUNNERS = 3
AUTOMATIONS = 20
SETTLE_S = 6  # for a second run to show
owui = Instance(sys.argv[1], sys.argv[2])
report = Report()
TOKEN = owui.admin()["token"]


def environment():
    """That of the instance's own runner."""
    pid = owui.programs()["owui-runner"][0]
    with open(f"/proc/{pid}/environ", "rb") as f:
        return dict(v.decode().split("=", 1) for v in f.read().split(b"\0") if b"=" in v), os.readlink(f"/proc/{pid}/exe")


def start_runner(number):
    env, program = environment()
    env.update(OWUI_RUNNER_INSTANCE=f"schedules-{number}", SCHEDULER_POLL_INTERVAL="1")
    account = os.stat(f"/proc/{owui.programs()['owui-runner'][0]}")
    return subprocess.Popen([program], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            user=account.st_uid, group=account.st_gid)


def local(seconds):
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime(seconds))


def make(name, at, prompt):
    body = {"name": name, "data": {"prompt": prompt, "model_id": "mock-small",
                                   "rrule": f"DTSTART:{local(at)}\nRRULE:FREQ=DAILY;COUNT=1"}}
    return owui.ok("POST", "/api/v1/automations/create", body, TOKEN)["id"]


def runs(automation):
    return owui.ok("GET", f"/api/v1/automations/{automation}/runs", token=TOKEN)


def all_ran(automations):
    return all(runs(a) for a in automations)


def once_each(automations, chats):
    for a in automations:
        history = runs(a)
        need(len(history) == 1, f"{len(history)} runs of one automation")
        chats.append(history[0])
    need(len({r["chat_id"] for r in chats}) == len(automations), "two runs share a chat")


def several_runners():
    at = time.time() + 5
    automations = [make(f"once {i}", at, f"question {i} tokens=3") for i in range(AUTOMATIONS)]
    until("all automations have run", 60, lambda: all_ran(automations), 0.5)
    time.sleep(SETTLE_S)
    history = []
    once_each(automations, history)
    bad = [r for r in history if r["status"] != "success"]
    need(not bad, f"{len(bad)} runs failed: {bad[:1]}")
    for a in automations:
        need(owui.ok("GET", f"/api/v1/automations/{a}", token=TOKEN)["next_run_at"] is None, "it would run again")
    return f"{len(automations)} automations, {RUNNERS + 1} runners"


def killed_runner(children):
    at = time.time() + 4
    automations = [make(f"killed {i}", at, f"question {i} tokens=60 delay=50") for i in range(AUTOMATIONS)]
    time.sleep(max(0, at - time.time()) + 2.5)
    children[0].send_signal(signal.SIGKILL)
    children[0].wait()
    until("all automations have a run", 90, lambda: all_ran(automations), 0.5)
    time.sleep(SETTLE_S)
    history = []
    once_each(automations, history)
    cut = sum(r["status"] == "error" for r in history)
    return f"{cut} of {len(automations)} were cut off"


def reminders():
    client = Client(owui, TOKEN)
    until("the client is connected", 10, lambda: client.sid)
    calendar = owui.ok("GET", "/api/v1/calendars/", token=TOKEN)[0]["id"]
    start = int(time.time() + 30) * 10**9
    made = [owui.ok("POST", "/api/v1/calendars/events/create",
                    {"calendar_id": calendar, "title": f"event {i}", "start_at": start, "meta": {"alert_minutes": 5}},
                    TOKEN)["id"] for i in range(10)]
    silent = owui.ok("POST", "/api/v1/calendars/events/create",
                     {"calendar_id": calendar, "title": "silent", "start_at": start, "meta": {"alert_minutes": -1}},
                     TOKEN)["id"]

    def told():
        alerts = [e[1]["data"]["data"]["event_id"] for e in list(client.events)
                  if e[0] == "events" and e[1].get("data", {}).get("type") == "calendar:alert"]
        return [a for a in alerts if a in made or a == silent]

    until("all reminders have come", 20, lambda: len(told()) >= len(made), 0.2)
    time.sleep(SETTLE_S)
    need(sorted(told()) == sorted(made), f"{len(told())} reminders of {len(made)} events")
    client.close()


def main():
    children = [start_runner(i) for i in range(RUNNERS)]
    try:
        time.sleep(2)
        need(all(c.poll() is None for c in children), "a runner did not start")
        report.check("schedules-run-once", several_runners)
        report.check("reminders-come-once", reminders)
        report.check("schedules-survive-a-runner", killed_runner, children)
    finally:
        for c in children:
            if c.poll() is None:
                c.terminate()
    sys.exit(report.end())


main()
