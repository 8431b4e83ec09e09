"""Around every answer: request id, Host check, size limit, security headers, one line in the log. Plain ASGI, so that streams stream."""

from __future__ import annotations

import secrets
import time
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailbot.desk.desk import Desk

log = structlog.get_logger()

MAX_BODY = 2 * 1024 * 1024
CSP = (
    "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""A route that needs others sets them itself; these fill what it left out."""
_TOO_LARGE = "At most 2 MB can be sent at once."
_HSTS = "max-age=31536000; includeSubDomains"
_ANY_HOST = frozenset({"/healthz", "/readyz"})  # probes ask by address


class Shell:
    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self.app, self.desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(self.desk, scope, send)
        refused = self._refused(scope)
        if refused:
            await PlainTextResponse(refused[1], status_code=refused[0])(scope, receive, answer.send)
            return
        try:
            await self.app(scope, _limited(receive), answer.send)
        except Exception:
            log.exception("request_failed", request_id=answer.request_id, path=_loggable(scope))
            if not answer.status:
                text = f"Something failed here. Tell your admin this number: {answer.request_id}"
                await PlainTextResponse(text, status_code=500)(scope, receive, answer.send)
        finally:
            answer.note(scope)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self.desk.hosts and scope["path"] not in _ANY_HOST:
            return 421, "The desk does not serve this host name. Its own stands in config.toml under [desk] base_url."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return 413, _TOO_LARGE
        return None


class _Answer:
    """Sends with the headers filled in, and remembers the status."""

    def __init__(self, desk: Desk, scope: Scope, send: Send) -> None:
        self.desk, self._send = desk, send
        self.status = 0
        self.request_id = secrets.token_hex(8)
        self.began = time.monotonic()
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self.desk.secure:
                headers.setdefault("Strict-Transport-Security", _HSTS)
            headers["X-Request-Id"] = self.request_id
        await self._send(message)

    def note(self, scope: Scope) -> None:
        """Ids and sizes only: a query may hold what a client wrote."""
        visitor: Any = scope["state"].get("visitor")
        quiet = scope["path"].startswith("/static/") or scope["path"] in _ANY_HOST
        (log.debug if quiet else log.info)(
            "request", method=scope["method"], path=_loggable(scope), status=self.status, login=visitor.login if visitor else "",
            ms=round((time.monotonic() - self.began) * 1000), request_id=self.request_id,
        )  # fmt: skip


def _loggable(scope: Scope) -> str:
    """A one-time link is a secret."""
    path: str = scope["path"]
    return "/welcome/…" if path.startswith("/welcome/") else path


def _limited(receive: Receive) -> Receive:
    """A body without a told length is counted as it comes."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise HTTPException(413, _TOO_LARGE)
        return message

    return counted
