"""Every effect on the outside, sent at most once at a time (invariants I6, I7, I9; architecture.md, Actions and drain)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from mailbot.errors import Conflict, NotFound
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain, Uncertain
from mailbot.model.ticket import Action, ActionKind, ActionState
from mailbot.record.columns import fixed, insert
from mailbot.record.tables import action

LEASE_SECONDS = 330.0  # more than twice the time limit of a send (150 s), I6
ORDER_SYSTEM_KINDS = frozenset({"order_comment", "reopen", "close", "delivery_time", "redistribution"})
DEAD = ("gave_up", "cancelled")
INTERRUPTED = "sending was interrupted; nobody knows whether it was accepted"
_FIELDS = tuple(action.c[name] for name in Action.__slots__)
# Both run for every action; building them each time costs as much as running them.
_OF_HOLDER = (action.c.id == bindparam("b_id"), action.c.lease_by == bindparam("b_holder"))
_BEGIN = (
    update(action)
    .where(*_OF_HOLDER, action.c.state == "queued", action.c.lease_until > bindparam("b_now"))
    .values(state="sending", attempts=action.c.attempts + 1, lease_until=bindparam("b_until"))
)
_FINISH = update(action).where(*_OF_HOLDER, action.c.state.in_(("sending", "uncertain")))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAction:
    """An Action before it has an id. `after_key` is the key of the action that must be sent first. `due_at` None: at once."""

    key: str
    kind: ActionKind
    place: str = ""
    to: str = ""
    payload: bytes = b""
    state: Literal["queued", "held", "suppressed", "sent"] = "queued"
    ticket: int | None = None
    message: int | None = None
    template: str = ""
    message_id: str = ""
    due_at: datetime | None = None
    after_key: str | None = None
    because: str = ""
    counted: bool = False
    about: tuple[str, ...] = ()


def lane(kind: ActionKind, place: str) -> str:
    """Who sends it: `smtp`, `sent_copy`, `notify` or `order_system:NAME`; a slow one never delays the others."""
    if kind in ORDER_SYSTEM_KINDS:
        return f"order_system:{place}"
    return {"email": "smtp", "sent_copy": "sent_copy"}.get(kind, "notify")


def family(kind: ActionKind, to: str) -> str:
    """Actions of one ticket and family go one after the other. Notices to different people do not wait for each other."""
    if kind in ORDER_SYSTEM_KINDS:
        return "order_system"
    return f"{kind}:{to}" if kind in {"notify", "webhook"} else kind


def queue(c: Connection, rows: Sequence[NewAction], now: datetime) -> list[int]:
    """Ids in the order given; a key that is there already keeps its row as it is. NotFound for an unknown `after_key`."""
    if not rows:
        return []
    new = insert(c, action).on_conflict_do_nothing().returning(action.c.key, action.c.id)
    first: dict[str, NewAction] = {}
    for row in rows:
        first.setdefault(row.key, row)
    fresh = {row.key: row.id for row in c.execute(new, [_values(row, now) for row in first.values()])}
    others = ({row.key for row in rows} | {row.after_key for row in rows if row.after_key}) - fresh.keys()
    states = select(action.c.key, action.c.id, action.c.state).where(action.c.key.in_(others))
    known = {row.key: row for row in c.execute(states)} if others else {}
    ids = fresh | {key: row.id for key, row in known.items()}
    _set_after(c, [row for row in rows if row.after_key and row.key in fresh], ids, {k for k, r in known.items() if r.state in DEAD})
    return [ids[row.key] for row in rows]


def claim(c: Connection, lane: str, limit: int, now: datetime, holder: str, lease_seconds: float = LEASE_SECONDS) -> list[Action]:
    """Due actions of a lane for this holder; they stay `queued` until `begin`. First in, first out per ticket and family: one
    whose forerunner is unfinished, or whose `after` is not sent, is not given out."""
    free = or_(action.c.lease_until.is_(None), action.c.lease_until <= now)
    ready = _ready(lane, now).where(action.c.due_at <= now, free)
    rows = c.execute(ready.order_by(action.c.due_at, action.c.id).limit(limit).with_for_update(skip_locked=True, of=action)).all()
    if rows:
        until = now + timedelta(seconds=lease_seconds)
        c.execute(update(action).where(action.c.id.in_([row.id for row in rows])).values(lease_by=holder, lease_until=until))
    return [_action(row) for row in rows]


def begin(c: Connection, action_id: int, holder: str, now: datetime, lease_seconds: float = LEASE_SECONDS) -> bool:
    """Counts the attempt and marks it `sending`; commit before the wire. The lease starts anew.

    False where the claim ended or a person held, cancelled or changed it meanwhile: do not send.
    """
    mine = {"b_id": action_id, "b_holder": holder, "b_now": now}
    return c.execute(_BEGIN, {**mine, "b_until": now + timedelta(seconds=lease_seconds)}).rowcount == 1


def finish(c: Connection, action_id: int, outcome: Outcome, holder: str, now: datetime, next_due: datetime | None = None) -> bool:
    """Writes what became of a sending action; TryAgain without `next_due` gives up.

    False where it is not the holder's any more. An action that `expire` made uncertain still takes its late outcome, as long
    as nobody decided otherwise.
    """
    values = _finished(outcome, now, next_due)
    if c.execute(_FINISH, {"b_id": action_id, "b_holder": holder, **values}).rowcount != 1:
        return False
    if values["state"] in DEAD:
        _hold_followers(c, action_id, values["because"])
    return True


def finish_and_begin(
    c: Connection, finished: tuple[int, Outcome, datetime | None] | None, next_id: int | None, holder: str, now: datetime
) -> bool:
    """One commit for the row just sent and the row that goes next. True where the next one may be sent."""
    if finished is not None:
        action_id, outcome, next_due = finished
        finish(c, action_id, outcome, holder, now, next_due)
    return next_id is not None and begin(c, next_id, holder, now)


def give_back(c: Connection, ids: Collection[int], holder: str) -> None:
    """Ends the claim on actions that were not begun."""
    mine = (action.c.id.in_(ids), action.c.state == "queued", action.c.lease_by == holder)
    if ids:
        c.execute(update(action).where(*mine).values(lease_by=None, lease_until=None))


def expire(c: Connection, now: datetime) -> list[int]:
    """Sending actions whose holder was not heard of: uncertain, for a person (I7). Their ids."""
    late = select(action.c.id).where(action.c.state == fixed("sending"), action.c.lease_until <= now)
    ids = list(c.execute(late.with_for_update(skip_locked=True)).scalars())
    if ids:
        c.execute(update(action).where(action.c.id.in_(ids)).values(state="uncertain", because=INTERRUPTED, finished_at=now))
    return ids


def interrupted(c: Connection, lane: str, attempts: int) -> list[tuple[int, ActionKind]]:
    """Uncertain actions of a lane whose sender died, and nobody decided since; those with more `attempts` are a person's."""
    where = (action.c.lane == lane, action.c.state == fixed("uncertain"), action.c.because == INTERRUPTED, action.c.attempts <= attempts)
    return [(row.id, row.kind) for row in c.execute(select(action.c.id, action.c.kind).where(*where).order_by(action.c.id))]


