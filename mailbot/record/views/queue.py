"""What waits for people, by the deadline of what the client was promised (the desk's queue and its figures).

A ticket's deadline is, while it is unread, the last step of escalation after its clock started (P21); then the delivery time; a read
ticket without one should get one in the same span after it was read. What waits for the client comes last. Each of these is one
branch that an index gives in order, so that a page costs the same however many tickets there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, func, literal, or_, select, type_coerce, union_all
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from mailbot.model.ticket import Ticket, TicketState
from mailbot.record import tickets
from mailbot.record.columns import EPOCH, MICROSECOND, fixed
from mailbot.record.tables import message_detail, people, ticket
from mailbot.record.views.times import rfc3339

View = Literal["all", "mine", "unassigned", "supervisor", "disputes", "overdue", "unverified"]
Promise = Literal["answer", "time", "delivery", "redistribution", "client", "over"]
VIEWS: tuple[View, ...] = get_args(View)
ON_CLIENT: tuple[TicketState, ...] = ("waiting_for_client", "waiting_for_agreement")
COUNTED = 20_000  # open tickets that the figures look at; beyond that they say "at least"
Columns = ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]
_LATER = timedelta(days=36_500)  # tickets that wait for the client come after everything else
_LINE, _PREVIEW = 400, 200  # characters of a message that are read and shown


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """`view` mine needs `login`. None or "": any. `minutes`: the last step of rules/escalation.toml."""

    minutes: float
    view: View = "all"
    login: str = ""
    kind: str = ""
    queue: str = ""
    flag: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """`promise` and `due_at`: promise_of. `line`: how the client's newest message begins."""

    ticket: Ticket
    promise: Promise
    due_at: datetime
    line: str
    owner_name: str

    def as_json(self) -> dict[str, Any]:
        t = self.ticket
        return {
            "ticket": t.id, "opened_at": rfc3339(t.opened_at), "channel": t.channel, "client": t.client, "client_name": t.client_name,
            "subject": t.subject, "order": t.order, "kind": t.kind, "claimed": t.claimed, "assessed": t.assessed, "state": t.state,
            "queue": t.queue, "owner": t.owner, "flags": list(t.flags), "read_at": rfc3339(t.read_at),
            "delivery_time": rfc3339(t.delivery_time), "promise": self.promise, "due_at": rfc3339(self.due_at), "line": self.line,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """`after`: cursor of the next page, "" on the last one. `people`: login -> name of everybody who works here."""

    rows: tuple[QueueRow, ...]
    after: str
    people: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What stands above the queue. `capped`: there are more open tickets than were counted. `views`: how many are in each view."""

    waiting: int
    oldest: datetime | None
    late: int
    promised_today: int
    views: Mapping[str, int]
    capped: bool


def page(c: Connection, wanted: QueueFilter, now: datetime, *, after: str = "", limit: int = 50) -> QueuePage:
    """One page, most urgent first. Four statements, whatever the number of rows."""
    found = c.execute(_ids(wanted, now, _cursor(after), limit + 1)).all()
    by_id = {t.id: t for t in tickets.many(c, [row.id for row in found[:limit]])}
    names = _names(c)
    rows = rows_of(c, [by_id[row.id] for row in found[:limit]], wanted.minutes, names)
    last = found[limit - 1] if len(found) > limit else None
    return QueuePage(rows=tuple(rows), after=f"{last.due}.{last.id}" if last else "", people=names)


def rows_of(c: Connection, found: Sequence[Ticket], minutes: float, names: Mapping[str, str] | None = None) -> list[QueueRow]:
    """These tickets, in this order, with what a row shows. Two statements, one where `names` are given."""
    lines = _lines(c, found)
    names = _names(c) if names is None else names
    rows = []
    for t in found:
        promise, due_at = promise_of(t, minutes)
        owner = names.get(t.owner or "", t.owner or "")
        rows.append(QueueRow(ticket=t, promise=promise, due_at=due_at, line=lines.get(t.newest_message or 0, ""), owner_name=owner))
    return rows


def promise_of(t: Ticket, minutes: float) -> tuple[Promise, datetime]:
    """Which promise holds for a ticket, and when it lapses; the branches of `_ids` say the same in SQL. A ticket that waits for the
    client bears the time of their last message, one that is over the time at which it ended."""
    step = timedelta(minutes=minutes)
    if t.state == "delivered" and t.redistribution == "requested" and t.delivered_at:
        return "redistribution", t.delivered_at + step
    if not t.is_open:
        return "over", t.closed_at or t.delivered_at or t.last_client_message_at
    if t.read_at is None:
        return "answer", t.clock_started_at + step
    if t.state in ON_CLIENT:
        return "client", t.last_client_message_at
    return ("delivery", t.delivery_time) if t.delivery_time else ("time", t.read_at + step)


def figures(c: Connection, wanted: QueueFilter, now: datetime, today: tuple[datetime, datetime]) -> Figures:
    """`today`: begin and end of the reader's day. One statement over an index that holds all it needs."""
    t = ticket
    names = ("id", "read_at", "clock_started_at", "delivery_time", "owner", "kind", "assessed", "assessed_at", "dispute_level", "trust",
             "state")  # fmt: skip
    some = select(*(t.c[name] for name in names)).where(t.c.is_open == fixed(1)).limit(COUNTED + 1)
    some = some.with_hint(t, "INDEXED BY ix_ticket_open", "sqlite")
    s = some.subquery("s")
    late = s.c.clock_started_at < now - timedelta(minutes=wanted.minutes)
    unread = s.c.read_at.is_(None)
    conditions: dict[str, ColumnElement[bool]] = {
        "waiting": unread, "late": and_(unread, late), "today": s.c.delivery_time.between(*today),
        "overdue": or_(and_(unread, late), and_(s.c.read_at.is_not(None), s.c.delivery_time < now, ~_on_client(s.c.state))),
    } | {view: _in_view(view, wanted.login, s.c) for view in VIEWS if view not in ("all", "overdue")}  # fmt: skip
    counts = [func.count().filter(condition).label(name) for name, condition in conditions.items()]
    oldest = select(func.min(t.c.clock_started_at)).where(t.c.is_open == fixed(1), t.c.read_at.is_(None)).scalar_subquery()
    row = c.execute(select(func.count().label("all"), type_coerce(oldest, t.c.clock_started_at.type).label("oldest"), *counts)).one()
    return Figures(
        waiting=row.waiting, oldest=row.oldest, late=row.late, promised_today=row.today, capped=row.all > COUNTED,
        views={view: getattr(row, view) for view in VIEWS},
    )  # fmt: skip


# --- parts -------------------------------------------------------------------------------------------------------------------


def _ids(wanted: QueueFilter, now: datetime, cursor: tuple[int, int] | None, limit: int) -> Select[Any]:
    """(id, promise, due) of one page: each branch is limited by itself, then they are merged."""
    step = round(wanted.minutes * 60_000_000)
    t = ticket.c
    opened, unread = t.is_open == fixed(1), t.read_at.is_(None)
    mine = _on_client(t.state)
    branches: list[tuple[Promise, ColumnElement[Any], int, tuple[ColumnElement[bool], ...]]] = [
        ("answer", t.clock_started_at, step, (opened, unread)),
        ("time", t.read_at, step, (opened, t.read_at.is_not(None), t.delivery_time.is_(None), ~mine)),
        ("delivery", t.delivery_time, 0, (opened, t.read_at.is_not(None), t.delivery_time.is_not(None), ~mine)),
        ("redistribution", t.delivered_at, step, (t.state == fixed("delivered"), t.redistribution == fixed("requested"))),
        ("client", t.last_client_message_at, _LATER // MICROSECOND, (opened, t.read_at.is_not(None), mine)),
    ]
    if wanted.view == "overdue":
        branches = [branches[0], branches[2]]
    parts = [_branch(wanted, now, cursor, limit, branch) for branch in branches]
    merged = union_all(*(select(part.subquery()) for part in parts)).subquery("q")
    return select(merged).order_by(merged.c.due, merged.c.id).limit(limit)


def _branch(
    wanted: QueueFilter, now: datetime, cursor: tuple[int, int] | None, limit: int,
    branch: tuple[Promise, ColumnElement[Any], int, tuple[ColumnElement[bool], ...]],
) -> Select[Any]:  # fmt: skip
    promise, column, shift, where = branch
    at = type_coerce(column, BigInteger)
    due = (at + literal(shift, BigInteger)).label("due")
    query = select(ticket.c.id, literal(promise).label("promise"), due).where(*where, *_narrowed(wanted))
    if wanted.view == "overdue":
        query = query.where(at < _us(now) - shift)
    if cursor is not None:
        begin, id_ = cursor[0] - shift, cursor[1]
        query = query.where(at >= begin, or_(at > begin, ticket.c.id > id_))
    return query.order_by(column, ticket.c.id).limit(limit)


def _narrowed(wanted: QueueFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.view not in ("all", "overdue"):
        yield _in_view(wanted.view, wanted.login, ticket.c)
    for column, value in ((ticket.c.kind, wanted.kind), (ticket.c.queue, wanted.queue), (ticket.c.owner, wanted.owner)):
        if value:
            yield column == value
    if wanted.flag:
        yield ticket.c.flags.contains(f'"{wanted.flag}"', autoescape=True)


def _in_view(view: View, login: str, t: Columns) -> ColumnElement[bool]:
    """The condition of a view on a ticket that waits."""
    match view:
        case "mine":
            return t.owner == login
        case "unassigned":
            return t.owner.is_(None)
        case "supervisor":
            return _to_assess(t)
        case "disputes":
            return t.dispute_level > 0
        case "unverified":
            return t.trust == "unknown"
        case _:
            raise ValueError(f"{view} is no condition")


def _to_assess(t: Columns) -> ColumnElement[bool]:
    """P23: a correction or amendment that no supervisor decided; P30: a dispute that came after the decision."""
    undecided = and_(t.assessed.is_(None), t.kind.in_(("correction", "amendment", "mixed")))
    disputed = and_(t.dispute_level > 0, t.assessed_at < t.clock_started_at)
    return and_(or_(undecided, disputed), ~_on_client(t.state))


def _on_client(state: ColumnElement[Any]) -> ColumnElement[bool]:
    return state.in_([fixed(name) for name in ON_CLIENT])


def _lines(c: Connection, found: Sequence[Ticket]) -> dict[int, str]:
    """Message -> how its text begins, for the newest message of each ticket's client."""
    ids = [t.newest_message for t in found if t.newest_message]
    if not ids:
        return {}
    d = message_detail
    rows = c.execute(select(d.c.message, func.substr(d.c.text, 1, _LINE)).where(d.c.message.in_(ids)))
    return {message_id: _preview(text) for message_id, text in rows}


def _preview(text: str | None) -> str:
    """The beginning as one line: a keyword often stands alone in the first one."""
    return " ".join((text or "").split())[:_PREVIEW]


def _names(c: Connection) -> dict[str, str]:
    return {login: name or login for login, name in c.execute(select(people.c.login, people.c.name).order_by(people.c.name))}


def _cursor(text: str) -> tuple[int, int] | None:
    """(due, id) of the last row of the page before; a text that is no cursor begins anew."""
    due, _, id_ = text.partition(".")
    try:
        return int(due), int(id_)
    except ValueError:
        return None


def _us(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND
