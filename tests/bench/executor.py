#!/usr/bin/env python3
"""executor.py URL PID [N] - what print(1) costs: plain python3, bubblewrap where it is installed, and over HTTP.

The service must run without a rate limit (RATE_LIMIT_PER_MINUTE=0).  Ways are taken in turns, so that a busy
machine hurts all alike.  Milliseconds, p50 and p90 of N (100) runs each; CPU is the mean of user and system time of all
processes of a run (PID is the service's), which hardly moves when something else runs on the machine.
"""
import http.client
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

url = urllib.parse.urlsplit(sys.argv[1])
PID = int(sys.argv[2])
N = int(sys.argv[3]) if len(sys.argv) > 3 else 100
PLAIN = ["/usr/bin/python3", "-c", "print(1)"]
BWRAP = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
         "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev",
         "--tmpfs", "/tmp", "--tmpfs", "/workspace", "--chdir", "/workspace", "--clearenv", "--"] + PLAIN
connection = http.client.HTTPConnection(url.hostname, url.port)


def spawn(argv):
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)


def ask(c, inside):
    c.request("POST", "/api/v1/execute", json.dumps({"language": "python", "code": "print(1)"}),
              {"Content-Type": "application/json"})
    answer = json.loads(c.getresponse().read())
    assert answer["stdout"] == "1", answer
    inside.append(answer["execution_time_ms"])


def at_once(count):
    def one():
        c = http.client.HTTPConnection(url.hostname, url.port)
        ask(c, [])
        c.close()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def children_cpu():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (r.ru_utime + r.ru_stime) * 1000


def service_cpu():
    """Of the daemon, the launcher and all that the launcher has waited for."""
    launcher = open("/proc/%d/task/%d/children" % (PID, PID)).read().split()[0]
    total = 0
    for pid in (PID, launcher):
        total += sum(int(v) for v in open("/proc/%s/stat" % pid).read().rsplit(")", 1)[1].split()[11:15])
    return total * 1000 / os.sysconf("SC_CLK_TCK")


inside = []
ways = {"plain python3 -c": lambda: spawn(PLAIN)}
if shutil.which("bwrap"):
    ways["bubblewrap"] = lambda: spawn(BWRAP)
ways["executor over HTTP"] = lambda: ask(connection, inside)
ways["executor, 10 at once (all ten)"] = lambda: at_once(10)
took = {name: [] for name in ways}
cpu = dict.fromkeys(ways, 0.0)
for i in range(N):
    for name, way in ways.items():
        clock = service_cpu if name.startswith("executor") else children_cpu
        t, c = time.perf_counter(), clock()
        way()
        took[name].append((time.perf_counter() - t) * 1000)
        cpu[name] += clock() - c
took["executor, its own figure"] = inside
for name, values in took.items():
    line = "%-32s p50 %6.1f  p90 %6.1f" % (name, statistics.median(values), statistics.quantiles(values, n=10)[8])
    print(line + ("  CPU %6.1f" % (cpu[name] / N) if name in cpu else ""))
