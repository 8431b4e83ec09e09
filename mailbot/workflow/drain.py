"""claim -> send -> sent / later / uncertain / gave up. `previous -> result` and `next -> sending` are one commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from mailbot.decide.backoff import next_try
from mailbot.errors import Unavailable
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain, Uncertain
from mailbot.model.ticket import Action, ActionKind
from mailbot.record import addresses, outbox
from mailbot.workflow.parts import Parts, log

LEASE_SECONDS = 330
BATCH = 50
RESENDS = 2
REPEATS = 5  # of an action of the order system whose sender was killed
NO_KEYS = "the order system keeps no Idempotency-Keys. Look there, then: mailbot retry or mailbot cancel"
MAY_SEND = LEASE_SECONDS / 2  # seconds after the row was marked as on the wire; behind it somebody else may have had it sent again (I6)
Perform = Callable[[Action, datetime, float], Outcome]
"""The action, the present time, and the moment (monotonic) after which nothing of it may be begun."""


def drain(parts: Parts, lane: str, perform: Perform, stop: threading.Event, limit: int = BATCH) -> int:
    """Sends one claimed batch of a lane in order; returns how many actions it took. Only the row on the wire is ever `sending` (I6)."""
    claimed = _claim(parts, lane, limit)
    finished: tuple[int, Outcome, datetime | None] | None = None
    for position, action in enumerate(claimed):
        if stop.is_set():
            _finish(parts, finished, None, stop)
            with parts.db.transaction() as c:
                outbox.give_back(c, [a.id for a in claimed[position:]], parts.holder)
            return position
        asked = time.monotonic()  # before the lease begins: a process that stands still now must notice when it wakes
        begun = _finish(parts, finished, action.id, stop)
        finished = None
        if begun is not None:
            finished = _perform(parts, action, perform, begun, asked + MAY_SEND)
    _finish(parts, finished, None, stop)
    return len(claimed)


def _claim(parts: Parts, lane: str, limit: int) -> list[Action]:
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        expired = outbox.expire(c, now)
        if parts.on_uncertain == "resend":
            for action_id in expired:
                if outbox.get(c, action_id).attempts <= RESENDS:
                    outbox.resend(c, action_id, now)
        interrupted = outbox.interrupted(c, lane, REPEATS) if lane == _order_lane(parts) else []
        if not interrupted:
            return outbox.claim(c, lane, limit, now, parts.holder, LEASE_SECONDS)
    safe = _safe_to_repeat(parts, [kind for _, kind in interrupted])
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        if safe is not None:
            outbox.repeat(c, [i for i, kind in interrupted if kind in safe], now)
            outbox.leave_to_a_person(c, [i for i, kind in interrupted if kind not in safe], f"{outbox.INTERRUPTED}; {NO_KEYS}")
        return outbox.claim(c, lane, limit, now, parts.holder, LEASE_SECONDS)


def _order_lane(parts: Parts) -> str:
    return outbox.lane("order_comment", parts.order_system.name) if parts.order_system else ""


def _safe_to_repeat(parts: Parts, kinds: Sequence[ActionKind]) -> frozenset[str] | None:
    """Which kinds may be done again after a kill without being done twice (I8); None while the order system does not say.

    With Idempotency-Keys all. Without, a comment is looked for before it is posted and a state or time is set to what it is; files
    that go out to client systems twice are not called back.
    """
    if parts.order_system is None or "redistribution" not in kinds:
        return outbox.ORDER_SYSTEM_KINDS
    try:
        keys = parts.order_system.capabilities().idempotent_posts
    except Unavailable:
        return None
    return outbox.ORDER_SYSTEM_KINDS if keys else outbox.ORDER_SYSTEM_KINDS - {"redistribution"}


def _finish(
    parts: Parts, finished: tuple[int, Outcome, datetime | None] | None, next_id: int | None, stop: threading.Event
) -> datetime | None:
    """Records the last outcome and marks the next row as on the wire; the time of that, or None where the row is not ours any more.

    A database that is away meanwhile is waited for: who knows that a reply was accepted must not forget it (I7).
    """
    patience = time.monotonic() + LEASE_SECONDS / 2
    while True:
        try:
            return _written(parts, finished, next_id)
        except Unavailable:
            if time.monotonic() > patience or stop.wait(1):
                raise


def _written(parts: Parts, finished: tuple[int, Outcome, datetime | None] | None, next_id: int | None) -> datetime | None:
    if finished is None and next_id is None:
        return None
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        begun = outbox.finish_and_begin(c, finished, next_id, parts.holder, now)
        if finished is not None and isinstance(finished[1], GiveUp) and finished[1].address_bad:
            addresses.mark_bounced(c, outbox.get(c, finished[0]).to, now)  # the next reply is held for a person (P44)
        return now if begun else None


def _perform(parts: Parts, action: Action, perform: Perform, now: datetime, end: float) -> tuple[int, Outcome, datetime | None]:
    try:
        outcome = perform(action, now, end) if time.monotonic() < end else TryAgain("the sender stood still until its time was over")
    except Exception as error:  # a fault of ours while it may already be on the wire: never blindly repeated (I7)
        log.error("send_failed", action=action.id, because=repr(error))
        outcome = Uncertain(f"the sender failed: {type(error).__name__}: {error}")
    if isinstance(outcome, Uncertain) and parts.on_uncertain == "resend" and action.attempts < RESENDS:
        outcome = TryAgain(f"sent again with the same bytes and Message-ID: {outcome.because}")
    _tell(parts, action, outcome)
    return action.id, outcome, _when(action, outcome, now)


def _when(action: Action, outcome: Outcome, now: datetime) -> datetime | None:
    """When to try again; None: never."""
    if not isinstance(outcome, TryAgain):
        return None
    at = next_try(action.attempts + 1, action.created_at, now)
    if at is not None and outcome.not_before is not None:
        at = max(at, min(outcome.not_before, now + timedelta(hours=6)))
    return at


def _tell(parts: Parts, action: Action, outcome: Outcome) -> None:
    words = {Sent: "sent", TryAgain: "later", GiveUp: "gave_up", Uncertain: "uncertain"}[type(outcome)]
    facts = {
        "outcome": words, "action": f"O-{action.id}", "kind": action.kind, "template": action.template,
        "to": action.to, "ticket": action.ticket, "because": getattr(outcome, "because", ""),
    }  # fmt: skip
    parts.tell("sent", facts)
    if not isinstance(outcome, Sent):
        log.warning("not_sent", action=action.id, outcome=words, because=facts["because"])
