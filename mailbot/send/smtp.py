"""Sending mail: each step on its own, so that the outcome is sure-yes, sure-no or, only behind the final dot, uncertain (I7).

A server can only have taken a mail whose final dot it got (RFC 5321 section 4.1.1.4); the dot is therefore written apart.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mailbot.errors import Unavailable
from mailbot.model.credential import Credential
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain, Uncertain
from mailbot.model.ticket import Action
from mailbot.send.cut_off import CutOff

LONGEST_SEND = 150.0  # seconds for one mail in all: less than half the sender's lease (I6)
JUST_NOW = 2.0  # seconds after an accepted mail in which the next one is begun without asking whether the line lives
IDLE_TOO_LONG = 60.0  # seconds after which a connection is not used again
TO_ANSWER = 20.0  # seconds that must be left for the server's last answer, or the content is not begun
_ADDRESS = re.compile(r"[^\s<>\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+")
_FAULTS = (OSError, smtplib.SMTPException)


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


class SmtpLane:
    """Sends one mail after another over one connection, made when needed. Owned by one thread."""

    def __init__(self, access: SmtpAccess) -> None:
        self.access = access
        self._smtp: smtplib.SMTP | None = None
        self._used_at = 0.0
        self._accepted_at = float("-inf")  # of the last mail on this connection; forgotten when the next one is begun
        self._lost_because = ""
        self._cut_off = CutOff()

    def send(self, action: Action, deadline: float | None = None) -> Outcome:
        """One mail: the fixed bytes `action.payload` to `action.to`, within 150 s and never begun after `deadline` (monotonic)."""
        recipient = _ascii_domain(action.to)
        if recipient is None:
            return GiveUp(f"{action.to!r} is no mail address. Correct the address and send again.", address_bad=True)
        end = min(time.monotonic() + LONGEST_SEND, deadline if deadline is not None else float("inf"))
        reused = self._smtp is not None
        outcome = self._try(action, recipient, end)
        if outcome is None and reused:  # the server closed a connection between two mails; nothing was sent
            outcome = self._try(action, recipient, end)
        return outcome or TryAgain(f"{self._named()} closed the connection before it took the mail: {self._lost_because}.")

    def close(self) -> None:
        """Says good-bye where that is possible; never fails."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(*_FAULTS):
                if smtp.sock is not None:
                    smtp.sock.settimeout(5)
                smtp.quit()
            smtp.close()

    def check(self) -> None:
        """Connects and logs in, for `doctor`. Raises Unavailable with the remedy."""
        try:
            self._ready(time.monotonic() + LONGEST_SEND)
        except _FAULTS as fault:
            self._drop()
            raise Unavailable(self._why_not_connected(fault)) from fault

    def _try(self, action: Action, recipient: str, end: float) -> Outcome | None:
        """None: the connection was gone before anything was sent."""
        if time.monotonic() >= end:
            return TryAgain("The time for sending was over before the mail was begun.")
        try:
            smtp = self._ready(end)
        except Unavailable as fault:
            self._drop()
            return TryAgain(str(fault))
        except _FAULTS as fault:
            self._drop()
            return TryAgain(self._why_not_connected(fault))
        try:
            with self._cut_off.at(end, smtp.sock):
                outcome = self._converse(smtp, action, recipient, end)
        except BaseException:  # a fault of ours: the server may wait for the rest of this mail and would take the next one for it
            self._drop()
            raise
        self._used_at = time.monotonic()
        return outcome

    def _converse(self, smtp: smtplib.SMTP, action: Action, recipient: str, end: float) -> Outcome | None:
        """MAIL, RCPT, DATA, content, dot. Every refusal leaves the connection usable or closed, never in between."""
        self._accepted_at = float("-inf")
        try:
            refused = self._envelope(smtp, action, recipient)
            if refused is None:
                code, text = smtp.docmd("DATA")
                refused = None if code == 354 else self._refusal(code, text, "DATA")
            if refused is not None:
                return refused
            if time.monotonic() + min(TO_ANSWER, self.access.final_reply_seconds) > end:
                self._drop()  # 354 was given: only closing takes it back
                return TryAgain(f"{self._named()} was so slow that the time for sending was over before the content was begun.")
            smtp.send(_dotted(action.payload))
        except _FAULTS as fault:
            self._drop()
            if isinstance(fault, smtplib.SMTPServerDisconnected) and time.monotonic() < end:
                self._lost_because = _words(fault)
                return None
            return TryAgain(f"{self._named()} broke off before the end of the mail: {_words(fault)}.")
        return self._finish(smtp, end)

    def _envelope(self, smtp: smtplib.SMTP, action: Action, recipient: str) -> Outcome | None:
        sender = _sender(self.access.envelope_sender, action)
        options, impossible = _options(smtp, sender, recipient, action.payload)
        if impossible:
            return GiveUp(f"{self._named()} {impossible}")
        smtp.command_encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        code, text = smtp.mail(sender, options)
        if code == 421:
            raise smtplib.SMTPServerDisconnected(f"421 {_text(text)}")
        if code // 100 != 2:
            return self._refusal(code, text, f"the sender <{sender}> (`envelope_sender` of [smtp])")
        code, text = smtp.rcpt(recipient)
        if code == 421:
            raise smtplib.SMTPServerDisconnected(f"421 {_text(text)}")
        if code // 100 != 2:
            return self._refusal(code, text, "the recipient", at_recipient=True)
        return None

    def _finish(self, smtp: smtplib.SMTP, end: float) -> Outcome:
        """The final dot and its answer: from here on silence means that nobody knows."""
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(max(0.1, min(self.access.final_reply_seconds, end - time.monotonic())))
            smtp.send(b".\r\n")
        except _FAULTS as fault:  # three bytes that the system did not take never left
            self._drop()
            return TryAgain(f"{self._named()} broke off before the end of the mail: {_words(fault)}.")
        try:
            code, text = smtp.getreply()
        except _FAULTS as fault:
            self._drop()
            return Uncertain(f"{self._named()} got the whole mail and did not say whether it took it ({_words(fault)}).")
        if code // 100 == 2:
            self._accepted_at = time.monotonic()
            return Sent(_text(text))
        if code // 100 in (4, 5):
            return self._refusal(code, text, "the mail")
        self._drop()
        return Uncertain(f"{self._named()} answered the whole mail with something that is no answer: {code} {_text(text)}.")

    def _refusal(self, code: int, text: bytes, what: str, at_recipient: bool = False) -> Outcome:
        if code == 421 or code // 100 not in (4, 5):
            self._drop()
        because = f"{self._named()} refused {what}: {code} {_text(text)}."
        if code // 100 == 5:
            return GiveUp(because, address_bad=at_recipient and _names_a_bad_address(code, text))
        return TryAgain(because)

    def _ready(self, end: float) -> smtplib.SMTP:
        """The connection, fresh or reset (RSET tells whether it still lives).

        An accepted mail leaves nothing to reset (RFC 5321 section 4.1.1.4); a line cut right after it is noticed at MAIL.
        """
        if self._smtp is not None and self._smtp.sock is not None and time.monotonic() - self._accepted_at < JUST_NOW:
            self._smtp.sock.settimeout(self.access.timeout)
            return self._smtp
        if self._smtp is not None and time.monotonic() - self._used_at < IDLE_TOO_LONG:
            with contextlib.suppress(*_FAULTS), self._cut_off.at(end, self._smtp.sock):
                if self._smtp.sock is not None:
                    self._smtp.sock.settimeout(self.access.timeout)
                if self._smtp.docmd("RSET")[0] == 250:
                    return self._smtp
        self.close()
        self._smtp = smtp = self._greeted(end)
        with self._cut_off.at(end, smtp.sock):
            self._log_in(smtp)
        self._used_at = time.monotonic()
        return smtp

    def _greeted(self, end: float) -> smtplib.SMTP:
        access = self.access
        seconds = max(0.1, min(access.timeout, end - time.monotonic()))
        context = None if access.tls == "none" else ssl.create_default_context(cafile=access.ca_file)
        name = _own_name()
        if access.tls == "tls":
            return smtplib.SMTP_SSL(access.host, access.port, local_hostname=name, timeout=seconds, context=context)
        smtp = smtplib.SMTP(access.host, access.port, local_hostname=name, timeout=seconds)
        try:
            if access.tls == "starttls":
                with self._cut_off.at(end, smtp.sock):
                    smtp.starttls(context=context)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        source = self.access.credential
        if source is None:
            return
        try:
            _authenticate(smtp, self.access.user, source())
        except smtplib.SMTPAuthenticationError:
            refused = getattr(source, "refused", None)  # token sources can fetch a new token (mailbot.credentials)
            if refused is None or not refused():
                raise
            _authenticate(smtp, self.access.user, source())

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _named(self) -> str:
        return f"SMTP server {self.access.host}:{self.access.port}"

    def _why_not_connected(self, fault: Exception) -> str:
        said, access = _words(fault), self.access
        if isinstance(fault, smtplib.SMTPAuthenticationError):
            said = f"{fault.smtp_code} {_text(fault.smtp_error)}"
            return f"{self._named()} refused the login of {access.user!r}: {said}. Check `user` and the password or token of [smtp]."
        if isinstance(fault, ssl.SSLCertVerificationError):
            return f"{self._named()}: the certificate is not trusted: {fault.verify_message}. Check `host` or set `ca_file` in [smtp]."
        if isinstance(fault, smtplib.SMTPNotSupportedError | ssl.SSLError):
            return f"{self._named()}: {said}. Check `tls` (tls, starttls or none) and `port` of [smtp]."
        if isinstance(fault, socket.gaierror):
            return f"{self._named()}: the host name is unknown ({said}). Check `host` of [smtp] and the DNS."
        if isinstance(fault, ConnectionRefusedError):
            return f"{self._named()}: nothing listens there. Check `host` and `port` of [smtp]."
        return f"{self._named()}: no connection: {said}. Check `host`, `port` and `tls` of [smtp]."


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


