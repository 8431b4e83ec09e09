"""A connection to a mail server that is greeted, encrypted and logged in, or the one sentence that says why not. imapclient lives here."""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]  # ships no types
from imapclient.exceptions import LoginError  # type: ignore[import-untyped]  # ships no types

from mailbot.errors import Unavailable
from mailbot.model.credential import Credential

BROKEN = (OSError, imaplib.IMAP4.error)
Client: TypeAlias = IMAPClient


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAccess:
    """How to reach one mailbox. `name` is the place in sightings; `credential` is asked before each login (tokens expire)."""

    name: str
    host: str
    port: int
    tls: Literal["tls", "starttls", "none"]
    user: str
    folder: str
    processed_folder: str
    credential: Callable[[], Credential]
    connect_seconds: float = 15
    read_seconds: float = 60
    ca_file: str | None = None

    def __str__(self) -> str:
        """As sentences about it begin."""
        return f"Mailbox {self.name!r} ({self.user} at {self.host}:{self.port})"


def connected(access: MailboxAccess) -> Client:
    """Raises Unavailable with the remedy."""
    client: Client | None = None
    try:
        client = _greeted(access)
        _log_in(client, access)
    except BaseException as fault:
        if client is not None:
            shut(client)
        if isinstance(fault, BROKEN):
            raise Unavailable(f"{access}: {_why_not(fault, access)}") from fault
        raise
    return client


def shut(client: Client) -> None:
    with contextlib.suppress(*BROKEN):
        client.shutdown()


def words(fault: BaseException) -> str:
    said = fault.args[0] if fault.args else ""
    told = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(fault)  # imaplib gives the server's words as bytes
    if told.startswith(("b'", 'b"')):
        told = told[2:-1]
    return (told or type(fault).__name__).rstrip(".")


def _greeted(access: MailboxAccess) -> Client:
    context = None if access.tls == "none" else ssl.create_default_context(cafile=access.ca_file)
    client = IMAPClient(
        access.host,
        access.port,
        ssl=access.tls == "tls",
        ssl_context=context if access.tls == "tls" else None,
        timeout=SocketTimeout(connect=access.connect_seconds, read=access.read_seconds),
    )
    client.normalise_times = False  # aware times, as the server wrote them
    with contextlib.suppress(AttributeError):
        client._imap.debug = 0  # imapclient formats every line for a log nobody reads: 5 times the CPU (measured)
    _keep_alive(client.socket())
    if access.tls == "starttls":
        client.starttls(context)
    return client


def _keep_alive(sock: Any) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4), ("TCP_USER_TIMEOUT", 60_000)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _log_in(client: Client, access: MailboxAccess) -> None:
    source = access.credential
    try:
        _authenticate(client, access.user, source())
    except LoginError:
        refused = getattr(source, "refused", None)  # token sources can fetch a new token (mailbot.credentials)
        if refused is None or not refused():
            raise
        _authenticate(client, access.user, source())


def _authenticate(client: Client, user: str, credential: Credential) -> None:
    if credential.kind == "password":
        client.login(user, credential.secret)
    elif credential.kind == "xoauth2":
        client.oauth2_login(user, credential.secret)
    else:
        client.oauthbearer_login(user, credential.secret)


def _why_not(fault: Exception, access: MailboxAccess) -> str:
    """One sentence: what happened and what to do."""
    said = words(fault)
    if isinstance(fault, LoginError) and "socket error" not in said:
        return f"the server refused the login: {said}. Check `user` and the password or token of this mailbox."
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {fault.verify_message}. Check `host`, or name the authority as `ca_file`."
    if isinstance(fault, ssl.SSLError):
        return f"TLS failed: {said}. Check `tls` (tls, starttls or none) and `port`."
    if isinstance(fault, socket.gaierror):
        return f"the host name {access.host!r} is unknown ({said}). Check `host` and the DNS."
    if isinstance(fault, ConnectionRefusedError):
        return f"nothing listens there ({said}). Check `host` and `port`, and whether the server runs."
    if isinstance(fault, TimeoutError):
        return f"no answer within {access.connect_seconds:g} s. Check `host`, `port`, `tls` and firewalls."
    return f"could not connect: {said}. Check `tls` and `port`."
