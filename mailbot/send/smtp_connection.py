"""A connection to an SMTP server that is greeted, encrypted and logged in, or the one sentence that says why not."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mailbot.model.credential import Credential
from mailbot.send.cut_off import CutOff

FAULTS = (OSError, smtplib.SMTPException)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpAccess:
    """One SMTP account. `envelope_sender`: "" (null sender), an address, or "verp:domain" (one bounce address per mail)."""

    name: str
    host: str
    port: int
    tls: Literal["tls", "starttls", "none"]
    user: str
    credential: Callable[[], Credential] | None
    envelope_sender: str
    timeout: float = 60
    final_reply_seconds: float = 120
    ca_file: str | None = None

    def __str__(self) -> str:
        """As sentences about it begin."""
        return f"SMTP server {self.host}:{self.port}"


def connected(access: SmtpAccess, end: float, cut_off: CutOff) -> smtplib.SMTP:
    """Made anew, by `end` (monotonic) at the latest. Raises one of FAULTS, or Unavailable where there is no credential."""
    smtp = _greeted(access, end, cut_off)
    try:
        with cut_off.at(end, smtp.sock):
            _log_in(smtp, access)
    except BaseException:
        smtp.close()
        raise
    return smtp


def why_not_connected(fault: Exception, access: SmtpAccess) -> str:
    """One sentence: what happened and what to do."""
    said = words(fault)
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        said = f"{fault.smtp_code} {told(fault.smtp_error)}"
        return f"{access} refused the login of {access.user!r}: {said}. Check `user` and the password or token of [smtp]."
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"{access}: the certificate is not trusted: {fault.verify_message}. Check `host` or set `ca_file` in [smtp]."
    if isinstance(fault, smtplib.SMTPNotSupportedError | ssl.SSLError):
        return f"{access}: {said}. Check `tls` (tls, starttls or none) and `port` of [smtp]."
    if isinstance(fault, socket.gaierror):
        return f"{access}: the host name is unknown ({said}). Check `host` of [smtp] and the DNS."
    if isinstance(fault, ConnectionRefusedError):
        return f"{access}: nothing listens there. Check `host` and `port` of [smtp]."
    return f"{access}: no connection: {said}. Check `host`, `port` and `tls` of [smtp]."


def told(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:300].rstrip(".")


def words(fault: BaseException) -> str:
    return (" ".join(str(fault).split()) or type(fault).__name__).rstrip(".")


def _greeted(access: SmtpAccess, end: float, cut_off: CutOff) -> smtplib.SMTP:
    seconds = max(0.1, min(access.timeout, end - time.monotonic()))
    context = None if access.tls == "none" else ssl.create_default_context(cafile=access.ca_file)
    name = _own_name()
    if access.tls == "tls":
        return smtplib.SMTP_SSL(access.host, access.port, local_hostname=name, timeout=seconds, context=context)
    smtp = smtplib.SMTP(access.host, access.port, local_hostname=name, timeout=seconds)
    try:
        if access.tls == "starttls":
            with cut_off.at(end, smtp.sock):
                smtp.starttls(context=context)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _log_in(smtp: smtplib.SMTP, access: SmtpAccess) -> None:
    smtp.ehlo_or_helo_if_needed()
    source = access.credential
    if source is None:
        return
    try:
        _authenticate(smtp, access.user, source())
    except smtplib.SMTPAuthenticationError:
        refused = getattr(source, "refused", None)  # token sources can fetch a new token (mailbot.credentials)
        if refused is None or not refused():
            raise
        _authenticate(smtp, access.user, source())


def _authenticate(smtp: smtplib.SMTP, user: str, credential: Credential) -> None:
    if credential.kind == "password":
        smtp.login(user, credential.secret)
        return
    if credential.kind == "xoauth2":
        mechanism, first = "XOAUTH2", f"user={user}\x01auth=Bearer {credential.secret}\x01\x01"
    else:
        mechanism, first = "OAUTHBEARER", f"n,a={user},\x01auth=Bearer {credential.secret}\x01\x01"
    # A refusal comes as a challenge that wants an empty answer (RFC 7628 section 3.2.3).
    smtp.auth(mechanism, lambda challenge=None: first if challenge is None else "", initial_response_ok=True)


def _own_name() -> str:
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"  # as smtplib does, without asking the DNS
