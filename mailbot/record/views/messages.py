"""One message as a person reads it: its words with what the checks found in them, its files, what of it was kept from being loaded."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from mailbot.errors import NotFound
from mailbot.model.file_name import is_picture, name_warning, shown_name, size_words
from mailbot.model.safe_html import OddLink, pictures_in
from mailbot.parse.hosts import read_link
from mailbot.record.tables import message, message_html, ticket_message
from mailbot.record.views.outbox import ActionView
from mailbot.record.views.timeline import HandledMessage

LONGEST = 100_000  # characters of one text on a page; the whole stands in the raw source
MOST_SPANS = 500  # marked in one text
CHECKS = {
    "keyword": "Keyword", "content": "What the words mean", "orders": "Order", "images": "Images", "requests": "Wishes",
    "questions": "Questions", "links": "Links", "language": "Language", "sender": "Sender", "automatic": "Person or machine",
}  # fmt: skip  # in the order in which a coordinator asks
_SAYS = {
    "keyword": ("claimed", "suggested"), "content": ("kind",), "orders": ("numbers",), "images": ("numbers",), "requests": ("names",),
    "questions": ("names",), "links": ("urls",), "language": ("verdict", "language"), "sender": ("proof",), "automatic": ("verdict",),
}  # fmt: skip
_NOTHING = {"language": "undecided", "sender": "none"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text. `found`: the checks that rest on these words, as people call them; where they overlap, several."""

    text: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownFile:
    """An attached file. `name` is fit for showing, `warning` says why it should not be opened lightly.

    `picture`: a small picture may be tried; `inside`: the mail's HTML shows it already."""

    number: int
    name: str
    warning: str
    size: str
    picture: bool
    inside: bool


@dataclass(frozen=True, slots=True)
class ShownLink:
    url: str
    host: str
    warning: str


