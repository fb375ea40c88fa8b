#!/usr/bin/env python3
"""secrets.py URL STATE: no secret is in any log.

The instance logs at level DEBUG and audits requests with both bodies (AUDIT_LOG_LEVEL=REQUEST_RESPONSE, reading too).
Passwords, tokens, API keys, cookies and secrets of settings go in by every way there is, well-formed and not; then
every file below the state's log and data folders is searched for them.
"""
import base64
import json
import os
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from owui import Instance, Report, need, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
who = owui.admin()
admin, RUN = who["token"], uuid.uuid4().hex[:8]
secrets = {"the administrator's token": admin, "the administrator's password": "Passw0rd!admin"}


def secret(what):
    text = f"Zz{uuid.uuid4().hex}"
    secrets[what] = text
    return text


def call(method, path, body=None, token=admin, **headers):
    return owui.call(method, path, body, token, headers or None)


def accounts():
    email = f"log-{RUN}@example.com"
    password = secret("a password")
    person = owui.ok("POST", "/api/v1/auths/add", {"name": "L", "email": email, "password": password, "role": "user"}, admin)
    secrets["a token"] = person["token"]
    token = owui.ok("POST", "/api/v1/auths/signin", {"email": email, "password": password})["token"]
    secrets["another token"] = token
    call("POST", "/api/v1/auths/signin", {"email": email, "password": secret("a wrong password")}, None)
    call("POST", "/api/v1/auths/signin", {"email": email, "password": [secret("a password in a list")]}, None)
    call("POST", "/api/v1/auths/signup", {"name": "x", "email": "none", "password": secret("of a refused sign-up")}, None)
    call("POST", f"/api/v1/users/{person['id']}/update", {"password": secret("a new password")})
    call("POST", f"/api/v1/users/{person['id']}/update", {"password": {"x": secret("a password of the wrong type")}})
    call("POST", "/api/v1/auths/update/password", {"password": password, "new_password": secret("one's own new password")}, token)
    owui.ok("POST", "/api/v1/auths/admin/config", {**owui.ok("GET", "/api/v1/auths/admin/config", None, admin), "ENABLE_API_KEYS": True}, admin)
    key = owui.ok("POST", "/api/v1/auths/api_key", None, admin)["api_key"]
    secrets["an API key"] = key
    call("GET", "/api/v1/users/all", token=key)
    call("GET", "/api/v1/auths/api_key")
    call("GET", "/api/v1/users/all", token=None, **{"x-api-key": key})
    call("GET", "/api/v1/users/all", token=None, Cookie=f"token={admin}; other={secret('a cookie')}")
    call("GET", f"/api/v1/users/all?token={secret('a token in an address')}")
    call("GET", f"/api/v1/users/all?api_key={secret('a key in an address')}")
    forged = base64.urlsafe_b64encode(json.dumps({"alg": "HS256"}).encode()).decode().rstrip("=") + f".{secret('a forged token')}.x"
    call("GET", "/api/v1/users/all", token=forged)
    call("GET", "/api/v1/scim/v2/Users", token=secret("a SCIM token"))
    owui.ok("POST", "/api/v1/auths/signout", None, person["token"])


