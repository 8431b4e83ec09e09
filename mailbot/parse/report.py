"""Bounces (RFC 3464) and abuse reports (ARF, RFC 5965): which of our mails they are about."""

from __future__ import annotations

import re

from mailbot.model.message import DeliveryReport
from mailbot.parse import header
from mailbot.parse.mail import Mail

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w-]{1,63}\.[\w.-]{1,120}")
_BOUNCER = re.compile(r"(?i)^(?:mailer-daemon|postmaster|mail-daemon|maildelivery)")
_ID_LINE = re.compile(r"(?im)^[>\s]{0,6}message-id:\s{0,10}(<[^<>\s]{1,998}>)")


def read(mail: Mail, text: str) -> DeliveryReport | None:
    """The report in its machine-readable parts; for a bounce without them what its text says; None for other mail."""
    kinds = {kind for kind, _ in mail.embedded}
    machine = bool(kinds & {"message/delivery-status", "message/feedback-report", "message/disposition-notification"})
    is_report = mail.content_type == "multipart/report" or machine
    sender = mail.from_all[0].address if mail.from_all else ""
    if not is_report and not _BOUNCER.match(sender):
        return None
    statuses = [dict(fields) for kind, fields in mail.embedded if kind not in ("message/rfc822", "text/rfc822-headers")]
    ids = _original_ids(mail, text)
    failed = _failed(statuses) or (() if machine else _named(mail, text))
    status = _first(statuses, "status") or next(iter(_STATUS.findall(text[:20000])), "")
    code = _STATUS.search(status)
    return DeliveryReport(
        original_message_ids=ids,
        failed_addresses=failed,
        status=code[1] if code else "",
        diagnostic=(_first(statuses, "diagnostic-code") or "")[:500],
        permanent=bool(code and code[1].startswith("5")) or _first(statuses, "action").lower() == "failed",
    )


def _original_ids(mail: Mail, text: str) -> tuple[str, ...]:
    found = [value for kind, fields in mail.embedded for name, value in fields if name in ("message-id", "original-message-id") and kind]
    ids = header.ids_of(*found)
    return ids or header.ids_of(*_ID_LINE.findall(text[:100_000]), *(v for k, v in mail.headers if k in ("in-reply-to", "references")))


def _failed(statuses: list[dict[str, str]]) -> tuple[str, ...]:
    addresses: dict[str, None] = {}
    for one in statuses:
        if one.get("action", "failed").lower() not in ("failed", "delayed"):
            continue
        for name in ("original-recipient", "final-recipient", "original-rcpt-to"):
            hit = _ADDRESS.search(one.get(name, ""))
            if hit:
                addresses.setdefault(hit[0].lower())
    return tuple(addresses)[:50]


def _named(mail: Mail, text: str) -> tuple[str, ...]:
    """A bounce in plain words: X-Failed-Recipients, else the first address that is neither its sender nor its receiver."""
    named = [v for k, v in mail.headers if k == "x-failed-recipients"]
    skip = {a.address for a in (*mail.from_all, *mail.to)}
    found = [a.lower() for a in _ADDRESS.findall(" ".join(named) or text[:4000])]
    fresh = list(dict.fromkeys(a for a in found if a not in skip))
    return tuple(fresh if named else fresh[:1])


def _first(statuses: list[dict[str, str]], name: str) -> str:
    return next((one[name] for one in statuses if one.get(name)), "")
