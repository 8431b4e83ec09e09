"""What people do to tickets, for scripts: take read note ask reply assign assess plan delivery-time agree object start deliver
redistribute merge split link-order reopen close undo. The desk's buttons do the same."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from mailbot.cli.common import AsJson, By, emit, login_name, say, shared
from mailbot.cli.look import TicketId, ticket_number
from mailbot.model.act import Act, Part
from mailbot.model.finding import ClientKind
from mailbot.model.money import Money, money

if TYPE_CHECKING:  # imported when a command needs it
    from mailbot.workflow.acts import Acted

Text = Annotated[str, typer.Argument(metavar="TEXT", help="The words; - reads them from stdin.")]
Reason = Annotated[str, typer.Option(help="Why; the next person reads it.")]
Quote = Annotated[str, typer.Option(help="The client's own words.")]
Version = Annotated[int | None, typer.Option(help="Only if the ticket still has this version.")]


def register(app: typer.Typer) -> None:
    for command in (
        take,
        read,
        note,
        ask,
        reply,
        assign,
        assess,
        plan,
        agree,
        start,
        deliver,
        redistribute,
        merge,
        split,
        reopen,
        close,
        undo,
    ):
        app.command()(command)
    app.command("object")(object_)
    app.command("delivery-time")(delivery_time)
    app.command("link-order")(link_order)


def take(ctx: typer.Context, ticket: TicketId, by: By = "", version: Version = None, as_json: AsJson = False) -> None:
    """Become the owner of a ticket; it counts as read, and the client is told so.

    Example: mailbot take 12 --as kim
    """
    _do(ctx, Act(verb="take", ticket=ticket_number(ticket), version=version), by, as_json)


def read(ctx: typer.Context, ticket: TicketId, by: By = "", version: Version = None, as_json: AsJson = False) -> None:
    """Mark the client's newest message as read; the client is told by mail and in the order.

    Example: mailbot read 12 --as kim
    """
    _do(ctx, Act(verb="read", ticket=ticket_number(ticket), version=version), by, as_json)


def note(ctx: typer.Context, ticket: TicketId, text: Text, by: By = "", as_json: AsJson = False) -> None:
    """Add an internal note.

    Example: mailbot note 12 "The reference is in the second link."
    """
    _do(ctx, Act(verb="note", ticket=ticket_number(ticket), text=_words(text)), by, as_json)


def ask(ctx: typer.Context, ticket: TicketId, text: Text, by: By = "", version: Version = None, as_json: AsJson = False) -> None:
    """Ask the client something; the clock stops until they answer.

    Example: mailbot ask 12 "Which of the two windows do you mean?"
    """
    _do(ctx, Act(verb="ask", ticket=ticket_number(ticket), text=_words(text), version=version), by, as_json)


def reply(ctx: typer.Context, ticket: TicketId, text: Text, by: By = "", version: Version = None, as_json: AsJson = False) -> None:
    """Write to the client in your own words.

    Example: mailbot reply 12 "The editor has found your reference."
    """
    _do(ctx, Act(verb="reply", ticket=ticket_number(ticket), text=_words(text), version=version), by, as_json)


def assign(
    ctx: typer.Context,
    ticket: TicketId,
    to: Annotated[str, typer.Argument(metavar="LOGIN", help="Who shall be the owner.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Give a ticket to somebody. In a dispute the Account Manager chooses so who decides.

    Example: mailbot assign 12 kim
    """
    _do(ctx, Act(verb="assign", ticket=ticket_number(ticket), to=to), by, as_json)


