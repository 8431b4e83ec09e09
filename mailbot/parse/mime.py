"""Bytes of a mail to its header values, bodies and attachments.

mail-parser reads lists and groups of addresses; parts are walked in walk.py, because mail-parser mixes attached mails into the body, loses
nameless pictures and drops letters (research, MIME section 1c). It gets the header alone, so that bodies are decoded once.
"""

from __future__ import annotations

import email
import email.utils
import logging
import re
from collections.abc import Callable
from email.message import Message

import mailparser  # type: ignore[import-untyped]  # it ships no types; its values are checked here

from mailbot.errors import NotFound, Unreadable
from mailbot.model.message import Address, Attachment
from mailbot.parse import addresses, bounds, charset, dates, header
from mailbot.parse.apart import take_out_text
from mailbot.parse.mail import Mail
from mailbot.parse.walk import Walk

logging.getLogger("mailparser").setLevel(logging.CRITICAL)  # it warns of ordinary mails on stderr

_CHARSET = re.compile(rb"""(?i)charset\s{0,3}=\s{0,3}["']?([a-z0-9_.:-]{2,40})""")
_ADDRESS_FIELDS = ("from", "to", "cc", "reply-to")
_RECEIVERS = ("to", "cc")


def attached(raw: bytes, number: int) -> tuple[Attachment, bytes]:
    """Attachment `number` (as in `ParsedMessage.attachments`, from 0) and its bytes; raises `NotFound` where there are fewer."""
    found: list[bytes] = []
    mail = read(raw, lambda at, data: found.append(data) if at == number else None)
    if not found:
        raise NotFound(f"The message has {len(mail.attachments)} attachments; there is no number {number}. Count them from 0.")
    return mail.attachments[number], found[0]


def read(raw: bytes, take: Callable[[int, bytes], None] | None = None) -> Mail:
    """The mail in these bytes; `Unreadable` only where there is neither a header field nor a text.

    `take` is called with number and bytes of each attachment as it is met."""
    tamed = bounds.tame(raw)
    problems = list(tamed.problems)
    if not tamed.mail.strip():
        raise Unreadable("The mail is empty: it has neither a header nor a text. Look at the mailbox and move it by hand.")
    rest, bulk = take_out_text(tamed.mail, tamed.bulk)
    message = _message(rest, problems)
    wire = [(name.lower(), str(value)) for name, value in message.raw_items()]
    hint = _charset_of(rest) if not all(value.isascii() for _, value in wire) else ""
    fields = tuple((charset.from_wire(name), header.text_of(value, hint)) for name, value in wire)
    mail = Mail(headers=fields, problems=problems, take=take, charset=hint)
    _read_head(mail, wire)
    mail.bodies = Walk(mail, bulk).bodies(message)
    return mail


def _charset_of(raw: bytes) -> str:
    """The first charset that the mail claims: raw 8-bit letters in its header are in that one, if not in UTF-8."""
    hit = _CHARSET.search(raw[:65536])
    return hit[1].decode("ascii") if hit else ""


def _message(raw: bytes, problems: list[str]) -> Message:
    try:
        return email.message_from_bytes(raw)
    except Exception:  # the email package fails in many ways on hostile bytes; the header can still be read
        problems.append("the parts could not be taken apart; the text after the header is shown as it came")
        head, _, rest = raw.partition(b"\n\r\n" if b"\n\r\n" in raw else b"\n\n")
        message = email.message_from_bytes(head + b"\n\n")
        del message["content-type"], message["content-transfer-encoding"]
        message.set_payload(rest[: bounds.MIB].decode("utf-8", "replace"))
        return message


def _read_head(mail: Mail, wire: list[tuple[str, str]]) -> None:
    """Addresses and date of the first field of each name."""
    head: Message = Message()
    first: dict[str, str] = {}
    for name, value in wire:
        if name in first and name in ("from", "subject", "message-id", "date"):
            mail.tell(f"the header field {name} stands there more than once; the first counts")
        first.setdefault(name, value)
    found: dict[str, tuple[Address, ...]] = {}
    for name in _ADDRESS_FIELDS:
        value = " ".join(charset.from_wire(first.get(name, ""), mail.charset).split())[: header.VALUE_CAP]
        found[name] = addresses.one(value)
        if value and not found[name]:
            head[name] = addresses.separable(value)
    if head.keys():
        found.update((name, more) for name, more in _by_mail_parser(head, mail).items() if more)
    mail.from_all, mail.to, mail.cc, mail.reply_to = (found[name] for name in _ADDRESS_FIELDS)
    mail.date = dates.read(first.get("date", ""))


def _by_mail_parser(head: Message, mail: Mail) -> dict[str, tuple[Address, ...]]:
    try:
        parsed = mailparser.MailParser(head)
        raw = {"from": parsed.from_, "to": parsed.to, "cc": parsed.cc, "reply-to": parsed.reply_to}
        found = {name: addresses.from_pairs(list(pairs or ()), receivers=name in _RECEIVERS) for name, pairs in raw.items()}
    except Exception:  # any sender can trigger an error inside the library; the stdlib reads the same fields
        mail.tell("the addresses were read a second way")
        found = {}
    for name in head:
        if not found.get(name):
            found[name] = addresses.by_stdlib(str(head[name]), receivers=name in _RECEIVERS)
    return found
