"""What all pages share: the service behind the desk, by which addresses it is reached, and the state of its sources."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mailbot.config.settings import DeskSettings
from mailbot.record.database import Connection
from mailbot.record.views.changes import mark
from mailbot.record.views.sources import SourceView, sources
from mailbot.service import Service

if TYPE_CHECKING:  # an extra
    from mailbot.identity import Provider

_GRACE = timedelta(seconds=30)
_FRESH_SECONDS = 3.0
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class SourceState:
    """A mailbox or order system. `stale`: its last success is older than two polls, or it never had one and failed."""

    view: SourceView
    kind: str
    stale: bool


@dataclass(slots=True)
class Desk:
    """One for each running desk. `secret` signs what a browser keeps for us; `demo`: whom the demo signs in without proof."""

    service: Service
    settings: DeskSettings
    secret: bytes
    port: int
    stopping: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    demo: tuple[str, ...] = ()
    provider: Provider | None = None
    kept: dict[str, tuple[float, Any]] = field(default_factory=dict)  # counted at (monotonic), value: see insights.py
    _sources: tuple[float, dict[str, SourceView]] = (0.0, {})

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""
        return self.settings.base_url.rstrip("/") or f"http://{_listen_host(self.settings.listen)}:{self.port}"

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https:")

    @property
    def cookie(self) -> str:
        """`__Host-`: only from this host, only over TLS, for all paths. Plain HTTP is for loopback only (config checks it)."""
        return "__Host-mailbot" if self.secure else "mailbot"

    @property
    def hosts(self) -> frozenset[str]:
        """What may stand in the Host header; anything else is DNS rebinding or a wrong proxy."""
        own = urlsplit(self.base_url).netloc.lower()
        local = {f"{name}:{self.port}" for name in LOOPBACK} if self.is_local else set()
        return frozenset({own, *local})

    @property
    def origins(self) -> frozenset[str]:
        """Origins of our own pages."""
        parts = urlsplit(self.base_url)
        local = {f"http://{name}:{self.port}" for name in LOOPBACK} if self.is_local and not self.secure else set()
        return frozenset({f"{parts.scheme}://{parts.netloc.lower()}", *local})

    def seal(self, text: str) -> str:
        """What shows that a browser brings back something that we gave it. `text` begins with what it is for."""
        return hmac.new(self.secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]

    def has_sealed(self, text: str, seal: str) -> bool:
        return hmac.compare_digest(self.seal(text).encode(), seal.encode("utf-8", "replace"))

    @property
    def is_local(self) -> bool:
        """Listens on this machine only."""
        return is_loopback(_listen_host(self.settings.listen))

    @property
    def proxies(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        return tuple(ipaddress.ip_network(given, strict=False) for given in self.settings.trusted_proxies)

    def sources(self) -> tuple[SourceState, ...]:
        """Every mailbox and order system; read anew after 3 s, judged by the clock each time. Raises Unavailable."""
        read_at, views = self._sources
        if not views or time.monotonic() - read_at >= _FRESH_SECONDS:
            with self.service.db.reading() as c:
                views = {view.place: view for view in sources(c)}
            self._sources = (time.monotonic(), views)
        now = self.clock()
        intervals = {box.name: ("mailbox", box.poll_seconds) for box in self.service.mailboxes()}
        system = self.service.settings.order_system
        intervals |= dict.fromkeys(self.service.order_systems(), ("order system", system.poll_seconds if system else 30))
        return tuple(_state(views.get(name) or SourceView(place=name), kind, every, now) for name, (kind, every) in intervals.items())

    def mark(self, c: Connection) -> str:
        """Another one as soon as an open page shows what is old: ids and numbers only. A source that stops changes no table."""
        wrong = [(state.view.place, state.stale, state.view.last_error) for state in self.sources() if state.stale or state.view.last_error]
        return f"{mark(c)}.{zlib.crc32(repr(wrong).encode()) if wrong else 0}"


def _state(view: SourceView, kind: str, every: int, now: datetime) -> SourceState:
    if view.last_ok_at is None:
        return SourceState(view, kind, stale=bool(view.last_error))
    return SourceState(view, kind, stale=now - view.last_ok_at > 2 * timedelta(seconds=every) + _GRACE)


def _listen_host(listen: str) -> str:
    return listen.rpartition(":")[0]


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
