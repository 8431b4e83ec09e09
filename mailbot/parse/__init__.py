"""Bytes to a message that can be read. Pure: no clock, no network; a large mail lies in a file of its own."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from mailbot.errors import Unreadable
from mailbot.model import tokens
from mailbot.model.message import Link, OwnMarks, ParsedMessage, ReceivedMessage
from mailbot.parse import comment, header, html, lines, marks, mime, reply, report

MAX_QUOTED = 500_000
MAX_HTML_KEPT = 1 << 20
_STUB = re.compile(
    r"(?is)^\s*(?:\W{0,5}(?:your|this|the|to view|please|if you)\b[^\n]{0,80}"
    r"\b(?:html|does not support|doesn't support|compatible)\b[^\n]{0,200}\s*){1,3}$"
)
_MARKUP = re.compile(r"(?i)^\s*<(?:!doctype html|html|head|body)\b")


def parse(message: ReceivedMessage, own: OwnMarks) -> ParsedMessage:
    """What the client wrote, and what the mail says of itself; raises only `Unreadable`."""
    raw = raw_bytes(message)
    if message.source == "order_comment":
        return comment.read(message, raw, own)
    mail = mime.read(raw)
    values = _first_values(mail.headers)
    subject = values.get("subject", "")
    plain, extra, problems = _words(mail.bodies)
    writer = mail.from_all[0].name if mail.from_all else ""
    trimmed = reply.trim(plain, own.phrases, subject, writer)
    links, text = _links(trimmed.text, extra[0])
    if extra[1]:
        links += _links(reply.trim(extra[1], own.phrases, subject, writer).text, extra[0])[0]
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
        text=text,
        quoted=_unmarked(trimmed.quoted)[:MAX_QUOTED],
        signature=_unmarked(trimmed.signature),
        thread_ids=header.ids_of(*(v for k, v in mail.headers if k == "references"), values.get("in-reply-to", "")),
        headers=mail.headers,
        content_type=mail.content_type,
        return_path=_return_path(values),
        links=_each_once(links),
        attachments=tuple(mail.attachments),
        report=report.read(mail, plain),
        forwarded=trimmed.forwarded if trimmed.forwarded and trimmed.forwarded.address not in own.addresses else None,
        own_text=(trimmed.own and not text) or tokens.verify_message_id(own.secret, message_id),
        html="\n".join(b.html for b in mail.bodies if b.html)[:MAX_HTML_KEPT],
        problems=_problems(mail.problems, problems, cut_long=trimmed.cut_long),
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


def _words(bodies: list[mime.Body]) -> tuple[str, tuple[tuple[str, ...], str], list[str]]:
    """The text to trim, then (link targets, HTML text read only for its links), then problems."""
    pieces: list[str] = []
    targets: list[str] = []
    beside: list[str] = []
    problems: list[str] = []
    for body in bodies:
        plain, markup = lines.RESERVED.sub("", _tidy(body.plain)), body.html
        if _MARKUP.match(plain):
            plain, markup = "", plain
        wanted = _stub(plain) or not plain.strip()
        if markup and (wanted or any(url not in plain for url in html.hrefs(markup))):
            read = html.to_text(markup)
            shifted = _shifted(read.text, len(targets))
            targets += read.links
            problems += [read.problem] if read.problem else []
            (pieces if wanted else beside).append(_tidy(shifted))
            if wanted:
                continue
        if plain.strip():
            pieces.append(plain)
    return "\n".join(pieces), (tuple(targets), "\n".join(beside)), problems


def _shifted(text: str, by: int) -> str:
    """Link marks counted on from those of the bodies before."""
    return lines.LINK_MARK.sub(lambda m: f"\ue001{int(m[1]) + by}\ue002", text) if by else text


def _tidy(text: str) -> str:
    """Composed letters, no invisible ones, no control characters but line ends and tabs."""
    if text.isascii() and text.isprintable():
        return text
    plain = re.sub("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]", " ", text)
    return plain if plain.isascii() else marks.without_invisible(unicodedata.normalize("NFC", plain)).replace("\u2028", "\n")


def _stub(plain: str) -> bool:
    return len(plain) < 600 and bool(_STUB.match(plain))


def _links(text: str, targets: tuple[str, ...]) -> tuple[tuple[Link, ...], str]:
    """Links in order, and the text without link marks."""
    found: list[Link] = []
    out: list[str] = []
    length = last = 0
    for hit in (*lines.LINK_MARK.finditer(text), None):
        piece = text[last : hit.start() if hit else len(text)]
        found += [Link(url=s.words, start=s.start + length, end=s.end + length) for s in marks.links(piece)]
        out.append(piece)
        length += len(piece)
        if hit:
            last = hit.end()
            if int(hit[1]) < len(targets):
                found.append(Link(url=targets[int(hit[1])]))
    return tuple(found), "".join(out)


def _each_once(links: tuple[Link, ...]) -> tuple[Link, ...]:
    first: dict[str, Link] = {}
    for link in links:
        first.setdefault(link.url.rstrip("/"), link)
    return tuple(first.values())[:200]


def _unmarked(text: str) -> str:
    return lines.LINK_MARK.sub("", text)


def _return_path(values: dict[str, str]) -> str | None:
    """RFC 5321: "" for the null sender `<>` of a bounce."""
    value = values.get("return-path")
    return None if value is None else value.strip().strip("<>").strip().lower()
