#!/usr/bin/env python3
"""executor.py [BUILD] - owui-executor as root and as an ordinary user: the conformance programs, then
1 000 mixed runs, ten at once, a tenth of them hostile, which must leave nothing behind.

Prints what failed and `N passed, M failed`.  Exit status 77 where this machine allows no sandbox.
EXECUTOR_RUNS changes the number of runs.  OWUI_TEST_TOOLCHAIN: a Rust toolchain that anybody may read.
"""
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("top_builddir", TOP / "build")).resolve()
RUNS = int(os.environ.get("EXECUTOR_RUNS", "1000"))
ORDINARY = 65533
POOL = 3
AHEAD = 2                           # jails that the launcher makes ahead: executor/stock.h
PROGRAMS = ("owui-executor", "owui-sandbox")
passed = failed = 0

GOOD = [
    ("python", "print(6 * 7)", "42"),
    ("shell", "echo $((6 * 7))", "42"),
    ("javascript", "console.log(6 * 7)", "42"),
    ("python", "open('f', 'w').write('x' * 100000); print(len(open('f').read()))", "100000"),
]
# What each may end as is not the question here; that nothing stays is.
HOSTILE = [
    ("shell", "b() { b | b & }; b; sleep 1"),
    ("python", "import os\nwhile True:\n    try:\n        if os.fork() == 0: os.setsid()\n    except OSError: break"),
    ("python", "b = []\nwhile True: b.append(bytearray(32 << 20))"),
    ("python", "f = open('/tmp/big', 'wb')\nwhile True: f.write(b'x' * (1 << 20))"),
    ("shell", "setsid sh -c 'trap \"\" 1 2 15; sleep 300' & echo left"),
    ("python", "import sys\nwhile True: sys.stdout.write('x' * 65536)"),
    ("python", "import os\nfor i in range(3000):\n    os.mkdir('d'); os.chdir('d')"),
    ("python", "import ctypes\nc = ctypes.CDLL(None)\nprint(c.shmget(7, 1 << 20, 0o3666)); c.memfd_create(b'x', 0)"),
    ("python", "import os, signal\nos.kill(-1, signal.SIGKILL)"),
    ("shell", "exec >/dev/null 2>&1; kill -STOP $$"),
]


def check(ok, what):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("not ok", what, flush=True)
    return ok


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children(pid):
    known = pathlib.Path("/proc/%d/task/%d/children" % (pid, pid))
    if known.exists():
        return [int(c) for c in known.read_text().split()]
    found = []                      # a kernel without CONFIG_PROC_CHILDREN
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except OSError:
            pass
    return found


