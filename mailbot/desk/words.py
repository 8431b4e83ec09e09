"""Filters of the pages: times in the person's time zone, how long ago, names of states as people read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from mailbot.model.permission import role_words

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@pass_context
def moment(context: Context, at: datetime | None) -> Markup:
    """`Mon 23 Nov, 09:00`, with the year where it is another one. Import macros that use it `with context`."""
    return Markup("–") if at is None else _moment(context, at)


@pass_context
def clock(context: Context, at: datetime | None) -> Markup:
    """`09:00` today, else the day too."""
    if at is None:
        return Markup("–")
    local = _local(context, at)
    if local.date() != _local(context, context["now"]).date():
        return _moment(context, at)
    return _tag(at, f"{local:%H:%M}", f"{local:%Y-%m-%d %H:%M:%S %Z}")


@pass_context
def ago(context: Context, at: datetime | None) -> Markup:
    """`12 min ago`; desk.js keeps it true while the page is open."""
    if at is None:
        return Markup("never")
    local = _local(context, at)
    title = f"{local:%a} {local.day} {local:%b %Y %H:%M:%S %Z}"
    # The values are ours: digits, letters and colons only.
    text = f'<time datetime="{iso(at)}" title="{title}" data-ago>{span(context["now"] - at)} ago</time>'
    return Markup(text)  # noqa: S704 - see above


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")


@pass_context
def told(context: Context, text: str) -> Markup:
    """Words of a reason, its RFC 3339 times as the person reads times."""
    shown, end = Markup(""), 0
    for found in _TIME.finditer(text):
        shown += text[end : found.start()] + moment(context, datetime.fromisoformat(found[0]))
        end = found.end()
    return shown + text[end:]


@pass_context
def person(context: Context, login: str | None) -> str:
    """The name of a login, where the page knows it (`names`)."""
    return str(context.get("names", {}).get(login, login or ""))


def span(length: timedelta) -> str:
    """`45 s`, `12 min`, `3 h 20 min`, `5 days`."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
        return f"{hours} h {minutes} min" if minutes and hours < 10 else f"{hours} h"
    days = seconds // _DAY
    return "1 day" if days == 1 else f"{days} days"


_HEADINGS = {
    "ask": "Question to the client", "message": "Reply", "receipt_unverified": "Neutral receipt",
    "status": "Where it stands", "delay": "Delay", "internal_mail": "The mail, for colleagues on the order",
    "internal_assessed": "The assessment, for colleagues on the order", "internal_agreed": "The agreement, for colleagues on the order",
    "internal_update": "The update, for colleagues on the order",
}  # fmt: skip  # template: what a colleague calls it, where its name does not say it


def heading(template: str) -> str:
    """`internal_mail` -> `The mail, for colleagues on the order`."""
    return _HEADINGS.get(template) or plain(template)


def plain(word: str) -> str:
    """`waiting_for_client` -> `Waiting for client`."""
    text = word.replace("_", " ").replace("english", "English")
    return text[:1].upper() + text[1:]


def client_url(client: str) -> str:
    """The page of a client; ids may hold any character."""
    return f"/clients/{quote(client, safe='')}"


def any_of(names: Iterable[str]) -> list[tuple[str, str]]:
    """Options of a filter: none, or one of these."""
    return [("", "Any"), *((name, plain(name)) for name in names)]


def _moment(context: Context, at: datetime) -> Markup:
    local, today = _local(context, at), _local(context, context["now"])
    year = "" if local.year == today.year else f" {local.year}"
    return _tag(at, f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}", f"{local:%Y-%m-%d %H:%M:%S %Z}")


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"))
_SYSTEMS = (("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Mac OS", "macOS"), ("Linux", "Linux"))


def browser(agent: str) -> str:
    """`Firefox on Linux`: enough to know one's own again."""
    name = next((word for mark, word in _BROWSERS if mark in agent), "")
    system = next((word for mark, word in _SYSTEMS if mark in agent), "")
    return f"{name} on {system}" if name and system else name or agent[:40] or "unknown"


def _local(context: Context, at: datetime) -> datetime:
    return at.astimezone(context["visit"].zone)


def iso(at: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _tag(at: datetime, text: str, title: str) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso(at), title, text)


FILTERS: dict[str, Callable[..., Any]] = {
    "iso": iso, "moment": moment, "clock": clock, "ago": ago, "span": span, "plain": plain, "told": told, "person": person,
    "heading": heading, "browser": browser, "role_words": role_words,
}  # fmt: skip
