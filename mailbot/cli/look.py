"""why, show, tickets, outbox, aside: what happened. Reads only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from mailbot.cli.common import AsJson, Limit, emit, print_table, shared
from mailbot.model.ticket import ActionState, TicketState

if TYPE_CHECKING:  # imported when a command needs it
    from mailbot.record.database import Database

States = Annotated[list[str] | None, typer.Option("--state", help="Only this state; may be given several times.")]
TicketId = Annotated[str, typer.Argument(metavar="TICKET", help="A ticket's number: 12 or #12.")]


def register(app: typer.Typer) -> None:
    for command in (why, show, tickets, outbox, aside):
        app.command()(command)


def why(ctx: typer.Context, ticket: TicketId, as_json: AsJson = False) -> None:
    """Why a ticket is as it is: every finding with the words it rests on, every reason, why each reply was sent or not.

    Example: mailbot why 12
    """
    from mailbot.cli.explain_view import print_why

    _timeline(ctx, ticket, as_json, print_why)


def show(ctx: typer.Context, ticket: TicketId, as_json: AsJson = False) -> None:
    """A ticket with its messages, its history and its actions.

    Example: mailbot show 12
    """
    from mailbot.cli.explain_view import print_ticket

    _timeline(ctx, ticket, as_json, print_ticket)


def tickets(
    ctx: typer.Context,
    as_json: AsJson = False,
    limit: Limit = 50,
    state: States = None,
    queue: Annotated[str | None, typer.Option(help="Only this queue.")] = None,
    order: Annotated[str | None, typer.Option(help="Only tickets of this order.")] = None,
    client: Annotated[str | None, typer.Option(help="Only this client (address or client id).")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only tickets that are not finished.")] = False,
) -> None:
    """Tickets, newest first.

    Example: mailbot tickets --open --queue coordinators
    """
    from mailbot.record.views.tickets import Filter
    from mailbot.record.views.tickets import tickets as found

    _known(state, get_args(TicketState))
    wanted = Filter(open_only=open_only, states=tuple(state or ()), queue=queue, order=order, client=client, limit=limit)
    with _database(ctx) as db, db.reading() as c:
        rows = [view.as_json() for view in found(c, wanted)]
    columns = ("ticket", "opened_at", "client", "subject", "order", "kind", "state", "queue", "owner", "flags")
    _rows(rows, columns, as_json, "There are no such tickets.")


def outbox(
    ctx: typer.Context,
    as_json: AsJson = False,
    limit: Limit = 50,
    state: States = None,
    ticket: Annotated[int | None, typer.Option(help="Only actions of this ticket.")] = None,
) -> None:
    """Actions, newest first: what was sent, what waits, what was held or suppressed and why.

    Example: mailbot outbox --state held --state uncertain
    """
    from mailbot.record.views.outbox import actions

    _known(state, get_args(ActionState))
    with _database(ctx) as db, db.reading() as c:
        rows = [view.as_json() for view in actions(c, tuple(state or ()), ticket=ticket, limit=limit)]
    columns = ("id", "ticket", "channel", "to", "template", "state", "attempts", "because")
    _rows(rows, columns, as_json, "There are no such actions.")


def aside(
    ctx: typer.Context,
    before_go_live: Annotated[bool, typer.Option("--before-go-live", help="Those that were only kept, being older than that.")] = False,
    as_json: AsJson = False,
    limit: Limit = 50,
) -> None:
    """Messages that were kept but could not be handled. `mailbot retry M-9` handles one again, or makes a ticket of an old one.

    Example: mailbot aside
    """
    from mailbot.record.views.outbox import aside as found

    with _database(ctx) as db, db.reading() as c:
        rows = [view.as_json() for view in found(c, limit=limit, before_go_live=before_go_live)]
    empty = "Nothing came before the go-live time." if before_go_live else "Nothing is set aside."
    _rows(rows, ("id", "received_at", "sender", "subject", "attempts", "because"), as_json, empty)


def ticket_number(text: str) -> int:
    """12, #12 or [#12]."""
    digits = text.strip("[]# ")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise typer.BadParameter(f"{text!r} is no ticket; tickets are named 12 or #12", param_hint="TICKET")
    return int(digits)


def _known(states: list[str] | None, known: tuple[str, ...]) -> None:
    """A slip of the pen is told: an empty list would say that all is well."""
    for state in states or ():
        if state not in known:
            raise typer.BadParameter(f"{state}: known are {', '.join(known)}", param_hint="--state")


def _timeline(ctx: typer.Context, ticket: str, as_json: bool, draw: Callable[[dict[str, Any]], None]) -> None:
    number = ticket_number(ticket)
    from mailbot.record.views.timeline import timeline

    with _database(ctx) as db, db.reading() as c:
        found = timeline(c, number).as_json()
    if as_json:
        emit(found)
    else:
        draw(found)


@contextlib.contextmanager
def _database(ctx: typer.Context) -> Iterator[Database]:
    settings = shared(ctx).settings()
    from mailbot.record.migrations import opened  # not wiring: it knows, and imports, every part

    db = opened(settings.database.url)
    try:
        yield db
    finally:
        db.close()


def _rows(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool, empty: str) -> None:
    if as_json:
        for row in rows:
            emit(row)
        return
    print_table([name.replace("_", " ") for name in columns], ([row[name] for name in columns] for row in rows), empty=empty)
