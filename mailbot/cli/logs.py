"""How the log looks: lines for people or JSON for machines, on stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from mailbot.config.settings import LogSettings

_PRIVATE = ("from", "to", "sender", "address", "client", "subject")


def configure(wanted: LogSettings) -> None:
    """Mail addresses and subjects leave the log unless [log] addresses = true."""
    steps: list[Any] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    if not wanted.addresses:
        steps.append(_without_people)
    if wanted.format == "json" or (wanted.format == "auto" and not sys.stderr.isatty()):
        steps += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        steps.append(_lines(colors=sys.stderr.isatty()))
    _set(getattr(logging, wanted.level.upper()), steps)


def quiet() -> None:
    """Only errors: the command itself tells what happens."""
    _set(logging.ERROR, [structlog.stdlib.add_log_level, _lines(colors=False)])


def _lines(*, colors: bool) -> structlog.dev.ConsoleRenderer:
    """Tracebacks without the values of variables: those hold what clients wrote, and secrets."""
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _set(level: int, steps: list[Any]) -> None:
    structlog.configure(
        processors=steps,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _without_people(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in _PRIVATE:
        event.pop(key, None)
    return event
