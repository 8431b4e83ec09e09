"""How an effect on an order system ended: the one table from answers to outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.errors import MailbotError, Unavailable
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain, Uncertain
from mailbot.order_system import answers, members
from mailbot.order_system.wire import Answer, NoAnswer, remedy

# Looks whether an effect has happened although its answer was lost: its remote id ("" where there is none), or None.
Look = Callable[[], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """What a second try would mean. `idempotent`: the system keeps Idempotency-Keys; `harmless`: doing it twice changes nothing."""

    idempotent: bool
    harmless: bool
    look: Look | None


def outcome(answer: Answer | NoAnswer, now: datetime, repeat: Repeat) -> Outcome:
    """The one table of how an effect ended."""
    if isinstance(answer, NoAnswer):
        if not answer.sent:
            return TryAgain(answer.because)
        return _perhaps(answer.because, None, repeat)
    if answer.ok:
        return _done(answer, now, repeat)
    says = f"the order system answers {answer.says}{remedy(answer.status)}"
    # 429 and 503 are the contract's "not now"; what an operator must mend is tried again until it is mended.
    if answer.status in (401, 403, 425, 429, 503) or 300 <= answer.status < 400:
        return TryAgain(says, later(answer.retry_after, now))
    if answer.status == 409 and answer.retry_after is not None:
        return TryAgain(says, later(answer.retry_after, now))
    if answer.status >= 500 or answer.status == 408:
        return _perhaps(says, later(answer.retry_after, now), repeat)
    return refused(answer)


def _done(answer: Answer, now: datetime, repeat: Repeat) -> Outcome:
    try:
        found = answers.decode(answer.body)
    except Unavailable as error:
        # A proxy's page with status 200 is no proof that the order system acted.
        return _perhaps(str(error), later(answer.retry_after, now), repeat)
    remote = found.get("id")
    return Sent(members.clean(remote)[:256] if isinstance(remote, str) else "")


def _perhaps(because: str, not_before: datetime | None, repeat: Repeat) -> Outcome:
    """It may have been done. The same Idempotency-Key repeats safely; without such a system we look before we do it again."""
    if repeat.idempotent:
        return TryAgain(because, not_before)
    found = looked(repeat.look)
    if isinstance(found, str):
        return Sent(found)
    if repeat.harmless:
        return TryAgain(because, not_before)
    # Not there now is no proof either: the request may still be on its way.
    return Uncertain(f"{because}; it may have been done")


def looked(look: Look | None) -> str | None:
    try:
        return look() if look else None
    except MailbotError:
        return None


def refused(answer: Answer) -> GiveUp:
    return GiveUp(f"the order system refuses: {answer.says}")


def later(retry_after: float | None, now: datetime) -> datetime | None:
    return None if retry_after is None else now + timedelta(seconds=retry_after)
