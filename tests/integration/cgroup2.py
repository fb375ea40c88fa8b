#!/usr/bin/env python3
"""cgroup2.py [BUILD] - owui-executor on a machine that has only control groups v2: in a user-mode Linux (Debian's package
user-mode-linux, or OWUI_TEST_UML, the path of its program), whose root is this machine's, read-only.

As root in a group of its own, as root in a group that others live in, and as an ordinary user in a group that was given
to it.  Prints what failed and `N passed, M failed`; exit status 77 where there is no user-mode Linux.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve()
CORE = pathlib.Path("/tmp/core-was-dumped")
GROUPS = pathlib.Path("/sys/fs/cgroup")


def outside():
    program = os.environ.get("OWUI_TEST_UML") or shutil.which("linux.uml")
    if not program:
        print("cgroup2: no user-mode Linux here (linux.uml): skipped")
        return 77
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("top_builddir", HERE.parents[2] / "build")).resolve()
    with tempfile.TemporaryDirectory(prefix="owui-uml-") as d:
        r = subprocess.run([program, "mem=2G", "rootfstype=hostfs", "rootflags=/", "ro", "init=%s" % HERE, "OWUI_BUILD=%s" % build, "quiet",
                            "con=null", "con0=fd:0,fd:1", "ssl=null", "uml_dir=" + d, "umid=owui"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    ours = [line.strip() for line in r.stdout.splitlines() if line.startswith(("not ok", "cgroup2")) or line.rstrip().endswith(" failed")]
    print("\n".join(ours) or r.stdout)
    return 0 if ours and ours[-1].endswith(", 0 failed") else 1


def boot():
    os.environ.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", HOME="/root", LANG="C.UTF-8")
    for kind, at in (("proc", "/proc"), ("sysfs", "/sys"), ("cgroup2", str(GROUPS)), ("tmpfs", "/tmp"), ("tmpfs", "/run")):
        subprocess.run(["mount", "-t", kind, kind, at], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"])
    pathlib.Path("/tmp/dump").write_text("#!/bin/sh\necho $* >>%s\n" % CORE)
    os.chmod("/tmp/dump", 0o755)
    pathlib.Path("/proc/sys/kernel/core_pattern").write_text("|/tmp/dump %p")
    subprocess.run(["sh", "-c", "kill -SEGV $$"])
    for _ in range(50):
        if CORE.exists():
            break
        time.sleep(0.1)
    CORE.unlink()                   # so it is called for others
    print("cgroup2: Linux", os.uname().release, "with", (GROUPS / "cgroup.controllers").read_text().strip(), flush=True)


def enter(group):
    (group / "cgroup.procs").write_text("0")


def left():
    return [str(d) for d in GROUPS.rglob("owui-executor.*") if d.is_dir()]


def serve(executor, name, uid, group):
    folder = pathlib.Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    group.mkdir()
    if uid:
        for f in (group, group / "cgroup.procs", group / "cgroup.subtree_control", group / "cgroup.threads"):
            os.chown(f, uid, uid)
    if name == "root, with others":
        enter(group)
    wrap = ["sh", "-c", "echo 0 >%s/cgroup.procs && exec setpriv --reuid=%d --regid=%d --clear-groups \"$0\"" % (group, uid, uid)]
    s = executor.Service(folder, uid, wrap, RATE_LIMIT_PER_MINUTE="0", ENABLE_CONTAINER_POOL="false")
    health = s.wait()

    def run(code, **more):
        return s.call("POST", "/api/v1/execute", {"language": "python", "code": code, "timeout": 50, **more})[1]
    executor.check(health and "cgroup-v2" in health["isolation"] and "watchdog" not in health["isolation"], "%s: v2 is used: %s" % (name, health))
    a = run("print(open('/proc/self/cgroup').read())")
    executor.check(a["stdout"] == "0::/" and a["memory_used_mb"], "%s: a group and a view of its own: %s" % (name, a))
    a = run("b = bytearray(200 << 20)", memory_mb=64)
    executor.check(a["exit_code"] == 137 and a["error"] == "Memory limit exceeded", "%s: memory: %s" % (name, a))
    a = run("import os, time\nfor i in range(4):\n    if os.fork() == 0:\n        b = bytearray(30 << 20); time.sleep(9); os._exit(0)\n"
            "print([os.wait()[1] for i in range(4)].count(9) > 0)", memory_mb=64)
    executor.check(a["stdout"] == "True" or a["exit_code"] == 137, "%s: the limit is one for all processes: %s" % (name, a))
    a = run("import os, time\nn = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(3); os._exit(0)\n        n += 1\nexcept OSError: print(n)")
    executor.check(a["stdout"] == "63", "%s: processes: %s" % (name, a))
    a = run("import os, time\nfor i in range(3): os.fork()\nwhile time.process_time() < 0.3: pass\nif os.getppid() == 1: print(time.monotonic())")
    executor.check(a["exit_code"] == 0, "%s: eight at work: %s" % (name, a))
    run("import os\nos.kill(os.getpid(), 11)")
    run("import os, resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nos.kill(os.getpid(), 11)")
    executor.check(not CORE.exists(), "%s: the machine's program for core files is not called" % name)
    old = s.launcher()
    os.kill(old, signal.SIGKILL)
    time.sleep(1)
    a = run("print(1)")
    executor.check(a.get("stdout") == "1" and not any(".%d" % old in d for d in left()), "%s: after a lost launcher: %s %s" % (name, a, left()))
    executor.check(s.stop() == 0, "%s: it ends" % name)
    for _ in range(100):
        if not left():
            break
        time.sleep(0.1)
    executor.check(not left(), "%s: groups are left: %s" % (name, left()))


def inside():
    boot()
    sys.argv = ["executor.py", os.environ["OWUI_BUILD"]]
    sys.path.insert(0, str(HERE.parent))
    sys.dont_write_bytecode = True
    import executor
    (GROUPS / "test").mkdir()
    enter(GROUPS / "test")
    (GROUPS / "cgroup.subtree_control").write_text("+memory +pids +cpu")
    serve(executor, "root, alone", 0, GROUPS / "alone")
    serve(executor, "root, with others", 0, GROUPS / "shared")
    enter(GROUPS / "test")
    serve(executor, "ordinary", executor.ORDINARY, GROUPS / "given")
    print("%d passed, %d failed" % (executor.passed, executor.failed), flush=True)


if __name__ == "__main__":
    if os.getpid() != 1:
        sys.exit(outside())
    try:
        inside()
    except BaseException as e:
        print("not ok", repr(e), flush=True)
    finally:
        os.sync()
        ctypes.CDLL(None).reboot(0x4321fedc)
