"""The HTML of mails as the desk may show it, and the small pictures made of their photos."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Row, select

from mailbot.model.safe_html import VERSION, OddLink, SafeHtml
from mailbot.record.columns import insert, upsert
from mailbot.record.tables import message_html, thumbnail


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A WebP picture of attachment `number`; without bytes where none can be made."""

    number: int
    width: int
    height: int
    data: bytes


def keep(c: Connection, rows: Sequence[tuple[int, SafeHtml]]) -> None:
    """Stores the cleaned HTML of these messages; an earlier cleaning is overwritten."""
    upsert(c, message_html, [_values(message, html) for message, html in rows], ["message"])


def get(c: Connection, message: int) -> SafeHtml | None:
    """None where the mail has no HTML."""
    row = c.execute(select(message_html).where(message_html.c.message == message)).one_or_none()
    return _read(row) if row else None


def keep_thumbnails(c: Connection, message: int, made: Sequence[Thumbnail]) -> None:
    """Two people may look at the same moment: the first picture stays."""
    rows = [{"message": message, "number": t.number, "width": t.width, "height": t.height, "data": t.data} for t in made]
    if rows:
        c.execute(insert(c, thumbnail).on_conflict_do_nothing(), rows)


def get_thumbnail(c: Connection, message: int, number: int) -> Thumbnail | None:
    """None where nobody looked yet."""
    t = thumbnail
    wanted = select(t.c.number, t.c.width, t.c.height, t.c.data).where(t.c.message == message, t.c.number == number)
    row = c.execute(wanted).one_or_none()
    return Thumbnail(row.number, row.width, row.height, bytes(row.data)) if row else None


def thumbnails_tried(c: Connection, message: int) -> Collection[int]:
    """Attachments of which a picture was made, or of which none can be made."""
    return set(c.execute(select(thumbnail.c.number).where(thumbnail.c.message == message)).scalars())


def _values(message: int, html: SafeHtml) -> dict[str, object]:
    return {
        "message": message, "version": VERSION, "html": html.html, "remote": json.dumps(html.remote) if html.remote else "",
        "trackers": html.trackers, "odd_links": json.dumps([asdict(o) for o in html.odd_links]) if html.odd_links else "",
        "problem": html.problem,
    }  # fmt: skip


def _read(row: Row[tuple[object, ...]]) -> SafeHtml:
    remote = tuple(json.loads(row.remote or "[]"))
    odd = tuple(OddLink(**one) for one in json.loads(row.odd_links or "[]"))
    return SafeHtml(html=row.html, remote=remote, blocked=len(remote), trackers=row.trackers, odd_links=odd, problem=row.problem)