class Service:
    def __init__(self, folder, uid, wrap=(), **more):
        """`wrap`: words before the program's name, which then make it `uid` themselves."""
        self.port = free_port()
        bin_dir = folder / "bin"
        bin_dir.mkdir()
        # Copies: an ordinary user may not reach the build tree.
        for name in PROGRAMS:
            built = BUILD / ".libs" / name
            shutil.copy(built if built.exists() else BUILD / name, bin_dir / name)
        env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "SANDBOX_PORT": str(self.port),
               "AUDIT_LOG_PATH": str(folder / "audit.log"), "WEBUI_SECRET_KEY": "canary-secret-7d1e0",
               "ASAN_OPTIONS": "detect_leaks=%d:quarantine_size_mb=8:log_path=%s/asan" % (uid != 0, folder),
               "UBSAN_OPTIONS": "print_stacktrace=1:log_path=%s/ubsan" % folder, **more}
        if uid and os.environ.get("OWUI_TEST_TOOLCHAIN"):
            env["SANDBOX_RUST_HOME"] = os.environ["OWUI_TEST_TOOLCHAIN"]
        if uid != os.geteuid():
            os.chown(folder, uid, uid)
        become = dict(user=uid, group=uid, extra_groups=[]) if uid != os.geteuid() and not wrap else {}
        self.folder = folder
        self.log = open(folder / "log", "w")
        self.process = subprocess.Popen([*wrap, str(bin_dir / "owui-executor")], env=env, cwd=folder, stderr=self.log, **become)

    def call(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            c.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            r = c.getresponse()
            return r.status, json.loads(r.read() or b"null")
        finally:
            c.close()

    def wait(self):
        for _ in range(300):
            if self.process.poll() is not None:
                break
            try:
                return self.call("GET", "/api/v1/health")[1]
            except OSError:
                time.sleep(0.1)
        print((self.folder / "log").read_text())
        return None

    def launcher(self):
        """The daemon's child is the launcher's guard."""
        pid = self.process.pid
        for _ in range(2):
            pid = children(pid)[0]
        return pid

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


def rss_kb(pid):
    for line in open("/proc/%d/status" % pid):
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def sandboxed(uid):
    return uid == ORDINARY or 64000 <= uid < 64256


def ours(folder):
    """Files of the accounts that programs run as; others' come and go."""
    for e in os.scandir(folder):
        try:
            if sandboxed(e.stat(follow_symlinks=False).st_uid):
                yield e.path
        except OSError:
            pass


def ended(pid):
    """Gone, or dead and only not yet waited for by this machine's init."""
    try:
        return open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def traces(s):
    """What a run could leave: children of the launcher, descriptors, mounts, groups, System V objects."""
    launcher = s.launcher()
    groups = [d for d, _, _ in os.walk("/sys/fs/cgroup") if "/owui-executor.%d/run" % launcher in d]
    found = {
        "children": len(children(launcher)),
        "groups": len(groups),
        "mounts": len(open("/proc/self/mounts").readlines()),
        "files": sorted(f for d in ("/dev/shm", "/var/tmp", "/tmp") for f in ours(d)),
        "shm": sum(sandboxed(int(line.split()[7])) for line in list(open("/proc/sysvipc/shm"))[1:])
        if os.path.exists("/proc/sysvipc/shm") else 0,
    }
    for name, pid in (("daemon", s.process.pid), ("launcher", launcher)):
        try:
            found[name + " descriptors"] = len(os.listdir("/proc/%d/fd" % pid))
        except PermissionError:
            pass
    return found


def rested(s):
    """Nothing runs, and the pool is full again."""
    for _ in range(300):
        h = s.call("GET", "/api/v1/health")[1]
        if h["active_executions"] == h["queued_executions"] == 0 and h["waiting_interpreters"] == POOL:
            break
        time.sleep(0.1)
    else:
        check(False, "the pool is not full again: %s" % h)
    time.sleep(1)


def one(s, i):
    if i % 10 == 0:
        language, code = HOSTILE[i // 10 % len(HOSTILE)]
        status, answer = s.call("POST", "/api/v1/execute", {"language": language, "code": code, "timeout": 2})
        return status == 200 and answer["status"] in ("success", "failed", "timeout"), (code, status, answer)
    language, code, want = random.choice(GOOD)
    status, answer = s.call("POST", "/api/v1/execute", {"language": language, "code": code, "timeout": 60})
    return status == 200 and answer.get("stdout") == want, (code, status, answer)


def mixed(s, n):
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        bad = [why for ok, why in pool.map(lambda i: one(s, i), range(n)) if not ok]
    check(not bad, "%d of %d mixed runs, the first: %s" % (len(bad), n, str(bad[:1])[:600]))


def soak(folder, uid):
    s = Service(folder, uid, RATE_LIMIT_PER_MINUTE="0")
    if not s.wait():
        check(False, "the service does not start")
        return
    attacks(s, uid)
    requests(s, uid)
    pool(s, uid)
    mixed(s, RUNS // 5)
    rested(s)
    before, memory = traces(s), (rss_kb(s.process.pid), rss_kb(s.launcher()))
    mixed(s, RUNS - RUNS // 5)
    rested(s)
    after, grown = traces(s), (rss_kb(s.process.pid) - memory[0], rss_kb(s.launcher()) - memory[1])
    check(after["children"] == POOL + AHEAD, "left behind: %s" % after)
    check(after == before, "before %s, after %s" % (before, after))
    # A sanitizer's quarantine grows for long.
    limit = 65536 if b"libasan" in (BUILD / "owui-sandbox").read_bytes() else 2048
    check(max(grown) < limit, "memory grew by %d and %d KB" % grown)
    print("uid %d: %d runs; daemon %d KB, launcher %d KB, grown by %d and %d KB" % (
        uid, RUNS, rss_kb(s.process.pid), rss_kb(s.launcher()), *grown), flush=True)
    launcher, total = s.launcher(), s.call("GET", "/api/v1/stats")[1]["total_executions"]
    check(s.stop() == 0, "the service ends with status 0")
    for _ in range(100):
        if ended(launcher):
            break
        time.sleep(0.1)
    check(ended(launcher), "the launcher has ended")
    left = [d for d, _, _ in os.walk("/sys/fs/cgroup") if "/owui-executor.%d" % launcher in d]
    check(not left, "control groups left: %s" % left)
    reports = list(folder.glob("asan*")) + list(folder.glob("ubsan*"))
    check(not reports, "a sanitizer's report: %s" % "".join(r.read_text()[:3000] for r in reports))
    lines = [json.loads(l) for l in open(folder / "audit.log")]
    check(len(lines) == 2 * total, "two lines of audit per run, found %d for %d" % (len(lines), total))
    check("6 * 7" not in (folder / "audit.log").read_text(), "no code in the audit log")


SYSCALL = "import ctypes, os, errno\nlibc = ctypes.CDLL(None, use_errno=True)\n" \
          "def call(n, *a):\n    r = libc.syscall(n, *a)\n    return r if r >= 0 else errno.errorcode[ctypes.get_errno()]\n"
# What the conformance programs do not try, or not in this way: (name, language, code, all that may be printed).
ATTACKS = [
    ("keyrings", "python", SYSCALL + "print(call(248, b'user', b'k', b'v', 1, -2), call(250, 0, -3, 1), call(249, b'user', b'k', 0, -2))",
     "EPERM EPERM EPERM"),
    ("io_uring", "python", SYSCALL + "b = ctypes.create_string_buffer(120)\nprint(call(425, 8, b), call(426, 0, 1, 0, 0, 0), call(427, 0, 0, 0, 0))",
     "EPERM EPERM EPERM"),
    ("userfaultfd, bpf, perf", "python", SYSCALL + "b = ctypes.create_string_buffer(128)\nprint(call(323, 0), call(321, 0, b, 128), call(298, b, 0, -1, -1, 0))",
     "EPERM EPERM EPERM"),
    ("nested namespaces", "python", SYSCALL + "for f in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000, 0x2000000):\n"
     "    print(call(272, f), call(56, f | 17, 0, 0, 0, 0), end=' ')", " ".join(["EPERM EPERM"] * 7)),
    ("clone3 with namespaces", "python", SYSCALL + "import struct\na = struct.pack('11Q', 0x10000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)\nprint(call(435, a, 88))",
     "ENOSYS"),
    ("new mount calls", "python", SYSCALL + "print(call(430, b'tmpfs', 0), call(428, -100, b'/', 1), call(442, -100, b'/', 0, 0, 0), call(155, b'.', b'.'), call(161, b'/tmp'))",
     "EPERM EPERM EPERM EPERM EPERM"),
    ("handles", "python", SYSCALL + "b = ctypes.create_string_buffer(b'\\x80', 200)\nprint(call(303, -100, b'/', b, b, 0), call(304, -100, b, 0))", "EPERM EPERM"),
    ("other processes by descriptor", "python", SYSCALL + "p = call(434, 1, 0)\nprint(type(p).__name__, call(438, p, 3, 0), call(424, p, 9, 0, 0))", "int EPERM 0"),
    ("memory of the first process", "python", "for n in ('mem', 'maps', 'environ', 'fd/7', 'root', 'cwd', 'exe'):\n    try:\n        open('/proc/1/' + n, 'rb').read(1)\n"
     "        print('READ', n)\n    except OSError: pass", ""),
    ("signals outside", "python", "import os\nn = 0\nfor p in range(2, 70000, 7):\n    try:\n        os.kill(p, 0)\n        n += p != os.getpid()\n"
     "    except ProcessLookupError: pass\n    except PermissionError: n += 1\nprint(n)", "0"),
    ("Unix sockets of the host", "python", "import socket\nfor name in ('/run/dbus/system_bus_socket', '/var/run/docker.sock', '\\0@@ABSTRACT@@'):\n"
     "    s = socket.socket(socket.AF_UNIX)\n    try:\n        s.connect(name); print('CONNECTED', repr(name))\n    except OSError: pass", ""),
    ("devices", "python", "import os\nfor d in ('mem', 'kmsg', 'sda', 'vda', 'kvm', 'fuse', 'net/tun', 'loop0', 'port', 'vsock', 'dri/card0'):\n"
     "    if os.path.exists('/dev/' + d): print('THERE', d)\nfor m in (0o020666, 0o060666):\n    try: os.mknod('/tmp/d', m, os.makedev(1, 1)); print('MADE')\n"
     "    except OSError: pass", ""),
    ("kernel settings", "python", "import glob, os\nn = 0\nfor f in glob.glob('/proc/sys/**', recursive=True) + ['/proc/sysrq-trigger', '/proc/1/oom_score_adj', '/proc/irq/default_smp_affinity']:\n"
     "    if os.path.isfile(f):\n        try:\n            open(f, 'w').close(); print('OPENED', f)\n        except OSError: n += 1\nprint(n > 50)", "True"),
    ("terminal", "shell", "exec 3<>/dev/tty && echo OPENED; test -e /sys/kernel && echo SYS; true", ""),
    ("set-user-id programs", "shell", "for f in $(find /usr/bin /usr/sbin -perm -4000 2>/dev/null | head -5); do $f </dev/null >/dev/null 2>&1; done; grep -E '^(NoNewPrivs|CapEff|CapBnd|Seccomp):' /proc/self/status | tr -d '\\t'",
     "CapEff:0000000000000000\nCapBnd:0000000000000000\nNoNewPrivs:1\nSeccomp:2"),
    ("limits of the first process", "python", "import resource as r\nfor what in (r.RLIMIT_NOFILE, r.RLIMIT_CPU, r.RLIMIT_AS, r.RLIMIT_CORE):\n"
     "    try: r.prlimit(1, what, (1, 1)); print('SET')\n    except OSError: pass\nr.setrlimit(r.RLIMIT_CORE, (0, 0)); r.setrlimit(r.RLIMIT_NOFILE, (64, 64))\n"
     "print(r.getrlimit(r.RLIMIT_CORE), r.getrlimit(r.RLIMIT_NOFILE))", "(1, 1) (64, 64)"),
    ("files of programs", "python", "for f in ('/proc/self/exe', '/proc/1/exe', '/usr/bin/python3', '/etc/passwd', '/etc/ld.so.cache', '/lib64/ld-linux-x86-64.so.2'):\n"
     "    try: open(f, 'r+b'); print('OPENED', f)\n    except OSError: pass", ""),
    ("typing on a terminal", "python", "import fcntl, os, pty, termios\np, fd = pty.fork()\nif p == 0:\n    for what in (termios.TIOCSTI, 0x541c, (1 << 32) + termios.TIOCSTI - (1 << 32)):\n"
     "        try: fcntl.ioctl(0, what, b'x')\n        except OSError as e: print(e.errno)\n    os._exit(0)\ngot = b''\nwhile len(got) < 9:\n    got += os.read(fd, 99)\nprint(got.split())", "[b'1', b'1', b'1']"),
    ("netlink", "python", "import socket, struct\nfor p in range(1, 23):\n    try: socket.socket(16, 3, p); print('OPEN', p)\n    except OSError: pass\ns = socket.socket(16, 3, 0)\n"
     "s.send(struct.pack('=IHHIIBxHiII', 32, 16, 5, 1, 0, 0, 0, 1, 0, 1))\nprint(struct.unpack_from('=i', s.recv(999), 16)[0])", "-1"),
    ("descriptors", "python", "import os\nl = []\ntry:\n    while True: l.append(os.open('/dev/null', 0))\nexcept OSError as e: print(200 < len(l) < 256, e.errno)", "True 24"),
    ("buffers of TCP", "python", "import socket\nl = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()\na = socket.create_connection(l.getsockname()); b, _ = l.accept()\n"
     "a.setblocking(False)\nn = 0\ntry:\n    while True: n += a.send(b'x' * 65536)\nexcept BlockingIOError: print(n < 500000)", "True"),
    ("real-time and priorities", "python", "import os\nfor f in (lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)), lambda: os.nice(-1), lambda: os.setpriority(os.PRIO_PROCESS, 0, -5)):\n"
     "    try: f(); print('SET')\n    except OSError: pass", ""),
    ("a program left behind", "python", "import os, time\nfor i in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork(): os._exit(0)\n        os.closerange(0, 256)\n"
     "        while True: time.sleep(1)\nprint('gone')", "gone"),
]
# Files that must not come back as files: links, fifos, sparse ones above the limit, names that climb.  A second name of
# the program's own file makes both of its names files that changed.
TRICKS = ("import os, socket\nos.symlink('/etc/passwd', 'passwd')\nos.symlink('/proc/1/environ', 'environ')\nos.symlink('/', 'root')\n"
          "os.mkfifo('fifo')\ns = socket.socket(socket.AF_UNIX); s.bind('socket')\nf = open('sparse', 'wb'); f.truncate(50 << 20)\n"
          "os.mkdir('d'); os.symlink('../..', 'd/up'); os.link('script.py', 'hard')\nopen('good', 'w').write('x')\n"
          "os.rename('d', 'e'); os.mkdir('d'); os.rmdir('d'); os.symlink('/etc', 'd')")


def attacks(s, uid):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0owui-executor-test-%d" % os.getpid())
    listener.listen(8)
    for name, language, code, want in ATTACKS:
        code = code.replace("@@ABSTRACT@@", "owui-executor-test-%d" % os.getpid())
        status, a = s.call("POST", "/api/v1/execute", {"language": language, "code": code, "timeout": 30})
        check(status == 200 and a["stdout"] == want, "uid %d: %s: %s" % (uid, name, str(a)[:600]))
    status, a = s.call("POST", "/api/v1/execute", {"language": "python", "code": TRICKS, "return_files": True, "timeout": 30})
    names = sorted(f["name"] for f in a.get("files", []))
    check(status == 200 and names == ["good", "hard", "script.py"] and a["files_truncated"], "uid %d: tricks with files: %s" % (uid, str(a)[:600]))


def raw(s, *parts, wait=5):
    """What comes back for these bytes, sent one after another."""
    with socket.create_connection(("127.0.0.1", s.port), timeout=wait) as c:
        got = b""
        try:
            for p in parts:
                c.sendall(p)
            while (piece := c.recv(65536)):
                got += piece
        except OSError:
            pass
    return got


# Requests that could be read in two ways, or that want to hold the service up.
def requests(s, uid):
    body = b'{"language":"shell","code":"echo %d"}'
    head = b"POST /api/v1/execute HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

    def post(n, more=b""):
        return head + more + b"Content-Length: %d\r\n\r\n" % len(body % n) + body % n
    got = raw(s, post(1) + post(2) + post(3, b"Connection: close\r\n"))
    check([got.count(b'"stdout":"%d"' % n) for n in (1, 2, 3)] == [1, 1, 1] and got.count(b"HTTP/1.1 200") == 3, "uid %d: three requests at once: %s" % (uid, got[:900]))
    inner = b"0\r\n\r\n" + post(7)
    for name, request, status in (
            ("chunked", head + b"Transfer-Encoding: chunked\r\n\r\n" + inner, b"411"),
            ("chunked with a length", head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + inner, b"400"),
            ("two lengths", head + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + inner, b"400"),
            ("a length with a sign", head + b"Content-Length: +5\r\n\r\n" + inner, b"400"),
            ("a list of lengths", head + b"Content-Length: 5, 5\r\n\r\n" + inner, b"400"),
            ("a space before the colon", head + b"Content-Length : 5\r\n\r\n" + inner, b"400"),
            ("a folded line", head + b"Content-Length:\r\n 5\r\n\r\n" + inner, b"400"),
            ("a NUL in a header", head + b"X: a\0b\r\n\r\n" + inner, b"400"),
            ("another version", b"GET /api/v1/health HTTP/2.0\r\n\r\n" + inner, b"400"),
            ("a full address", b"GET http://x/api/v1/health HTTP/1.1\r\n\r\n" + inner, b"400"),
            ("no HTTP", bytes(range(256)) * 4 + b"\n\n", b"400"),
            ("many headers", head + b"A: b\r\n" * 100 + b"\r\n", b"400"),
            ("a huge header", head + b"A: " + b"b" * 20000 + b"\r\n\r\n", b"431"),
            ("a huge line", b"GET /" + b"a" * 40000, b"431")):
        got = raw(s, request)
        check(got[9:12] == status and got.count(b"HTTP/1.1") == 1, "uid %d: %s: %s" % (uid, name, got[:300]))
    held = []
    try:
        for i in range(700):
            c = socket.create_connection(("127.0.0.1", s.port), timeout=5)
            c.sendall((b"", post(9)[:-1], b"POST /api")[i % 3])
            held.append(c)
        began = time.monotonic()
        status, a = s.call("POST", "/api/v1/execute", {"language": "shell", "code": "echo still"})
        check(status == 200 and a["stdout"] == "still" and time.monotonic() - began < 5, "uid %d: beside 700 that say nothing: %s %s" % (uid, status, a))
    finally:
        for c in held:
            c.close()
    both = "import os\np = os.fork()\nfor i in range(60): os.write(1 if p else 2, b'x' * 65536)\nif p: os.wait()"
    status, a = s.call("POST", "/api/v1/execute", {"language": "python", "code": both, "timeout": 30})
    check(status == 200 and a["stdout_truncated"] and a["stderr_truncated"] and len(a["stdout"]) == len(a["stderr"]) == 1 << 20,
          "uid %d: both streams flooded: %s" % (uid, str(a)[-300:]))
    status, a = s.call("POST", "/api/v1/execute", {"language": "shell", "code": "head -c 60M /dev/zero >/dev/shm/f; sleep 2; echo done", "memory_mb": 32, "timeout": 30})
    check(status == 200 and (a["error"] == "Memory limit exceeded" or "done" not in a["stdout"] or a["memory_used_mb"] <= 33),
          "uid %d: files count as memory: %s" % (uid, a))


# A picture, a waiting interpreter that is used once, and one that a request's own variables rule out.
def pool(s, uid):
    rested(s)
    def run(code, **more):
        return s.call("POST", "/api/v1/execute", {"language": "python", "code": code, "timeout": 30, **more})[1]
    first = run("import sys, builtins; builtins.mine = 1; open('/tmp/mine', 'w').close(); print('traceback' in sys.modules)")
    check(first["stdout"] == "True", "uid %d: a waiting interpreter takes the run: %s" % (uid, first))
    for _ in range(2 * POOL):
        again = run("import builtins, os; print(hasattr(builtins, 'mine'), os.listdir('/tmp'))")
        check(again["stdout"] == "False []", "uid %d: each serves one run: %s" % (uid, again))
    rested(s)
    cold = run("import sys, os; print('traceback' in sys.modules, os.environ['PYTHONHASHSEED'], hash('a') == hash('a'))",
               env_vars=[{"key": "PYTHONHASHSEED", "value": "7"}])
    check(cold["stdout"] == "False 7 True", "uid %d: what is read at the start is set before it: %s" % (uid, cold))
    ends = run("import atexit, sys\natexit.register(print, 'at exit')\nclass A:\n    def __del__(self): print('deleted')\na = A()\nsys.exit('said')")
    check(ends["stdout"] == "at exit\ndeleted" and ends["stderr"] == "said" and ends["exit_code"] == 1, "uid %d: ends as Python does: %s" % (uid, ends))
    rested(s)
    fails = [run("def f():\n    return 1 / 0\nf()", **more) for more in ({}, {"memory_mb": 256})]
    check(fails[0]["stderr"] == fails[1]["stderr"] and fails[0]["exit_code"] == 1, "uid %d: the same traceback: %s" % (uid, fails))
    if run("import matplotlib")["exit_code"] == 0:
        rested(s)
        for more in ({}, {"memory_mb": 500}):
            a = run("import matplotlib.pyplot as p\np.plot([1, 3, 2])\np.show()", capture_result=True, return_files=True, **more)
            check((a["result"] or "").startswith("data:image/png;base64,iVBOR") and not a["files"],
                  "uid %d: a picture: %s %s" % (uid, str(a)[:300], [f["name"] for f in a.get("files", [])]))
    else:
        print("uid %d: no Matplotlib here: pictures of it are skipped" % uid, flush=True)


# A launcher that is killed, or that hangs: who waits is told, everything of it goes, another one serves.
def lost_launcher(folder, uid):
    s = Service(folder, uid, RATE_LIMIT_PER_MINUTE="0", MAX_CONCURRENT_EXECUTIONS="2", ENABLE_CONTAINER_POOL="false")
    if not check(s.wait(), "the service of the launcher that is lost starts"):
        return
    body = {"language": "shell", "code": "echo begun; sleep 60", "timeout": 60}
    for number, within in ((signal.SIGKILL, 3), (signal.SIGSTOP, 18)):
        old = s.launcher()
        runs = children(old)
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            began = time.monotonic()
            first = threads.submit(s.call, "POST", "/api/v1/execute", body)
            for _ in range(100):
                if s.call("GET", "/api/v1/health")[1]["active_executions"]:
                    break
                time.sleep(0.02)
            time.sleep(0.3)
            runs += children(old)
            os.kill(old, number)
            waiting = [threads.submit(s.call, "POST", "/api/v1/execute", {**body, "code": "echo %d" % i}) for i in range(2)]
            answers = [f.result() for f in [first] + waiting]
        took = time.monotonic() - began
        check(answers[0][0] == 500 and answers[0][1]["error"] == "InternalError" and "launcher" in answers[0][1]["message"] and took < within,
              "uid %d: signal %d: the run is told after %.1f s: %s" % (uid, number, took, answers))
        check(all(status in (200, 429) or status == 500 and "launcher" in a["message"] for status, a in answers[1:]),
              "uid %d: signal %d: those that came meanwhile: %s" % (uid, number, answers))
        status, a = s.call("POST", "/api/v1/execute", {**body, "code": "echo again"})
        check(status == 200 and a["stdout"] == "again", "uid %d: signal %d: another launcher serves: %s" % (uid, number, a))
        check(s.launcher() != old and ended(old) and all(ended(p) for p in runs), "uid %d: signal %d: the old one and its runs are gone" % (uid, number))
        left = [d for d, _, _ in os.walk("/sys/fs/cgroup") if "/owui-executor.%d" % old in d]
        check(not left, "uid %d: signal %d: control groups left: %s" % (uid, number, left))
    check(s.stop() == 0, "the service of the lost launcher ends with status 0")


# One user floods; whoever else comes gets the next place, also when the queue is full.
def fairness(folder, uid):
    s = Service(folder, uid, RATE_LIMIT_PER_MINUTE="0", MAX_CONCURRENT_EXECUTIONS="2", SANDBOX_MAX_QUEUE="6", ENABLE_CONTAINER_POOL="false")
    if not check(s.wait(), "the service for the queue starts"):
        return

    def one(user):
        began = time.monotonic()
        status, a = s.call("POST", "/api/v1/execute", {"language": "shell", "code": "sleep 1; echo done", "user_id": user, "timeout": 20})
        return status, time.monotonic() - began, a
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        flood = [threads.submit(one, "flood") for _ in range(8)]
        for _ in range(100):
            h = s.call("GET", "/api/v1/health")[1]
            if (h["active_executions"], h["queued_executions"]) == (2, 6):
                break
            time.sleep(0.02)
        check((h["active_executions"], h["queued_executions"]) == (2, 6), "uid %d: the flood fills places and queue: %s" % (uid, h))
        check(one("flood")[0] == 429, "uid %d: one more of the flood is refused" % uid)
        others = [threads.submit(one, "other-%d" % i) for i in range(2)]
        for status, took, a in [o.result() for o in others]:
            check(status == 200 and a["stdout"] == "done" and took < 3.2, "uid %d: another user waits for one slot's time: %s %.1f s %s" % (uid, status, took, a))
        ends = sorted(f.result()[0] for f in flood)
        check(ends == [200] * 6 + [429] * 2, "uid %d: two of the flood made room: %s" % (uid, ends))
        h = s.call("GET", "/api/v1/health")[1]
        check((h["active_executions"], h["queued_executions"]) == (0, 0), "uid %d: none is left waiting: %s" % (uid, h))
    check(s.stop() == 0, "the service for the queue ends with status 0")


def conformance(folder, uid):
    global passed, failed
    s = Service(folder, uid)
    health = s.wait()
    if not health or health["status"] != "healthy":
        s.stop()
        return False
    print("uid %d: isolation by %s" % (uid, ", ".join(health["isolation"])), flush=True)
    offered = s.call("GET", "/api/v1/config")[1]["supported_languages"]
    for name in ("python", "javascript", "shell", "rust"):
        if name not in offered:
            print("uid %d: %s is not offered: its runtime is missing here" % (uid, name), flush=True)
    r = subprocess.run([sys.executable, str(TOP / "tests/conformance/executor/run.py")], capture_output=True, text=True,
                       env={**os.environ, "EXECUTOR_URL": "http://127.0.0.1:%d" % s.port})
    for line in r.stdout.splitlines():
        if line.startswith("ok "):
            passed += 1
        elif line.startswith("not ok") and ("rust" in offered or "rust" not in line and "-m rust" not in line):
            check(False, "uid %d: %s" % (uid, line[7:]))
    check(s.stop() == 0, "the service ends with status 0")
    return True


def main():
    worked = False
    os.umask(0o022)
    for uid in ((0, ORDINARY) if os.geteuid() == 0 else (os.geteuid(),)):
        with tempfile.TemporaryDirectory(prefix="owui-executor-") as d:
            folder = pathlib.Path(d)
            folder.chmod(0o755)
            for part in ("a", "b", "c", "d"):
                (folder / part).mkdir()
            if not conformance(folder / "a", uid):
                print("uid %d: this machine allows no sandbox: skipped" % uid)
                continue
            worked = True
            soak(folder / "b", uid)
            fairness(folder / "c", uid)
            lost_launcher(folder / "d", uid)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0 if worked else 77


if __name__ == "__main__":
    sys.exit(main())
