"""rules check, templates check, templates preview."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.cli.common import RulesDir, TemplatesDir, say, shared

if TYPE_CHECKING:  # imported when a command needs it
    from mailbot.config.settings import Settings
    from mailbot.workflow.parts import Live


def register(app: typer.Typer) -> None:
    rules = typer.Typer(no_args_is_help=True, help="The rules that operators edit.")
    rules.command("check")(rules_check)
    app.add_typer(rules, name="rules")
    templates = typer.Typer(no_args_is_help=True, help="The texts that clients get.")
    templates.command("check")(templates_check)
    templates.command("preview")(templates_preview)
    app.add_typer(templates, name="templates")


def rules_check(ctx: typer.Context, rules: RulesDir = None) -> None:
    """Tells every fault of the rules before they go live.

    Example: mailbot rules check --rules rules
    """
    from mailbot.config.rule_warnings import rule_warnings
    from mailbot.in_force import lacking_rules

    live = _live(ctx, rules, None)
    for warning in (*lacking_rules(_settings_if_any(ctx), rules), *rule_warnings(live.rules.words)):
        say(f"warning: {warning}")
    say(f"The rules are good: {len(live.rules.routes)} routes, {len(live.rules.queues)} queues, hash {live.rules.hash[:12]}.")


def templates_check(ctx: typer.Context, templates: TemplatesDir = None) -> None:
    """Renders every template with samples and tells every fault.

    Example: mailbot templates check --templates templates
    """
    live = _live(ctx, None, templates)
    say(f"The templates are good: {len(live.templates.names())} of them, hash {live.templates.hash[:12]}.")


def templates_preview(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as email/ask; the folder may be left out for mails.")],
    sample: Annotated[str, typer.Option(help="The sample facts to fill in.")] = "",
    html: Annotated[bool, typer.Option("--html", help="The HTML form instead of the text.")] = False,
    templates: TemplatesDir = None,
) -> None:
    """A template filled in with sample facts.

    Example: mailbot templates preview ask
    """
    from mailbot.model.reply import samples

    live = _live(ctx, None, templates)
    names = live.templates.names()
    chosen = name if name in names else f"email/{name}"
    if chosen not in names:
        raise typer.BadParameter(f"{name}: known are {', '.join(names)}", param_hint="NAME")
    known = {s.name: s.facts for s in samples()}
    if sample and sample not in known:
        raise typer.BadParameter(f"{sample}: known are {', '.join(known)}", param_hint="--sample")
    mail = live.templates.preview(chosen, known[sample] if sample else next(iter(known.values())))
    if mail.subject:
        typer.echo(f"Subject: {mail.subject}\n")
    typer.echo(mail.html if html and mail.html else mail.text)


def _live(ctx: typer.Context, rules: Path | None, templates: Path | None) -> Live:
    """With a configuration its folders count too; without one the shipped files and the given folder."""
    from mailbot.in_force import load_live

    return load_live(_settings_if_any(ctx), rules, templates)


def _settings_if_any(ctx: typer.Context) -> Settings | None:
    import os

    given = shared(ctx)
    if given.config is None and not os.environ.get("MAILBOT_CONFIG") and not Path("config.toml").exists():
        return None
    return given.settings()
