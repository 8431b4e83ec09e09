"""/api/v1, reading: tickets, messages, outbox, what was set aside and insights, in the words of the commands' `--json`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import ConfigDict, Field

from mailbot.desk.api import PREFIX, Value
from mailbot.desk.insights import figures
from mailbot.desk.permissions import Routes
from mailbot.desk.queue import last_step
from mailbot.desk.search import query_of
from mailbot.desk.site import Here
from mailbot.errors import NotFound
from mailbot.model.permission import Permission
from mailbot.model.ticket import ActionState, TicketState
from mailbot.record.views import outbox as outboxes
from mailbot.record.views import tickets as ticket_views
from mailbot.record.views.search import results
from mailbot.record.views.tickets import Filter
from mailbot.record.views.timeline import handled, timeline

routes = Routes(PREFIX)
Limit = Annotated[int, Query(ge=1, le=500, description="rows of one answer")]
Number = Annotated[int, Path(ge=1, le=2**53)]
Before = Annotated[int | None, Query(ge=1, le=2**53, description="`next` of the answer before: the rows after it")]


class MessageOfTicket(Value):
    source: str
    message_id: str
    comment_id: str


class Ticket(Value):
    """As `mailbot tickets --json`."""

    ticket: int
    opened_at: str
    channel: str
    client: str = Field(description="client id of the order system, or the address")
    subject: str
    order: str | None
    kind: str
    claimed: str | None
    assessed: str | None
    state: TicketState
    queue: str
    owner: str | None
    flags: list[str]
    read_at: str | None
    delivery_time: str | None
    messages: list[MessageOfTicket]


class Message(Value):
    """As `mailbot show --json`; `message`, `findings` and `decision` are the objects of `explain --json`."""

    id: str
    source: str
    place: str
    received_at: str
    state: str
    because: str
    rules: str = Field(description="hash of the rules in force")
    templates: str
    message: dict[str, Any]
    findings: dict[str, Any]
    decision: dict[str, Any]


class Action(Value):
    """As `mailbot outbox --json`; `channel` is the action's kind."""

    id: str
    ticket: int | None
    message: str | None
    channel: str
    to: str
    template: str
    message_id: str
    state: ActionState
    attempts: int
    because: str
    due_at: str | None


class LogLine(Value):
    """A line of history; what an act was given stands beside it."""

    model_config = ConfigDict(extra="allow")
    at: str
    by: str
    what: str


class WholeTicket(Ticket):
    """As `mailbot show --json`."""

    trust: str
    asked: list[str]
    history: list[Message] = Field(description="its messages, oldest first")
    log: list[LogLine]
    actions: list[Action]


class Aside(Value):
    """As `mailbot aside --json`."""

    id: str
    received_at: str
    source: str
    place: str
    sender: str
    subject: str
    message_id: str
    attempts: int
    size: int
    because: str


class TicketsWanted(Value):
    """The options of `mailbot tickets`."""

    state: list[TicketState] = Field(default=[])
    open: bool = False
    queue: str | None = Field(default=None, max_length=400)
    owner: str | None = Field(default=None, max_length=400, description='a login; "" for tickets of nobody')
    client: str | None = Field(default=None, max_length=400)
    order: str | None = Field(default=None, max_length=400, description="number or id")
    before: int | None = Field(default=None, ge=1, le=2**53, description="`next` of the answer before: the rows after it")
    limit: int = Field(default=50, ge=1, le=500)


class Tickets(Value):
    items: list[Ticket]
    next: int | None = Field(description="give it as `before` to read on; null on the last page")


class Actions(Value):
    items: list[Action]
    next: int | None


class AsideMessages(Value):
    items: list[Aside]


class Figures(Value):
    """One of the insights: its rows, and figures over all of them."""

    name: str
    since: str
    until: str
    facts: dict[str, str | int | float | None]
    rows: list[dict[str, str | int | float | None]]


@routes.get("/tickets", needs=Permission.SEE, response_model=Tickets, tags=["tickets"], summary="Tickets, newest first")
def list_tickets(visit: Here, wanted: Annotated[TicketsWanted, Query()]) -> Any:
    asked = Filter(
        open_only=wanted.open, states=tuple(wanted.state), queue=wanted.queue, owner=wanted.owner, client=wanted.client, order=wanted.order,
        before=wanted.before, limit=wanted.limit + 1,
    )  # fmt: skip
    with visit.reading() as c:
        found = ticket_views.tickets(c, asked)
    shown = found[: wanted.limit]
    return {"items": [view.as_json() for view in shown], "next": shown[-1].ticket.id if len(found) > wanted.limit else None}


@routes.get("/search", needs=Permission.SEE, response_model=Tickets, tags=["tickets"], summary="Search as on the desk, newest first")
def search_tickets(
    visit: Here, q: Annotated[str, Query(max_length=400, description="words and fields: `sky client:bright after:7d`")],
    before: Before = None, limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:  # fmt: skip
    with visit.reading() as c:
        page = results(c, query_of(visit, q), last_step(visit), before=before, limit=limit)
        ids = [row.row.ticket.id for row in page.rows]
        on = ticket_views.messages_on(c, ids)
    views = [ticket_views.TicketView(ticket=r.row.ticket, messages=tuple(on.get(r.row.ticket.id, ()))) for r in page.rows]
    return {"items": [view.as_json() for view in views], "next": page.after}


@routes.get("/tickets/{ticket}", needs=Permission.SEE, response_model=WholeTicket, tags=["tickets"], summary="A ticket with its history")
def show_ticket(visit: Here, ticket: Number) -> Any:
    with visit.reading() as c:
        return timeline(c, ticket).as_json()


@routes.get("/messages/{message}", needs=Permission.SEE, response_model=Message, tags=["messages"], summary="A message as understood")
def show_message(visit: Here, message: Annotated[str, Path(pattern=r"^(M-)?[1-9]\d{0,14}$", description="`M-9` or `9`")]) -> Any:
    with visit.reading() as c:
        found = handled(c, [int(message.removeprefix("M-"))])
    if not found:
        raise NotFound(f"There is no message {message}.")
    return found[0].as_json()


@routes.get("/outbox", needs=Permission.SEE, response_model=Actions, tags=["outbox"], summary="Actions, newest first")
def list_actions(
    visit: Here, state: Annotated[list[ActionState], Query()] = [], ticket: Annotated[int | None, Query(ge=1, le=2**53)] = None,  # noqa: B006 - FastAPI copies it
    before: Before = None, limit: Limit = 50,
) -> Any:  # fmt: skip
    with visit.reading() as c:
        found = outboxes.actions(c, state, ticket=ticket, before=before, limit=limit + 1)
    return {"items": [view.as_json() for view in found[:limit]], "next": found[limit - 1].id if len(found) > limit else None}


@routes.get("/aside", needs=Permission.SEE, response_model=AsideMessages, tags=["outbox"], summary="Messages that could not be handled")
def list_aside(visit: Here, limit: Limit = 50) -> Any:
    with visit.reading() as c:
        return {"items": [view.as_json() for view in outboxes.aside(c, limit=limit)]}


Name = Literal["load", "waiting_time", "arrivals", "corrections", "promises", "assessments"]


@routes.get("/insights/{name}", needs=Permission.INSIGHTS, response_model=Figures, tags=["insights"], summary="Figures of the desk")
def show_insight(visit: Here, name: Name) -> Any:
    """Counted at most once a minute; `corrections` names every client."""
    return figures(visit, name, every_client=True).as_json()