@dataclass(frozen=True, slots=True)
class ShownHtml:
    """What is known of a mail's HTML without reading it. `problem`: why it cannot be shown."""

    problem: str
    blocked: int
    trackers: int
    odd_links: tuple[OddLink, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found. `says` is "" where it found nothing; `words` are the client's own."""

    name: str
    says: str
    because: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownReply:
    """An answer that was decided. `state`: that of its action now ("" where there is none); `because` why it goes or not (X1)."""

    template: str
    channel: str
    to: str
    state: str
    because: str
    action: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """`subject` and `text` are cut where findings begin and end. `hits` and `misses` are reasons as (by, because)."""

    id: int
    source: str
    sender_name: str
    sender_address: str
    subject: tuple[Piece, ...]
    text: tuple[Piece, ...]
    cut: bool
    quoted: str
    problems: tuple[str, ...]
    html: ShownHtml | None
    files: tuple[ShownFile, ...]
    links: tuple[ShownLink, ...]
    checks: tuple[Check, ...]
    outcome: str
    hits: tuple[tuple[str, str], ...]
    misses: tuple[tuple[str, str], ...]
    replies: tuple[ShownReply, ...]


def shown(c: Connection, messages: Sequence[HandledMessage], actions: Iterable[ActionView] = ()) -> dict[int, ShownMessage]:
    """These messages by id; one statement however many they are. `actions`: those of the ticket, for what became of each reply."""
    ids = [m.id for m in messages if m.source == "email"]
    t = message_html
    rows = (
        c.execute(select(t.c.message, t.c.html, t.c.remote, t.c.trackers, t.c.odd_links, t.c.problem).where(t.c.message.in_(ids)))
        if ids
        else ()
    )
    html = {row.message: row for row in rows}
    done = list(actions)
    return {m.id: _shown(m, html.get(m.id), done) for m in messages}


def on_ticket(c: Connection, ticket: int, message_id: int) -> str:
    """The message's source. NotFound where it is not on that ticket: who may see the one need not see the other."""
    wanted = select(message.c.source).join(ticket_message, ticket_message.c.message == message.c.id)
    found = c.execute(wanted.where(ticket_message.c.ticket == ticket, message.c.id == message_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"There is no message M-{message_id} on ticket #{ticket}.")
    return str(found)


def pieces(text: str, spans: Iterable[tuple[int, int, str]]) -> tuple[Piece, ...]:
    """The text cut wherever a span (start, end, name) begins or ends; spans outside of it count as far as they reach in."""
    inside = sorted({(max(0, a), min(len(text), b), name) for a, b, name in spans if max(0, a) < min(len(text), b)})[:MOST_SPANS]
    cuts = sorted({0, len(text), *(a for a, _, _ in inside), *(b for _, b, _ in inside)})
    found: list[Piece] = []
    for begin, end in itertools.pairwise(cuts):
        names = tuple(dict.fromkeys(name for a, b, name in inside if a <= begin and end <= b))
        if found and found[-1].found == names:
            found[-1] = Piece(found[-1].text + text[begin:end], names)
        else:
            found.append(Piece(text[begin:end], names))
    return tuple(found)


def _shown(m: HandledMessage, html: Any, actions: list[ActionView]) -> ShownMessage:
    spans = list(_spans(m.findings))
    text = m.text[:LONGEST]
    told = [(str(r.get("by", "")), str(r.get("because", ""))) for r in m.decision.get("reasons", ())]
    sender = m.parsed.get("from") or {}
    return ShownMessage(
        id=m.id,
        source=m.source,
        sender_name=str(sender.get("name", "")),
        sender_address=str(sender.get("address", "")) or m.sender,
        subject=pieces(m.subject, [(a, b, name) for where, a, b, name in spans if where == "subject"]),
        text=pieces(text, [(a, b, name) for where, a, b, name in spans if where == "text"]),
        cut=len(text) < len(m.text),
        quoted=str(m.parsed.get("quoted", ""))[:LONGEST],
        problems=tuple(map(str, m.parsed.get("problems", ()))),
        html=_html(html) if html is not None else None,
        files=_files(m, html),
        links=tuple(_links(m)),
        checks=tuple(_check(name, m.findings.get(name) or {}) for name in CHECKS if m.findings),
        outcome=str(m.decision.get("outcome", "")),
        hits=tuple((by, because.removeprefix("hit: ")) for by, because in told if not because.startswith("miss: ")),
        misses=tuple((by, because.removeprefix("miss: ")) for by, because in told if because.startswith("miss: ")),
        replies=tuple(_reply(reply, m.id, actions) for reply in m.decision.get("replies", ())),
    )


def _html(row: Any) -> ShownHtml:
    odd = tuple(OddLink(**one) for one in json.loads(row.odd_links or "[]"))
    return ShownHtml(row.problem, len(json.loads(row.remote or "[]")), row.trackers, odd)


def _files(m: HandledMessage, html: Any) -> tuple[ShownFile, ...]:
    inside = pictures_in(html.html) if html is not None else ()
    found = []
    for number, given in enumerate(m.parsed.get("attachments", ())):
        name = shown_name(str(given["name"]), number, str(given["content_type"]))
        picture = is_picture(name, str(given["content_type"]))
        found.append(ShownFile(number, name, name_warning(name), size_words(int(given["size"])), picture, number in inside))
    return tuple(found)


def _links(m: HandledMessage) -> Iterable[ShownLink]:
    for url in (m.findings.get("links") or {}).get("urls", ()):
        link = read_link(str(url))
        if link is not None:
            yield ShownLink(link.url, link.shown, link.warning)


def _check(name: str, found: dict[str, Any]) -> Check:
    values = [found.get(key) for key in _SAYS[name]]
    said = [str(one) for value in values if value for one in (value if isinstance(value, list) else [value])]
    nothing = not said or said == [_NOTHING.get(name)]
    says = str(len(said)) if name == "links" else ", ".join(word.replace("_", " ") for word in said)
    given = found.get("evidence")
    because = tuple(str(one) for one in given.values()) if isinstance(given, dict) else (str(given),) if given else ()
    words = tuple(dict.fromkeys(str(span["words"]) for span in _spans_of(found)))
    longest = tuple(one for one in words if not any(one != other and one in other for other in words))
    return Check(CHECKS[name], "" if nothing else says, because, longest)


def _reply(reply: dict[str, Any], message_id: int, actions: list[ActionView]) -> ShownReply:
    template, channel = str(reply.get("template", "")), str(reply.get("channel", ""))
    action = next((a for a in actions if (a.message, a.template, a.kind) == (message_id, template, channel)), None)
    decided = "held" if reply.get("held") else "suppressed" if reply.get("suppressed") else "" if reply.get("send") else "suppressed"
    because = action.because if action and action.because else str(reply.get("because", ""))
    return ShownReply(
        template, channel, str(reply.get("to", "")), action.state if action else decided, because, action.id if action else None
    )


def _spans(findings: dict[str, Any]) -> Iterable[tuple[str, int, int, str]]:
    for name, found in findings.items():
        for span in _spans_of(found) if name in CHECKS else ():
            yield str(span["where"]), int(span["start"]), int(span["end"]), CHECKS[name]


def _spans_of(found: dict[str, Any]) -> Iterable[dict[str, Any]]:
    spans = found.get("spans", ())
    return [span for several in spans.values() for span in several] if isinstance(spans, dict) else spans
