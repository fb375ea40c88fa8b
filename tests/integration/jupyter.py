#!/usr/bin/env python3
"""jupyter.py [BUILD] - owui-executor as the `jupyter` engine of an unmodified Open WebUI 0.12.4: its own client
runs programs here.

OWUI_REFERENCE_PYTHON names the Python that has it installed; exit status 77 without.  Prints what failed and
`N passed, M failed`.
"""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("top_builddir", TOP / "build")).resolve()
PYTHON = os.environ.get("OWUI_REFERENCE_PYTHON")
KEY = "a-key-of-the-test"
passed = failed = 0

# Runs in the reference's Python: cases from standard input, outcomes to standard output.
CLIENT = """
import asyncio, json, sys
from open_webui.utils.code_interpreter import execute_code_jupyter
async def main():
    todo = json.load(sys.stdin)
    print(json.dumps(await asyncio.gather(*[execute_code_jupyter(*c) for c in todo])))
asyncio.run(main())
"""


def check(ok, what):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("not ok", what, flush=True)


def client(cases, folder):
    r = subprocess.run([PYTHON, "-c", CLIENT], input=json.dumps(cases), capture_output=True, text=True, timeout=180, cwd=folder,
                       env={"PATH": os.environ["PATH"], "HOME": str(folder), "DATA_DIR": str(folder), "DATABASE_URL": "sqlite:///%s/t.db" % folder,
                            "ENABLE_DB_MIGRATIONS": "false", "WEBUI_SECRET_KEY": "0" * 32})
    try:
        return json.loads(r.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        print(r.stdout[-2000:], r.stderr[-2000:])
        return None


def programs(url, folder):
    def run(code, token=KEY, password="", timeout=60):
        cases.append([url, code, token, password, timeout])
    cases = []
    run("print('hello')\n6 * 7")
    run("import sys\nprint('to stderr', file=sys.stderr)")
    run("def f(): return 1 / 0\nf()")
    run("print('x' * 300000)")
    run("'é' * 3")
    run("x = 1")
    run("print('by password')", token="", password=KEY)
    run("print('never')", token="wrong")
    run("import time; print('early', flush=True); time.sleep(30)", timeout=3)
    got = client(cases, folder)
    if not got:
        check(False, "the reference's client ran at %s" % url)
        return
    check(got[0]["stdout"] == "hello" and got[0]["result"] == "42", "%s: output and value: %s" % (url, got[0]))
    check(got[1]["stderr"] == "to stderr", "%s: stderr: %s" % (url, got[1]))
    check("ZeroDivisionError" in got[2]["stderr"], "%s: a traceback: %s" % (url, got[2]))
    check(len(got[3]["stdout"]) == 300000, "%s: output longer than a frame: %d" % (url, len(got[3]["stdout"])))
    check(got[4]["result"] == repr("é" * 3), "%s: text: %s" % (url, got[4]))
    check(not any(got[5].values()), "%s: nothing to say: %s" % (url, got[5]))
    check(got[6]["stdout"] == "by password", "%s: a password: %s" % (url, got[6]))
    check(got[7]["stderr"].startswith("Error") and not got[7]["stdout"], "%s: a wrong token: %s" % (url, got[7]))
    check("early" in got[8]["stdout"] and "timed out" in got[8]["stderr"], "%s: its time-out: %s" % (url, got[8]))


def pictures(url, folder):
    got = client([[url, "import matplotlib.pyplot as p\np.plot([1, 2])\np.show()", KEY, "", 60]], folder)
    check(got and "data:image/png;base64,iVBOR" in got[0]["result"] + got[0]["stdout"], "a picture: %s" % str(got)[:300])


def main():
    if not PYTHON:
        print("jupyter: no reference was named (OWUI_REFERENCE_PYTHON): skipped")
        return 77
    spec = importlib.util.spec_from_file_location("executor", TOP / "tests/integration/executor.py")
    executor = importlib.util.module_from_spec(spec)
    sys.argv = ["executor", str(BUILD)]
    spec.loader.exec_module(executor)
    with tempfile.TemporaryDirectory(prefix="owui-jupyter-") as d:
        folder = pathlib.Path(d)
        folder.chmod(0o755)
        (folder / "service").mkdir()
        s = executor.Service(folder / "service", os.geteuid(), SANDBOX_JUPYTER="true", SANDBOX_API_KEY=KEY, RATE_LIMIT_PER_MINUTE="0")
        health = s.wait()
        if not health or health["status"] != "healthy":
            s.stop()
            print("jupyter: this machine allows no sandbox: skipped")
            return 77
        base = "http://127.0.0.1:%d" % s.port
        programs(base, folder)
        programs(base + "/jupyter/", folder)
        if subprocess.run(["/usr/bin/python3", "-c", "import matplotlib"], capture_output=True).returncode == 0:
            pictures(base, folder)
        check(s.call("GET", "/api/v1/health")[1]["active_executions"] == 0, "nothing runs on after the clients are gone")
        check(s.stop() == 0, "the service ends with status 0")
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


sys.exit(main())
