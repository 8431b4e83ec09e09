"""A whole company for one test: Dovecot, an SMTP sink, the reference order system, and `mailbot` as a process with a real config.toml."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.orders import TOKEN

ROOT = Path(__file__).resolve().parents[2]
USER = "support@studio.example"
PASSWORD = "secret"


@dataclass
class World:
    """Servers of one test. `dovecot`, `sink` and `orders` come from tests/support."""

    folder: Path
    dovecot: Any
    sink: Any
    orders: Any = None
    database: str = ""
    replies: str = ""
    extra: str = ""
    limits: str = ""
    env: dict[str, str] = field(default_factory=dict)

    def write_config(self) -> Path:
        (self.folder / "password").write_text(PASSWORD)
        (self.folder / "rules").mkdir(exist_ok=True)
        if self.limits:
            (self.folder / "rules" / "limits.toml").write_text(self.limits)
        database = self.database or f"sqlite:///{self.folder}/mailbot.db"
        parts = [
            f'[company]\nname = "Studio"\nsupport_address = "{USER}"\ndesk_name = "Studio support"',
            f'[database]\nurl = "{database}"',
            f'[[mailbox]]\nname = "support"\nhost = "127.0.0.1"\nport = {self.dovecot.imap_port}\ntls = "none"\nuser = "{USER}"\n'
            f'password_file = "{self.folder}/password"\nsince = 2020-01-01T00:00:00Z\npoll_seconds = 1',
            self.extra,
            f'[smtp]\nhost = "127.0.0.1"\nport = {self.sink.port}\ntls = "none"\nfrom = "Studio <{USER}>"',
            f"[replies]\n{self.replies}",
            f'[rules]\npath = "{self.folder}/rules"',
        ]
        if self.orders is not None:
            (self.folder / "order-token").write_text(TOKEN)
            parts.append(
                f'[order_system]\nadapter = "http"\nurl = "{self.orders.api}"\ntoken_file = "{self.folder}/order-token"\n'
                "since = 2020-01-01T00:00:00Z\npoll_seconds = 1"
            )
        path = self.folder / "config.toml"
        path.write_text("\n\n".join(parts) + "\n")
        return path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "mailbot", "--config", str(self.folder / "config.toml"), *arguments]

    def run(self, *arguments: str, timeout: float = 240, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments), cwd=ROOT, env={**os.environ, **self.env}, capture_output=True, text=True, timeout=timeout, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"{arguments} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON lines of a command."""
        return [json.loads(line) for line in self.run(*arguments, "--json").stdout.splitlines() if line.strip()]

    def tickets(self) -> list[dict[str, Any]]:
        return self.rows("tickets", "--limit", "100000")

    def outbox(self) -> list[dict[str, Any]]:
        return self.rows("outbox", "--limit", "100000")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """`mailbot run` in the background; its log goes to run.log."""
        with (self.folder / "run.log").open("ab") as log:
            return subprocess.Popen(
                self.command("run", *arguments), cwd=ROOT, env={**os.environ, **self.env}, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def log(self) -> str:
        path = self.folder / "run.log"
        return path.read_text(errors="replace") if path.exists() else ""


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(20)


def until(condition: Any, seconds: float = 30, every: float = 0.05) -> bool:
    """True as soon as the condition holds; False when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(every)
    return bool(condition())
