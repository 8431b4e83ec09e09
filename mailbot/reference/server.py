"""Starts and stops the reference order system."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from mailbot.reference import store
from mailbot.reference.api import Server
from mailbot.reference.app import build
from mailbot.reference.database import Database
from mailbot.reference.faults import Faults
from mailbot.reference.hooks import Hooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`open_login`: whoever opens the page may choose a client or a member of staff; without it only personal links sign in.
    `faults`: faults on purpose may be asked for (tests).
    """

    faults: bool = False
    open_login: bool = True
    hooks: Hooks | None = None


PLAIN = Options()


def serve(
    port: int,
    database: Path,
    token: str,
    support_address: str,
    ready: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
    options: Options = PLAIN,
) -> None:
    """Serves on 127.0.0.1 until `stop` is set (or a signal comes, in the main thread). `ready` gets the port; 0 picks a free one.

    Raises OSError where the port is taken.
    """
    hooks = options.hooks
    opened = Database(database)
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    app = build(Server(opened, token, Faults(), hooks is not None), support_address, options.faults, options.open_login)
    # h11 and asyncio, whatever else is installed: one behaviour everywhere.
    config = uvicorn.Config(
        app, log_level="critical", access_log=False, http="h11", loop="asyncio", lifespan="off", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    done = threading.Event()
    helpers = [threading.Thread(target=_watch, args=(server, stop, done), daemon=True)] if stop else []
    if hooks:
        with opened.reading() as c:
            seen = store.last_event(c)
        helpers.append(threading.Thread(target=hooks.run, args=(opened, seen, done), daemon=True))
    for helper in helpers:
        helper.start()
    try:
        if ready:
            ready(listener.getsockname()[1])
        server.run(sockets=[listener])
    finally:
        done.set()
        listener.close()
        for helper in helpers:
            helper.join(timeout=5)


def _watch(server: uvicorn.Server, stop: threading.Event, done: threading.Event) -> None:
    while not done.is_set():
        if stop.wait(0.1):
            server.should_exit = True
            return
