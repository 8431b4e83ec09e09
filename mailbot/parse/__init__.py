"""Bytes to a message that can be read. Pure: no clock, no network; a large mail lies in a file of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

from mailbot.errors import Unreadable
from mailbot.model import tokens
from mailbot.model.message import OwnMarks, ParsedMessage, ReceivedMessage
from mailbot.parse import bodies, comment, header, mime, report

MAX_QUOTED = 500_000
MAX_HTML_KEPT = 1 << 20


def parse(message: ReceivedMessage, own: OwnMarks) -> ParsedMessage:
    """What the client wrote, and what the mail says of itself; raises only `Unreadable`."""
    raw = raw_bytes(message)
    if message.source == "order_comment":
        return comment.read(message, raw, own)
    mail = mime.read(raw)
    values = _first_values(mail.headers)
    subject = values.get("subject", "")
    new = bodies.new_text(mail, own.phrases, subject)
    message_id = header.id_of(values.get("message-id", ""))
    return ParsedMessage(
        source="email",
        message_id=message_id,
        sender=mail.from_all[0] if mail.from_all else None,
        from_all=mail.from_all,
        reply_to=mail.reply_to,
        to=mail.to,
        cc=mail.cc,
        subject=subject,
        date=mail.date,
        text=new.text,
        quoted=bodies.unmarked(new.cut.quoted)[:MAX_QUOTED],
        signature=bodies.unmarked(new.cut.signature),
        thread_ids=header.ids_of(*(v for k, v in mail.headers if k == "references"), values.get("in-reply-to", "")),
        headers=mail.headers,
        content_type=mail.content_type,
        return_path=_return_path(values),
        links=new.links,
        attachments=tuple(mail.attachments),
        report=report.read(mail, new.whole),
        forwarded=new.cut.forwarded if new.cut.forwarded and new.cut.forwarded.address not in own.addresses else None,
        own_text=(new.cut.own and not new.text) or tokens.verify_message_id(own.secret, message_id),
        html="\n".join(b.html for b in mail.bodies if b.html)[:MAX_HTML_KEPT],
        problems=_problems(mail.problems, new.problems, cut_long=new.cut.cut_long),
    )


def _problems(*several: Iterable[str], cut_long: bool) -> tuple[str, ...]:
    long = ("the text is very long; its end counts as quoted",) if cut_long else ()
    return tuple(dict.fromkeys((*itertools.chain(*several), *long)))


def raw_bytes(message: ReceivedMessage) -> bytes:
    """The message as it came, also where it lies in a file."""
    if message.raw or not message.raw_path:
        return message.raw
    try:
        return Path(message.raw_path).read_bytes()
    except OSError as error:
        raise Unreadable(
            f"The mail's file cannot be read ({error.strerror}). See that {message.raw_path} is there, then run it again."
        ) from None


def _first_values(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(reversed(headers))


def _return_path(values: dict[str, str]) -> str | None:
    """RFC 5321: "" for the null sender `<>` of a bounce."""
    value = values.get("return-path")
    return None if value is None else value.strip().strip("<>").strip().lower()
