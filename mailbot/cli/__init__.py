"""The commands. Modules are small and import the parts they need inside the command, so that `--help` is quick."""

from __future__ import annotations

from mailbot.cli.app import app, run

__all__ = ["app", "run"]
