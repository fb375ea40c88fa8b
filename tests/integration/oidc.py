#!/usr/bin/env python3
"""oidc.py URL STATE PROVIDER_PORT - sign-in with a real OpenID provider, as browsers, providers and villains do it.

The instance was started with tests/integration/oidc/env.sh; the provider (tests/integration/oidc/provider.mjs) is
started here.  ONLY=word runs the checks with that word in their names.
"""
import base64
import hashlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from owui import Failed, Instance, Report, SecondFactors, need, totp, until  # noqa: E402

owui = Instance(sys.argv[1], sys.argv[2])
PORT = int(sys.argv[3])
ISSUER = f"http://127.0.0.1:{PORT}"
report = Report()
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def fetch(method, url, body=None, headers=None, timeout=20):
    """(status, headers as list, bytes); redirects are not followed."""
    u = urllib.parse.urlsplit(url)
    c = http.client.HTTPConnection(u.hostname, u.port, timeout=timeout)
    try:
        c.request(method, u.path + ("?" + u.query if u.query else ""), body, headers or {})
        r = c.getresponse()
        return r.status, r.getheaders(), r.read()
    finally:
        c.close()


def control(path="", **values):
    status, _, text = fetch("POST", f"{ISSUER}/_control{path}", json.dumps(values))
    need(status == 200, f"the provider's control answers {status}")
    return json.loads(text)


def seen():
    return json.loads(fetch("GET", f"{ISSUER}/_control/seen")[2])


class Browser:
    """Cookies of each host, and their attributes as they were set."""

    def __init__(self):
        self.jar, self.set = {}, {}

    def go(self, method, url, body=None, headers=None, timeout=20):
        jar = self.jar.setdefault(urllib.parse.urlsplit(url).netloc, {})
        head = dict(headers or {})
        if jar:
            head["Cookie"] = "; ".join(f"{k}={v}" for k, v in jar.items())
        status, got, text = fetch(method, url, body, head, timeout)
        for name, value in got:
            if name.lower() == "set-cookie":
                pair, *attributes = value.split("; ")
                key, _, v = pair.partition("=")
                self.set[key] = {a.partition("=")[0].lower(): a.partition("=")[2] for a in attributes}
                if self.set[key].get("max-age") == "0":
                    jar.pop(key, None)
                else:
                    jar[key] = v
        where = next((v for n, v in got if n.lower() == "location"), None)
        return status, urllib.parse.urljoin(url, where) if where else None, text

    def cookie(self, name):
        return self.jar.get(f"{owui.host}:{owui.port}", {}).get(name)

    def to_callback(self, login="/oauth/oidc/login"):
        """Through the provider's pages; the address of the callback."""
        _, where, text = self.go("GET", owui.url + login)
        need(where, f"the login answers {text[:200]}")
        for _ in range(12):
            if where.startswith(owui.url):
                return where
            status, to, text = self.go("GET", where)
            need(to, f"the provider answers {status} {text[:300]}")
            where = to
        raise Failed("redirects without end")

    def sign_in(self):
        """The whole way: (address it ends at, its error parameter)."""
        where = self.to_callback()
        return self.finish(where) if "/callback" in where else (where, error_of(where))

    def finish(self, callback, timeout=30):
        status, where, text = self.go("GET", callback, timeout=timeout)
        need(status == 307 and where, f"the callback answers {status} {text[:200]}")
        return where, error_of(where)


def error_of(where):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(where).query).get("error", [None])[0]


def settings(**values):
    owui.ok("POST", "/api/v1/auths/admin/config/oauth", values, admin["token"])


def comes_in(account, **also):
    control(account=account, **also)
    b = Browser()
    where, error = b.sign_in()
    need(error is None and where == owui.url + "/auth", f"{account} ended at {where}")
    user = owui.ok("GET", "/api/v1/auths/", token=b.cookie("token"))
    return b, user


def stays_out(account, text="", **also):
    control(account=account, **also)
    b = Browser()
    where, error = b.sign_in()
    need(error and text in error, f"{account} ended at {where}")
    need(not b.cookie("token") and not b.cookie("oauth_session_id"), "a cookie was set all the same")
    return error


def psql(sql):
    run = os.path.join(owui.state, "run")
    pg = os.environ.get("PSQL") or "psql"
    return subprocess.run([pg, "-h", run, "-U", "postgres", "-d", "open_webui", "-At", "-c", sql], check=True,
                          capture_output=True, text=True).stdout.strip()