def settings():
    openai = owui.ok("GET", "/openai/config", None, admin)
    owui.ok("POST", "/openai/config/update", {**openai, "OPENAI_API_KEYS": [secret("a provider's key")] * len(openai["OPENAI_API_BASE_URLS"])}, admin)
    call("GET", "/openai/config")
    call("POST", "/openai/config/update", {**openai, "OPENAI_API_KEYS": {"0": secret("keys of the wrong type")}})
    call("POST", "/openai/config/update", openai)
    call("POST", "/openai/verify", {"url": "http://127.0.0.1:1", "key": secret("a key to verify")})
    call("POST", "/api/v1/configs/import", {"config": {"openai.api_keys": [secret("an imported key")]}})
    call("GET", "/api/v1/configs/export")
    call("POST", "/openai/config/update", openai)
    call("POST", "/api/v1/knowledge/external/connections",
         {"name": "x", "provider": "qdrant", "endpoint": "http://127.0.0.1:1", "auth_config": {"api_key": secret("of a connection")}})
    call("POST", "/api/v1/configs/tool_servers", {"TOOL_SERVER_CONNECTIONS": [
        {"url": "http://127.0.0.1:1", "path": "openapi.json", "auth_type": "bearer", "key": secret("of a tool server"), "config": {}}]})
    call("POST", "/api/v1/configs/tool_servers", {"TOOL_SERVER_CONNECTIONS": []})
    call("POST", "/api/v1/auths/admin/config/ldap/server", {
        "label": "l", "host": "127.0.0.1", "port": 389, "app_dn": "cn=x", "app_dn_password": secret("a directory's password"),
        "attribute_for_mail": "mail", "attribute_for_username": "uid", "search_base": "dc=x", "search_filters": ""})
    code = owui.ok("GET", "/api/v1/configs/code_execution", None, admin)
    call("POST", "/api/v1/configs/code_execution", {**code, "CODE_EXECUTION_JUPYTER_AUTH_TOKEN": secret("a kernel's token"),
                                                    "CODE_EXECUTION_JUPYTER_AUTH_PASSWORD": secret("a kernel's password")})
    call("POST", "/api/v1/configs/code_execution", code)
    call("POST", "/api/chat/completions", {"model": "none", "messages": [], "api_key": secret("a key in a body")})
    call("POST", "/api/v1/users/user/settings/update", {"ui": {"directConnections": {"OPENAI_API_KEYS": [secret("one's own key")]}}})
    owui.call("POST", "/api/v1/prompts/create", '{"password": "' + secret("in what is no JSON"), admin)


def logs():
    for top in ("log", "data"):
        for folder, _, names in os.walk(os.path.join(owui.state, top)):
            for name in names:
                if name.endswith((".log", ".txt")) or top == "log" or name.startswith("audit"):
                    yield os.path.join(folder, name)


def audit_text():
    for path in logs():
        if os.path.basename(path) == "audit.log":
            with open(path, errors="replace") as f:
                return f.read()
    return ""


def no_secret_in_a_log():
    accounts()
    settings()
    mark = f"mark-{RUN}"
    call("POST", "/api/v1/groups/create", {"name": mark, "description": ""})
    until("the audit log", 5, lambda: mark in audit_text())
    time.sleep(0.5)
    found, files, size = [], 0, 0
    for path in logs():
        with open(path, errors="replace") as f:
            text = f.read()
        files, size = files + 1, size + len(text)
        for what, value in secrets.items():
            # of a token: its signature is the secret part
            part = value.rsplit(".", 1)[-1] if value.count(".") == 2 and len(value.rsplit(".", 1)[-1]) > 10 else value
            if part in text:
                at = text.index(part)
                found.append(f"{what} in {path}: {text[max(0, at - 200):at][-200:]}")
    need(not found, "\n    ".join(found)[:6000])
    need(files >= 4, f"only {files} files")
    return f"{len(secrets)} secrets, {files} files, {size // 1024} KiB"


def audit_entries():
    last = [json.loads(line) for line in audit_text().splitlines()]
    one = next(e for e in last if f"mark-{RUN}" in (e["request_object"] or ""))
    want = {"id", "timestamp", "user", "audit_level", "verb", "request_uri", "response_status_code", "source_ip", "user_agent",
            "model_id", "usage", "request_object", "response_object", "extra"}
    need(set(one) == want, f"members: {sorted(set(one) ^ want)}")
    need(one["user"] == {k: who[k] for k in ("id", "name", "email", "role")}, str(one["user"]))
    need(one["verb"] == "POST" and one["request_uri"].endswith("/api/v1/groups/create") and one["response_status_code"] == 200, str(one)[:300])
    need(json.loads(one["response_object"])["name"] == f"mark-{RUN}", "the answer")
    paths = {e["request_uri"].split("?")[0].split("/api/", 1)[-1] for e in last}
    need("v1/auths/signin" in paths, "sign-in is always audited")
    need(not any(p.startswith(("v1/chats", "chat/")) for p in paths), "an excluded path")
    need(all(not e["request_object"] for e in last if "/api/v1/auths" in e["request_uri"]), "a body of /auths")
    return f"{len(last)} entries"


report = Report()
report.check("no-secret-in-a-log", no_secret_in_a_log)
report.check("audit-entries", audit_entries)
sys.exit(report.end())
