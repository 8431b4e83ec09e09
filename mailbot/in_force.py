"""Rules and templates in force: from which folders they come, and whether a file of theirs changed."""

from __future__ import annotations

import contextlib
from pathlib import Path

from mailbot.config.defaults import defaults_dir
from mailbot.config.rulebook import lacking, load_rules
from mailbot.config.settings import Settings
from mailbot.render import Templates
from mailbot.workflow.parts import Live


def load_live(settings: Settings | None, rules_dir: Path | None = None, templates_dir: Path | None = None) -> Live:
    """Rules and templates: the command line's folder, then the configuration's, then the shipped ones; per file."""
    return Live(load_rules(_folders("rules", settings, rules_dir)[::-1]), Templates.load(_folders("templates", settings, templates_dir)))


def lacking_rules(settings: Settings | None, rules_dir: Path | None = None) -> tuple[str, ...]:
    """What files of the company's lack, so that the shipped ones give it; one line each."""
    return lacking(_folders("rules", settings, rules_dir)[::-1])


def files_as_of_now(settings: Settings, rules_dir: Path | None, templates_dir: Path | None) -> frozenset[tuple[str, int, int, int]]:
    """What tells a changed file without reading it: path, inode, size and time of change. Loading all costs a hundred times more."""
    found = []
    for folder in (*_folders("rules", settings, rules_dir), *_folders("templates", settings, templates_dir)):
        for path in folder.rglob("*"):
            with contextlib.suppress(OSError):  # gone since it was listed: the next look sees the rest
                of = path.stat()
                found.append((str(path), of.st_ino, of.st_size, of.st_mtime_ns))
    return frozenset(found)


def _folders(kind: str, settings: Settings | None, given: Path | None) -> list[Path]:
    """Most specific first."""
    configured = None
    if settings:
        configured = (settings.rules if kind == "rules" else settings.templates).path
        if configured and settings.file:
            configured = settings.file.parent / configured
    return [folder for folder in (given, configured, defaults_dir("rules" if kind == "rules" else "templates")) if folder]
