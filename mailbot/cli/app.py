"""The table of commands, and the options that all of them share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailbot import __version__
from mailbot.cli import explain, look, orders, people, promise, rules, service, settle, start, tickets
from mailbot.cli.common import Shared

app = typer.Typer(
    name="mailbot",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reads what clients send back, opens tickets, answers at once, and loses or doubles nothing.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mailbot {__version__}")
        raise typer.Exit


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit code; wrong use is told by typer and gives 2. Raises MailbotError, KeyboardInterrupt."""
    try:
        app(arguments, prog_name="mailbot")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


@app.callback()
def shared(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The configuration; default: MAILBOT_CONFIG, else ./config.toml.")
    ] = None,
    _version_wanted: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    ctx.obj = Shared(config)


for module in (start, service, explain, look, tickets, settle, rules, promise, people, orders):
    module.register(app)
