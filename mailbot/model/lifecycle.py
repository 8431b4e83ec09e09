"""The states of a ticket and everything that may happen in each: one table (docs/lifecycle.md is made from it).

A row says from which states a step leads where, and who may take it. `to` empty: the state stays. Where several are named, the
step's own facts decide (an assessment with a charge may have to wait for the client). By whom: `person` (one of `roles`), `client`,
`order_system` or `clock`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from mailbot.model.order import Person
from mailbot.model.ticket import OPEN_STATES, Ticket, TicketState

Role = Literal["coordinator", "quality_supervisor", "account_manager", "admin", "viewer"]
Verb = Literal[
    "take", "read", "note", "ask", "reply", "assign", "assess", "plan", "delivery_time", "agree", "object", "start", "deliver",
    "redistribute", "merge", "split", "link_order", "reopen", "close", "undo",
]  # fmt: skip
Event = Literal["writes", "agrees", "objects", "production_started", "files_delivered", "time_passed"]
By = Literal["person", "client", "order_system", "clock"]

ROLES: tuple[Role, ...] = get_args(Role)
STATES: tuple[TicketState, ...] = get_args(TicketState)
ALL: frozenset[TicketState] = frozenset(STATES)
OVER: frozenset[TicketState] = ALL - OPEN_STATES
ANY_CLIENT: frozenset[Verb] = frozenset({"note", "undo"})  # what Account Managers may do on tickets of others' clients, too
DESK: frozenset[Role] = frozenset({"coordinator", "quality_supervisor", "account_manager"})
TALKS: frozenset[Role] = frozenset({"coordinator", "quality_supervisor"})
SUPERVISOR: frozenset[Role] = frozenset({"quality_supervisor"})
UNREAD: frozenset[TicketState] = frozenset({"new", "waiting_for_client"})
READ: frozenset[TicketState] = frozenset({"read"})
WAITING: frozenset[TicketState] = frozenset({"waiting_for_agreement"})
ASSESSED: frozenset[TicketState] = frozenset({"assessed", "scheduled", "in_work"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row. `what` is the sentence of docs and of the desk's tooltip."""

    verb: Verb | Event
    states: frozenset[TicketState]
    to: tuple[TicketState, ...] = ()
    by: By = "person"
    roles: frozenset[Role] = DESK
    what: str


def _person(verb: Verb, states: frozenset[TicketState], to: str, roles: frozenset[Role], what: str) -> Transition:
    return Transition(verb=verb, states=states, to=tuple(s for s in STATES if s in to.split()), roles=roles, what=what)


def _other(by: By, verb: Event, states: frozenset[TicketState], to: str, what: str) -> Transition:
    return Transition(verb=verb, states=states, to=tuple(s for s in STATES if s in to.split()), by=by, roles=frozenset(), what=what)


