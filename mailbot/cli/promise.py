"""promise backtest: the delivery promise, measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.cli.common import AsJson, RulesDir, emit, print_table, shared

if TYPE_CHECKING:  # imported when the command needs it
    from mailbot.workflow.backtest import Backtest


def register(app: typer.Typer) -> None:
    promise = typer.Typer(no_args_is_help=True, help="The delivery time that clients are promised.")
    promise.command("backtest")(backtest)
    app.add_typer(promise, name="promise")


def backtest(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Deliveries of so many days.")] = 120,
    share: Annotated[float, typer.Option(min=0.5, max=0.99, help="The share of promises that should be kept.")] = 0.9,
    rules: RulesDir = None,
    as_json: AsJson = False,
) -> None:
    """How many promises of a delivery time were kept, and the rules that would have kept the share wanted with the least time to
    spare. Changes nothing.

    Example: mailbot promise backtest --days 90
    """
    from mailbot.in_force import load_live
    from mailbot.wiring import open_database
    from mailbot.workflow.backtest import backtest as look_back

    settings = shared(ctx).settings()
    live, db = load_live(settings, rules), open_database(settings)
    try:
        found = look_back(db, live.rules, days=days, share=share)
    finally:
        db.close()
    if as_json:
        emit(found.as_json())
    else:
        _tell(found)


def _tell(found: Backtest) -> None:
    kept, calibration = found.kept, found.found
    typer.echo(f"{kept.total} returns were promised a time and delivered within the last {found.days} days.")
    if kept.value is not None and found.kept_last.value is not None:
        typer.echo(
            f"Kept: {kept.value:.1%} by the first time told (95 % certain: {kept.low:.1%} to {kept.high:.1%}), "
            f"{found.kept_last.value:.1%} by the last one."
        )
    if calibration is None:
        typer.echo("Too few of them to say which rules would have kept more.")
        return
    typer.echo(f"Of the hours of work promised, {calibration.past.slack:.1%} were not needed.\n")
    rows = ((x.rule, _number(x.now), _number(x.would_be), x.deliveries) for x in found.lines)
    print_table(("rules/delivery_times.toml", "now", "would be", "deliveries"), rows, empty="")
    would = calibration.would
    if would.kept.value is not None:
        typer.echo(f"With these rules {would.kept.value:.1%} would have been kept, and {would.slack:.1%} of the hours not needed.")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