def repeat(c: Connection, ids: Collection[int], now: datetime) -> None:
    """Interrupted actions go out again: whoever calls this knows that doing them twice does nothing twice (I8)."""
    values = {"state": "queued", "due_at": now, "because": "repeated after an interruption, with the same key", "finished_at": None}
    still = (action.c.id.in_(ids), action.c.state == "uncertain", action.c.because == INTERRUPTED)
    if ids:
        c.execute(update(action).where(*still).values(values | {"lease_by": None, "lease_until": None}))


def leave_to_a_person(c: Connection, ids: Collection[int], because: str) -> None:
    """Interrupted actions that must not be repeated are not looked at again."""
    if ids:
        c.execute(update(action).where(action.c.id.in_(ids), action.c.state == "uncertain").values(because=because))


def resolve(c: Connection, action_id: int, outcome: Sent | GiveUp, now: datetime) -> None:
    """An uncertain action was found in the Sent folder or archive, or a person knows. Conflict where it is not uncertain."""
    _change(c, action_id, ("uncertain",), _finished(outcome, now, None), "is not uncertain")
    if isinstance(outcome, GiveUp):
        _hold_followers(c, action_id, outcome.because)


def release(c: Connection, action_id: int, now: datetime) -> None:
    """A held or suppressed action goes out."""
    values = {"state": "queued", "due_at": now, "because": "released by a person", "finished_at": None}
    _change(c, action_id, ("held", "suppressed"), values, "is neither held nor suppressed")


