#!/usr/bin/env python3
"""ldap.py URL STATE - sign-in with a real slapd, started here: LDAP, LDAPS with a CA file, StartTLS on port 389
(as root), attributes, groups, hostile names, and a directory that is away.

Exit status 77 where there is no slapd.  Prints what failed and `N passed, M failed`.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import owui  # noqa: E402

SLAPD = shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap:" + os.environ["PATH"])
CONF = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
TLSCACertificateFile {d}/ca.pem
TLSCertificateFile {d}/server.pem
TLSCertificateKeyFile {d}/server.key
pidfile {d}/slapd.pid
allow bind_anon_cred
database mdb
suffix dc=example,dc=com
rootdn cn=app,dc=example,dc=com
rootpw app-secret
directory {d}/db
overlay memberof
"""
LDIF = """dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups
"""
PERSON = """
dn: uid={uid},ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: {uid}
cn: {cn}
sn: X
userPassword: secret-{uid}
{more}"""
GROUP = """
dn: cn={cn},ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: {plain}
member: uid={member},ou=people,dc=example,dc=com
"""
report = owui.Report()


def ports(n):
    found = [socket.socket() for _ in range(n)]
    for s in found:
        s.bind(("127.0.0.1", 0))
    return [s.getsockname()[1] for s in found]


