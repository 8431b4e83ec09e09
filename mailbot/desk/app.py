"""Builds the desk: the table of routes, the guard before them, the shell around them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import anyio.to_thread
from fastapi import FastAPI
from starlette.types import ASGIApp

from mailbot.desk import (
    admin,
    api,
    api_acts,
    api_read,
    assets,
    client,
    come_in,
    insights,
    live,
    me,
    message,
    outbox,
    problems,
    queue,
    ready,
    search,
    sso,
    ticket,
)
from mailbot.desk.desk import Desk
from mailbot.desk.guard import Guard
from mailbot.desk.permissions import Routes, mount, undeclared
from mailbot.desk.shell import Shell

PAGES = (assets, ready, come_in, sso, me, queue, ticket, message, search, client, insights, outbox, live, admin)
MODULES: list[Routes] = [m.routes for m in (*PAGES, api, api_acts, api_read)]
"""Every module of pages; a new one is added here."""
THREADS = 8  # pages wait for the database only; more threads would only wait together


def make_app(desk: Desk) -> ASGIApp:
    """The whole desk. Raises RuntimeError where a route came past the table."""
    return Shell(routed(desk), desk)


def routed(desk: Desk) -> FastAPI:
    """Without the shell: what tests walk through."""
    app = FastAPI(title="mailbot", openapi_url=None, docs_url=None, redoc_url=None, lifespan=_few_threads, redirect_slashes=False)
    app.state.desk = desk
    mount(app, MODULES, Guard(desk))
    holes = undeclared(app.router.routes)
    if holes:
        raise RuntimeError(f"routes without a declared permission: {', '.join(holes)}")
    problems.register(app)
    return app


@contextlib.asynccontextmanager
async def _few_threads(_app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
