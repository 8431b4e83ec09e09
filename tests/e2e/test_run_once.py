"""`mailbot run --once` tells its caller, such as cron, when something stays behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot, free_port

pytestmark = pytest.mark.dovecot

USER = "bot@example.test"
CONFIG = """
[company]
name = "Studio North"
support_address = "{user}"
[database]
url = "sqlite:///mailbot.db"
[[mailbox]]
name = "support"
host = "127.0.0.1"
port = {imap}
tls = "none"
user = "{user}"
password_file = "password"
[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
from = "{user}"
"""


def test_a_reply_that_has_to_wait_for_its_server_is_told_by_the_exit_code(tmp_path: Path) -> None:
    with Dovecot({USER: "secret"}) as dovecot:
        (tmp_path / "config.toml").write_text(CONFIG.format(user=USER, imap=dovecot.imap_port, smtp=free_port()))
        (tmp_path / "password").write_text("secret")
        (tmp_path / "password").chmod(0o600)
        assert _run_once(tmp_path).returncode == 0  # nothing is there, nothing has to wait
        dovecot.deliver(USER, f"From: ann@agency.example\r\nTo: {USER}\r\nSubject: Correction\r\n\r\nImage 3 is dark.\r\n".encode())
        done = _run_once(tmp_path)
    assert done.returncode == 1
    assert "nothing listens there" in done.stderr


def _run_once(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailbot", "--config", str(folder / "config.toml"), "run", "--once"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
