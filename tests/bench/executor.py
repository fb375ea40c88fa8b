#!/usr/bin/env python3
"""executor.py BUILD - what one `print(1)` costs: plain Python, owui-executor (from the beginning, and in an
interpreter that waits), bubblewrap, and a container where OWUI_TEST_PODMAN names a podman command and
OWUI_TEST_ENGINE its socket.  One run, rounds interleaved, so that a busy moment hits all alike.  Prints a table.
"""
import concurrent.futures
import http.client
import importlib.util
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("ROUNDS", "60"))
BODY = json.dumps({"language": "python", "code": "print(1)"})
COLD = json.dumps({"language": "python", "code": "print(1)", "env_vars": [{"key": "LC_ALL", "value": "C.UTF-8"}]})
BWRAP = ["bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink",
         "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/workspace", "--chdir", "/workspace",
         "--clearenv", "--die-with-parent"]


def command(words):
    def run():
        subprocess.run(words, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return run


class Client:
    def __init__(self, port, body):
        self.c, self.body, self.inner = http.client.HTTPConnection("127.0.0.1", port, timeout=60), body, []

    def __call__(self):
        self.c.request("POST", "/api/v1/execute", self.body, {"Content-Type": "application/json"})
        a = json.loads(self.c.getresponse().read())
        assert a["stdout"] == "1", a
        self.inner.append(a["execution_time_ms"])


def waiting(s):
    return s.call("GET", "/api/v1/health")[1]["waiting_interpreters"]


def at_once(port, body, n):
    clients = [Client(port, body) for _ in range(n)]
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        def one(c):
            t = time.perf_counter()
            c()
            return time.perf_counter() - t
        each = list(pool.map(one, clients))
    return (time.perf_counter() - began) * 1000, max(each) * 1000


def pss_kb(pid):
    return sum(int(l.split()[1]) for l in open("/proc/%d/smaps_rollup" % pid) if l.startswith("Pss:"))


def cpu_ms(service):
    """Of our own children, or of a service, its launcher and all that they have waited for."""
    if service is None:
        u = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (u.ru_utime + u.ru_stime) * 1000
    fields = [open("/proc/%d/stat" % p).read().rsplit(")", 1)[1].split() for p in (service.process.pid, service.launcher())]
    return sum(int(f[i]) for f in fields for i in (11, 12, 13, 14)) * 1000 / os.sysconf("SC_CLK_TCK")


def row(name, times, cpu, plain=None, more=""):
    p50, p95 = statistics.median(times), sorted(times)[int(len(times) * 0.95)]
    print("| %s | %.1f | %.1f | %s | %s | %.1f |" % (name, p50, p95, "–" if plain is None else "%+.1f" % (p50 - plain), more, cpu / len(times)),
          flush=True)
    return p50


def main():
    spec = importlib.util.spec_from_file_location("executor", TOP / "tests/integration/executor.py")
    executor = importlib.util.module_from_spec(spec)
    build, sys.argv = sys.argv[1], ["executor", sys.argv[1]]
    spec.loader.exec_module(executor)
    executor.PROGRAMS += ("owui-engine", "owui-inside")
    with tempfile.TemporaryDirectory(prefix="owui-bench-") as d:
        folder = pathlib.Path(d)
        folder.chmod(0o755)
        services = {}
        for name, more in (("none", {"ENABLE_CONTAINER_POOL": "false"}), ("pool", {"SANDBOX_POOL_PRELOAD": os.environ.get("PRELOAD", "")})):
            (folder / name).mkdir()
            services[name] = executor.Service(folder / name, os.geteuid(), RATE_LIMIT_PER_MINUTE="0", SANDBOX_BACKEND="native", **more)
            services[name].wait()
        cold, warm = services["none"], services["pool"]
        ways = {"plain `python3 -c`": command(["/usr/bin/python3", "-c", "print(1)"]),
                "owui-executor over HTTP": Client(cold.port, BODY),
                "the same, an interpreter that waits": Client(warm.port, BODY)}
        if shutil.which("bwrap"):
            ways["bubblewrap"] = command(BWRAP + ["/usr/bin/python3", "-c", "print(1)"])
        podman, rare = os.environ.get("OWUI_TEST_PODMAN"), {}
        if podman:
            rare["`podman run --rm`"] = command([podman, "run", "--rm", "--network", "none", "--ulimit", "nofile=256:256", "--ulimit", "nproc=4096:4096",
                                                 "sandbox-runtime:latest", "python3", "-c", "print(1)"])
        if os.environ.get("OWUI_TEST_ENGINE"):
            (folder / "engine").mkdir()
            s = services["engine"] = executor.Service(folder / "engine", os.geteuid(), RATE_LIMIT_PER_MINUTE="0", SANDBOX_BACKEND="docker",
                                                      DOCKER_HOST=os.environ["OWUI_TEST_ENGINE"], SANDBOX_POOL_PRELOAD="")
            s.wait()
            rare["owui-executor, containers"] = Client(s.port, COLD)
        tree = [cold.process.pid]
        for pid in tree:
            tree += executor.children(pid)
        idle = sum(map(pss_kb, tree))
        times = {name: [] for name in {**ways, **rare}}
        used = {name: 0.0 for name in times}
        owner = {"owui-executor over HTTP": cold, "the same, an interpreter that waits": warm}
        for i in range(ROUNDS):
            for name, way in {**ways, **(rare if i % 6 == 0 else {})}.items():
                if "waits" in name:
                    for _ in range(200):
                        if waiting(warm) or i == 0:
                            break
                        time.sleep(0.01)
                c, t = cpu_ms(owner.get(name)), time.perf_counter()
                way()
                times[name].append((time.perf_counter() - t) * 1000)  # before cpu_ms(), which reads much of /proc
                used[name] += cpu_ms(owner.get(name)) - c
        print("| | p50 ms | p95 ms | more than plain | run itself, p50 ms | CPU ms |\n|---|---|---|---|---|---|")
        plain = row("plain `python3 -c`", times["plain `python3 -c`"], used["plain `python3 -c`"])
        del times["plain `python3 -c`"]
        for name, t in times.items():
            way = {**ways, **rare}[name]
            row(name, t, used[name], plain, statistics.median(way.inner[1:]) if isinstance(way, Client) else "")
        alone = statistics.median(times["owui-executor over HTTP"])
        together = [at_once(cold.port, BODY, 10) for _ in range(5)]
        print("\n10 at once: all done after %.0f ms, the slowest took %.0f ms; one after another: %.0f ms" % (
            statistics.median(t for t, _ in together), statistics.median(s for _, s in together), 10 * alone))
        print("idle: %.1f MB PSS (daemon, guard, launcher, jails made ahead: %d processes); load average %.1f" % (idle / 1024, len(tree), os.getloadavg()[0]))
        for s in services.values():
            s.stop()


main()
