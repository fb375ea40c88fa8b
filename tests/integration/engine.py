#!/usr/bin/env python3
"""engine.py [BUILD] - owui-executor with its container back end, against an engine of our own that speaks
the API's shapes (create, attach with the multiplexed stream, start, inspect, delete, list) and runs the
containers' first process in namespaces.

OWUI_TEST_ENGINE=unix:///path/of/socket: the conformance programs against that engine, too, with the image
OWUI_TEST_IMAGE (sandbox-runtime:latest).  Prints what failed and `N passed, M failed`; exit status 77 where
nothing could be tested.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.argv, BUILD_ARG = sys.argv[:1], sys.argv[1:]
TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(BUILD_ARG[0] if BUILD_ARG else os.environ.get("top_builddir", TOP / "build")).resolve()
passed = failed = 0

# A container: a root of its own with /usr, tmpfs where programs write, PID 1 of its own namespace.
CONTAINER = r"""
mount -t tmpfs root /mnt
cd /mnt
mkdir usr proc dev etc tmp workspace var var/tmp
mount --rbind /usr usr
mount --rbind /dev dev
mount -t proc proc proc
for l in bin sbin lib lib64; do ln -s usr/$l $l; done
exec chroot . env -i sh -c 'cd /workspace && exec "$@"' sh "$@"
"""


def check(ok, what):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("not ok", what, flush=True)
    return ok


class Engine(threading.Thread):
    """One request a connection, as HTTP/1.0 is; what was asked is kept in `calls`."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.calls, self.containers = path, [], {}
        self.refuse = self.oom = None
        self.lock = threading.Lock()
        self.leftover = "a" * 64
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(64)

    def run(self):
        while True:
            try:
                c, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        f = c.makefile("rb")
        method, target, _ = f.readline().decode().split()
        length = 0
        while (line := f.readline().strip()):
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        body = json.loads(f.read(length)) if length else None
        path = urllib.parse.urlsplit(target)
        with self.lock:
            self.calls.append((method, path.path, urllib.parse.parse_qs(path.query), body))
        try:
            self.answer(c, method, path.path, urllib.parse.parse_qs(path.query), body)
        except OSError:
            pass
        finally:
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            c.close()

    def send(self, c, status, body=None):
        text = b"" if body is None else json.dumps(body).encode()
        c.sendall(b"HTTP/1.0 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(text)) + text)

    def answer(self, c, method, path, query, body):
        name = path.split("/")[3] if path.startswith("/v1.41/containers/") else None
        name = next((n for n, b in self.containers.items() if b["id"] == name), name)
        box = self.containers.get(name)
        if path == "/v1.41/version":
            self.send(c, 200, {"Version": "27.1.1", "ApiVersion": "1.46", "Components": [{"Name": "Engine", "Version": "27.1.1"}]})
        elif re.fullmatch(r"/v1.41/images/.*/json", path):
            self.send(c, 200 if "missing" not in path else 404, {"Id": "sha256:0"})
        elif path == "/v1.41/containers/json":
            label = json.loads(query["filters"][0])["label"][0].partition("=")
            found = [b["id"] for b in self.containers.values() if b["body"]["Labels"].get(label[0]) == label[2]]
            self.send(c, 200, [{"Id": i} for i in found + ([self.leftover] if self.leftover else [])])
        elif path == "/v1.41/containers/create":
            if self.refuse:
                self.send(c, self.refuse, {"message": "refused"})
                return
            self.containers[query["name"][0]] = {"body": body, "attached": None, "process": None,
                                                   "id": "%064x" % len(self.calls)}
            self.send(c, 201, {"Id": self.containers[query["name"][0]]["id"], "Warnings": []})
        elif method == "DELETE":
            if name == self.leftover:
                self.leftover = None
            elif box:
                if box["process"]:
                    box["process"].kill()
                del self.containers[name]
            self.send(c, 204 if box else 404)
        elif path.endswith("/json"):
            self.send(c, 200 if box else 404, {"State": {"OOMKilled": bool(self.oom), "ExitCode": 0}})
        elif path.endswith("/start"):
            self.send(c, 204 if self.start_box(box) else 500)
        elif path.endswith("/attach"):
            box["attached"] = threading.Event()
            c.sendall(b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n"
                      b"Upgrade: tcp\r\n\r\n")
            self.attach(c, box)
        else:
            self.send(c, 404, {"message": "page not found"})

    def start_box(self, box):
        if not box["attached"]:
            return False  # what it says would be lost
        box["process"] = subprocess.Popen(["unshare", "-rmpf", "--kill-child", "sh", "-ec", CONTAINER, "sh", *box["body"]["Entrypoint"]],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        box["attached"].set()
        return True

    def attach(self, c, box):
        if not box["attached"].wait(30):
            return
        p, turn = box["process"], threading.Lock()

        def feed():
            while (data := c.recv(65536)):
                try:
                    p.stdin.write(data)
                    p.stdin.flush()
                except OSError:
                    break
            p.stdin.close()

        def drain(number, pipe):
            # In odd pieces: a frame may be cut anywhere.
            while (data := os.read(pipe.fileno(), 50021)):
                with turn:
                    for i in range(0, len(data), 10007):
                        part = data[i:i + 10007]
                        c.sendall(struct.pack(">BxxxI", number, len(part)) + part)
        threads = [threading.Thread(target=drain, args=a, daemon=True) for a in ((1, p.stdout), (2, p.stderr))]
        threading.Thread(target=feed, daemon=True).start()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        p.wait()


def load(name):
    import importlib.util
    spec = importlib.util.spec_from_file_location(name, TOP / "tests/integration" / (name + ".py"))
    module = importlib.util.module_from_spec(spec)
    sys.argv = [name, str(BUILD)]
    spec.loader.exec_module(module)
    return module


def run(s, code, **more):
    return s.call("POST", "/api/v1/execute", {"language": "python", "code": code, **more})


def shapes(engine):
    made = [body for method, path, _, body in engine.calls if path.endswith("/create")]
    check(made, "containers were made")
    for body in made:
        h = body["HostConfig"]
        check(h["NetworkMode"] == "none" and body["NetworkDisabled"] is True, "no network")
        check(h["Memory"] == h["MemorySwap"] and h["CpuQuota"] == 100000 and h["CpuPeriod"] == 100000, "memory and CPU")
        check(h["PidsLimit"] >= 64 and h["ReadonlyRootfs"] is True and h["CapDrop"] == ["ALL"], "processes, root, capabilities")
        check("no-new-privileges" in h["SecurityOpt"] and h["Privileged"] is False and h["IpcMode"] == "private", "privileges")
        check(set(h["Tmpfs"]) == {"/workspace", "/tmp", "/var/tmp"} and all("size=100m" in o and "nr_inodes=10000" in o
                                                                          for o in h["Tmpfs"].values()), "tmpfs")
        check(body["User"] == "1000:1000" and body["Tty"] is False and body["OpenStdin"] is True, "user and streams")
        check("owui-executor" in body["Labels"], "label")
    check({b["HostConfig"]["Memory"] for b in made} == {512 << 20, 64 << 20}, "a lower limit of memory is the container's")


def programs(s, engine):
    status, a = run(s, "import sys\nprint('out'); print('err', file=sys.stderr)\nopen('left.txt', 'w').write('x' * 70000)",
                    return_files=True, args=["a"], timeout=50)
    check(status == 200 and a["stdout"] == "out" and a["stderr"] == "err", "output: %s" % str(a)[:300])
    check([(f["name"], f["size"]) for f in a.get("files", [])] == [("left.txt", 70000)], "files left")
    status, a = run(s, "print(input())", stdin="given\n")
    check(a.get("stdout") == "given", "input: %s" % str(a)[:300])
    status, a = run(s, "print('x' * 300000)")
    check(len(a.get("stdout", "")) == 300000, "much output")
    status, a = run(s, "6 * 7", capture_result=True)
    check(a.get("result") == "42", "result: %s" % str(a)[:300])
    status, a = run(s, "import sys; sys.exit(3)", memory_mb=64)
    check(a.get("exit_code") == 3 and a["status"] == "failed", "exit code: %s" % str(a)[:300])
    status, a = run(s, "import os, signal\nfor i in (1, -1):\n    try: os.kill(i, signal.SIGKILL)\n    except OSError: pass\nprint('alive')")
    check(status == 200 and a["stdout"] == "alive", "signals: %s" % str(a)[:300])
    began = time.time()
    status, a = run(s, "print('so far', flush=True)\nimport time; time.sleep(60)", timeout=3)
    check(a.get("status") == "timeout" and a["stdout"] == "so far" and time.time() - began < 6, "timeout: %s" % str(a)[:300])
    check(any(m == "DELETE" and q.get("force") == ["1"] for m, _, q, _ in engine.calls), "killed by force")
    engine.oom = True
    status, a = run(s, "import sys; sys.exit(137)")
    check(a.get("error") == "Memory limit exceeded", "killed for memory: %s" % str(a)[:300])
    engine.oom = None


def failures(s, engine):
    engine.refuse = 500
    for _ in range(12):  # those that wait are used up
        status, a = run(s, "print(1)", memory_mb=100)
        if status != 200:
            break
    check(status == 503 and a["error"] == "ContainerEngineUnavailable", "an engine that refuses: %d %s" % (status, str(a)[:200]))
    engine.refuse = None
    status, a = run(s, "print(1)", memory_mb=100)
    check(status == 200 and a["stdout"] == "1", "and recovers: %s" % str(a)[:200])
    engine.socket.close()
    os.unlink(engine.path)
    status, a = run(s, "print(1)", memory_mb=100)
    check(status == 503, "an engine that is gone: %d %s" % (status, str(a)[:200]))
    check(s.call("GET", "/api/v1/health")[0] == 200, "the service stays up")


def with_ours(executor, folder):
    engine = Engine(str(folder / "engine.sock"))
    engine.start()
    s = executor.Service(folder, os.geteuid(), SANDBOX_BACKEND="docker", DOCKER_HOST="unix://" + engine.path,
                         RATE_LIMIT_PER_MINUTE="0", POOL_SIZE_PER_LANGUAGE="1", SANDBOX_POOL_PRELOAD="")
    health = s.wait()
    if not check(health and health["backend"] == "docker" and health["docker_status"] == "Docker 27.1.1", "health: %s" % health):
        return
    check(engine.leftover is None, "what an earlier service left is removed")
    programs(s, engine)
    shapes(engine)
    check(s.stop() == 0, "the service ends with status 0")
    for _ in range(100):
        if not engine.containers:
            break
        time.sleep(0.1)
    check(not engine.containers, "no container is left: %s" % list(engine.containers))
    (folder / "two").mkdir()
    s = executor.Service(folder / "two", os.geteuid(), SANDBOX_BACKEND="docker", DOCKER_HOST="unix://" + engine.path,
                         RATE_LIMIT_PER_MINUTE="0", ENABLE_CONTAINER_POOL="false")
    if check(s.wait(), "a second start"):
        failures(s, engine)
    s.stop()


def without_image(executor, folder):
    engine = Engine(str(folder / "engine.sock"))
    engine.start()
    s = executor.Service(folder, os.geteuid(), SANDBOX_BACKEND="docker", DOCKER_HOST="unix://" + engine.path, CONTAINER_IMAGE="missing:1")
    health = s.wait()
    check(health and health["status"] == "degraded" and "no image" in health["docker_status"], "no image: %s" % health)
    check(run(s, "print(1)")[0] == 503, "no image: 503")
    s.stop()


def with_real(executor, folder, address):
    s = executor.Service(folder, os.geteuid(), SANDBOX_BACKEND="docker", DOCKER_HOST=address,
                         CONTAINER_IMAGE=os.environ.get("OWUI_TEST_IMAGE", "sandbox-runtime:latest"))
    health = s.wait()
    if not check(health and health["status"] == "healthy", "the engine at %s: %s" % (address, health)):
        return
    print("engine: %s" % health["docker_status"], flush=True)
    offered = s.call("GET", "/api/v1/config")[1]["supported_languages"]
    r = subprocess.run([sys.executable, str(TOP / "tests/conformance/executor/run.py")], capture_output=True, text=True,
                       env={**os.environ, "EXECUTOR_URL": "http://127.0.0.1:%d" % s.port})
    for line in r.stdout.splitlines():
        if line.startswith("ok "):
            check(True, line)
        elif "inode-filler" in line and "Podman" in health["docker_status"]:
            print("engine: inode-filler left out: Podman cannot limit inodes", flush=True)
        elif line.startswith("not ok") and ("rust" in offered or "rust" not in line):
            check(False, "engine: %s" % line[7:])
    s.stop()


def main():
    executor = load("executor")
    executor.PROGRAMS += ("owui-engine", "owui-inside")
    real = os.environ.get("OWUI_TEST_ENGINE")
    works = subprocess.run(["unshare", "-rmpf", "sh", "-c", "mount -t tmpfs t /mnt"], capture_output=True).returncode == 0
    for wanted, part in ((works, with_ours), (works, without_image), (real, lambda e, f: with_real(e, f, real))):
        if not wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="owui-engine-") as d:
            part(executor, pathlib.Path(d))
    if not works:
        print("engine: this machine allows no user namespaces: our own engine is skipped")
    if not real:
        print("engine: no real engine was named (OWUI_TEST_ENGINE): skipped")
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0 if passed else 77


sys.exit(main())
