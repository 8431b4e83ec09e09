"""HTTP to an order system: bearer token, time limits, bounded answers, no redirects. Knows whether a request may have been acted on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2

from mailbot.errors import BadConfig, Problem, Unavailable
from mailbot.order_system import answers, members

MAX_ANSWER = 16 * 1024 * 1024
MAX_RETRY_AFTER = 24 * 3600.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Raised before a byte of the request was written; after anything else the server may have acted.
NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    httpx2.ProxyError,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is complete. `at` is the server's Date; `retry_after` seconds."""

    status: int
    body: bytes
    etag: str
    at: datetime | None
    retry_after: float | None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def says(self) -> str:
        """The status and the problem's own words (RFC 9457 title and detail), at most 300 characters."""
        words = _problem(self.body)
        return f"{self.status} {words}" if words else str(self.status)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No complete answer came. `sent`: the server may have acted all the same."""

    because: str
    sent: bool


class Wire:
    """One connection pool; safe to use from several threads."""

    def __init__(self, url: str, token: str, connect: float, read: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadConfig([Problem("config", "order_system.url", f"{url!r} is no http or https address", "Write https://host/api/v1.")])
        self._base = url.rstrip("/")
        self._limits = httpx2.Timeout(connect=connect, read=read, write=read, pool=connect)
        self._longest = 3 * read
        self._client = httpx2.Client(
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "mailbot"},
            timeout=self._limits,
            follow_redirects=False,  # a redirect would carry the token elsewhere
            trust_env=parts.hostname not in LOOPBACK,
        )

    def call(
        self,
        method: Literal["GET", "POST", "PUT"],
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer | NoAnswer:
        """One request. `timeout` is seconds for all of it. Raises nothing but BadConfig of the constructor."""
        limits = self._limits if timeout is None else httpx2.Timeout(timeout)
        ends = time.monotonic() + (self._longest if timeout is None else timeout)
        try:
            with self._client.stream(method, self._base + path, params=params, json=json, headers=headers, timeout=limits) as response:
                return _read(response, ends)
        except NOT_SENT as error:
            return NoAnswer(f"cannot reach the order system: {_words(error)}", sent=False)
        except httpx2.TimeoutException as error:
            return NoAnswer(f"the order system does not answer in time ({type(error).__name__})", sent=True)
        except httpx2.HTTPError as error:
            return NoAnswer(f"the connection to the order system broke: {_words(error)}", sent=True)

    def close(self) -> None:
        self._client.close()


def unavailable(answer: Answer | NoAnswer) -> Unavailable:
    """The error of a read that brought nothing usable."""
    if isinstance(answer, NoAnswer):
        return Unavailable(answer.because)
    error = Unavailable(f"the order system answers {answer.says}{remedy(answer.status)}")
    error.retry_after = answer.retry_after
    return error


def remedy(status: int) -> str:
    """What an operator can do about a status that only the operator can mend."""
    if status in (401, 403):
        return ". Check order_system.token_file."
    if 300 <= status < 400:
        return ". It sends us elsewhere; check order_system.url."
    return ""


def _read(response: httpx2.Response, ends: float) -> Answer | NoAnswer:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER:
            return NoAnswer(f"the order system's answer is larger than {MAX_ANSWER // 1024 // 1024} MB", sent=True)
        if time.monotonic() > ends:
            return NoAnswer("the order system's answer drips in too slowly", sent=True)
    at = _http_date(response.headers.get("date", ""))
    return Answer(
        status=response.status_code,
        body=bytes(body),
        etag=response.headers.get("etag", "")[:256],
        at=at,
        retry_after=_retry_after(response.headers.get("retry-after", ""), at),
    )


def _retry_after(value: str, server_now: datetime | None) -> float | None:
    """Seconds (RFC 9110, 10.2.3). A date is compared with the server's own Date, so that a wrong clock here does no harm."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_RETRY_AFTER)
    until = _http_date(value)
    if until is None or server_now is None:
        return None
    return min(max((until - server_now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def _http_date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _problem(body: bytes) -> str:
    try:
        found = answers.decode(body)
    except Unavailable:
        return ""
    words = [w for w in (found.get("title"), found.get("detail")) if isinstance(w, str) and w]
    return " ".join(members.clean(": ".join(words)).split())[:300]


def _words(error: Exception) -> str:
    return members.clean(str(error))[:200] or type(error).__name__
