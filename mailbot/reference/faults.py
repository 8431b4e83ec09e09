"""Faults on purpose, for tests: only with --faults, and only for whoever holds the token.

POST /test/faults takes a list of
{"method", "path" (a prefix), "times" (default 1), "delay" (seconds before anything), "late" (seconds between commit and answer),
 "status", "retry_after", "body" (raw text instead of the answer), "drop": "before" | "after" (cut the connection before or after
 the order system acted)}; an empty list ends all. {"oldest_cursor": n} makes cursors below n too old (410), {"whole_seconds": true}
stores times without fractions, {"forget_keys": true} keeps no Idempotency-Keys, as most real systems, and says so.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(slots=True)
class Faults:
    """What is to go wrong next."""

    rules: list[dict[str, Any]] = field(default_factory=list)
    oldest_cursor: int = 0
    forget_keys: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_for(self, method: str, path: str) -> dict[str, Any] | None:
        """The first rule that fits, used up once."""
        with self.lock:
            for rule in self.rules:
                if rule.get("method", method) == method and path.startswith(rule.get("path", "/api/")):
                    rule["times"] = rule.get("times", 1) - 1
                    if rule["times"] <= 0:
                        self.rules.remove(rule)
                    return rule
        return None


class FaultyServer:
    """Outermost ASGI layer: sees the server's own `send`, through which a connection can be cut."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app, self._faults = app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = self._faults.next_for(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if rule is None or scope["path"].startswith("/test/"):
            await self._app(scope, receive, send)
            return
        await asyncio.sleep(rule.get("delay", 0))
        if rule.get("drop") == "before":
            _cut(send)
        elif "status" in rule or "body" in rule:
            await _answer(send, rule)
        else:
            await self._act_then_hide(rule, scope, receive, send)

    async def _act_then_hide(self, rule: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self._app(scope, receive, keep)
        await asyncio.sleep(rule.get("late", 0))
        if rule.get("drop") == "after":
            _cut(send)
            return
        for message in kept:
            await send(message)


def routes(server: Any) -> APIRouter:
    router = APIRouter(dependencies=[Depends(server.signed_in)])

    @router.post("/test/faults")
    async def set_faults(request: Request) -> dict[str, Any]:
        wanted = await request.json()
        if isinstance(wanted, list):
            with server.faults.lock:
                server.faults.rules[:] = wanted
        else:
            server.faults.oldest_cursor = wanted.get("oldest_cursor", server.faults.oldest_cursor)
            server.faults.forget_keys = wanted.get("forget_keys", server.faults.forget_keys)
            server.database.whole_seconds = wanted.get("whole_seconds", server.database.whole_seconds)
        return {"rules": len(server.faults.rules)}

    return router


async def _answer(send: Send, rule: dict[str, Any]) -> None:
    status = rule.get("status", 200)
    text = rule.get("body", f'{{"type": "about:blank", "title": "fault on purpose", "status": {status}}}')
    kind = b"application/json" if "body" in rule else b"application/problem+json"
    headers = [(b"content-type", kind)]
    if "retry_after" in rule:
        headers.append((b"retry-after", str(rule["retry_after"]).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def _cut(send: Any) -> None:
    # ASGI has no word for it: uvicorn's `send` is a method of the request cycle, which knows its transport.
    send.__self__.transport.abort()