def retry(c: Connection, action_id: int, now: datetime) -> None:
    """An action that gave up or is uncertain is sent again, with identical bytes and Message-ID: a person's choice."""
    values = {"state": "queued", "due_at": now, "attempts": 0, "because": "retried by a person", "finished_at": None}
    _change(c, action_id, ("gave_up", "uncertain"), values, "neither gave up nor is uncertain")


def resend(c: Connection, action_id: int, now: datetime) -> None:
    """An uncertain action goes out again by the company's setting; its attempts stay counted, so that this ends."""
    values = {"state": "queued", "due_at": now, "because": "sent again with the same bytes and Message-ID", "finished_at": None}
    _change(c, action_id, ("uncertain",), values, "is not uncertain")


def cancel(c: Connection, action_id: int, now: datetime, because: str = "cancelled by a person") -> None:
    """It will not be sent. Conflict while it is on the wire or after it was sent."""
    values = {"state": "cancelled", "because": because, "finished_at": now}
    _change(c, action_id, ("queued", "held", "suppressed", "uncertain", "gave_up"), values, "is being sent or is finished")
    _hold_followers(c, action_id, because)


def get(c: Connection, action_id: int) -> Action:
    row = c.execute(select(*_FIELDS).where(action.c.id == action_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no action O-{action_id}.")
    return _action(row)


def many(c: Connection, ids: Collection[int]) -> list[Action]:
    """The actions with these ids, oldest first."""
    rows = c.execute(select(*_FIELDS).where(action.c.id.in_(ids)).order_by(action.c.id)) if ids else ()
    return [_action(row) for row in rows]


def waiting_news(c: Connection, ticket: int, template: str, now: datetime, *, keep: bool = True) -> list[Action]:
    """What a ticket still has to say by this template: queued and claimed by nobody, or held. `keep`: from senders until the commit."""
    free = and_(action.c.state == "queued", or_(action.c.lease_until.is_(None), action.c.lease_until <= now))
    wanted = select(*_FIELDS).where(action.c.ticket == ticket, action.c.template == template, or_(free, action.c.state == "held"))
    wanted = wanted.order_by(action.c.id)
    return [_action(row) for row in c.execute(wanted.with_for_update(skip_locked=True, of=action) if keep else wanted)]


def set_state(c: Connection, ids: Collection[int], before: ActionState, after: ActionState, because: str) -> int:
    """Moves unclaimed actions from one state to another (news that go with later news, an act taken back); how many it moved."""
    if not ids:
        return 0
    mine = (action.c.id.in_(ids), action.c.state == before, action.c.lease_by.is_(None))
    return c.execute(update(action).where(*mine).values(state=after, because=because, lease_by=None, lease_until=None)).rowcount


def hasten(c: Connection, ids: Collection[int], due_at: datetime) -> None:
    """What waits for more news goes before the news that came: first told, first sent."""
    if ids:
        late = (action.c.id.in_(ids), action.c.state == "queued", action.c.due_at > due_at)
        c.execute(update(action).where(*late).values(due_at=due_at))


def next_due(c: Connection, lane: str, now: datetime) -> datetime | None:
    """When the lane has something to do: the earliest due time of what could be claimed (maybe past), None for nothing."""
    free = or_(action.c.lease_until.is_(None), action.c.lease_until <= now)
    ready = _ready(lane, now).where(free).order_by(action.c.due_at).limit(1)
    row = c.execute(ready).first()
    return row.due_at if row else None


# --- parts -------------------------------------------------------------------------------------------------------------------


def _values(row: NewAction, now: datetime) -> dict[str, Any]:
    same = ("key", "kind", "state", "ticket", "message", "template", "place", "to", "message_id", "payload", "because")
    return {name: getattr(row, name) for name in same} | {
        "lane": lane(row.kind, row.place), "family": family(row.kind, row.to), "to_domain": row.to.rpartition("@")[2].lower(),
        "created_at": now, "due_at": row.due_at or now, "counted": int(row.counted), "about": " ".join(row.about),
    }  # fmt: skip


def _set_after(c: Connection, rows: Sequence[NewAction], ids: dict[str, int], dead: set[str]) -> None:
    missing = [row.after_key for row in rows if row.after_key not in ids]
    if missing:
        raise NotFound(f"There is no action with the key {missing[0]!r} to wait for.")
    if rows:
        pairs = [{"b_id": ids[row.key], "b_after": ids[str(row.after_key)]} for row in rows]
        c.execute(update(action).where(action.c.id == bindparam("b_id")).values(after=bindparam("b_after")), pairs)
    for key in {str(row.after_key) for row in rows} & dead:
        _hold_followers(c, ids[key], "")


def _ready(lane: str, now: datetime) -> Select[Any]:
    """Actions of a lane that wait for nothing but their time. One that can still be taken back (never tried, not due) blocks nobody."""
    before, first = action.alias("before"), action.alias("first")
    begun = or_(before.c.attempts > 0, before.c.due_at <= now)
    unfinished = and_(before.c.state.in_([fixed("queued"), fixed("sending")]), begun)
    blocked = exists().where(before.c.ticket == action.c.ticket, before.c.family == action.c.family, before.c.id < action.c.id, unfinished)
    followed: ColumnElement[bool] = exists().where(first.c.id == action.c.after, first.c.state == "sent")
    return select(*_FIELDS).where(
        and_(action.c.state == fixed("queued"), action.c.lane == lane, ~blocked, or_(action.c.after.is_(None), followed))
    )


def _finished(outcome: Outcome, now: datetime, next_due: datetime | None) -> dict[str, Any]:
    done = {"lease_by": None, "lease_until": None, "finished_at": now}
    match outcome:
        case Sent():
            return done | {"state": "sent", "remote_id": outcome.remote_id, "because": ""}
        case TryAgain() if next_due is not None:
            return done | {"state": "queued", "due_at": next_due, "because": outcome.because, "finished_at": None}
        case Uncertain():
            return done | {"state": "uncertain", "because": outcome.because}
        case _:
            return done | {"state": "gave_up", "because": outcome.because}


def _hold_followers(c: Connection, action_id: int, because: str) -> None:
    """What should have come after it waits for a person instead: the client must not hear of what did not happen."""
    reason = f"O-{action_id}, which must come first, was not sent" + (f": {because}" if because else "")
    waiting = (action.c.after == action_id, action.c.state == "queued")
    c.execute(update(action).where(*waiting).values(state="held", because=reason, lease_by=None, lease_until=None))


def _change(c: Connection, action_id: int, states: tuple[ActionState, ...], values: dict[str, Any], wrong: str) -> None:
    allowed = (action.c.id == action_id, action.c.state.in_(states))
    if c.execute(update(action).where(*allowed).values(values | {"lease_by": None, "lease_until": None})).rowcount != 1:
        raise Conflict(f"O-{action_id} {wrong}; it is {get(c, action_id).state.replace('_', ' ')}.")


def _action(row: Row[Any]) -> Action:
    values = dict(row._mapping)
    lists = {"about": tuple(values["about"].split())}
    return Action(**values | lists | {"counted": bool(values["counted"]), "payload": bytes(values["payload"])})
