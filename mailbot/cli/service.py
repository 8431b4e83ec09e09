"""run, demo, doctor, db."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.cli.common import AsJson, RulesDir, TemplatesDir, emit, say, shared

if TYPE_CHECKING:  # imported when a command needs them
    from mailbot.schedule import Door
    from mailbot.service import Service

STEPS = ("poll", "handle", "send", "watch", "desk")


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(demo)
    app.command()(doctor)
    db = typer.Typer(no_args_is_help=True, help="The database.")
    db.command("upgrade")(db_upgrade)
    app.add_typer(db, name="db")


def run(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Poll everything, handle everything, send what is due, stop.")] = False,
    only: Annotated[str, typer.Option(metavar="STEPS", help=f"Only these, with commas between: {','.join(STEPS)}.")] = "",
    rules: RulesDir = None,
    templates: TemplatesDir = None,
) -> None:
    """The service: reads mailboxes and order comments, opens tickets, answers. Several processes may share one PostgreSQL.

    Example: mailbot run --once --only poll,handle
    """
    wanted = _steps(only)
    settings = shared(ctx).settings()
    from mailbot import schedule
    from mailbot.cli.logs import configure
    from mailbot.wiring import open_service

    configure(settings.log)
    stop = threading.Event()
    schedule.stop_on_signals(stop)
    with open_service(settings, rules_dir=rules, templates_dir=templates) as opened, _start_left_alone():
        if once:
            raise typer.Exit(schedule.run_once(opened, wanted, stop))
        code = schedule.serve(opened, wanted, stop, _doors(opened, wanted, named=bool(only)))
    raise typer.Exit(code)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Handle the sample messages and stop.")] = False,
    as_json: AsJson = False,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port of the desk; 0 picks a free one. Default: 8080, or a free one where it is taken."),
    ] = None,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", file_okay=False, help="Work in this folder and leave it there.")] = None,
) -> None:
    """A whole company on this machine: desk, mail server, order system with its client page, clients that write. Needs no network.

    Example: mailbot demo --once --json
    """
    try:
        from mailbot.demo import main
    except ModuleNotFoundError as error:
        say(f"The demo needs the package {error.name}. Install it with: pip install 'mailbot[demo]'")
        raise typer.Exit(1) from None
    from mailbot.cli.logs import quiet

    quiet()
    raise typer.Exit(main(once=once, as_json=as_json, port=port, keep=keep))


def doctor(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Looks at everything that mailbot needs: each line says ok, or what is wrong and how to mend it. Changes nothing.

    Example: mailbot doctor
    """
    settings = shared(ctx).settings()
    from mailbot.cli.logs import quiet
    from mailbot.health import probes
    from mailbot.workflow.doctor import examine

    quiet()
    wrong = 0
    for found in examine(probes(settings)):
        wrong += not found.ok
        if as_json:
            emit({"name": found.name, "ok": found.ok, "what": found.what, "remedy": found.remedy})
        else:
            typer.echo(f"{'ok     ' if found.ok else 'problem'}  {found.name}: {found.what}")
            if found.remedy:
                typer.echo(f"         {found.remedy}")
    raise typer.Exit(1 if wrong else 0)


def db_upgrade(ctx: typer.Context) -> None:
    """Brings the database to this version. Stop every `mailbot run` and make a backup before.

    Example: mailbot db upgrade
    """
    settings = shared(ctx).settings()
    from mailbot.health import upgrade_database

    say(upgrade_database(settings))


@contextlib.contextmanager
def _start_left_alone() -> Iterator[None]:
    """What the start made lives as long as the service: the garbage collector does not look through it again and again (3 % of a mail's
    CPU). When rules or templates are replaced, cycles among those of the start stay in memory, and no later ones."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _doors(opened: Service, wanted: frozenset[str], *, named: bool) -> dict[str, Door]:
    """The desk, where there is a [desk] section or `--only` names it. Raises Unavailable where its address is taken."""
    if "desk" not in wanted or not (opened.settings.desk or named):
        return {}
    from mailbot.desk.server import DeskServer

    server = DeskServer(opened)
    opened.say("desk", {"url": server.url})
    return {"desk": server.run}


def _steps(only: str) -> frozenset[str]:
    wanted = frozenset(part.strip() for part in only.split(",") if part.strip())
    unknown = sorted(wanted - set(STEPS))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: known are {', '.join(STEPS)}", param_hint="--only")
    return wanted or frozenset(STEPS)