def groups_of(user):
    got = owui.ok("GET", f"/api/v1/users/{user['id']}/groups", token=admin["token"])
    return sorted(g["name"] for g in got)


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def first_sign_in():
    error = stays_out("alice", "permission")
    settings(ENABLE_OAUTH_SIGNUP=True)
    b, user = comes_in("alice")
    need(user["email"] == "alice@example.com" and user["name"] == "Alice Liddell", str(user))
    need(user["role"] == "pending", f"her role is {user['role']}")
    need(user["profile_image_url"].startswith("data:image/png;base64,iVBOR"), user["profile_image_url"][:60])
    t = claims_of(b.cookie("token"))
    need(t["auth_method"] == "oauth" and t["id"] == user["id"], str(t))
    need("httponly" not in b.set["token"] and "httponly" in b.set["oauth_session_id"], "flags of the cookies")
    need(b.set["owui-session"].get("samesite") == "lax" and "httponly" in b.set["owui-session"], str(b.set))
    need(claims_of(b.cookie("oauth_id_token"))["sub"] == "alice", "the ID token's cookie")
    _, again = comes_in("alice")
    need(again["id"] == user["id"], "a second account was made")
    return f"without sign-up: {error[:40]}"


def tokens_are_sealed():
    b, user = comes_in("alice")
    row = psql(f"SELECT token FROM oauth_session WHERE id = '{b.cookie('oauth_session_id')}'")
    need(row.startswith("gAAAA"), f"the token is stored as {row[:20]}")
    try:
        from cryptography.fernet import Fernet
    except ImportError:
        return "not opened: the package cryptography is not here"
    key = base64.urlsafe_b64encode(hashlib.sha256(owui.secret().encode()).digest())
    token = json.loads(Fernet(key).decrypt(row.encode()))
    need({"access_token", "id_token", "refresh_token", "expires_at", "issued_at", "userinfo"} <= set(token), str(token.keys()))
    return "opened with another Fernet"


def every_algorithm():
    for alg in ("PS256", "ES256", "ES384", "ES512", "EdDSA", "RS256"):
        comes_in("alice", alg=alg)


def key_rotation():
    comes_in("alice")
    before = seen()["/jwks"]
    comes_in("alice")
    need(seen()["/jwks"] == before, "keys are fetched each time")
    control("/rotate")
    comes_in("alice")
    need(seen()["/jwks"] == before + 1, "the new keys")


def roles():
    settings(ENABLE_OAUTH_ROLE_MANAGEMENT=True, OAUTH_ROLES_CLAIM="realm.webui.roles", OAUTH_ALLOWED_ROLES="user,admin",
             OAUTH_ADMIN_ROLES="admin")
    need(comes_in("alice")[1]["role"] == "user", "alice")
    need(comes_in("bob")[1]["role"] == "admin", "bob")
    stays_out("dave", "permission")
    need(psql("SELECT count(*) FROM \"user\" WHERE email = 'dave@example.com'") == "0", "an account was made for dave")
    # Roles that go away at the provider go away here.
    need(comes_in("bob", claims={"realm": {"webui": {"roles": "user"}}})[1]["role"] == "user", "bob as user")
    need(comes_in("bob", claims={"realm": {}})[1]["role"] == "user", "bob without roles keeps his")
    stays_out("bob", "permission", claims={"realm": {"webui": {"roles": ["stranger"]}}})
    need(comes_in("bob")[1]["role"] == "admin", "bob again")


def groups():
    settings(ENABLE_OAUTH_GROUP_MANAGEMENT=True, OAUTH_GROUP_CLAIM="groups", OAUTH_BLOCKED_GROUPS='["^Block", "T?a", "("]')
    _, user = comes_in("alice")
    need(groups_of(user) == [], f"groups that do not exist: {groups_of(user)}")
    settings(ENABLE_OAUTH_GROUP_CREATION=True)
    _, user = comes_in("alice")
    need(groups_of(user) == ["Staff"], f"made: {groups_of(user)}")
    _, bob = comes_in("bob")
    need(groups_of(bob) == ["Garden", "Staff"], f"from a text: {groups_of(bob)}")
    comes_in("bob", claims={"groups": ["Garden"]})
    need(groups_of(bob) == ["Garden"], f"one less: {groups_of(bob)}")
    comes_in("bob", claims={"groups": []})
    need(groups_of(bob) == ["Garden"], "an empty claim changes nothing")
    settings(ENABLE_OAUTH_GROUP_MANAGEMENT=False, ENABLE_OAUTH_ROLE_MANAGEMENT=False)


