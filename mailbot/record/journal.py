"""Every message as it came, where it was seen, and what became of it (invariants I1, I2, I5, I12)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from mailbot.errors import Conflict, NotFound
from mailbot.model.message import ReceivedMessage, Source
from mailbot.model.safe_html import SafeHtml
from mailbot.record import columns, message_html, search
from mailbot.record.columns import fixed, upsert
from mailbot.record.tables import message, message_chunk, message_detail, sighting, ticket_message

CHUNK_BYTES = 256 * 1024
INSERT_BYTES = 16 * 1024 * 1024  # in one statement
SCHEMA = 1  # shape of the JSON columns of message_detail
MESSAGE_ID = re.compile(rb"^message-id[ \t]*:[ \t\r\n]*(<[^<>\s]{1,990}>)", re.IGNORECASE | re.MULTILINE)
State = Literal["new", "on_ticket", "recorded", "set_aside"]


@dataclass(frozen=True, slots=True)
class Kept:
    """`new` is False where the fingerprint was known. `reused_message_id`: another message bears the same Message-ID (I2)."""

    id: int
    new: bool
    reused_message_id: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a message. The JSON texts are what `why` and `replay` read; shape number journal.SCHEMA."""

    id: int
    disposition: Literal["on_ticket", "recorded", "set_aside"]
    ticket: int | None = None
    because: str = ""
    message_id: str = ""
    sender: str = ""
    subject: str = ""
    sent_at: datetime | None = None
    text: str = ""
    text_hash: str = ""
    parsed_json: str = ""
    findings_json: str = ""
    decision_json: str = ""
    context_json: str = ""
    rules_hash: str = ""
    templates_hash: str = ""
    html: SafeHtml | None = None
    before_go_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message as stored, without its bytes. `message_id`, `sender`, `subject` are "" until it was parsed."""

    id: int
    source: Source
    place: str
    received_at: datetime
    kept_at: datetime
    size: int
    state: State
    attempts: int
    because: str
    last_error: str
    message_id: str
    sender: str
    subject: str
    message_id_reused: bool
    handled_at: datetime | None


# --- reading a place ---------------------------------------------------------------------------------------------------------


def keep(c: Connection, messages: Sequence[ReceivedMessage], now: datetime) -> list[Kept]:
    """Stores bytes and sightings; answers in the order given. A known fingerprint adds only its sighting.

    One statement per table and batch, except that bytes go in chunk rows of 256 KiB (`raw_path` is read chunk by chunk).
    """
    hints = [_message_id(m) for m in messages]
    used = _fingerprints_by_message_id(c, {h for h in hints if h})
    fresh = _insert_messages(c, messages, hints, used, now)
    ids = fresh | _ids(c, [m.fingerprint for m in messages if m.fingerprint not in fresh])
    _insert_chunks(c, messages, fresh)
    _insert_sightings(c, messages, ids, now)
    first: set[str] = set()
    kept = []
    for m, hint in zip(messages, hints, strict=True):
        new = m.fingerprint in fresh and m.fingerprint not in first
        first.add(m.fingerprint)
        kept.append(Kept(ids[m.fingerprint], new, _reused(m, hint, used)))
    return kept


def known_uids(c: Connection, place: str, uidvalidity: int, uids: Collection[int]) -> set[int]:
    """Those of `uids` (a window) that are kept already."""
    if not uids:
        return set()
    window = sighting.c.uid.between(min(uids), max(uids))
    rows = c.execute(select(sighting.c.uid).where(sighting.c.place == place, sighting.c.uidvalidity == uidvalidity, window))
    return set(rows.scalars()).intersection(uids)


def untidied(c: Connection, place: str, uidvalidity: int, limit: int) -> list[int]:
    """Kept UIDs of which the mail server was not told yet, in order."""
    where = (sighting.c.place == place, sighting.c.uidvalidity == uidvalidity, sighting.c.tidied == fixed(0))
    return list(c.execute(select(sighting.c.uid).where(*where).order_by(sighting.c.uid).limit(limit)).scalars())


def tidied(c: Connection, place: str, uidvalidity: int, uids: Collection[int]) -> None:
    where = (sighting.c.place == place, sighting.c.uidvalidity == uidvalidity, sighting.c.uid == bindparam("b_uid"))
    if uids:
        c.execute(update(sighting).where(*where).values(tidied=1), [{"b_uid": uid} for uid in sorted(uids)])


# --- handling ----------------------------------------------------------------------------------------------------------------


def set_aside(c: Connection, message_id: int, because: str, now: datetime) -> None:
    """Kept, not handled, shown to a person (P7). Conflict where it was handled meanwhile."""
    values = {"state": "set_aside", "because": because, "lease_by": None, "lease_until": None, "handled_at": now}
    if c.execute(update(message).where(message.c.id == message_id, message.c.state == "new").values(values)).rowcount != 1:
        raise Conflict(f"M-{message_id} is not waiting to be handled any more.")


def retry(c: Connection, message_id: int, now: datetime, by: str = "") -> None:
    """A set-aside or only recorded message is handled anew, with all its attempts; `by` asked for it (P9)."""
    values = {
        "state": "new",
        "asked_by": by,
        "before_go_live": 0,
        "attempts": 0,
        "because": "",
        "last_error": "",
        "lease_by": None,
        "lease_until": None,
    }
    again = (message.c.id == message_id, message.c.state.in_(("set_aside", "recorded")))
    if c.execute(update(message).where(*again).values(values | {"handled_at": now})).rowcount != 1:
        row = message_row(c, message_id)
        raise Conflict(f"M-{message_id} is {row.state.replace('_', ' ')}; only messages set aside or only recorded can be retried.")


def settle(c: Connection, rows: Sequence[Settled], now: datetime) -> None:
    """The end of handling, in the transaction that records tickets and actions (I4). The link to the ticket is written too.

    Conflict where one of them is not `new` any more: another process handled it first, and this transaction must roll back.
    """
    if not rows:
        return
    waiting = and_(message.c.id == bindparam("b_id"), message.c.state == "new")
    done = c.execute(update(message).where(waiting), [_settled_values(row, now) for row in rows])
    if done.rowcount != len(rows):
        raise Conflict("Another process handled one of these messages first.")
    upsert(c, message_detail, [_detail_values(row) for row in rows], ["message"])
    message_html.keep(c, [(row.id, row.html) for row in rows if row.html is not None])
    link(c, [(row.ticket, row.id) for row in rows if row.ticket is not None])


def link(c: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Puts messages on tickets, as (ticket, message); a known pair is left alone."""
    if pairs:
        statement = columns.insert(c, ticket_message).on_conflict_do_nothing()
        c.execute(statement, [{"ticket": t, "message": m} for t, m in pairs])
        search.touch(c, (t for t, _ in pairs))


