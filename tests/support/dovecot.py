"""A private Dovecot 2.3 on 127.0.0.1 with free ports; stopped by its own pid. Debian: dovecot-imapd dovecot-lmtpd."""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

PROGRAM = "/usr/sbin/dovecot"

CONF = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
info_log_path = {base}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = {ssl}
{ssl_lines}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:~/Maildir
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 0
last_valid_uid = 0
first_valid_gid = 0
mail_fsync = never
mail_max_userip_connections = 200
{extra}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {base}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap_port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service stats {{
  chroot =
}}
"""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


class Dovecot:
    """`users` maps addresses to passwords. `extra` are further lines of the configuration. With `tls`: `imaps_port` and `ca_file`."""

    def __init__(self, users: Mapping[str, str] | None = None, tls: bool = False, extra: str = "") -> None:
        self.users = dict(users or {"bot@example.test": "secret"})
        self.tls, self.extra = tls, extra
        self.base = Path(tempfile.mkdtemp(prefix="dc-"))  # short: Unix socket paths end at 108 bytes
        self.imap_port = self.imaps_port = self.lmtp_port = 0
        self.ca_file = str(self.base / "cert.pem")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Dovecot:
        require_dovecot()
        self._write()
        self._process = subprocess.Popen(
            [PROGRAM, "-F", "-c", str(self.base / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"dovecot ended at once: {self.log()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.imap_port), 1) as s:
                s.settimeout(5)
                if s.recv(200).startswith(b"* OK"):
                    return self
            time.sleep(0.05)
        raise TimeoutError(self.log())

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.base, ignore_errors=True)

    def deliver(self, user: str, raw: bytes, sender: str = "client@client.test") -> None:
        """Puts one mail into INBOX as a mail server would (LMTP: Return-Path and Received are added)."""
        self.deliver_many(user, [raw], sender)

    def deliver_many(self, user: str, mails: Iterable[bytes], sender: str = "client@client.test") -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=30) as lmtp:
            for raw in mails:
                lmtp.sendmail(sender, [user], raw)

    def count(self, user: str, folder: str = "INBOX") -> int:
        with self.imap(user, folder) as c:
            return len(c.search(None, "ALL")[1][0].split())

    def raws(self, user: str, folder: str = "INBOX") -> list[bytes]:
        with self.imap(user, folder) as c:
            numbers = c.search(None, "ALL")[1][0].split()
            return [c.fetch(n.decode(), "(BODY.PEEK[])")[1][0][1] for n in numbers]  # type: ignore[index,misc]  # imaplib's loose types

    def flagged(self, user: str, folder: str = "INBOX", flag: str = "SEEN") -> int:
        with self.imap(user, folder) as c:
            return len(c.search(None, flag)[1][0].split())

    @contextlib.contextmanager
    def imap(self, user: str, folder: str = "INBOX"):  # type: ignore[no-untyped-def]  # another client, by the standard library
        c = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=30)
        try:
            c.login(user, self.users[user])
            c.select(folder)
            yield c
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                c.logout()

    def empty(self, user: str) -> None:
        """Removes all mails and folders of a user but INBOX, Sent."""
        with self.imap(user) as c:
            if c.search(None, "ALL")[1][0]:
                c.store("1:*", "+FLAGS", "\\Deleted")
                c.expunge()
            for line in c.list()[1]:
                name = line.rpartition(b" ")[2].strip(b'"').decode()
                if name not in ("INBOX", "Sent"):
                    c.delete(name)

    def set_uidvalidity(self, user: str, value: int) -> None:
        """The same mails under a new UIDVALIDITY, as after a restore."""
        self.doveadm("mailbox", "update", "-u", user, "--uid-validity", str(value), "INBOX")

    def set_password(self, user: str, value: str) -> None:
        self.users[user] = value
        self._write_users()
        time.sleep(1.1)  # Dovecot looks at the file at most once a second

    def doveadm(self, *words: str) -> None:
        subprocess.run(["/usr/bin/doveadm", "-c", str(self.base / "dovecot.conf"), *words], check=True, capture_output=True)

    def log(self) -> str:
        path = self.base / "dovecot.log"
        return path.read_text() if path.exists() else ""

    def _write_users(self) -> None:
        (self.base / "users").write_text("".join(f"{u}:{{PLAIN}}{p}::::::\n" for u, p in self.users.items()))

    def _write(self) -> None:
        base = self.base
        for name in ("run", "state", "home"):
            (base / name).mkdir()
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        if os.geteuid() == 0:
            for p in [base, *base.iterdir()]:
                os.chown(p, account.pw_uid, account.pw_gid)
        base.chmod(0o755)
        self._write_users()
        self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()
        conf = CONF.format(
            base=base, user=account.pw_name, group=grp.getgrgid(account.pw_gid).gr_name, uid=account.pw_uid, gid=account.pw_gid,
            ssl="yes" if self.tls else "no", ssl_lines=make_certificate(base) if self.tls else "", extra=self.extra,
            imap_port=self.imap_port, imaps_port=self.imaps_port if self.tls else 0, lmtp_port=self.lmtp_port,
        )  # fmt: skip
        (base / "dovecot.conf").write_text(conf)


def make_certificate(base: Path) -> str:
    """cert.pem and key.pem for localhost in `base`; returns Dovecot's lines for them."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(base / "key.pem"), "-out", str(base / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    return f"ssl_cert = <{base}/cert.pem\nssl_key = <{base}/key.pem"


def require_dovecot() -> None:
    """Skips the test where Dovecot is missing; on CI that is a failure."""
    if not Path(PROGRAM).exists():
        if os.environ.get("CI"):
            pytest.fail("Dovecot is missing on CI: apt-get install dovecot-imapd dovecot-lmtpd")
        pytest.skip("Dovecot is not installed (Debian: dovecot-imapd dovecot-lmtpd)")