def addresses():
    stays_out("carol", "failed")
    settings(OAUTH_ALLOWED_DOMAINS="example.com")
    stays_out("erin", "failed")
    settings(OAUTH_ALLOWED_DOMAINS="*")
    _, erin = comes_in("erin")
    need(erin["name"] == "erin@elsewhere.org", f"without a name: {erin['name']}")
    stays_out("mallory", "failed", claims={"email": "alice@example.com\0.evil.org", "name": "M"})


def merging():
    owui.ok("POST", "/api/v1/auths/add", {"name": "Frank here", "email": "frank@example.com", "password": "Passw0rd!", "role": "user"},
            admin["token"])
    stays_out("grace", "already registered")
    settings(OAUTH_MERGE_ACCOUNTS_BY_EMAIL=True)
    stays_out("frank", "already registered")
    _, user = comes_in("grace")
    need(user["name"] == "Frank here" and user["role"] == "user", str(user))
    linked = json.loads(psql(f"SELECT oauth FROM \"user\" WHERE id = '{user['id']}'"))
    need(linked == {"oidc": {"sub": "grace"}}, str(linked))
    settings(OAUTH_MERGE_ACCOUNTS_BY_EMAIL=False, OAUTH_UPDATE_NAME_ON_LOGIN=True, OAUTH_UPDATE_EMAIL_ON_LOGIN=True)
    _, again = comes_in("grace", claims={"email": "Grace@example.com"})
    need(again["id"] == user["id"] and again["name"] == "Grace" and again["email"] == "grace@example.com", str(again))
    _, again = comes_in("grace", claims={"email": "alice@example.com"})
    need(again["email"] == "grace@example.com", "took another's address")
    settings(OAUTH_UPDATE_NAME_ON_LOGIN=False, OAUTH_UPDATE_EMAIL_ON_LOGIN=False)


def pictures():
    settings(OAUTH_UPDATE_PICTURE_ON_LOGIN=True)
    _, user = comes_in("alice", claims={"picture": f"{ISSUER}/picture.html"})
    need(user["profile_image_url"] == "/user.png", user["profile_image_url"][:60])
    _, user = comes_in("alice", claims={"picture": "file:///etc/passwd"})
    need(user["profile_image_url"] == "/user.png", user["profile_image_url"][:60])
    _, user = comes_in("alice", claims={"picture": f"http://localhost:{PORT}/picture.png"})
    need(user["profile_image_url"].startswith("data:image/png"), user["profile_image_url"][:60])
    need(seen()["picture_auth"] == "", "the access token went to another host")
    settings(OAUTH_UPDATE_PICTURE_ON_LOGIN=False)


def sign_out():
    b, _ = comes_in("alice")
    status, _, text = b.go("POST", owui.url + "/api/v1/auths/signout")
    answer = json.loads(text)
    need(status == 200 and answer["redirect_url"].startswith(f"{ISSUER}/session/end?id_token_hint=ey"), str(answer)[:200])
    need(not b.cookie("token") and not b.cookie("oauth_session_id") and not b.cookie("oauth_id_token"), str(b.jar))
    status, _, text = fetch("GET", answer["redirect_url"])
    need(status == 200, f"the provider's sign-out answers {status}")
    settings(OPENID_END_SESSION_ENDPOINT="https://sso.example/logout")
    b, _ = comes_in("alice")
    answer = json.loads(b.go("POST", owui.url + "/api/v1/auths/signout")[2])
    need(answer["redirect_url"] == "https://sso.example/logout", str(answer))
    settings(OPENID_END_SESSION_ENDPOINT="")


def logout_token(key="ours", **claims):
    now = int(time.time())
    c = {"iss": ISSUER, "aud": "webui", "iat": now, "exp": now + 120, "jti": os.urandom(8).hex(), "events": {EVENT: {}}, **claims}
    return control("/sign", header={"alg": "RS256", "typ": "logout+jwt"}, claims=c, key=key)["token"]