def raw(c: Connection, message_id: int) -> bytes:
    """The bytes as they came. NotFound where there is no such message."""
    found = raws(c, [message_row(c, message_id).id])
    return found.get(message_id, b"")


def raws(c: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    """The bytes of many messages as they came."""
    t = message_chunk
    rows = c.execute(select(t.c.message, t.c.data).where(t.c.message.in_(ids)).order_by(t.c.message, t.c.part))
    return {id_: b"".join(data for _, data in group) for id_, group in groupby(rows, key=lambda row: int(row[0]))}


def message_row(c: Connection, message_id: int) -> MessageRow:
    wanted = [message.c[name] for name in MessageRow.__slots__]
    row = c.execute(select(*wanted).where(message.c.id == message_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no message M-{message_id}.")
    values: dict[str, Any] = {name: "" if value is None and name in ("message_id", "sender") else value for name, value in row.items()}
    return MessageRow(**values | {"message_id_reused": bool(row["message_id_reused"])})


# --- keep, in parts ----------------------------------------------------------------------------------------------------------


def _message_id(m: ReceivedMessage) -> str:
    """The first Message-ID in the header bytes, or "": only to notice that an id is used again; parsing comes later."""
    if m.source != "email":
        return ""
    start = m.raw or (next(_parts(m), b"") if m.raw_path else b"")
    head = re.split(rb"\r?\n\r?\n", start[:65536], maxsplit=1)[0]
    found = MESSAGE_ID.search(head)
    return found[1].decode("ascii", "replace") if found else ""


def _fingerprints_by_message_id(c: Connection, ids: set[str]) -> dict[str, set[str]]:
    used: dict[str, set[str]] = {}
    if ids:
        for id_, print_ in c.execute(select(message.c.message_id, message.c.fingerprint).where(message.c.message_id.in_(ids))):
            used.setdefault(id_, set()).add(print_)
    return used


def _reused(m: ReceivedMessage, hint: str, used: dict[str, set[str]]) -> bool:
    return bool(hint) and bool(used.get(hint, set()) - {m.fingerprint})


def _insert_messages(
    c: Connection, messages: Sequence[ReceivedMessage], hints: Sequence[str], used: dict[str, set[str]], now: datetime
) -> dict[str, int]:
    """Fingerprint -> id of the messages that were new; `used` grows by the batch's own Message-IDs."""
    rows: dict[str, dict[str, Any]] = {}
    for m, hint in zip(messages, hints, strict=True):
        if m.fingerprint in rows:
            continue
        rows[m.fingerprint] = {
            "fingerprint": m.fingerprint, "source": m.source, "place": m.sighting.place, "received_at": m.received_at,
            "kept_at": now, "size": m.size, "state": "new", "message_id": hint or None,
            "message_id_reused": int(_reused(m, hint, used)),
        }  # fmt: skip
        if hint:
            used.setdefault(hint, set()).add(m.fingerprint)
    if not rows:
        return {}
    statement = columns.insert(c, message).on_conflict_do_nothing().returning(message.c.fingerprint, message.c.id)
    return {row.fingerprint: row.id for row in c.execute(statement, list(rows.values()))}


def _ids(c: Connection, fingerprints: Sequence[str]) -> dict[str, int]:
    wanted = select(message.c.fingerprint, message.c.id).where(message.c.fingerprint.in_(fingerprints))
    return {row.fingerprint: row.id for row in c.execute(wanted)} if fingerprints else {}


def _insert_chunks(c: Connection, messages: Sequence[ReceivedMessage], fresh: dict[str, int]) -> None:
    """Small mails in one statement; a large one flushes as it is read, so that at most 16 MiB are in memory."""
    waiting = dict(fresh)
    rows: list[dict[str, Any]] = []
    for m in messages:
        owner = waiting.pop(m.fingerprint, None)
        for part, data in enumerate(_parts(m) if owner is not None else ()):
            rows.append({"message": owner, "part": part, "data": data})
            if len(rows) * CHUNK_BYTES >= INSERT_BYTES and sum(len(r["data"]) for r in rows) >= INSERT_BYTES:
                c.execute(insert(message_chunk), rows)
                rows = []
    if rows:
        c.execute(insert(message_chunk), rows)


def _parts(m: ReceivedMessage) -> Iterator[bytes]:
    if m.raw_path is None:
        yield from (m.raw[at : at + CHUNK_BYTES] for at in range(0, len(m.raw), CHUNK_BYTES))
        return
    with Path(m.raw_path).open("rb") as file:
        while data := file.read(CHUNK_BYTES):
            yield data


def _insert_sightings(c: Connection, messages: Sequence[ReceivedMessage], ids: dict[str, int], now: datetime) -> None:
    rows = []
    for m in messages:
        s = m.sighting
        place = {"place": s.place, "uidvalidity": s.uidvalidity, "uid": s.uid, "comment_id": s.comment_id}
        rows.append({**place, "message": ids[m.fingerprint], "seen_at": now, "tidied": int(m.source != "email" or s.uid == 0)})
    if rows:
        c.execute(columns.insert(c, sighting).on_conflict_do_nothing(), rows)


# --- claim and settle, in parts ----------------------------------------------------------------------------------------------


def _settled_values(row: Settled, now: datetime) -> dict[str, Any]:
    return {
        "b_id": row.id, "state": row.disposition, "because": row.because, "handled_at": now, "lease_by": None, "lease_until": None,
        "message_id": row.message_id or None, "sender": row.sender or None, "subject": row.subject, "sent_at": row.sent_at,
        "text_hash": row.text_hash or None, "before_go_live": int(row.before_go_live),
    }  # fmt: skip


def _detail_values(row: Settled) -> dict[str, Any]:
    same = ("text", "parsed_json", "findings_json", "decision_json", "context_json", "rules_hash", "templates_hash")
    return {"message": row.id, "schema": SCHEMA} | {name: getattr(row, name) for name in same}
