"""Everything that happened to one ticket (`mailbot show`, `mailbot why`, the desk's timeline)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from mailbot.errors import NotFound
from mailbot.model.ticket import Ticket
from mailbot.record import tickets
from mailbot.record.tables import message, message_detail, sighting, ticket_log, ticket_message
from mailbot.record.views.outbox import ActionView, actions
from mailbot.record.views.tickets import MessageOn, TicketView
from mailbot.record.views.times import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledMessage:
    """A message as it was understood and decided; the JSON values are those of `explain --json`, {} where none is stored."""

    id: int
    source: str
    place: str
    received_at: datetime
    state: str
    because: str
    message_id: str
    comment_id: str
    sender: str
    subject: str
    text: str
    parsed: dict[str, Any]
    findings: dict[str, Any]
    decision: dict[str, Any]
    rules_hash: str
    templates_hash: str

    def as_json(self) -> dict[str, Any]:
        """What `mailbot why` and `mailbot show` tell of a message: beside its facts the objects of `explain --json`."""
        shown = {
            "id": f"M-{self.id}", "source": self.source, "place": self.place, "received_at": rfc3339(self.received_at),
            "state": self.state, "because": self.because, "rules": self.rules_hash, "templates": self.templates_hash,
        }  # fmt: skip
        written = {"message_id": self.message_id, "from": self.sender, "subject": self.subject, "text": self.text}
        return shown | {"message": self.parsed or written, "findings": self.findings, "decision": self.decision}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    at: datetime
    actor: str
    what: str
    message: int | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Messages, log and actions, each oldest first."""

    ticket: Ticket
    messages: tuple[HandledMessage, ...]
    log: tuple[LogLine, ...]
    actions: tuple[ActionView, ...]

    def as_json(self) -> dict[str, Any]:
        """`mailbot show --json`: the ticket of `tickets --json`, its messages, log and actions."""
        on = tuple(MessageOn(source=m.source, message_id=m.message_id, comment_id=m.comment_id) for m in self.messages)
        return {
            **TicketView(ticket=self.ticket, messages=on).as_json(),
            "trust": self.ticket.trust,
            "asked": list(self.ticket.asked),
            "history": [m.as_json() for m in self.messages],
            "log": [{"at": rfc3339(e.at), "by": e.actor, "what": e.what, "message": e.message, **e.data} for e in self.log],
            "actions": [action.as_json() for action in self.actions],
        }


def timeline(c: Connection, ticket_id: int) -> Timeline:
    found = tickets.get(c, ticket_id)
    if found is None:
        raise NotFound(f"There is no ticket #{ticket_id}.")
    ids = c.execute(select(ticket_message.c.message).where(ticket_message.c.ticket == ticket_id)).scalars().all()
    return Timeline(
        ticket=found,
        messages=tuple(handled(c, list(ids))),
        log=tuple(_log(c, ticket_id)),
        actions=tuple(reversed(actions(c, ticket=ticket_id))),
    )


def handled(c: Connection, ids: list[int]) -> list[HandledMessage]:
    """These messages, oldest first."""
    m, d = message, message_detail
    comments = select(sighting.c.comment_id).where(sighting.c.message == m.c.id).limit(1).scalar_subquery().label("comment_id")
    wanted = select(m, comments, d.c.text, d.c.parsed_json, d.c.findings_json, d.c.decision_json, d.c.rules_hash, d.c.templates_hash)
    rows = c.execute(wanted.outerjoin(d, d.c.message == m.c.id).where(m.c.id.in_(ids)).order_by(m.c.id)).mappings()
    texts: tuple[str, ...] = ("message_id", "comment_id", "sender", "subject", "text", "rules_hash", "templates_hash")
    same = ("id", "source", "place", "received_at", "state", "because")
    documents = ("parsed", "findings", "decision")
    found = []
    for row in rows:
        values: dict[str, Any] = {name: row[name] for name in same} | {name: row[name] or "" for name in texts}
        found.append(HandledMessage(**values | {name: _json(row[f"{name}_json"]) for name in documents}))
    return found


def _log(c: Connection, ticket_id: int) -> list[LogLine]:
    rows = c.execute(select(ticket_log).where(ticket_log.c.ticket == ticket_id).order_by(ticket_log.c.id)).mappings()
    return [LogLine(at=r["at"], actor=r["actor"], what=r["what"], message=r["message"], data=_json(r["data"])) for r in rows]


def _json(text: str | None) -> dict[str, Any]:
    return dict(json.loads(text)) if text else {}
