#!/usr/bin/env python3
"""mfa.py URL STATE BUILD - second factors: who may set the policy, limits, races, and the operator's reset (owuictl)."""
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, Report, SecondFactors, enrol, need, totp  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
BUILD = sys.argv[3]
report = Report()
RUN = os.urandom(3).hex()


def verify(challenge, code, recovery=False):
    return owui.call("POST", "/api/v1/auths/mfa/verify", {"challenge_token": challenge, "code": code, "recovery": recovery})


class Person:
    def __init__(self, token, name):
        self.form = {"name": name, "email": f"{name}-{RUN}@example.com", "password": "Passw0rd!user", "role": "user"}
        self.id = owui.ok("POST", "/api/v1/auths/add", self.form, token)["id"]

    def sign_in(self, password=None):
        return owui.call("POST", "/api/v1/auths/signin", {"email": self.form["email"], "password": password or self.form["password"]})

    def challenge(self, step):
        status, a = self.sign_in()
        need(status == 200 and a.get("next_step") == step, f"{self.form['name']}: {status} {a}")
        return a["challenge_token"]

    def enrol(self):
        self.key, a = enrol(owui.call, self.challenge("enroll"))
        return a


def owuictl(*words):
    def read(name):
        with open(os.path.join(owui.state, name)) as f:
            return f.read().strip()
    run = os.path.join(owui.state, "run")
    env = {**os.environ, "WEBUI_SECRET_KEY": read("secret-key"),
           "DATABASE_URL": f"postgresql://postgres@{run.replace('/', '%2F')}/open_webui", "REDIS_URL": f"unix://{run}/redis.sock"}
    return subprocess.run([os.path.join(BUILD, "owuictl"), *words], env=env, capture_output=True, text=True)


def policy():
    """An API key cannot change it, nor can what is no switch."""
    owui.ok("POST", "/api/v1/configs/import", {"config": {"auth.enable_api_keys": True}}, admin["token"])
    key = owui.ok("POST", "/api/v1/auths/api_key", None, admin["token"])["api_key"]
    for value, token, want in ((True, key, 403), (False, key, 403), ("true", admin["token"], 409), (1, admin["token"], 409),
                               (None, admin["token"], 409)):
        status, a = owui.call("POST", "/api/v1/configs/import", {"config": {"auth.mfa.enable": value, "mfa.test": 1}}, token)
        need(status == want, f"{value!r}: {status} {a}")
    need("mfa.test" not in owui.ok("GET", "/api/v1/configs/export", token=admin["token"]), "half of it was stored")
    owui.ok("POST", "/api/v1/configs/import", {"config": {"auth.mfa.enable": False}}, admin["token"])
    owui.ok("GET", "/api/v1/auths/", token=admin["token"])  # nothing changed: nobody is signed out


def races():
    """Of many who use a code at once, one gets in."""
    p = Person(f.token, "race")
    code = p.enrol()["recovery_codes"][0]
    challenges = [p.challenge("verify")]
    got = []
    threads = [threading.Thread(target=lambda: got.append(verify(challenges[0], code, True)[0])) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    need(got.count(200) == 1 and set(got) <= {200, 401, 409, 429}, str(got))


def attempts():
    """Five codes for a challenge, ten for an account."""
    p = Person(f.token, "guess")
    p.enrol()  # one try
    for _ in range(2):
        c = p.challenge("verify")
        got = [verify(c, "000000x")[0] for _ in range(6)]
        need(got == ([401] * 5 + [429] if _ == 0 else [401] * 4 + [429] * 2), str(got))
    status, a = verify(p.challenge("verify"), totp(p.key, 1))
    need(status == 429, f"the right code after ten: {status} {a}")


def passwords():
    p = Person(f.token, "door")
    got = [p.sign_in("wrong")[0] for _ in range(12)]
    need(got == [400] * 10 + [429] * 2, str(got))
    need(p.sign_in()[0] == 429, "the right password after ten")


def reset():
    p = Person(f.token, "lost")
    token = p.enrol()["token"]
    r = owuictl("mfa", "reset", p.form["email"])
    need(r.returncode == 2, f"without a reason: {r}")
    need(owuictl("mfa", "reset", "nobody@example.com", "--reason", "x").returncode == 1, "nobody")
    r = owuictl("mfa", "reset", p.form["email"], "--reason", "phone is gone")
    need(r.returncode == 0, r.stderr)
    ticket = r.stdout.strip().split("\n")[-1]
    need(owui.call("GET", "/api/v1/auths/", token=token)[0] == 401, "the old session goes on")
    c = p.challenge("recover")
    recover = "/api/v1/auths/mfa/recover"
    need(owui.call("POST", recover, {"challenge_token": c, "reset_token": "x" * 43})[0] == 401, "another ticket")
    need(owui.call("POST", "/api/v1/auths/mfa/enroll/start", {"challenge_token": c})[0] == 401, "without a ticket")
    a = owui.ok("POST", recover, {"challenge_token": c, "reset_token": ticket})
    need(a["next_step"] == "enroll", str(a))
    key, a = enrol(owui.call, a["challenge_token"])
    need(owui.call("GET", "/api/v1/auths/", token=a["token"])[0] == 200 and key != p.key, "the new start")
    p.challenge("verify")


admin = owui.admin()
report.check("policy", policy)
with SecondFactors(owui.call, admin["token"]) as f:
    for test in (races, attempts, passwords, reset):
        report.check(test.__name__, test)
owui.ok("POST", "/api/v1/configs/import", {"config": {"auth.enable_api_keys": False}}, f.token)
sys.exit(report.end())