def _sender(setting: str, action: Action) -> str:
    if not setting.startswith("verp:"):
        return setting
    mark = hashlib.sha256(action.message_id.encode()).hexdigest()[:12]
    return f"bounces+{action.id}.{mark}@{setting.removeprefix('verp:')}"


def _options(smtp: smtplib.SMTP, sender: str, recipient: str, payload: bytes) -> tuple[list[str], str]:
    """Parameters of MAIL, and why this server can never take the mail ("" where it can)."""
    options = []
    limit = smtp.esmtp_features.get("size", "")
    if limit.isdigit() and 0 < int(limit) < len(payload):
        return [], f"takes mails up to {limit} bytes, this one has {len(payload)}."
    if smtp.has_extn("size"):
        options.append(f"SIZE={len(payload)}")
    if not payload.isascii() and smtp.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    if not (sender.isascii() and recipient.isascii()):
        if not smtp.has_extn("smtputf8"):
            return [], "cannot send to addresses with letters beyond ASCII (no SMTPUTF8). Answer on another way."
        options.append("SMTPUTF8")
    return options, ""


def _dotted(payload: bytes) -> bytes:
    """Content as it goes over the wire, without the final dot: line ends CRLF only, dots at line starts doubled (RFC 5321 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", payload)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines)


def _ascii_domain(address: str) -> str | None:
    """The address with an ASCII domain, so that SMTPUTF8 is needed only for the local part. None where it is no address."""
    if not _ADDRESS.fullmatch(address):
        return None
    local, _, domain = address.rpartition("@")
    with contextlib.suppress(UnicodeError):
        return f"{local}@{domain.encode('idna').decode()}"
    return None


def _names_a_bad_address(code: int, text: bytes) -> bool:
    """False where the refusal is about us or a full mailbox, not about the address (RFC 3463: 5.7.x policy, 5.2.2 and 5.3.x full)."""
    if code in (530, 535, 552):
        return False
    return not re.match(rb"5\.(7\.\d+|2\.2|3\.\d+)\b", text)


def _own_name() -> str:
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"  # as smtplib does, without asking the DNS


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:300].rstrip(".")


def _words(fault: BaseException) -> str:
    return (" ".join(str(fault).split()) or type(fault).__name__).rstrip(".")