def assess(  # noqa: PLR0913, PLR0917 - an option for each thing that a supervisor decides
    ctx: typer.Context,
    ticket: TicketId,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="correction, amendment or feedback.")],
    reason: Reason = "",
    plan: Annotated[str, typer.Option(help="How to proceed, in one line; production and client are told.")] = "",
    charge: Annotated[str, typer.Option(metavar="MONEY", help='Only for an amendment, for example "40 EUR".')] = "",
    delivery: Annotated[str, typer.Option(metavar="TIME", help="The new delivery time, with offset.")] = "",
    by: By = "",
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """Decide what a return is: Correction (free), Amendment (a charge is possible) or Feedback. Quality Supervisors only.

    Example: mailbot assess 12 amendment --reason "Not on the order" --plan "Blue sky on 4589" --charge "40 EUR"
    """
    act = Act(
        verb="assess", ticket=ticket_number(ticket), version=version, kind=_kind(kind), reason=reason, plan=plan, charge=_charge(charge),
        due_at=_time(delivery, "--delivery") if delivery else None,
    )  # fmt: skip  # which, then what
    _do(ctx, act, by, as_json)


def plan(ctx: typer.Context, ticket: TicketId, text: Text, by: By = "", version: Version = None, as_json: AsJson = False) -> None:
    """Change how to proceed with an assessed ticket; production and client are told.

    Example: mailbot plan 12 "Blue sky on 4589 and 4590"
    """
    _do(ctx, Act(verb="plan", ticket=ticket_number(ticket), plan=_words(text), version=version), by, as_json)


def delivery_time(
    ctx: typer.Context,
    ticket: TicketId,
    time: Annotated[str, typer.Argument(metavar="[TIME]", help="With offset, such as 2026-12-01T15:00+01:00; without: as proposed.")] = "",
    reason: Reason = "",
    by: By = "",
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """Promise a delivery time: the order system takes it, then the client is told.

    Example: mailbot delivery-time 12 2026-12-01T15:00+01:00
    """
    due_at = _time(time, "TIME") if time else None
    _do(ctx, Act(verb="delivery_time", ticket=ticket_number(ticket), due_at=due_at, reason=reason, version=version), by, as_json)


def agree(ctx: typer.Context, ticket: TicketId, quote: Quote = "", by: By = "", as_json: AsJson = False) -> None:
    """Record that the client agreed to the charge, with their words.

    Example: mailbot agree 12 --quote "Fine with me, please go ahead"
    """
    _do(ctx, Act(verb="agree", ticket=ticket_number(ticket), text=quote), by, as_json)


def object_(ctx: typer.Context, ticket: TicketId, quote: Quote = "", by: By = "", as_json: AsJson = False) -> None:
    """Record that the client objects to the charge: a dispute, for another supervisor than the first.

    Example: mailbot object 12 --quote "I will not pay for that"
    """
    _do(ctx, Act(verb="object", ticket=ticket_number(ticket), text=quote), by, as_json)


def start(ctx: typer.Context, ticket: TicketId, by: By = "", as_json: AsJson = False) -> None:
    """Say that production has begun, where the order system does not.

    Example: mailbot start 12
    """
    _do(ctx, Act(verb="start", ticket=ticket_number(ticket)), by, as_json)


def deliver(ctx: typer.Context, ticket: TicketId, by: By = "", version: Version = None, as_json: AsJson = False) -> None:
    """Say that the new files are delivered; the client is told.

    Example: mailbot deliver 12
    """
    _do(ctx, Act(verb="deliver", ticket=ticket_number(ticket), version=version), by, as_json)


def redistribute(
    ctx: typer.Context,
    ticket: TicketId,
    quote: Quote = "",
    target: Annotated[list[str] | None, typer.Option(help="Only this system; may be given several times.")] = None,
    image: Annotated[list[str] | None, typer.Option(help="Only this image; may be given several times.")] = None,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="You confirmed with the client that they want it.")] = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Send delivered files to the client's systems again, because the client asked; before the delivery: record the request.

    Example: mailbot redistribute 12 --quote "Please push it to the portal again" --confirmed
    """
    act = Act(
        verb="redistribute", ticket=ticket_number(ticket), text=quote, targets=tuple(target or ()), images=tuple(image or ()),
        confirmed=confirmed,
    )  # fmt: skip  # which, then what
    _do(ctx, act, by, as_json)


def merge(
    ctx: typer.Context,
    ticket: TicketId,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The ticket that takes over the messages.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Put a ticket's messages on another one of the same client, and close it.

    Example: mailbot merge 13 12
    """
    _do(ctx, Act(verb="merge", ticket=ticket_number(ticket), other=ticket_number(into)), by, as_json)


