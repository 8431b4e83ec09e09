"""An embedded mail server: IMAP by pymap (in memory), SMTP by aiosmtpd, in one asyncio loop in one thread.

Mail to a mailbox of this server is put into it; mail to anybody else is accepted and shown by `on_mail`.
Needs `pip install mailbot[demo]`.
"""

from __future__ import annotations

import asyncio
import threading
from argparse import Namespace
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mailbot.errors import Unavailable

OnMail = Callable[[str, list[str], bytes], None]


class MailServer:
    """`with MailServer({"support@studio.example": "secret"}) as server:` then `server.imap_port`, `server.smtp_port`."""

    def __init__(self, users: Mapping[str, str], on_mail: OnMail = lambda _sender, _to, _raw: None) -> None:
        self.users = dict(users)
        self.on_mail = on_mail
        self.imap_port = 0
        self.smtp_port = 0
        self._ready = threading.Event()
        self._failed: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._config: Any = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="demo mail server", daemon=True)

    def __enter__(self) -> MailServer:
        self._thread.start()
        self._ready.wait(20)
        if self._failed:
            raise Unavailable(f"the demo's mail server did not start: {self._failed}") from self._failed
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def deliver(self, user: str, raw: bytes, envelope_sender: str) -> None:
        """Puts a mail into a mailbox, as the last mail server on its way would (with Return-Path)."""
        asyncio.run_coroutine_threadsafe(self._put(user, raw, envelope_sender), self._running()).result(20)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls this name
        for user in envelope.rcpt_tos:
            if user in self.users:
                await self._put(user, envelope.content, envelope.mail_from)
        self.on_mail(envelope.mail_from, list(envelope.rcpt_tos), bytes(envelope.content))
        return "250 accepted"

    async def _put(self, user: str, raw: bytes, envelope_sender: str) -> None:
        from pymap.parsing.message import AppendMessage

        mailbox = await self._config.set_cache[user][0].get_mailbox("INBOX")
        traced = b"Return-Path: <" + envelope_sender.encode() + b">\r\n" + raw
        await mailbox.append(AppendMessage(traced, datetime.now(UTC), frozenset()))

    async def _main(self) -> None:
        try:
            self._loop = asyncio.get_running_loop()
            self._stop = asyncio.Event()
            servers = [await self._imap(), await self._smtp()]
            self.imap_port, self.smtp_port = (s.sockets[0].getsockname()[1] for s in servers)
            self._ready.set()
            await self._stop.wait()
            for server in servers:
                server.close()
        except Exception as error:
            self._failed = error
            self._ready.set()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise Unavailable("the demo's mail server is not running")
        return self._loop

    async def _imap(self) -> asyncio.Server:
        from proxyprotocol.reader import ProxyProtocolReader
        from pymap.backend.dict import Config, Login
        from pymap.backend.dict.filter import FilterSet
        from pymap.backend.dict.mailbox import MailboxSet
        from pymap.imap import IMAPServer
        from pymap.user import Passwords, UserMetadata

        config = Config.from_args(
            Namespace(
                host="127.0.0.1", port=0, debug=False, cert=None, key=None, tls=False, proxy_protocol=None,
                inherited_sockets=None, passlib_cfg=None, demo_data=False, demo_user="", demo_password="",
            )
        )  # fmt: skip
        login = Login(config)
        for user, password in self.users.items():
            hashed = await Passwords(config).hash_password(password)
            login.users_dict[user] = UserMetadata(config, user, password=hashed)
            folders = MailboxSet()
            config.set_cache[user] = (folders, FilterSet())
            await folders.add_mailbox("Processed")
        config.apply_context()
        self._config = config
        callback = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(login, config))
        return await asyncio.start_server(callback, "127.0.0.1", 0)

    async def _smtp(self) -> asyncio.Server:
        from aiosmtpd.smtp import SMTP

        return await self._running().create_server(lambda: SMTP(self, enable_SMTPUTF8=True, hostname="mail.demo"), "127.0.0.1", 0)
