"""A person takes their last act on a ticket back, while nothing of it was sent (10 s, a setting)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, get_args

from mailbot.errors import Conflict, NotAllowed
from mailbot.model.lifecycle import Verb
from mailbot.model.ticket import Ticket
from mailbot.record import outbox, tickets
from mailbot.record.database import Connection
from mailbot.record.tickets import LogRow
from mailbot.workflow.acts import Acted, changed_fields, hold_ticket
from mailbot.workflow.parts import Parts

LASTING = ("note", "undo")  # nothing to take back
_TUPLES = {f.name for f in fields(Ticket) if str(f.type).startswith("tuple")}
_TIMES = {f.name for f in fields(Ticket) if "datetime" in str(f.type)}


def undo(parts: Parts, ticket_id: int, by: str) -> Acted:
    """Raises NotFound, NotAllowed where somebody else acted last, Conflict where it is too late."""
    with parts.db.transaction() as c:
        now = parts.db.now(c)
        ticket = hold_ticket(c, ticket_id)
        what, data = _last_act(c, ticket, by)
        _take_back_actions(c, data, now)
        _take_back_merge(c, data, by, ticket.id, now)
        _take_back_split(c, data, by, ticket.id, now)
        restored = replace(ticket, **_fields(data["before"]))
        if ticket.read_at and restored.read_at is None:
            tickets.unread_again(c, ticket.id, ticket.read_at)
        tickets.save(c, [restored], now)
        history = {"undone": what, "before": {"version": ticket.version + 1, **changed_fields(restored, ticket)}}
        tickets.log(c, [LogRow(ticket=ticket.id, what="undo", actor=by, data=history)], now)
    because = f"{what.replace('_', ' ')} was taken back"
    parts.tell("acted", {"ticket": ticket.id, "act": "undo", "by": by, "because": because})
    return Acted(ticket=replace(restored, version=ticket.version + 1), because=(because,))


def _last_act(c: Connection, ticket: Ticket, by: str) -> tuple[str, dict[str, Any]]:
    line = tickets.last_line(c, ticket.id)
    if line is None or line[2] not in get_args(Verb) or line[2] in LASTING:
        raise Conflict(f"Nothing was done last on ticket #{ticket.id} that could be taken back.")
    _, actor, what, data = line
    if actor != by:
        raise NotAllowed(f"The last act on ticket #{ticket.id} is {actor}'s ({what.replace('_', ' ')}): only they can take it back.")
    if data["before"]["version"] != ticket.version:
        raise Conflict(f"Ticket #{ticket.id} has changed since: too late to take {what.replace('_', ' ')} back.")
    return what, data


def _take_back_actions(c: Connection, data: dict[str, Any], now: datetime) -> None:
    """All or nothing: one that is on its way ends the undo. Notices that only the desk shows were never sent outside."""
    wanted: Collection[int] = data.get("actions", [])
    rows = [a for a in outbox.many(c, wanted) if not (a.kind == "notify" and a.state == "sent")]
    held = [a.id for a in rows if a.state == "held"]
    queued = [a.id for a in rows if a.state == "queued" and (a.due_at > now or not a.attempts)]
    if len(held) + len(queued) != len(rows):
        raise Conflict("Too late: something of it was sent already.")
    moved = outbox.set_state(c, queued, "queued", "cancelled", "taken back") + outbox.set_state(c, held, "held", "cancelled", "taken back")
    if moved != len(rows):
        raise Conflict("Too late: something of it is being sent.")
    replaced: Collection[int] = data.get("replaced", [])
    outbox.set_state(c, replaced, "cancelled", "queued", "waits again: the later news were taken back")


def _take_back_merge(c: Connection, data: dict[str, Any], by: str, ticket_id: int, now: datetime) -> None:
    """The other ticket is as it was, without the messages that it took over."""
    for row in data.get("others", []):
        other = _unchanged(c, row["ticket"], row["version"])
        was = {name: value for name, value in row.items() if name != "ticket"}
        tickets.save(c, [replace(other, **_fields(was))], now)
        tickets.detach(c, other.id, data.get("attached", []))
        tickets.log(c, [LogRow(ticket=other.id, what="undo", actor=by, data={"undone": "merge", "ticket": ticket_id})], now)


def _take_back_split(c: Connection, data: dict[str, Any], by: str, ticket_id: int, now: datetime) -> None:
    """What was split off is over; its number leads to the ticket it came from."""
    for number in data.get("opened", []):
        part = replace(_unchanged(c, number, 1), state="closed", closed_at=now, merged_into=ticket_id)
        tickets.save(c, [part], now)
        tickets.log(c, [LogRow(ticket=number, what="undo", actor=by, data={"undone": "split", "ticket": ticket_id})], now)


def _unchanged(c: Connection, number: int, version: int) -> Ticket:
    found = tickets.get(c, number)
    if found is None or found.version != version:
        raise Conflict(f"Ticket #{number} has changed since: too late to take it back.")
    return found


def _fields(before: dict[str, Any]) -> dict[str, Any]:
    """JSON of the history as the ticket's own types."""
    return {name: _value(name, value) for name, value in before.items() if name != "version"}


def _value(name: str, value: Any) -> Any:
    if name in _TIMES and isinstance(value, str):
        return datetime.fromisoformat(value)
    return tuple(value) if name in _TUPLES else value
