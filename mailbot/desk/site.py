"""One request as a page sees it, and how pages are drawn: Jinja2 over templates/desk, redirects, notices that survive one redirect."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailbot.config.defaults import defaults_dir
from mailbot.desk import words
from mailbot.desk.assets import url as asset_url
from mailbot.desk.desk import Desk
from mailbot.desk.guard import origin_of
from mailbot.errors import NotAllowed, Unavailable
from mailbot.model.permission import Permission, role_words
from mailbot.model.visitor import Origin, Preferences, Visitor
from mailbot.record.database import Connection
from mailbot.record.views.changes import Mark, mark

FlashKind = Literal["ok", "wait", "stop"]
FLASH = "mailbot-notice"
_FLASH_SECONDS = 60
NAVIGATION = (
    ("/", "Queue", "g q", Permission.SEE),
    ("/outbox", "Outbox", "g o", Permission.SEE),
    ("/insights", "Insights", "g i", Permission.INSIGHTS),
    ("/admin", "Admin", "g a", Permission.CONFIGURATION),
)
"""Address, words, keys, who sees it."""


@dataclass(frozen=True, slots=True)
class Flash:
    kind: FlashKind
    text: str


@dataclass(slots=True)
class Visit:
    """What an endpoint gets: who asks, and the ways to answer."""

    desk: Desk
    request: Request
    now: datetime
    visitor: Visitor | None = None
    _answered: bool = field(default=False)

    @property
    def person(self) -> Visitor:
        """Who is signed in; a route that needs a permission always has one."""
        if self.visitor is None:
            raise NotAllowed("Please sign in.")
        return self.visitor

    @property
    def origin(self) -> Origin:
        return origin_of(self.request, self.desk)

    @property
    def zone(self) -> ZoneInfo:
        chosen = self.visitor.preferences.time_zone if self.visitor else ""
        return _zone(chosen or self.desk.service.settings.company.time_zone)

    @property
    def is_htmx(self) -> bool:
        """A part of the page is wanted, not the whole."""
        return self.request.headers.get("hx-request") == "true" and self.request.headers.get("hx-boosted") != "true"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.desk.service.db.reading() as c:
            yield c

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        """The template with what every page knows: visit, visitor, may, now, navigation, banners, flash."""
        flash = _unpacked(self.desk, self.request.cookies.get(FLASH, ""))
        response = HTMLResponse(draw(self, name, flash=flash, **values), status_code=status)
        if flash:
            response.delete_cookie(FLASH, path="/")
        return response

    def go(self, path: str, said: str = "", kind: FlashKind = "ok") -> Response:
        """303 after a form; `said` is shown on the next page."""
        response = RedirectResponse(path, status_code=303)
        if said:
            packed = _packed(self.desk, Flash(kind, said[:1000]))
            response.set_cookie(FLASH, packed, max_age=_FLASH_SECONDS, path="/", httponly=True, samesite="lax", secure=self.desk.secure)
        return response


def visit_of(request: Request) -> Visit:
    """The dependency of every endpoint."""
    desk: Desk = request.app.state.desk
    return Visit(desk, request, desk.clock(), getattr(request.state, "visitor", None))


Here = Annotated[Visit, Depends(visit_of)]


def draw(visit: Visit, name: str, **values: Any) -> str:
    """Text of a template or of a part of a page."""
    visitor = visit.visitor
    preferences = visitor.preferences if visitor else Preferences()
    known = {
        "visit": visit, "visitor": visitor, "now": visit.now, "preferences": preferences, "path": visit.request.url.path,
        "may": visitor.may if visitor else _nothing, "Permission": Permission,
        "navigation": [row for row in NAVIGATION if visitor and visitor.may(row[3])],
        "request_id": getattr(visit.request.state, "request_id", ""), "company": visit.desk.service.settings.company.name,
        "flash": None, "banners": _banners(visit),
    }  # fmt: skip
    return environment().get_template(name).render(**(known | values))


@functools.cache
def environment() -> Environment:
    """Shipped pages only: an operator's templates are for what clients read."""
    env = Environment(
        loader=FileSystemLoader(defaults_dir("templates") / "desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    env.filters.update(words.FILTERS)
    env.globals.update(asset=asset_url, role_words=role_words, any_of=words.any_of, client_url=words.client_url)
    return env


@dataclass(frozen=True, slots=True)
class Banner:
    """Full width above everything: something that a person must not miss."""

    kind: FlashKind
    text: str
    at: datetime | None = None
    href: str = ""


def _banners(visit: Visit) -> list[Banner]:
    """What a person must not miss, on every page of those who are signed in: a source that stopped, a reply that failed."""
    if visit.visitor is None:
        return []
    try:
        states = visit.desk.sources()
        with visit.reading() as c:
            wrong = mark(c)
    except Unavailable:
        return [Banner("stop", "The database does not answer. Nothing is lost; pages may be old.")]
    found = _unsettled(wrong)
    for state in states:
        because = state.view.last_error
        if state.stale:
            since = "has not been read since" if state.view.last_ok_at else "has never been read"
            found.append(Banner("stop", f"{state.kind.capitalize()} {state.view.place} {since}", state.view.last_ok_at))
        if because:
            found.append(Banner("stop" if state.stale else "wait", f"{state.kind.capitalize()} {state.view.place}: {because}"))
    if visit.desk.service.broken:
        found.append(Banner("wait", f"Rules or templates cannot be used; the earlier ones stay in force: {visit.desk.service.broken}"))
    return found


def _unsettled(wrong: Mark) -> list[Banner]:
    found = []
    if failed := wrong.uncertain + wrong.gave_up:
        what = "An action" if failed == 1 else f"{failed} actions"
        where = "/outbox?state=gave_up" if wrong.gave_up else "/outbox?state=uncertain"
        found.append(Banner("stop", f"{what} failed or may have failed; a client may not have heard from us.", href=where))
    if wrong.set_aside:
        what = "A message" if wrong.set_aside == 1 else f"{wrong.set_aside} messages"
        found.append(
            Banner("wait", f"{what} could not be handled and wait{'s' if wrong.set_aside == 1 else ''} for a person.", href="/aside")
        )
    return found


def _nothing(_permission: Permission) -> bool:
    return False


@functools.lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _packed(desk: Desk, flash: Flash) -> str:
    body = base64.urlsafe_b64encode(json.dumps([flash.kind, flash.text]).encode()).decode()
    return f"{body}.{desk.seal('notice:' + body)}"


def _unpacked(desk: Desk, text: str) -> Flash | None:
    body, _, seal = text.partition(".")
    if not body or not desk.has_sealed(f"notice:{body}", seal):
        return None
    kind, said = json.loads(base64.urlsafe_b64decode(body))
    return Flash(kind, said)