def split(
    ctx: typer.Context,
    ticket: TicketId,
    part: Annotated[list[str] | None, typer.Option(metavar="KIND[:IMAGES]", help="One item, for example correction:4589,4590.")] = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Make a ticket for each item of a mixed one, to be assessed on its own. Quality Supervisors only.

    Example: mailbot split 12 --part correction:4589 --part amendment:4590
    """
    _do(ctx, Act(verb="split", ticket=ticket_number(ticket), parts=tuple(_part(p) for p in part or ())), by, as_json)


def link_order(
    ctx: typer.Context,
    ticket: TicketId,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order's number.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Say which order of the client is meant.

    Example: mailbot link-order 12 10231
    """
    _do(ctx, Act(verb="link_order", ticket=ticket_number(ticket), order=order), by, as_json)


def reopen(ctx: typer.Context, ticket: TicketId, reason: Reason = "", by: By = "", as_json: AsJson = False) -> None:
    """Go on with a ticket that was over, and reopen its delivered order.

    Example: mailbot reopen 12 --reason "The sky is still missing"
    """
    _do(ctx, Act(verb="reopen", ticket=ticket_number(ticket), reason=reason), by, as_json)


def close(ctx: typer.Context, ticket: TicketId, reason: Reason = "", by: By = "", as_json: AsJson = False) -> None:
    """End a ticket, with a reason.

    Example: mailbot close 12 --reason "Solved by phone"
    """
    _do(ctx, Act(verb="close", ticket=ticket_number(ticket), reason=reason), by, as_json)


def undo(ctx: typer.Context, ticket: TicketId, by: By = "", as_json: AsJson = False) -> None:
    """Take your last act on a ticket back, while nothing of it was sent.

    Example: mailbot undo 12
    """
    _do(ctx, Act(verb="undo", ticket=ticket_number(ticket)), by, as_json)


def _do(ctx: typer.Context, act: Act, by: str, as_json: bool) -> None:
    settings = shared(ctx).settings()
    from mailbot.cli.logs import quiet
    from mailbot.wiring import open_service

    quiet()
    with open_service(settings) as service:
        done = service.act_on_ticket(act, by or login_name())
    if as_json:
        emit(_as_json(act, done))
        return
    say(f"#{done.ticket.id} is {done.ticket.state.replace('_', ' ')}.")
    for because in done.because:
        typer.echo(because)
    if done.opened:
        typer.echo("new tickets: " + ", ".join(f"#{number}" for number in done.opened))


def _as_json(act: Act, done: Acted) -> dict[str, object]:
    return {
        "ticket": done.ticket.id, "act": act.verb, "state": done.ticket.state, "version": done.ticket.version, "owner": done.ticket.owner,
        "because": list(done.because), "actions": [f"O-{number}" for number in done.actions], "opened": list(done.opened),
    }  # fmt: skip  # the ticket, then what followed


def _words(text: str) -> str:
    return typer.get_text_stream("stdin").read() if text == "-" else text


def _kind(word: str) -> ClientKind:
    kinds: tuple[ClientKind, ...] = get_args(ClientKind)
    found = next((k for k in kinds if k == word.lower()), None)
    if found is None:
        raise typer.BadParameter(f"{word!r}: known are {', '.join(kinds)}", param_hint="KIND")
    return found


def _charge(text: str) -> Money | None:
    try:
        return money(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--charge") from error


def _time(text: str, hint: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time; write for example 2026-12-01T15:00+01:00", param_hint=hint) from error
    if at.tzinfo is None:
        raise typer.BadParameter(
            f"{text} names no time zone; add the offset, for example {at.isoformat(timespec='minutes')}+01:00", param_hint=hint
        )
    return at


def _part(text: str) -> Part:
    kind, _, images = text.partition(":")
    return Part(kind=_kind(kind), images=tuple(i.strip() for i in images.split(",") if i.strip()))