def backchannel(token):
    return owui.call("POST", "/oauth/backchannel-logout", urllib.parse.urlencode({"logout_token": token}).encode(),
                     headers={"Content-Type": "application/x-www-form-urlencoded"})


def backchannel_logout():
    b, user = comes_in("alice")
    _, other = comes_in("bob")
    time.sleep(1.1)
    good = logout_token(sub="alice")
    status, answer = backchannel(good)
    need(status == 200 and answer == {}, f"{status} {answer}")
    need(owui.call("GET", "/api/v1/auths/", token=b.cookie("token"))[0] == 401, "the session goes on")
    need(psql(f"SELECT count(*) FROM oauth_session WHERE user_id = '{user['id']}'") == "0", "tokens are kept")
    need(psql(f"SELECT count(*) FROM oauth_session WHERE user_id = '{other['id']}'") != "0", "another's tokens are gone")
    time.sleep(1.1)
    b, user = comes_in("alice")
    now = int(time.time())
    bad = {"replayed": good, "another key": logout_token(sub="alice", key="other"), "audience": logout_token(sub="alice", aud="x"),
           "issuer": logout_token(sub="alice", iss="http://127.0.0.1:1"), "no event": logout_token(sub="alice", events={}),
           "nonce": logout_token(sub="alice", nonce="n"), "nobody": logout_token(), "old": logout_token(sub="alice", iat=now - 9999, exp=now - 9000),
           "id token": b.cookie("oauth_id_token"), "empty": "", "nonsense": "a.b.c", "huge": "A" * 200000}
    for name, token in bad.items():
        status, answer = backchannel(token)
        need(status == 400 and answer["error"] == "invalid_request", f"{name}: {status} {answer}")
    need(owui.call("GET", "/api/v1/auths/", token=b.cookie("token"))[0] == 200, "a bad token ended the session")
    need(backchannel(logout_token(sub="nobody-here"))[0] == 200, "an unknown account")


def provider_ends_session():
    """The provider's own back-channel request, when the browser ends its session there."""
    b, _ = comes_in("alice")
    time.sleep(1.1)
    status, _, page = b.go("GET", f"{ISSUER}/session/end?id_token_hint={b.cookie('oauth_id_token')}")
    xsrf = page.decode().split('name="xsrf" value="')[1].split('"')[0]
    b.go("POST", f"{ISSUER}/session/end/confirm", urllib.parse.urlencode({"xsrf": xsrf, "logout": "yes"}),
         {"Content-Type": "application/x-www-form-urlencoded"})
    until("the end of the session", 5, lambda: owui.call("GET", "/api/v1/auths/", token=b.cookie("token"))[0] == 401)
    time.sleep(1.1)


def states():
    control(account="alice")
    b = Browser()
    callback = b.to_callback()
    where, error = Browser().finish(callback)
    need(error, "another browser finished the sign-in")
    b = Browser()
    callback = b.to_callback()
    need(b.finish(callback)[1] is None, "the sign-in")
    token = b.cookie("token")
    where, error = b.finish(callback)
    need(error and b.cookie("token") == token, "a state and code were good twice")
    for query in ("", "code=x", "code=x&state=y", "code=x&state=" + "A" * 43, "error=access_denied&error_description=%0d%0aSet-Cookie:x",
                  "code[]=x&state[]=y", "state=%00&code=%00"):
        _, error = b.finish(f"{owui.url}/oauth/oidc/callback?{query}")
        need(error, f"{query} was taken")
    two = Browser()
    one, other = two.to_callback(), two.to_callback()
    need(two.finish(one)[1] is None and two.finish(other)[1] is None, "two tabs of a browser")
    _, where, _ = Browser().go("GET", owui.url + "/oauth/oidc/login?redirect_uri=https://evil.example&next=//evil.example")
    need("evil" not in where, where)


def forgeries():
    for mode in ("none", "other-key", "hs256", "aud", "iss", "expired", "future", "nonce", "sub", "nonsense", "refused"):
        control(account="alice")
        b = Browser()
        callback = b.to_callback()
        control(account="alice", mode=mode)
        _, error = b.finish(callback)
        need(error and not b.cookie("token"), f"{mode}: was taken")
    comes_in("alice")