TRANSITIONS: tuple[Transition, ...] = (
    _person("take", UNREAD, "read", TALKS, "becomes the owner; the client hears that the message was read (P22)"),
    _person("take", OPEN_STATES - UNREAD, "", TALKS, "becomes the owner"),
    _person("read", UNREAD, "read closed", TALKS, "the message was read; the client is told (P22); feedback is over then (P25)"),
    _person("read", ALL - UNREAD, "", TALKS, "the client's newest message was read (P22)"),
    _person("note", ALL, "", DESK, "an internal note; nobody outside sees it"),
    _person("ask", UNREAD | READ, "waiting_for_client", TALKS, "a person asks the client something; the clock stops (P21)"),
    _person("ask", ASSESSED | WAITING, "", TALKS, "a person asks the client something while the work stands as it is"),
    _person("reply", UNREAD, "read", DESK, "a person writes to the client"),
    _person("reply", ALL - UNREAD, "", DESK, "a person writes to the client"),
    _person("assign", OPEN_STATES, "", DESK, "somebody else becomes the owner and is told"),
    _person(
        "assess", UNREAD | READ | ASSESSED | WAITING, "assessed waiting_for_agreement closed", SUPERVISOR,
        "Correction (free), Amendment (a charge is possible) or Feedback, with reason and plan (P23, P24)",
    ),
    _person("plan", ASSESSED | WAITING, "", SUPERVISOR, "changes how to proceed; production and client are told (P23)"),
    _person("delivery_time", READ | frozenset({"assessed"}), "scheduled", TALKS, "a new delivery time; the client hears of it (P26)"),
    _person("delivery_time", frozenset({"scheduled", "in_work"}), "", TALKS, "another delivery time; one update to the client (P27)"),
    _person("agree", WAITING, "assessed", DESK, "the client agreed to the charge, with the quote (P24)"),
    _person("agree", ASSESSED, "", DESK, "the client agreed to a charge that did not hold up the work (P24)"),
    _person("object", WAITING | ASSESSED, "", DESK, "the client objects to the charge, with the quote: a dispute (P24, P30)"),
    _person("start", READ | frozenset({"assessed", "scheduled"}), "in_work", DESK, "production has begun"),
    _person("deliver", READ | ASSESSED, "delivered", TALKS, "the new files are delivered; the client is told (P28)"),
    _person("redistribute", OPEN_STATES, "", TALKS, "records the client's request; it waits for the new files (P29)"),
    _person("redistribute", OVER, "", TALKS, "sends the delivered files again, because the client asked for it (P29)"),
    _person("merge", ALL, "closed", TALKS, "its messages go to another ticket of the same client"),
    _person("split", OPEN_STATES - WAITING, "closed", SUPERVISOR, "a ticket for each item, assessed on its own (P12)"),
    _person("link_order", OPEN_STATES, "", TALKS, "names the order that the client means (P2)"),
    _person("reopen", OVER, "read", DESK, "work goes on; a delivered order is reopened"),
    _person("reopen", OPEN_STATES, "", DESK, "the delivered order is reopened by one click (P2)"),
    _person("close", ALL - frozenset({"closed"}), "closed", DESK, "over, with a reason"),
    _person("undo", ALL, " ".join(STATES), DESK, "takes one's own last act back, while nothing of it was sent"),
    _other("client", "writes", frozenset({"waiting_for_client"}), "new", "answers; unread again (P5)"),
    _other("client", "writes", ALL - frozenset({"waiting_for_client"}), "", "joins the ticket; unread again while it is open (P5)"),
    _other("client", "agrees", WAITING, "assessed", "presses Agree on the order (P24)"),
    _other("client", "agrees", ASSESSED, "", "presses Agree on the order (P24)"),
    _other("client", "objects", WAITING | ASSESSED, "", "presses Object on the order: a dispute (P24, P30)"),
    _other("order_system", "production_started", READ | frozenset({"assessed", "scheduled"}), "in_work", "production has begun"),
    _other("order_system", "files_delivered", READ | ASSESSED, "delivered", "the new files are delivered; the client is told (P28)"),
    _other("clock", "time_passed", frozenset({"delivered"}), "closed", "14 days after the delivery (setting)"),
)  # fmt: skip  # a row a transition


def transition(verb: Verb | Event, state: TicketState) -> Transition | None:
    """The row for this step in this state; None: it is not possible there."""
    return next((t for t in TRANSITIONS if t.verb == verb and state in t.states), None)


def only_for_own(row: Transition, roles: frozenset[str]) -> bool:
    """Whether these roles allow the step by the Account Manager's alone, who acts for own clients and in disputes."""
    return row.roles & roles == {"account_manager"} and row.verb not in ANY_CLIENT


def is_own(ticket: Ticket, manager: Person | None, address: str) -> bool:
    """Whether the ticket is this Account Manager's: the client's (`manager`), a dispute, or of a client who has none (P30, P33)."""
    return bool(ticket.dispute_level) or manager is None or not manager.emails or address.lower() in map(str.lower, manager.emails)


def possible(state: TicketState, roles: frozenset[str], *, own: bool = True) -> tuple[Verb, ...]:
    """What a person with these roles may do in this state, in the order of the table. `own`: see `is_own`."""
    rows = (t for t in TRANSITIONS if t.by == "person" and state in t.states and t.roles & roles)
    verbs = (t.verb for t in rows if own or not only_for_own(t, roles))
    return tuple(dict.fromkeys(verbs))  # type: ignore[arg-type]  # rows of persons bear verbs only
