"""What every command shares: the configuration, output for people and for scripts, tables."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:  # imported when a command needs them
    from mailbot.config.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line on stdout, for scripts.")]
RulesDir = Annotated[
    Path | None, typer.Option("--rules", metavar="DIR", exists=True, file_okay=False, help="Rules that win over the configured ones.")
]
TemplatesDir = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", exists=True, file_okay=False, help="Templates that win over the configured ones."),
]
Limit = Annotated[int, typer.Option(min=1, help="At most so many, newest first.")]
By = Annotated[str, typer.Option("--as", metavar="USER", help="Who does it, for the history; default: your login.")]


@dataclass(frozen=True, slots=True)
class Shared:
    """What stands before the command on the command line."""

    config: Path | None

    def settings(self) -> Settings:
        """The configuration; its warnings go to stderr. Raises BadConfig."""
        from mailbot.config import load

        loaded = load(self.config, os.environ)
        for warning in loaded.warnings:
            say(f"warning: {warning}")
        return loaded


def say(text: str) -> None:
    """A message for a person: stderr, so that stdout holds only results."""
    typer.echo(text, err=True)


def emit(row: Mapping[str, object]) -> None:
    """One JSON object on a line of its own."""
    sys.stdout.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table for people; `empty` is said where there is nothing to show."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headings, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        # Text, not str: what clients wrote may look like rich's markup.
        table.add_row(*(Text(plain(cell)) for cell in row))
    if table.row_count:
        # Piped output has no width of its own: room enough that no cell is cut.
        Console(highlight=False, width=None if sys.stdout.isatty() else 200).print(table)
    else:
        say(empty)


def plain(value: object) -> str:
    """A cell for people, free of control characters that a client's text could smuggle into a terminal."""
    text = "-" if value is None or value == "" else ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def login_name() -> str:
    """The person at this terminal."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "command line"


def shared(ctx: typer.Context) -> Shared:
    found: Any = ctx.find_root().obj
    return found if isinstance(found, Shared) else Shared(None)
