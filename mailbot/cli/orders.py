"""order-system serve and check, contact-link."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from mailbot.cli.common import AsJson, emit, say, shared

Kind = Literal["correction", "amendment", "feedback"]


def register(app: typer.Typer) -> None:
    orders = typer.Typer(no_args_is_help=True, help="The reference order system, and the test of your own.")
    orders.command("serve")(serve)
    orders.command("check")(check)
    app.add_typer(orders, name="order-system")
    app.command("contact-link")(contact_link)


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one.")] = 8320,
    database: Annotated[Path, typer.Option(dir_okay=False, help="Its own database file.")] = Path("orders.db"),
    token_file: Annotated[Path, typer.Option(dir_okay=False, help="Its API token; written where the file is missing.")] = Path(
        "order-token"
    ),
    support: Annotated[str, typer.Option(help="Address behind the contact icon.")] = "support@studio.example",
    seed: Annotated[bool, typer.Option("--seed", help="Sample clients, orders and returns, where the database is empty.")] = False,
) -> None:
    """A small real order system of its own, on 127.0.0.1: client page, staff page, API. Runs until Ctrl-C.

    Example: mailbot order-system serve --seed
    """
    from mailbot.reference.seed import seed as fill
    from mailbot.reference.server import serve as serve_orders

    token = _token(token_file)
    if seed:
        fill(database, past=True)
    try:
        serve_orders(
            port, database, token, support, lambda at: typer.echo(f"http://127.0.0.1:{at}/  (API: /api/v1, token in {token_file})")
        )
    except OSError as error:
        say(f"Port {port} cannot be used: {error}. Try another: mailbot order-system serve --port 0")
        raise typer.Exit(1) from None


def check(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the API, such as https://orders.company.example/api.")],
    token_file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="File with the API token.")] = None,
    order: Annotated[str, typer.Option(help="Id of a test order that may be changed; without it nothing is written.")] = "",
    as_json: AsJson = False,
) -> None:
    """The conformance suite: does an order system answer the contract? Writes only to the given test order.

    Example: mailbot order-system check https://orders.company.example/api --token-file token
    """
    from mailbot.order_system.conformance import check as conformance

    token = token_file.read_text(encoding="utf-8").strip() if token_file else ""
    wrong = 0
    for found in conformance(url, token, order):
        wrong += not found.ok
        if as_json:
            emit({"name": found.name, "ok": found.ok, "what": found.what})
        else:
            typer.echo(f"{'ok     ' if found.ok else 'problem'}  {found.name}: {found.what}")
    raise typer.Exit(1 if wrong else 0)


def contact_link(
    ctx: typer.Context,
    order: Annotated[str, typer.Option(help="Order number to fill in.")] = "",
    kind: Annotated[Kind | None, typer.Option(help="Keyword to fill in.")] = None,
    to: Annotated[str, typer.Option(help="Address; default: company.support_address of the configuration.")] = "",
) -> None:
    """A mailto link for your pages that makes a mail with order number and keyword filled in.

    Example: mailbot contact-link --order 10231 --kind correction
    """
    from mailbot.model.contact import contact_link as link

    typer.echo(link(to or shared(ctx).settings().company.support_address, order, kind))


def _token(file: Path) -> str:
    if not file.exists():
        import secrets

        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(secrets.token_urlsafe(24) + "\n")
    return file.read_text(encoding="utf-8").strip()
