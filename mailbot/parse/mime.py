"""Bytes of a mail to its header values, bodies and attachments.

mail-parser reads addresses and dates; parts are walked here, because mail-parser mixes attached mails into the body, loses
nameless pictures and drops letters (research, MIME section 1c). It gets the header alone, so that bodies are decoded once.
"""

from __future__ import annotations

import email
import email.utils
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import Message

import mailparser  # type: ignore[import-untyped]  # it ships no types; its values are checked here

from mailbot.errors import NotFound, Unreadable
from mailbot.model.message import Address, Attachment
from mailbot.parse import bounds, charset, header
from mailbot.parse.apart import take_out_text
from mailbot.parse.mail import Mail
from mailbot.parse.part import part_of
from mailbot.parse.walk import Walk

logging.getLogger("mailparser").setLevel(logging.CRITICAL)  # it warns of ordinary mails on stderr

_ADDRESS_FIELDS = ("from", "to", "cc", "reply-to")
# One mailbox as most mails have it; everything else (quotes, comments, groups, lists) is mail-parser's work, which costs most.
_ONE_MAILBOX = re.compile(
    r"(?:(?P<name>[A-Za-z][A-Za-z .'-]{0,80})<)?(?P<address>[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)>?"
)
_USUAL_DATE = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d [+-]\d{4}(?: \([A-Z]{1,5}\))?")


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
    mail = Mail(headers=tuple((charset.from_wire(name), header.text_of(value)) for name, value in wire), problems=problems, take=take)
    _read_head(mail, wire)
    mail.content_type = part_of(message).content_type
    mail.bodies = Walk(mail, bulk).bodies(message)
    return mail


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
            mail.problems.append(f"the header field {name} stands there more than once; the first counts")
        first.setdefault(name, value)
    addresses: dict[str, tuple[Address, ...]] = dict.fromkeys(_ADDRESS_FIELDS, ())
    for name in (*_ADDRESS_FIELDS, "date"):
        value = " ".join(charset.from_wire(first.get(name, "")).split())
        one = _ONE_MAILBOX.fullmatch(value) if name != "date" else None
        if one and bool(one["name"]) == value.endswith(">"):
            addresses[name] = _addresses([(one["name"] or "", one["address"])])
        elif value and not (name == "date" and _USUAL_DATE.fullmatch(value)):
            head[name] = value
    if head.keys():
        others, mail.date = _by_mail_parser(head, mail.problems)
        addresses.update((name, found) for name, found in others.items() if found)
    mail.from_all, mail.to, mail.cc, mail.reply_to = (addresses[name] for name in _ADDRESS_FIELDS)
    mail.date = mail.date or _date(first.get("date", ""))


def _by_mail_parser(head: Message, problems: list[str]) -> tuple[dict[str, tuple[Address, ...]], datetime | None]:
    try:
        parsed = mailparser.MailParser(head)
        raw = {"from": parsed.from_, "to": parsed.to, "cc": parsed.cc, "reply-to": parsed.reply_to}
        found = {name: _addresses(list(pairs or ())) for name, pairs in raw.items()}
        date = parsed.date
    except Exception:  # any sender can trigger an error inside the library; the stdlib reads the same fields
        problems.append("the addresses were read a second way")
        found, date = dict.fromkeys(_ADDRESS_FIELDS, ()), None
    for name in _ADDRESS_FIELDS:
        if not found[name] and head.get(name):
            found[name] = _addresses(_by_stdlib(str(head[name])), named=name in ("to", "cc"))
    if not (isinstance(date, datetime) and 1970 <= date.year <= 2200):
        date = None
    return found, date.replace(tzinfo=UTC) if date and date.tzinfo is None else date


def _by_stdlib(value: str) -> list[tuple[str, str]]:
    try:
        return email.utils.getaddresses([value[:2000]])
    except (ValueError, IndexError, TypeError, RecursionError):
        return []


def _addresses(pairs: list[tuple[str, str]], *, named: bool = False) -> tuple[Address, ...]:
    """`named`: a local name without a domain counts when a display name stands beside it."""
    found = []
    for name, address in pairs[:200]:
        plain = header.text_of(str(address)).lower().strip("<>'\" ")
        if ("@" in plain or (named and name and plain)) and " " not in plain and len(plain) <= 320:
            shown = header.text_of(str(name)).strip("\"' ")
            found.append(Address("" if shown.lower() == plain else shown[:200], plain))
    return tuple(found)


def _date(value: str) -> datetime | None:
    """Dates that mail-parser refuses: without a zone (taken as UTC), with dots, ISO 8601."""
    line = header.text_of(value)[:100]
    for words in (line, line.replace(".", ":")):
        try:
            found = email.utils.parsedate_to_datetime(words)
        except (ValueError, TypeError, IndexError, OverflowError):
            try:
                found = datetime.fromisoformat(words)
            except ValueError:
                continue
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        if 1970 <= found.year <= 2200:
            return found.astimezone(UTC)
    return None
