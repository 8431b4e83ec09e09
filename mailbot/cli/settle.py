"""retry, release, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.cli.common import AsJson, By, emit, login_name, say, shared

if TYPE_CHECKING:  # imported when a command needs it
    from mailbot.workflow.settle import Verb

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Actions (O-17) and messages (M-9).")]


def register(app: typer.Typer) -> None:
    for command in (retry, release, cancel):
        app.command()(command)


def retry(ctx: typer.Context, ids: Ids, by: By = "", as_json: AsJson = False) -> None:
    """Tries again: an action that gave up or is uncertain, or a message set aside.

    Example: mailbot retry O-17 M-9
    """
    _act(ctx, "retry", ids, by, as_json)


def release(ctx: typer.Context, ids: Ids, by: By = "", as_json: AsJson = False) -> None:
    """Lets held or suppressed actions go.

    Example: mailbot release O-17 O-18
    """
    _act(ctx, "release", ids, by, as_json)


def cancel(ctx: typer.Context, ids: Ids, by: By = "", as_json: AsJson = False) -> None:
    """Ends actions that were not sent; they will never be.

    Example: mailbot cancel O-17
    """
    _act(ctx, "cancel", ids, by, as_json)


def _act(ctx: typer.Context, verb: Verb, ids: list[str], by: str, as_json: bool) -> None:
    settings = shared(ctx).settings()
    from mailbot.cli.logs import quiet
    from mailbot.wiring import open_service

    quiet()
    with open_service(settings) as service:
        done = service.settle(verb, ids, by or login_name())
    for one in done:
        if as_json:
            emit({"id": one.id, "what": one.what, "problem": one.problem})
        elif one.problem:
            say(f"{one.id}: {one.problem}")
        else:
            typer.echo(f"{one.id}: {one.what}")
    raise typer.Exit(1 if any(one.problem for one in done) else 0)