def trouble():
    for mode, most in (("dead", 5), ("slow", 12)):
        control(account="alice")
        b = Browser()
        callback = b.to_callback()
        control(account="alice", mode=mode)
        began = time.monotonic()
        _, error = b.finish(callback)
        need(error and time.monotonic() - began < most, f"{mode}: {error} after {time.monotonic() - began:.1f} s")
    control(account="alice")
    b = Browser()
    callback = b.to_callback()
    control("/rotate")
    control(account="alice", mode="huge")
    _, error = b.finish(callback)
    need(error, "keys without end")
    comes_in("alice")


def exchange():
    _, user = comes_in("alice")
    token = seen()["access_token"]
    status, answer = owui.call("POST", "/api/v1/auths/oauth/OIDC/token/exchange", {"token": token})
    need(status == 200 and answer["id"] == user["id"] and "permissions" in answer, f"{status} {answer}")
    need(owui.call("GET", "/api/v1/auths/", token=answer["token"])[0] == 200, "the token that was given")
    need(owui.call("POST", "/api/v1/auths/oauth/oidc/token/exchange", {"token": "nonsense"})[0] == 400, "nonsense")
    need(owui.call("POST", "/api/v1/auths/oauth/oidc/token/exchange", {"token": "a\r\nX: y"})[0] == 400, "a header in it")
    need(owui.call("POST", "/api/v1/auths/oauth/other/token/exchange", {"token": token})[0] == 404, "no such provider")
    psql(f"UPDATE \"user\" SET oauth = NULL WHERE id = '{user['id']}'")
    need(owui.call("POST", "/api/v1/auths/oauth/oidc/token/exchange", {"token": token})[0] == 403, "no such account")
    psql(f"UPDATE \"user\" SET oauth = '{{\"oidc\": {{\"sub\": \"alice\"}}}}' WHERE id = '{user['id']}'")


def echoed(token, session=None):
    """The Authorization header that a tool server sees of an account which lends it its provider's token."""
    form = {"url": ISSUER, "path": "openapi.json", "type": "openapi", "auth_type": "system_oauth", "key": "", "config": {}}
    head = {"Cookie": f"oauth_session_id={session}"} if session else None
    status, answer = owui.call("POST", "/api/v1/configs/tool_servers/verify", form, token, head)
    need(status == 200, f"{status} {answer}")
    return answer["x-seen"]


def refresh():
    settings(ENABLE_OAUTH_ROLE_MANAGEMENT=True)
    b, bob = comes_in("bob", ttl=3600)
    first = seen()["access_token"]
    token, session = b.cookie("token"), b.cookie("oauth_session_id")
    need(echoed(token, session) == f"Bearer {first}", "a fresh token")
    need(echoed(token) == f"Bearer {first}", "without the cookie")
    b, bob = comes_in("bob", ttl=200)
    first = seen()["access_token"]
    token, session = b.cookie("token"), b.cookie("oauth_session_id")
    control(account="bob", mode="dead")
    need(echoed(token, session) != f"Bearer {first}", "an old token was used")
    need(psql(f"SELECT count(*) FROM oauth_session WHERE id = '{session}'") == "1", "the session went with the provider")
    control(account="bob", mode="slowly", ttl=3600)
    got = []
    threads = [threading.Thread(target=lambda: got.append(echoed(token, session))) for _ in range(4)]
    before = seen().get("/token", 0)
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    now = seen()
    need(set(got) == {f"Bearer {now['access_token']}"} and now["access_token"] != first, f"four at once: {got}")
    need(now["/token"] == before + 1, f"{now['/token'] - before} refreshes")
    b, bob = comes_in("bob", ttl=200)
    session = b.cookie("oauth_session_id")
    control(account="bob", mode="refused", ttl=3600)
    echoed(b.cookie("token"), session)
    need(psql(f"SELECT count(*) FROM oauth_session WHERE id = '{session}'") == "0", "a refused session stays")
    settings(ENABLE_OAUTH_ROLE_MANAGEMENT=False)


def connection(**more):
    return {"url": f"{ISSUER}/mcp", "path": "", "type": "mcp", "auth_type": "oauth_2.1", "key": "", "config": {"enable": True},
            "info": {"id": "srv", "name": "Server", **more}}


