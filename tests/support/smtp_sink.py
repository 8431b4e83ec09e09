"""An SMTP server in a process of its own that takes mail into a file and answers as the recipient's local part says.

fail450@, fail550@, policy550@, full552@ : refused at RCPT · data451@, data554@ : refused after the content · drop-after-data@ : taken,
then the line is cut without an answer · slow@ : taken, answered after 3 s · bye421@ : 421 at RCPT and closed · everything else: taken.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

AT_RCPT = {
    "fail450": "450 4.2.0 try again later",
    "fail550": "550 5.1.1 no such user",
    "policy550": "550 5.7.1 blocked by policy",
    "full552": "552 5.2.2 mailbox full",
    "bye421": "421 4.3.2 closing",
}
AFTER_DATA = {"data451": "451 4.3.0 not now", "data554": "554 5.6.0 not this"}


class SmtpSink:
    """`mails()` are the accepted mails, oldest first. `password` makes AUTH necessary; `starttls` needs a directory with cert.pem, key.pem."""

    def __init__(self, password: str = "", starttls: Path | None = None, token: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sink-")
        self.file = Path(self._folder.name) / "mails.jsonl"
        self._args = ["--file", str(self.file), "--password", password, "--starttls", str(starttls or ""), "--token", token]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> SmtpSink:
        self._process = subprocess.Popen([sys.executable, __file__, *self._args], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline() or b"0")
        if not self.port:
            raise RuntimeError("the SMTP sink did not start")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            if self._process.stdout is not None:
                self._process.stdout.close()
        self._folder.cleanup()

    def mails(self) -> list[dict[str, Any]]:
        """sender, recipients, message_id, subject, auto_submitted, in_reply_to, raw (bytes)."""
        return [self._mail(r) for r in self._records() if "raw" in r]

    def connections(self) -> int:
        return sum("connection" in r for r in self._records())

    def wait_for(self, count: int, seconds: float = 20) -> list[dict[str, Any]]:
        """The mails as soon as there are `count`; raises TimeoutError."""
        end = time.monotonic() + seconds
        while len(mails := self.mails()) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(mails)} of {count} mails came")
            time.sleep(0.05)
        return mails

    def clear(self) -> None:
        self.file.write_bytes(b"")

    def _records(self) -> list[dict[str, Any]]:
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text().split("\n") if line]

    def _mail(self, record: dict[str, Any]) -> dict[str, Any]:
        raw = base64.b64decode(record["raw"])
        mail = message_from_bytes(raw, policy=policy.default)

        def field(name: str) -> str:
            return str(mail.get(name, ""))

        return {
            "sender": record["sender"], "recipients": record["recipients"], "message_id": field("Message-ID"), "subject": field("Subject"),
            "auto_submitted": field("Auto-Submitted"), "in_reply_to": field("In-Reply-To"), "raw": raw,
        }  # fmt: skip


class _Handler:
    def __init__(self, file: Path) -> None:
        self._file = file

    def note(self, record: dict[str, Any]) -> None:
        with self._file.open("a") as f:
            f.write(json.dumps(record) + "\n")

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802  # aiosmtpd's names
        if session.host_name is None:
            self.note({"connection": hostname})
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, rcpt_options: list[str]) -> str:  # noqa: N802  # aiosmtpd's names
        local = address.partition("@")[0]
        if local in AT_RCPT:
            if local == "bye421":
                asyncio.get_running_loop().call_later(0.01, server.transport.close)
            return AT_RCPT[local]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's names
        local = envelope.rcpt_tos[0].partition("@")[0]
        if local in AFTER_DATA:
            return AFTER_DATA[local]
        raw = base64.b64encode(envelope.original_content).decode()
        self.note({"sender": envelope.mail_from.removeprefix("<>"), "recipients": envelope.rcpt_tos, "raw": raw})
        if local == "drop-after-data":
            server.transport.abort()
        if local == "slow":
            await asyncio.sleep(3)
        return "250 2.0.0 OK queued"


async def _serve(args: argparse.Namespace) -> None:
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword  # only the process needs it

    def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        return AuthResult(success=isinstance(data, LoginPassword) and data.password.decode() == args.password, handled=False)

    class Server(SMTP):
        async def auth_XOAUTH2(self, server: Any, words: list[str]) -> Any:  # noqa: N802  # aiosmtpd's names
            good = f"auth=Bearer {args.token}\x01" in base64.b64decode(words[1]).decode()
            return AuthResult(success=True, auth_data=b"x") if good and args.token else AuthResult(success=False, handled=False)

    context = None
    if args.starttls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{args.starttls}/cert.pem", f"{args.starttls}/key.pem")
    handler = _Handler(Path(args.file))
    wants = bool(args.password or args.token)
    server = await asyncio.get_running_loop().create_server(
        lambda: Server(
            handler, enable_SMTPUTF8=True, hostname="sink.test", tls_context=context, require_starttls=bool(context),
            authenticator=authenticator if wants else None, auth_required=wants, auth_require_tls=False,
        ),
        "127.0.0.1",
        0,
    )  # fmt: skip
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    import logging
    import warnings

    warnings.simplefilter("ignore")  # aiosmtpd warns of AUTH without TLS, which is what some tests want
    logging.disable(logging.CRITICAL)
    parser = argparse.ArgumentParser()
    for name in ("file", "password", "starttls", "token"):
        parser.add_argument(f"--{name}", default="")
    asyncio.run(_serve(parser.parse_args()))
