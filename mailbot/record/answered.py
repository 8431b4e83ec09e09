"""The message of a client that is answered: what threads our words under it, and its own words."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from mailbot.model.message import Source
from mailbot.record.tables import message, message_detail, sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """`thread_ids` are the RFC 5322 ids that the mail itself names; `text` is the client's new text."""

    source: Source
    message_id: str = ""
    thread_ids: tuple[str, ...] = ()
    comment_id: str = ""
    text: str = ""


def answered(c: Connection, message_id: int) -> Answered | None:
    """None where the message is gone (purged)."""
    m, d = message, message_detail
    comment = select(sighting.c.comment_id).where(sighting.c.message == m.c.id).limit(1).scalar_subquery().label("comment_id")
    wanted = select(m.c.source, m.c.message_id, d.c.text, d.c.parsed_json, comment).outerjoin(d, d.c.message == m.c.id)
    row = c.execute(wanted.where(m.c.id == message_id)).one_or_none()
    if row is None:
        return None
    parsed = json.loads(row.parsed_json) if row.parsed_json else {}
    return Answered(
        source=row.source,
        message_id=row.message_id or "",
        thread_ids=tuple(parsed.get("thread_ids", ())),
        comment_id=row.comment_id or "",
        text=row.text or "",
    )
