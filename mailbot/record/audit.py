"""The audit log: who did what, when, from where. Rows are only added; each one's hash covers the one before it, so that a row that
was changed, removed or put in between is found by `broken_at`. What happens to tickets stands in ticket_log."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, insert, select

from mailbot.model.visitor import Origin
from mailbot.record import locks
from mailbot.record.columns import Words
from mailbot.record.tables import audit

What = Literal[
    "signed_in", "sign_in_refused", "signed_out", "session_ended", "sessions_ended", "password_set", "second_factor_on",
    "second_factor_off", "identity_linked", "person_added", "person_changed", "person_disabled", "person_enabled", "link_made",
    "token_made", "token_revoked", "configuration_viewed", "exported", "raw_viewed",
]  # fmt: skip
START = "0" * 64
_LONGEST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    id: int
    at: datetime
    actor: str
    ip: str
    request_id: str
    what: str
    object: str
    before: str
    after: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """`broken`: the first row that does not fit, 0 where all do; `last` and `hash` are for a note kept elsewhere: a log that was cut
    off at its end is found only by comparing with it."""

    rows: int
    broken: int
    why: str
    last: int
    hash: str


def write(c: Connection, origin: Origin, what: What, of: str, now: datetime, *, before: str = "", after: str = "") -> None:
    """Write it last in a transaction: the log's lock is held until the commit."""
    locks.hold(c, ["audit"])
    last = c.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).one_or_none()
    values = {
        "id": 1 + (last.id if last else 0), "at": now, "actor": _clean(origin.actor), "ip": _clean(origin.ip),
        "request_id": _clean(origin.request_id), "what": what, "object": _clean(of), "before": _clean(before), "after": _clean(after),
        "prev_hash": last.hash if last else START,
    }  # fmt: skip
    c.execute(insert(audit).values(**values, hash=_hash(values)))


def verify(c: Connection) -> Verified:
    """Reads the whole log."""
    rows, prev, last = 0, START, 0
    with contextlib.closing(_all(c)) as found:
        for row in found:
            why = _fault(row, last, prev)
            if why:
                return Verified(rows=rows, broken=row.id, why=why, last=last, hash=prev)
            rows, prev, last = rows + 1, row.hash, row.id
    return Verified(rows=rows, broken=0, why="", last=last, hash=prev)


def _fault(row: AuditRow, last: int, prev: str) -> str:
    if row.id != last + 1:
        return f"{row.id - last - 1} rows before it are missing"
    if row.prev_hash != prev:
        return "it does not follow the row before it"
    values = {name: getattr(row, name) for name in AuditRow.__slots__ if name != "hash"}
    return "" if _hash(values) == row.hash else "it was changed"


def _all(c: Connection) -> Generator[AuditRow]:
    with c.execute(select(audit).order_by(audit.c.id).execution_options(yield_per=1000)) as result:
        for row in result.mappings():
            yield AuditRow(**row)


def _hash(values: dict[str, object]) -> str:
    at = values["at"]
    assert isinstance(at, datetime)  # noqa: S101 - for the type checker
    told = [values[name] if name != "at" else at.astimezone(UTC).isoformat(timespec="microseconds") for name in AuditRow.__slots__[:-1]]
    return hashlib.sha256(json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def _clean(text: str) -> str:
    """As the database gives it back: else its hash would not fit."""
    return Words().process_bind_param(text[:_LONGEST], None) or ""  # type: ignore[arg-type]  # it looks at no dialect