def tool_server():
    """Registered by the administrator, connected by an account."""
    token = admin["token"]
    status, answer = owui.call("POST", "/api/v1/configs/tool_servers/verify", connection(), token)
    need(status == 200 and answer["oauth_server_metadata"]["token_endpoint"] == f"{ISSUER}/token", f"{status} {answer}")
    status, answer = owui.call("POST", "/api/v1/configs/oauth/clients/register?type=mcp",
                               {"url": f"{ISSUER}/mcp", "client_id": "srv"}, token)
    need(status == 200, f"{status} {answer}")
    owui.ok("POST", "/api/v1/configs/tool_servers",
            {"TOOL_SERVER_CONNECTIONS": [connection(oauth_client_info=answer["oauth_client_info"])]}, token)
    control(account="alice", ttl=3600)
    b = Browser()
    site = f"{owui.host}:{owui.port}"
    b.jar[site] = {"token": token}
    callback = b.to_callback("/oauth/clients/mcp:srv/authorize")
    status, where, _ = b.go("GET", callback)
    need(status == 307 and where == owui.url, f"{status} {where}")
    row = psql(f"SELECT provider FROM oauth_session WHERE user_id = '{admin['id']}'")
    need(row == "mcp:srv", f"stored as {row}")
    # The account's own provider and the tool server's do not mix.
    need(echoed(token) is None, "a tool server's token was lent to another")
    status, where, _ = b.go("GET", callback)
    need("error=" in where, "a callback was good twice")
    # Another account in the same browser must not get the tokens of the first.
    callback = b.to_callback("/oauth/clients/mcp:srv/authorize")
    b.jar[site]["token"] = comes_in("bob")[0].cookie("token")
    _, where, _ = b.go("GET", callback)
    need("error=" in where and "match" in where, where)
    need(owui.call("GET", "/oauth/clients/mcp:other/authorize", token=token)[0] == 404, "an unknown server")
    need(owui.call("DELETE", "/api/v1/auths/oauth/sessions/mcp:srv", token=token) == (200, True), "disconnect")


def forgotten_client():
    """The authorization server has forgotten us: we register anew."""
    token = admin["token"]
    control("/forget")
    b = Browser()
    b.jar[f"{owui.host}:{owui.port}"] = {"token": token}
    old = owui.ok("GET", "/api/v1/configs/tool_servers", token=token)["TOOL_SERVER_CONNECTIONS"][0]["info"]["oauth_client_info"]
    status, where, _ = b.go("GET", b.to_callback("/oauth/clients/mcp:srv/authorize"))
    need(where == owui.url, where)
    new = owui.ok("GET", "/api/v1/configs/tool_servers", token=token)["TOOL_SERVER_CONNECTIONS"][0]["info"]["oauth_client_info"]
    need(old != new, "the registration is the old one")


def by_session_id():
    """A logout token that names the provider's session, not the account."""
    b, _ = comes_in("alice")
    time.sleep(1.1)
    sid = claims_of(b.cookie("oauth_id_token"))["sid"]
    need(backchannel(logout_token(sid="of-nobody"))[0] == 200, "an unknown session")
    need(owui.call("GET", "/api/v1/auths/", token=b.cookie("token"))[0] == 200, "the wrong session ended")
    need(backchannel(logout_token(sid=sid))[0] == 200, "the session's id")
    need(owui.call("GET", "/api/v1/auths/", token=b.cookie("token"))[0] == 401, "the session goes on")
    time.sleep(1.1)


def ends_at(account, mark):
    control(account=account)
    b = Browser()
    where, error = b.sign_in()
    need(error is None and where == f"{owui.url}/auth?{mark}", f"{account} ended at {where}")
    need(not b.cookie("token") and not b.cookie("oauth_session_id"), "a session without a second factor")
    return b


def step(b, path, body, origin=None):
    head = {"Content-Type": "application/json", **({"Origin": origin} if origin else {})}
    status, _, text = b.go("POST", owui.url + "/api/v1/auths/mfa/" + path, json.dumps(body) if body else None, head)
    return status, json.loads(text)


