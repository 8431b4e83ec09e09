"""A ticket's timeline as the page shows it: messages, what we said, what people did, oldest first; quiet events folded together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from mailbot.record.views.outbox import ActionView
from mailbot.record.views.timeline import HandledMessage, LogLine, Timeline

Kind = Literal["message", "said", "call", "note", "event"]
QUIET = ("open_ticket", "join_ticket", "record_only", "time", "facts_filled_in", "split_from")
STATES = {
    "queued": ("wait", "waits"), "sending": ("wait", "is being sent"), "sent": ("ok", "sent"), "held": ("wait", "held"),
    "uncertain": ("stop", "uncertain"), "gave_up": ("stop", "not sent"), "suppressed": ("plain", "suppressed"),
    "cancelled": ("plain", "not sent"),
}  # fmt: skip  # state: badge, words
CALLS = {
    "reopen": "Reopening the order", "close": "Setting the order back", "delivery_time": "Delivery time, charge and plan on the order",
    "redistribution": "Redistribution",
}  # fmt: skip  # what the order system is asked for
DID = {
    "take": "takes it", "read": "has read it", "assess": "assesses it", "plan": "changes the plan", "time": "in time",
    "delivery_time": "sets the delivery time", "agree": "records the agreement", "object": "records the objection",
    "start": "begins the work", "deliver": "delivers",
    "redistribute": "redistribution", "assign": "hands it over", "merge": "merges", "split": "splits it", "link_order": "links the order",
    "reopen": "reopens it", "close": "closes it", "undo": "takes it back", "ask": "asks the client", "reply": "replies",
}  # fmt: skip  # what: words after the person's name, where the reasons do not begin with that person


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """One way by which we said something, and how far it came."""

    action: ActionView
    badge: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing on the timeline: what somebody wrote (`message`), what we said (`text`, `roads`), what the order system did not do (`call`,
    its `roads`), or an event of `actor`."""

    kind: Kind
    at: datetime
    actor: str = ""
    what: str = ""
    text: str = ""
    because: tuple[str, ...] = ()
    message: HandledMessage | None = None
    roads: tuple[Road, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    quiet: bool = False


def entries(timeline: Timeline, said: Mapping[int, str]) -> list[Entry]:
    """Everything that happened, oldest first; a text that goes by mail and on the order stands once with two roads."""
    found = [Entry(kind="message", at=m.received_at, message=m) for m in timeline.messages]
    found += [entry for line in timeline.log if (entry := _event(line))]
    found += _said(timeline.actions, said)
    found += [_call(action) for action in timeline.actions if action.kind in CALLS and action.state in ("gave_up", "uncertain")]
    return sorted(found, key=lambda e: (e.at, e.kind != "message"))


def _event(line: LogLine) -> Entry | None:
    if line.what in ("open_ticket", "join_ticket", "record_only"):
        return None  # the message itself stands there, with its checks
    because = tuple(str(b).partition(": ")[2] or str(b) for b in line.data.get("because", ()))
    if line.what == "note":
        return Entry(kind="note", at=line.at, actor=line.actor, what="note", text=str(line.data.get("text", "")))
    text = _sentence(line.actor, line.what, because)
    return Entry(
        kind="event", at=line.at, actor=line.actor, what=line.what, text=text, because=because, data=line.data, quiet=line.what in QUIET
    )


def _sentence(actor: str, what: str, because: tuple[str, ...]) -> str:
    """What stands after the name of the actor; reasons that begin with their login are the sentence already."""
    if because and because[0].startswith(f"{actor} "):
        return "; ".join((because[0].removeprefix(f"{actor} "), *because[1:]))
    done = DID.get(what, what.replace("_", " "))
    return f"{done}: {'; '.join(because)}" if because else done


def _said(actions: tuple[ActionView, ...], said: Mapping[int, str]) -> list[Entry]:
    """Mails and order comments, to the client or to colleagues on the order."""
    groups: dict[tuple[str, str], list[ActionView]] = {}
    for action in actions:
        if action.kind in ("email", "order_comment"):
            cause = action.key.rpartition(f":{action.kind}:")[0]
            groups.setdefault((cause, action.template), []).append(action)
    found = []
    for (_, template), rows in groups.items():
        if all(r.state == "cancelled" and not r.because.startswith("cancelled by") for r in rows):
            continue  # went with later news, or was taken back: the history says so
        internal = template.startswith("internal_")
        text = next((said[r.id] for r in rows if said.get(r.id)), "")
        roads = tuple(map(_road, rows))
        found.append(Entry(kind="said", at=rows[0].created_at, what=template, text=text, roads=roads, quiet=internal))
    return found


def _call(action: ActionView) -> Entry:
    """What the order system was asked for and did not do, or may not have done: a person must look (P44)."""
    return Entry(kind="call", at=action.created_at, what=CALLS[action.kind], roads=(_road(action),))


def _road(action: ActionView) -> Road:
    badge, state = STATES[action.state]
    return Road(action=action, badge=badge, state="not done" if action.kind in CALLS and state == "not sent" else state)
