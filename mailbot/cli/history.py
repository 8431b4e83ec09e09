"""`mailbot why` and `mailbot show` as JSON: the ticket of `tickets --json`, its messages as `explain --json` shows them, log, actions."""

from __future__ import annotations

from typing import Any

from mailbot.model.as_json import when
from mailbot.record.views.tickets import MessageOn, TicketView
from mailbot.record.views.timeline import HandledMessage, Timeline


def as_json_of(found: Timeline) -> dict[str, Any]:
    """One object for a ticket."""
    on = tuple(MessageOn(source=m.source, message_id=m.message_id, comment_id=m.comment_id) for m in found.messages)
    return {
        **TicketView(ticket=found.ticket, messages=on).as_json(),
        "trust": found.ticket.trust,
        "asked": list(found.ticket.asked),
        "history": [_message(m) for m in found.messages],
        "log": [{"at": when(line.at), "by": line.actor, "what": line.what, "message": line.message, **line.data} for line in found.log],
        "actions": [action.as_json() for action in found.actions],
    }


def _message(m: HandledMessage) -> dict[str, Any]:
    shown = {
        "id": f"M-{m.id}", "source": m.source, "place": m.place, "received_at": when(m.received_at), "state": m.state,
        "because": m.because, "rules": m.rules_hash, "templates": m.templates_hash,
    }  # fmt: skip
    written = {"message_id": m.message_id, "from": m.sender, "subject": m.subject, "text": m.text}
    return shown | {"message": m.parsed or written, "findings": m.findings, "decision": m.decision}
