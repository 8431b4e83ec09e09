"""user add, link, list, disable; token add, list, revoke; audit verify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.cli.common import AsJson, emit, login_name, print_table, say, shared
from mailbot.model.lifecycle import ROLES
from mailbot.model.permission import SCOPES
from mailbot.model.visitor import Origin

if TYPE_CHECKING:  # imported when a command needs it
    from mailbot.config.settings import Settings

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="Short name, such as anna.")]


def register(app: typer.Typer) -> None:
    user = typer.Typer(no_args_is_help=True, help="The company's own people.")
    user.command("add")(user_add)
    user.command("link")(user_link)
    user.command("list")(user_list)
    user.command("disable")(user_disable)
    token = typer.Typer(no_args_is_help=True, help="API tokens.")
    token.command("add")(token_add)
    token.command("list")(token_list)
    token.command("revoke")(token_revoke)
    audit = typer.Typer(no_args_is_help=True, help="The audit log.")
    audit.callback()(lambda: None)  # else typer makes a group of one command that command
    audit.command("verify")(audit_verify)
    for name, group in (("user", user), ("token", token), ("audit", audit)):
        app.add_typer(group, name=name)


def user_add(  # one argument for each thing that is known of a person
    ctx: typer.Context,
    login: Login,
    name: Annotated[str, typer.Option(help="Full name.")] = "",
    email: Annotated[str, typer.Option(help="Mail address; mail from it is a colleague's.")] = "",
    role: Annotated[list[str] | None, typer.Option(help=f"{', '.join(ROLES)}; may be given several times.")] = None,
    order_system_id: Annotated[str, typer.Option(help="Id under which the order system shows their comments.")] = "",
    link: Annotated[bool, typer.Option("--link/--no-link", help="Print a one-time link by which they set a password.")] = True,
) -> None:
    """Adds a person, or changes the one of that login and lets them in again. Prints a link by which they come to the desk.

    Example: mailbot user add anna --name "Anna Berg" --email anna@company.example --role coordinator
    """
    unknown = sorted(set(role or ()) - set(ROLES))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: known are {', '.join(ROLES)}", param_hint="--role")
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import people

    wanted = role or ["coordinator"]
    with database(settings) as db:
        people.add(db, login, name=name, email=email, roles=wanted, order_system_id=order_system_id, origin=_origin())
        say(f"{login} is in.")
        if link:
            _print_link(settings, people.make_link(db, login, _origin()))


def user_link(ctx: typer.Context, login: Login) -> None:
    """Prints a new one-time link for somebody who forgot their password; earlier links end.

    Example: mailbot user link anna
    """
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import people

    with database(settings) as db:
        _print_link(settings, people.make_link(db, login, _origin()))


def user_list(ctx: typer.Context, as_json: AsJson = False) -> None:
    """The company's people.

    Example: mailbot user list
    """
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import people

    with database(settings) as db:
        rows = people.everybody(db)
    if as_json:
        for row in rows:
            emit(row)
        return
    columns = ("login", "name", "email", "roles", "active", "available", "seen_at")
    print_table(columns, ([row[name] for name in columns] for row in rows), empty="There is nobody yet. Add one: mailbot user add LOGIN")


def user_disable(ctx: typer.Context, login: Annotated[str, typer.Argument(metavar="LOGIN", help="Whom.")]) -> None:
    """Lets a person in no longer: their sessions, links and tokens end at once. What they did stays.

    Example: mailbot user disable anna
    """
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import people

    with database(settings) as db:
        people.disable(db, login, _origin(), even_the_last_admin=True)
    say(f"{login} is out.")


def token_add(
    ctx: typer.Context,
    login: Annotated[str, typer.Argument(metavar="LOGIN", help="Whose; it may do what their roles allow, within its scopes.")],
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help=f"{', '.join(SCOPES)}; may be given several times.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it lives.")] = 90,
) -> None:
    """Makes an API token and prints it: the only time that it is shown.

    Example: mailbot token add anna --name "weekly report" --scope tickets:read --scope insights:read
    """
    unknown = sorted(set(scope) - set(SCOPES))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: known are {', '.join(SCOPES)}", param_hint="--scope")
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import tokens

    with database(settings) as db:
        typer.echo(tokens.make(db, login, name=name, scopes=scope, days=days, origin=_origin()))
    say("Keep it safe: it is not shown again.")


def token_list(ctx: typer.Context, as_json: AsJson = False) -> None:
    """All API tokens, newest first, without their secrets.

    Example: mailbot token list
    """
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import tokens

    with database(settings) as db:
        rows = tokens.everyones(db)
    if as_json:
        for row in rows:
            emit(row)
        return
    columns = ("id", "login", "name", "scopes", "state", "ends_at", "used_at")
    headings = [name.replace("_", " ") for name in columns]
    print_table(headings, ([row[name] for name in columns] for row in rows), empty="There is no token.")


def token_revoke(ctx: typer.Context, token: Annotated[str, typer.Argument(metavar="ID", help="The part after mbt_.")]) -> None:
    """Ends an API token at once.

    Example: mailbot token revoke k3j9x2ab
    """
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import tokens

    with database(settings) as db:
        tokens.revoke(db, token, _origin())
    say(f"{token} is revoked.")


def audit_verify(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Looks whether any row of the audit log was changed, removed or put in between.

    Keep what it prints elsewhere: comparing with it finds a log that was cut off at its end.

    Example: mailbot audit verify
    """
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import audit

    with database(settings) as db:
        found = audit.verify(db)
    if as_json:
        emit({"rows": found.rows, "broken": found.broken or None, "why": found.why, "last": found.last, "hash": found.hash})
    elif found.broken:
        say(f"Row {found.broken}: {found.why}. The {found.rows} rows before it are whole.")
    else:
        typer.echo(f"{found.rows} rows, all whole. Last row {found.last}, hash {found.hash}")
    raise typer.Exit(1 if found.broken else 0)


def _origin() -> Origin:
    return Origin(actor=f"{login_name()} (command line)")


def _print_link(settings: Settings, secret: str) -> None:
    from mailbot.config.settings import DeskSettings

    desk = settings.desk or DeskSettings()  # type: ignore[call-arg]  # mypy reads Field(default, …) as required
    typer.echo(f"{desk.address}/welcome/{secret}")
    say("This link works once, within 24 hours. Give it to the person only.")
    if settings.desk is None:
        say("There is no [desk] section yet: the link works once `mailbot run` serves the desk.")
