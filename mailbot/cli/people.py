"""user add, list, disable."""

from __future__ import annotations

from typing import Annotated

import typer

from mailbot.cli.common import AsJson, emit, print_table, say, shared
from mailbot.model.lifecycle import ROLES


def register(app: typer.Typer) -> None:
    user = typer.Typer(no_args_is_help=True, help="The company's own people.")
    user.command("add")(user_add)
    user.command("list")(user_list)
    user.command("disable")(user_disable)
    app.add_typer(user, name="user")


def user_add(  # one argument for each thing that is known of a person
    ctx: typer.Context,
    login: Annotated[str, typer.Argument(metavar="LOGIN", help="Short name, such as anna.")],
    name: Annotated[str, typer.Option(help="Full name.")] = "",
    email: Annotated[str, typer.Option(help="Mail address; mail from it is a colleague's.")] = "",
    role: Annotated[list[str] | None, typer.Option(help=f"{', '.join(ROLES)}; may be given several times.")] = None,
    order_system_id: Annotated[str, typer.Option(help="Id under which the order system shows their comments.")] = "",
) -> None:
    """Adds a person, or changes the one of that login and lets them in again.

    Example: mailbot user add anna --name "Anna Berg" --email anna@company.example --role coordinator
    """
    unknown = sorted(set(role or ()) - set(ROLES))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: known are {', '.join(ROLES)}", param_hint="--role")
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import people

    with database(settings) as db:
        people.add(db, login, name=name, email=email, roles=role or ["coordinator"], order_system_id=order_system_id)
    say(f"{login} is in.")


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
    columns = ("login", "name", "email", "roles", "active", "available")
    print_table(columns, ([row[name] for name in columns] for row in rows), empty="There is nobody yet. Add one: mailbot user add LOGIN")


def user_disable(ctx: typer.Context, login: Annotated[str, typer.Argument(metavar="LOGIN", help="Whom.")]) -> None:
    """Lets a person in no longer; what they did stays.

    Example: mailbot user disable anna
    """
    settings = shared(ctx).settings()
    from mailbot.health import database
    from mailbot.workflow import people

    with database(settings) as db:
        people.disable(db, login)
    say(f"{login} is out.")
