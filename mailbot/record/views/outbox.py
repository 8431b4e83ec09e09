"""Lists of actions and of messages set aside (`mailbot outbox`, `mailbot aside`, the desk's outbox)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, literal, select, union_all

from mailbot.model.ticket import ActionState
from mailbot.record.columns import fixed
from mailbot.record.tables import action, message
from mailbot.record.views.times import rfc3339

COUNTED = 1000
UNSETTLED: tuple[ActionState, ...] = ("queued", "held", "sending", "uncertain", "gave_up", "suppressed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionView:
    """An action without its payload. The JSON's `channel` is its kind (email, order_comment, reopen, ...)."""

    id: int
    key: str
    kind: str
    ticket: int | None
    message: int | None
    place: str
    to: str
    template: str
    message_id: str
    state: ActionState
    attempts: int
    because: str
    remote_id: str
    counted: bool
    created_at: datetime
    due_at: datetime
    after: int | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": f"O-{self.id}", "ticket": self.ticket, "message": None if self.message is None else f"M-{self.message}",
            "channel": self.kind, "to": self.to, "template": self.template, "message_id": self.message_id, "state": self.state,
            "attempts": self.attempts, "because": self.because, "due_at": rfc3339(self.due_at),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideView:
    id: int
    source: str
    place: str
    received_at: datetime
    sender: str
    subject: str
    message_id: str
    attempts: int
    size: int
    because: str

    def as_json(self) -> dict[str, Any]:
        values = {
            name: getattr(self, name) for name in ("source", "place", "sender", "subject", "message_id", "attempts", "size", "because")
        }
        return {"id": f"M-{self.id}", "received_at": rfc3339(self.received_at)} | values


_COLUMNS = tuple(action.c[name] for name in ActionView.__slots__)


def actions(
    c: Connection, states: Collection[str] = (), *, ticket: int | None = None, before: int | None = None, limit: int | None = None
) -> list[ActionView]:
    """Newest first; no states: all."""
    query = select(*_COLUMNS).order_by(action.c.id.desc()).limit(limit)
    if states:
        query = query.where(action.c.state.in_(states))
    if ticket is not None:
        query = query.where(action.c.ticket == ticket)
    if before is not None:
        query = query.where(action.c.id < before)
    return [ActionView(**dict(row) | {"counted": bool(row["counted"])}) for row in c.execute(query).mappings()]


def aside(c: Connection, *, limit: int | None = None, before_go_live: bool = False) -> list[AsideView]:
    """Messages that wait for a person, newest first; with `before_go_live` those that were only kept, being older (P9)."""
    wanted = [message.c[name] for name in AsideView.__slots__]
    which = message.c.before_go_live == fixed(1) if before_go_live else message.c.state == fixed("set_aside")
    query = select(*wanted).where(which).order_by(message.c.id.desc()).limit(limit)
    rows = c.execute(query).mappings()
    return [AsideView(**dict(row) | {"sender": row["sender"] or "", "message_id": row["message_id"] or ""}) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPage:
    """`states`: how many actions are in each state that is not settled, counted up to COUNTED. `after`: id of the last row, None on the
    last page."""

    rows: tuple[ActionView, ...]
    states: Mapping[str, int]
    aside: int
    before_go_live: int
    after: int | None


def outbox(c: Connection, states: Collection[ActionState] = (), *, before: int | None = None, limit: int = 50) -> OutboxPage:
    """One page for the desk, newest first, without states: what is not settled. Four statements."""
    aside_ids = select(message.c.id).where(message.c.state == fixed("set_aside")).limit(COUNTED).subquery()
    old_ids = select(message.c.id).where(message.c.before_go_live == fixed(1)).limit(COUNTED).subquery()
    rows = _newest(c, states or UNSETTLED, before, limit + 1)
    return OutboxPage(
        rows=tuple(rows[:limit]),
        states={str(row.state): int(row.many) for row in c.execute(union_all(*map(_counted, UNSETTLED)))},
        aside=c.execute(select(func.count()).select_from(aside_ids)).scalar_one(),
        before_go_live=c.execute(select(func.count()).select_from(old_ids)).scalar_one(),
        after=rows[limit - 1].id if len(rows) > limit else None,
    )


def _counted(state: ActionState) -> Select[Any, Any]:
    some = select(action.c.id).where(action.c.state == fixed(state)).limit(COUNTED).subquery()
    return select(literal(state).label("state"), func.count().label("many")).select_from(some)


def _newest(c: Connection, states: Collection[ActionState], before: int | None, limit: int) -> list[ActionView]:
    """Each state is one walk of its index, newest first; then they are merged."""
    walks = []
    for state in states:
        walk = select(action.c.id).where(action.c.state == fixed(state))
        walk = walk if before is None else walk.where(action.c.id < before)
        walks.append(select(walk.order_by(action.c.id.desc()).limit(limit).subquery()))
    ids = union_all(*walks).subquery("ids")
    query = select(*_COLUMNS).where(action.c.id.in_(select(ids.c.id))).order_by(action.c.id.desc()).limit(limit)
    return [ActionView(**dict(row) | {"counted": bool(row["counted"])}) for row in c.execute(query).mappings()]
