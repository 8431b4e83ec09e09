"""Sending mail: each step on its own, so that the outcome is sure-yes, sure-no or, only behind the final dot, uncertain (I7).

A server can only have taken a mail whose final dot it got (RFC 5321 section 4.1.1.4); the dot is therefore written apart.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import smtplib
import time

from mailbot.errors import Unavailable
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain, Uncertain
from mailbot.model.ticket import Action
from mailbot.send.cut_off import CutOff
from mailbot.send.smtp_connection import FAULTS, SmtpAccess, connected, told, why_not_connected, words

LONGEST_SEND = 150.0  # seconds for one mail in all: less than half the sender's lease (I6)
JUST_NOW = 2.0  # seconds after an accepted mail in which the next one is begun without asking whether the line lives
IDLE_TOO_LONG = 60.0  # seconds after which a connection is not used again
TO_ANSWER = 20.0  # seconds that must be left for the server's last answer, or the content is not begun
_ADDRESS = re.compile(r"[^\s<>\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+")


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
        return outcome or TryAgain(f"{self.access} closed the connection before it took the mail: {self._lost_because}.")

    def close(self) -> None:
        """Says good-bye where that is possible; never fails."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(*FAULTS):
                if smtp.sock is not None:
                    smtp.sock.settimeout(5)
                smtp.quit()
            smtp.close()

    def check(self) -> None:
        """Connects and logs in, for `doctor`. Raises Unavailable with the remedy."""
        try:
            self._ready(time.monotonic() + LONGEST_SEND)
        except FAULTS as fault:
            self._drop()
            raise Unavailable(why_not_connected(fault, self.access)) from fault

    def _try(self, action: Action, recipient: str, end: float) -> Outcome | None:
        """None: the connection was gone before anything was sent."""
        if time.monotonic() >= end:
            return TryAgain("The time for sending was over before the mail was begun.")
        try:
            smtp = self._ready(end)
        except Unavailable as fault:
            self._drop()
            return TryAgain(str(fault))
        except FAULTS as fault:
            self._drop()
            return TryAgain(why_not_connected(fault, self.access))
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
                return TryAgain(f"{self.access} was so slow that the time for sending was over before the content was begun.")
            smtp.send(_dotted(action.payload))
        except FAULTS as fault:
            self._drop()
            if isinstance(fault, smtplib.SMTPServerDisconnected) and time.monotonic() < end:
                self._lost_because = words(fault)
                return None
            return TryAgain(f"{self.access} broke off before the end of the mail: {words(fault)}.")
        return self._finish(smtp, end)

    def _envelope(self, smtp: smtplib.SMTP, action: Action, recipient: str) -> Outcome | None:
        sender = _sender(self.access.envelope_sender, action)
        options, impossible = _options(smtp, sender, recipient, action.payload)
        if impossible:
            return GiveUp(f"{self.access} {impossible}")
        smtp.command_encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        code, text = smtp.mail(sender, options)
        if code == 421:
            raise smtplib.SMTPServerDisconnected(f"421 {told(text)}")
        if code // 100 != 2:
            return self._refusal(code, text, f"the sender <{sender}> (`envelope_sender` of [smtp])")
        code, text = smtp.rcpt(recipient)
        if code == 421:
            raise smtplib.SMTPServerDisconnected(f"421 {told(text)}")
        if code // 100 != 2:
            return self._refusal(code, text, "the recipient", at_recipient=True)
        return None

    def _finish(self, smtp: smtplib.SMTP, end: float) -> Outcome:
        """The final dot and its answer: from here on silence means that nobody knows."""
        if time.monotonic() >= end:  # without the dot the server has no mail
            self._drop()
            return TryAgain("The time for sending was over before the end of the mail was told.")
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(max(0.1, min(self.access.final_reply_seconds, end - time.monotonic())))
            smtp.send(b".\r\n")
        except FAULTS as fault:  # three bytes that the system did not take never left
            self._drop()
            return TryAgain(f"{self.access} broke off before the end of the mail: {words(fault)}.")
        try:
            code, text = smtp.getreply()
        except FAULTS as fault:
            self._drop()
            return Uncertain(f"{self.access} got the whole mail and did not say whether it took it ({words(fault)}).")
        if code // 100 == 2:
            self._accepted_at = time.monotonic()
            return Sent(told(text))
        if code // 100 in (4, 5):
            return self._refusal(code, text, "the mail")
        self._drop()
        return Uncertain(f"{self.access} answered the whole mail with something that is no answer: {code} {told(text)}.")

    def _refusal(self, code: int, text: bytes, what: str, at_recipient: bool = False) -> Outcome:
        if code == 421 or code // 100 not in (4, 5):
            self._drop()
        because = f"{self.access} refused {what}: {code} {told(text)}."
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
            with contextlib.suppress(*FAULTS), self._cut_off.at(end, self._smtp.sock):
                if self._smtp.sock is not None:
                    self._smtp.sock.settimeout(self.access.timeout)
                if self._smtp.docmd("RSET")[0] == 250:
                    return self._smtp
        self.close()
        self._smtp = connected(self.access, end, self._cut_off)
        self._used_at = time.monotonic()
        return self._smtp

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


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
