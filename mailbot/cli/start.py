"""init."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from mailbot.cli.common import say

QUESTIONS = (
    ("name", "Name of the company", "Your company"),
    ("support", "Address that clients write to", "support@company.example"),
    ("imap", "IMAP server", "imap.company.example"),
    ("smtp", "SMTP server", "smtp.company.example"),
    ("user", "User name of the mailbox", "support@company.example"),
    ("password_file", "File that holds its password", "mailbox-password"),
)


def register(app: typer.Typer) -> None:
    app.command()(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", file_okay=False, help="Where to write; made where it is missing.")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; write sample values to edit.")] = False,
) -> None:
    """Writes config.toml, rules/ and templates/ to start from. Never overwrites anything.

    Example: mailbot init desk
    """
    there = [name for name in ("config.toml", "rules", "templates") if (folder / name).exists()]
    if there:
        say(f"{folder / there[0]} is already there and stays as it is. Choose another folder, or move it away.")
        raise typer.Exit(1)
    try:
        answers = {key: default if yes else typer.prompt(question, default=default) for key, question, default in QUESTIONS}
    except typer.Abort:
        say("\nNothing was written. `mailbot init --yes` asks nothing and writes sample values to edit.")
        raise typer.Exit(1) from None
    from mailbot.config.defaults import defaults_dir

    text = config_text(answers)
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("rules", "templates"):
        (folder / kind).mkdir()
    # Limits are what a deployment changes first; everything else is copied when it is wanted, so that updates reach the rest.
    shutil.copy(defaults_dir("rules") / "limits.toml", folder / "rules" / "limits.toml")
    (folder / "rules" / "README.md").write_text(_NOTE.format(kind="rules"), encoding="utf-8")
    (folder / "templates" / "README.md").write_text(_NOTE.format(kind="templates"), encoding="utf-8")
    (folder / "config.toml").write_text(text, encoding="utf-8")
    password = Path(answers["password_file"]).expanduser()
    secret = password if password.is_absolute() else folder / password
    typer.echo(f"Wrote {folder / 'config.toml'}, {folder / 'rules'} and {folder / 'templates'}.")
    if not secret.exists():
        typer.echo(f"Now write the mailbox's password into {secret} and protect it: chmod 600 {secret}")
    typer.echo(f"Then look whether everything answers: mailbot --config {folder / 'config.toml'} doctor")


def config_text(answers: dict[str, str]) -> str:
    """A small configuration that loads once its password file is there."""
    quoted = {key: _toml(value) for key, value in answers.items()}
    return _CONFIG.format(**quoted)


def _toml(text: str) -> str:
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else {"\\": "\\\\", '"': '\\"'}.get(c, c) for c in text)
    return f'"{escaped}"'


_CONFIG = """# Written by `mailbot init`. config.example.toml and docs/configuration.md list every key.
[company]
name = {name}
support_address = {support}
time_zone = "UTC"

[database]
url = "sqlite:///var/mailbot.db"      # or postgresql://user@host/database

[[mailbox]]
name = "support"
host = {imap}
user = {user}
password_file = {password_file}

[smtp]
host = {smtp}
user = {user}
password_file = {password_file}
from = {support}

[desk]
listen = "127.0.0.1:8080"             # for others: a server with TLS before it (docs/desk.md)

[replies]
mode = "hold"       # everything is computed, a person releases; "send" when you trust it

[rules]
path = "rules"

[templates]
path = "templates"
"""
_NOTE = """Files of this folder win over the shipped {kind}, file by file. Copy one here to change it; delete it to use the shipped one.
`mailbot {kind} check` tells every fault before it goes live.
"""
