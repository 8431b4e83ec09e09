"""What a person does with actions (`O-17`) and messages set aside (`M-9`): retry, release, cancel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mailbot.errors import MailbotError
from mailbot.record import journal, outbox, tickets
from mailbot.record.tickets import LogRow
from mailbot.workflow.parts import Parts

Verb = Literal["retry", "release", "cancel"]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one id. `problem` is "" where it was done."""

    id: str
    what: str
    problem: str = ""


def settle(parts: Parts, verb: Verb, ids: Sequence[str], by: str) -> list[Done]:
    """One transaction for each id, so that one wrong id stops no other. `by` is the login or name that the ticket's history shows."""
    return [_one(parts, verb, one, by) for one in ids]


def _one(parts: Parts, verb: Verb, one: str, by: str) -> Done:
    try:
        what = _apply(parts, verb, one, by)
    except MailbotError as error:
        return Done(one, verb, str(error))
    parts.wake.all()
    return Done(one, what)


def _apply(parts: Parts, verb: Verb, one: str, by: str) -> str:
    kind, number = _parsed(one)
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        if kind == "M":
            if verb != "retry":
                raise MailbotError(f"{one} is a message; messages can only be retried. Actions are named O-17")
            journal.retry(c, number, now, by)
            tickets.log(c, [LogRow(ticket=None, message=number, what="retried", actor=by)], now)
            return "will be handled again"
        action = outbox.get(c, number)
        if verb != "cancel" and not action.payload:
            raise MailbotError(f"{one} has no text ({action.because}). Write to the client yourself, then: mailbot cancel {one}")
        {"retry": outbox.retry, "release": outbox.release, "cancel": outbox.cancel}[verb](c, number, now)
        tickets.log(c, [LogRow(ticket=action.ticket, what=f"{verb} O-{number}", actor=by)], now)
        return "cancelled" if verb == "cancel" else "will be sent"


def _parsed(one: str) -> tuple[str, int]:
    found = re.fullmatch(r"([OMom])-?(\d{1,18})", one.strip())
    if not found:
        raise MailbotError(f"{one!r} is no id. Actions are named like O-17 (mailbot outbox), messages like M-9 (mailbot aside)")
    return found[1].upper(), int(found[2])