def second_factor():
    _, bob = comes_in("bob")
    owui.ok("POST", f"/api/v1/users/{bob['id']}/update", {"role": "user"}, admin["token"])
    psql("UPDATE \"user\" SET role = 'pending' WHERE email = 'erin@elsewhere.org'")
    settings(ENABLE_OAUTH_ROLE_MANAGEMENT=False)
    with SecondFactors(owui.call, admin["token"]) as f:
        admin["token"] = f.token
        ends_at("erin", "pending=1")
        b = ends_at("bob", "mfa=1")
        need(b.set["mfa_challenge"]["path"] == "/api/v1/auths/mfa" and "httponly" in b.set["mfa_challenge"], str(b.set))
        need(step(b, "challenge", None)[0] == 403 and step(b, "challenge", None, "https://evil.example")[0] == 403, "other sites")
        status, a = step(b, "challenge", None, owui.url)
        need(status == 200 and a["next_step"] == "enroll" and not b.cookie("mfa_challenge"), f"{status} {a}")
        key = step(b, "enroll/start", {"challenge_token": a["challenge_token"]})[1]["manual_key"]
        status, a = step(b, "enroll/confirm", {"challenge_token": a["challenge_token"], "code": totp(key)})
        need(status == 200 and len(a["recovery_codes"]) == 10, f"{status} {a}")
        need(b.cookie("oauth_session_id"), "the provider's session")
        claims = claims_of(b.cookie("token"))
        need(claims["mfa_verified"] is True and claims["auth_method"] == "oauth", str(claims))
        need(owui.call("GET", "/api/v1/auths/", token=b.cookie("token"))[0] == 200, "the session")
        b = ends_at("bob", "mfa=1")
        a = step(b, "challenge", None, owui.url)[1]
        need(a["next_step"] == "verify", str(a))
        status, a = step(b, "verify", {"challenge_token": a["challenge_token"], "code": totp(key, 1)})
        need(status == 200 and b.cookie("token") == a["token"], f"{status} {a}")
        status, a = owui.call("POST", "/api/v1/auths/oauth/oidc/token/exchange", {"token": seen()["access_token"]})
        need(status == 200 and a["next_step"] == "verify" and "token" not in a, f"exchange: {status} {a}")
    admin["token"] = f.token
    with SecondFactors(owui.call, admin["token"], allow_oauth_bypass=True) as f:
        admin["token"] = f.token
        b, _ = comes_in("bob")
        need(claims_of(b.cookie("token"))["mfa_verified"] is False, "the bypass")
        ends_at("erin", "pending=1")
    admin["token"] = f.token


def disconnect():
    b, user = comes_in("bob")
    token = b.cookie("token")
    need(owui.call("DELETE", "/api/v1/auths/oauth/sessions/oidc", token=token) == (200, True), "the first time")
    need(owui.call("DELETE", "/api/v1/auths/oauth/sessions/oidc", token=token)[0] == 404, "the second time")
    for _ in range(11):
        comes_in("bob")
    need(psql(f"SELECT count(*) FROM oauth_session WHERE user_id = '{user['id']}'") == "10", "sessions of an account")


def switched_off():
    settings(ENABLE_OAUTH=False)
    need(owui.call("GET", "/oauth/oidc/login")[0] == 404, "login")
    need(owui.call("GET", "/oauth/oidc/callback?code=x&state=y")[0] == 404, "callback")
    settings(ENABLE_OAUTH=True)
    need("oidc" in owui.ok("GET", "/api/config")["oauth"]["providers"], "the button")


with open(os.path.join(owui.state, "oidc-provider.log"), "w") as log:
    provider = subprocess.Popen(["node", os.path.join(HERE, "oidc", "provider.mjs"), str(PORT), owui.url], stdout=log,
                                stderr=log)
try:
    until("the provider", 20, lambda: not subprocess.call(["curl", "-fsS", "-o", "/dev/null", f"{ISSUER}/_control/seen"],
                                                          stderr=subprocess.DEVNULL))
    admin = owui.admin()
    settings(ENABLE_OAUTH=True)
    for name, test in [("first sign-in", first_sign_in), ("tokens are sealed", tokens_are_sealed),
                       ("every algorithm", every_algorithm), ("key rotation", key_rotation), ("roles", roles), ("groups", groups),
                       ("addresses", addresses), ("merging", merging), ("pictures", pictures), ("sign-out", sign_out),
                       ("back-channel logout", backchannel_logout), ("the provider ends a session", provider_ends_session), ("logout by session id", by_session_id),
                       ("states", states), ("forgeries", forgeries), ("trouble", trouble), ("token exchange", exchange),
                       ("refresh", refresh), ("tool server", tool_server),
                       ("forgotten client", forgotten_client), ("second factor", second_factor), ("disconnect", disconnect), ("switched off", switched_off)]:
        if not os.environ.get("ONLY") or os.environ["ONLY"] in name:
            report.check(name, test)
finally:
    provider.terminate()
    provider.wait()
sys.exit(report.end())
