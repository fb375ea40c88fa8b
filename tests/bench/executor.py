#!/usr/bin/env python3
"""executor.py URL [N] - what print(1) costs: plain python3, bubblewrap where it is installed, and over HTTP.

The service must run without a rate limit (RATE_LIMIT_PER_MINUTE=0).  Ways are taken in turns, so that a busy
machine hurts all alike.  Milliseconds, p50 and p90 of N (100) runs each.
"""
import http.client
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

url = urllib.parse.urlsplit(sys.argv[1])
N = int(sys.argv[2]) if len(sys.argv) > 2 else 100
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


inside = []
ways = {"plain python3 -c": lambda: spawn(PLAIN)}
if shutil.which("bwrap"):
    ways["bubblewrap"] = lambda: spawn(BWRAP)
ways["executor over HTTP"] = lambda: ask(connection, inside)
ways["executor, 10 at once (all ten)"] = lambda: at_once(10)
took = {name: [] for name in ways}
for i in range(N):
    for name, way in ways.items():
        t = time.perf_counter()
        way()
        took[name].append((time.perf_counter() - t) * 1000)
took["executor, its own figure"] = inside
for name, values in took.items():
    print("%-32s p50 %6.1f  p90 %6.1f" % (name, statistics.median(values), statistics.quantiles(values, n=10)[8]))