def certificates(d):
    def run(*words):
        subprocess.run(["openssl", *words], cwd=d, check=True, capture_output=True)
    for name in ("ca", "other"):
        run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", name + ".key", "-out", name + ".pem", "-subj", "/CN=" + name)
    run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (d / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.77\n")
    run("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", "server.pem",
        "-extfile", "ext")
    for f in d.iterdir():
        f.chmod(0o644)


class Directory:
    def __init__(self, d):
        self.d, (self.port, self.tls_port) = d, ports(2)
        self.urls = ["ldap://127.0.0.1:%d" % self.port, "ldaps://127.0.0.1:%d" % self.tls_port]
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.77", 389))
                self.urls.append("ldap://127.0.0.77:389")
            except OSError:
                pass
        certificates(d)
        (d / "db").mkdir()
        (d / "slapd.conf").write_text(CONF.format(d=d))
        run = os.urandom(3).hex()
        self.jane, self.other = "jane-" + run, "other-" + run
        people = PERSON.format(uid=self.jane, cn="Jane D\u00f6e", more="mail: Jane-%s@LDAP.example.com\n" % run)
        people += PERSON.format(uid=self.other, cn="No Mail", more="")
        people += PERSON.format(uid="star-" + run, cn="Star", more="mail: star-%s@ldap.example.com\n" % run)
        groups = GROUP.format(cn="staff-" + run, plain="staff-" + run, member=self.jane)
        groups += GROUP.format(cn="Sales\\, " + run, plain="Sales, " + run, member=self.jane)
        self.run, self.groups = run, {"staff-" + run, "Sales, " + run}
        (d / "data.ldif").write_text(LDIF + people + groups)
        self.start()
        r = subprocess.run(["ldapadd", "-x", "-H", self.urls[0], "-D", "cn=app,dc=example,dc=com", "-w", "app-secret", "-f", str(d / "data.ldif")],
                           capture_output=True, text=True)
        owui.need(r.returncode == 0, "ldapadd: " + r.stderr)

    def start(self):
        self.log = open(self.d / "log", "a")
        self.process = subprocess.Popen([SLAPD, "-d", "0", "-f", str(self.d / "slapd.conf"), "-h", " ".join(self.urls)],
                                        stdout=self.log, stderr=self.log)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise owui.Failed("slapd did not start: " + (self.d / "log").read_text()[-500:])

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Service:
    def __init__(self, url):
        import http.client
        import urllib.parse
        self.at, self.http = urllib.parse.urlsplit(url), http.client
        status, a = self.call("POST", "/api/v1/auths/signin", owui.ADMIN)
        if status != 200:
            status, a = self.call("POST", "/api/v1/auths/signup", owui.ADMIN)
        owui.need(status == 200, "no administrator: %s" % a)
        self.token = a["token"]

    def call(self, method, path, body=None, token=None):
        c = self.http.HTTPConnection(self.at.hostname, self.at.port, timeout=60)
        head = {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
        c.request(method, path, None if body is None else json.dumps(body), head)
        r = c.getresponse()
        text = r.read()
        c.close()
        try:
            return r.status, json.loads(text or b"null")
        except ValueError:
            return r.status, text

    def configure(self, **more):
        body = {"label": "Test", "host": "127.0.0.1", "port": 0, "attribute_for_mail": "mail", "default_email_domain": "",
                "attribute_for_username": "uid", "app_dn": "cn=app,dc=example,dc=com", "app_dn_password": "app-secret",
                "search_base": "ou=people,dc=example,dc=com", "search_filters": "(objectClass=inetOrgPerson)", "use_tls": False,
                "certificate_path": None, "validate_cert": True, "ciphers": "ALL", "enable_group_management": False,
                "enable_group_creation": False, "attribute_for_groups": "memberOf", **more}
        status, a = self.call("POST", "/api/v1/auths/admin/config/ldap/server", body, self.token)
        owui.need(status == 200, "settings: %d %s" % (status, a))

    def sign_in(self, user, password):
        return self.call("POST", "/api/v1/auths/ldap", {"user": user, "password": password})


def expect(s, user, password, status, **members):
    got, a = s.sign_in(user, password)
    owui.need(got == status, "%s: expected %d, got %d %s" % (user, status, got, a))
    for name, value in members.items():
        owui.need(a.get(name) == value, "%s: %s is %r" % (user, name, a.get(name)))
    return a


def plain(s, d):
    s.configure(port=d.port)
    expect(s, d.jane, "secret-" + d.jane, 200, name="Jane D\u00f6e", email="jane-%s@ldap.example.com" % d.run)
    expect(s, d.jane.upper(), "secret-" + d.jane, 200)
    expect(s, d.jane, "wrong", 400, detail="Authentication failed.")
    expect(s, d.jane, "   ", 400)
    expect(s, "nobody", "x", 400, detail="User not found in the LDAP server")
    expect(s, d.other, "secret-" + d.other, 400, detail="User does not have a valid email address.")
    s.configure(port=d.port, default_email_domain="corp.example.com")
    expect(s, d.other, "secret-" + d.other, 200, email="%s@corp.example.com" % d.other)


def hostile(s, d):
    s.configure(port=d.port)
    for user in ("*", "star*", "star-*", "*)(uid=%s" % d.jane, "%s)(|(uid=*" % d.jane, "\\2a", "(", "a" * 5000, d.jane + "\0", "uid=" + d.jane,
                 "%s,ou=people,dc=example,dc=com" % d.jane):
        expect(s, user, "secret-" + d.jane, 400)
    s.configure(port=d.port, search_filters="(((")
    expect(s, d.jane, "secret-" + d.jane, 400, detail="LDAP authentication failed.")
    s.configure(port=d.port, app_dn_password="wrong")
    expect(s, d.jane, "secret-" + d.jane, 400, detail="Application account bind failed")
    s.configure(port=d.port, search_base="ou=nowhere,dc=example,dc=com")
    expect(s, d.jane, "secret-" + d.jane, 400, detail="User not found in the LDAP server")
    for host in ("127.0.0.1/dc=example", "[", "no.such.host.invalid"):
        s.configure(port=d.port, host=host)
        expect(s, d.jane, "secret-" + d.jane, 400)


def ldaps(s, d):
    s.configure(port=d.tls_port, use_tls=True, certificate_path=str(d.d / "ca.pem"))
    expect(s, d.jane, "secret-" + d.jane, 200)
    s.configure(port=d.tls_port, use_tls=True, certificate_path=str(d.d / "other.pem"))
    expect(s, d.jane, "secret-" + d.jane, 400, detail="LDAP authentication failed.")
    s.configure(port=d.tls_port, use_tls=True, validate_cert=False)
    expect(s, d.jane, "secret-" + d.jane, 200)
    s.configure(port=d.port, use_tls=True, certificate_path=str(d.d / "ca.pem"))
    expect(s, d.jane, "secret-" + d.jane, 400)
    s.configure(port=d.tls_port, use_tls=True, certificate_path="/nowhere.pem")
    expect(s, d.jane, "secret-" + d.jane, 400)


def starttls(s, d):
    if len(d.urls) < 3:
        return "port 389 is not ours to take: skipped"
    s.configure(host="127.0.0.77", port=389, use_tls=True, certificate_path=str(d.d / "ca.pem"))
    expect(s, d.jane, "secret-" + d.jane, 200)
    s.configure(host="127.0.0.77", port=389, use_tls=True, certificate_path=str(d.d / "other.pem"))
    expect(s, d.jane, "secret-" + d.jane, 400)
    return ""


def groups(s, d):
    s.configure(port=d.port, enable_group_management=True)
    a = expect(s, d.jane, "secret-" + d.jane, 200)
    mine = lambda: {g["name"] for g in s.call("GET", "/api/v1/groups/", token=s.token)[1]}  # noqa: E731
    owui.need(not mine() & d.groups, "groups were made although that is off")
    s.configure(port=d.port, enable_group_management=True, enable_group_creation=True)
    expect(s, d.jane, "secret-" + d.jane, 200)
    owui.need(d.groups <= mine(), "groups are not made: %s" % mine())
    s.call("POST", "/api/v1/users/%s/update" % a["id"], {"role": "user"}, s.token)
    token = expect(s, d.jane, "secret-" + d.jane, 200)["token"]
    owui.need({g["name"] for g in s.call("GET", "/api/v1/users/groups", token=token)[1]} == d.groups, "memberships")


def second_factor(s, d):
    s.configure(port=d.port)
    made = expect(s, d.jane, "secret-" + d.jane, 200)
    s.call("POST", "/api/v1/users/%s/update" % made["id"], {"role": "user"}, s.token)
    with owui.SecondFactors(s.call, s.token) as f:
        a = expect(s, d.jane, "secret-" + d.jane, 200, next_step="enroll")
        owui.need("token" not in a, "a session without a second factor")
        key, a = owui.enrol(s.call, a["challenge_token"])
        owui.need(a["email"] == "jane-%s@ldap.example.com" % d.run, "whose session: %s" % a)
        a = expect(s, d.jane, "secret-" + d.jane, 200, next_step="verify")
        body = {"challenge_token": a["challenge_token"], "code": owui.totp(key)}
        owui.need(s.call("POST", "/api/v1/auths/mfa/verify", body)[0] == 401, "a code was good twice")
        status, a = s.call("POST", "/api/v1/auths/mfa/verify", {**body, "code": owui.totp(key, 1)})
        owui.need(status == 200 and s.call("GET", "/api/v1/auths/", token=a["token"])[0] == 200, "the second sign-in: %s" % a)
        expect(s, d.jane, "wrong", 400, detail="Authentication failed.")
    s.token = f.token
    expect(s, d.jane, "secret-" + d.jane, 200, email="jane-%s@ldap.example.com" % d.run)


def away(s, d):
    s.configure(port=d.port)
    d.stop()
    expect(s, d.jane, "secret-" + d.jane, 400, detail="LDAP authentication failed.")
    d.start()
    expect(s, d.jane, "secret-" + d.jane, 200)


def main():
    if not SLAPD:
        print("ldap: there is no slapd here: skipped")
        return 77
    with tempfile.TemporaryDirectory(prefix="owui-ldap-") as folder:
        d = pathlib.Path(folder)
        d.chmod(0o755)
        s, directory = Service(sys.argv[1]), Directory(d)
        try:
            owui.need(s.call("POST", "/api/v1/auths/admin/config/ldap", {"enable_ldap": True}, s.token)[0] == 200, "switching it on")
            for check in (plain, hostile, ldaps, starttls, groups, second_factor, away):
                report.check(check.__name__, check, s, directory)
        finally:
            directory.stop()
    return report.end()


sys.exit(main())
