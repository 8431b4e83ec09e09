"""explain."""

from __future__ import annotations

from typing import Annotated

import typer

from mailbot.cli.common import AsJson, RulesDir, TemplatesDir, emit


def register(app: typer.Typer) -> None:
    app.command()(explain)


def explain(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help=".eml, mbox or .json (an order comment) files; - is standard input.")
    ],
    as_json: AsJson = False,
    rules: RulesDir = None,
    templates: TemplatesDir = None,
) -> None:
    """What would be understood and decided for these messages. Sends and stores nothing, needs no configuration.

    Example: mailbot explain some-mail.eml
    """
    from mailbot.cli.logs import quiet
    from mailbot.wiring import explain as explained

    quiet()
    failed = False
    for row in explained(files, rules, templates):
        failed = failed or "error" in row
        if as_json:
            emit(row)
        else:
            from mailbot.cli.explain_view import print_explained

            print_explained(row)
    raise typer.Exit(1 if failed else 0)
