"""Which walk runs when: threads of `mailbot run`, ticks by APScheduler, and the one pass of `run --once`.

One thread per mailbox (it owns connection and lease), one per order system, handle threads, one sender lane per destination, so that
a slow order system never delays a mail. Ticks only set an event or run short jobs. A thread that dies is started again with backoff.
"""

from __future__ import annotations

import contextlib
import functools
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from mailbot.errors import Unavailable
from mailbot.senders import Lane
from mailbot.service import Service

log = structlog.get_logger()

ALL = frozenset({"poll", "handle", "send", "watch", "desk"})
STOP_SECONDS = 30
FIRST_RETRY = 1.0
LAST_RETRY = 300.0
LAST_DATABASE_RETRY = 15.0
STEADY_SECONDS = 60.0  # a thread that lived so long begins its backoff anew


def run_once(service: Service, only: frozenset[str], stop: threading.Event) -> int:
    """Polls everything, handles everything, sends everything that is due, stops. Returns 1 if a source or lane failed (named), else 0."""
    failed = 0
    if "poll" in only:
        failed += sum(not _poll_source(poll, stop) for poll in service.polls(stop))
    while "handle" in only and not stop.is_set() and service.handle():
        pass
    if "watch" in only:
        service.enrich()
        service.watch()
        while "handle" in only and not stop.is_set() and service.handle():
            pass
    if "send" in only:
        failed += sum(not _send_all(lane, stop) for lane in service.lanes(stop))
    return 1 if failed else 0


Door = Callable[[threading.Event], None]


def serve(service: Service, only: frozenset[str], stop: threading.Event, doors: Mapping[str, Door] | None = None) -> int:
    """The service, until `stop` is set (SIGTERM, Ctrl-C): no new claims, what is in hand finishes within 30 s, leases are released.

    `doors`: what runs beside the walks in a thread of its own, by name (the desk).
    """
    threads = _Threads(stop)
    if "poll" in only:
        for box in service.mailboxes():
            threads.start(f"mailbox {box.name}", functools.partial(_watch_mailbox, service, box.name, stop))
        for name in service.order_systems():
            threads.start(f"order system {name}", functools.partial(_watch_comments, service, name, stop))
    if "handle" in only:
        for number in range(service.handle_threads):
            threads.start(f"handle {number + 1}", lambda: _handle_forever(service, stop))
    if "send" in only:
        for lane in service.lanes(stop):
            threads.start(f"send {lane.name}", functools.partial(_send_forever, service, lane, stop))
    for name, door in (doors or {}).items():
        threads.start(name, functools.partial(door, stop))
    threads.start("listen", lambda: service.listen(stop))
    scheduler = _ticks(service, only)
    scheduler.start()
    service.say("running", {"threads": sorted(threads.alive())})
    try:
        while not stop.wait(0.5):
            service.beat(threads.dead())
    finally:
        scheduler.shutdown(wait=False)
        service.wake_all()
        threads.join(STOP_SECONDS)
        with contextlib.suppress(Unavailable):  # leases end by themselves where the database is away
            service.leave()
    return 0


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and Ctrl-C ask to stop; a second one ends at once (the next start goes on where this one was)."""

    def ask(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)


def _ticks(service: Service, only: frozenset[str]) -> BackgroundScheduler:
    """In memory only: two processes would run a shared job store's jobs twice (measured)."""
    scheduler = BackgroundScheduler(job_defaults={"coalesce": True, "max_instances": 1}, timezone="UTC")
    if "handle" in only or "send" in only:
        scheduler.add_job(service.wake_all, "interval", seconds=1)
    if "watch" in only:
        scheduler.add_job(service.enrich, "interval", seconds=15)
        scheduler.add_job(service.watch, "interval", seconds=10)
        scheduler.add_job(service.reload, "interval", seconds=5)
    return scheduler


def _poll_source(poll: Callable[[], object], stop: threading.Event) -> bool:
    try:
        if not stop.is_set():
            poll()
    except Unavailable as error:
        log.warning("source_unavailable", because=str(error))
        return False
    return True


def _send_all(lane: Lane, stop: threading.Event) -> bool:
    try:
        while not stop.is_set() and lane.drain():
            pass
    finally:
        lane.close()
    return not lane.failed


def _watch_mailbox(service: Service, name: str, stop: threading.Event) -> None:
    """Polls, then waits for a hint (IDLE) or the next poll; an error throws the connection away and comes back with backoff."""
    backoff = _Backoff()
    told = ""
    while not stop.is_set():
        watcher = service.mailbox(name)
        try:
            while not stop.is_set():
                watcher.poll(stop)
                told = _named_once(service, name, "", told)
                backoff.reset()
                watcher.wait(stop)
        except Unavailable as error:
            told = _named_once(service, name, str(error), told)
            with contextlib.suppress(Unavailable):  # it may be the database that is away
                watcher.failed(str(error))
            stop.wait(backoff.next())
        finally:
            watcher.close()


def _watch_comments(service: Service, name: str, stop: threading.Event) -> None:
    backoff = _Backoff()
    told = ""
    while not stop.is_set():
        try:
            service.poll_comments(name, stop)
            told = _named_once(service, name, "", told)
            backoff.reset()
            service.wait_for_comments(name, stop)
        except Unavailable as error:
            told = _named_once(service, name, str(error), told)
            stop.wait(max(backoff.next(), getattr(error, "retry_after", None) or 0.0))


def _named_once(service: Service, name: str, because: str, told: str) -> str:
    """A failure is named once, and its end too; not at every try."""
    if because and not told:
        service.say("source_down", {"source": name, "because": because})
    if told and not because:
        service.say("source_back", {"source": name})
    return because or ""


def _handle_forever(service: Service, stop: threading.Event) -> None:
    def rest() -> None:
        service.wait_to_handle(1.0)

    _with_a_database(service, "handle", service.handle, rest, stop)


def _send_forever(service: Service, lane: Lane, stop: threading.Event) -> None:
    def rest() -> None:
        lane.rest()
        service.wait_to_send(lane.name, 1.0)

    try:
        _with_a_database(service, f"send {lane.name}", lane.drain, rest, stop)
    finally:
        lane.close()


def _with_a_database(service: Service, name: str, work: Callable[[], int], rest: Callable[[], None], stop: threading.Event) -> None:
    """Works, and rests where there was nothing to do. A database that is away is named once and asked again within 15 s."""
    backoff = _Backoff(last=LAST_DATABASE_RETRY)
    told = ""
    while not stop.is_set():
        try:
            worked = work()
            told = _named_once(service, name, "", told)
            backoff.reset()
            if not worked:
                rest()
        except Unavailable as error:
            told = _named_once(service, name, str(error), told)
            stop.wait(backoff.next())


@dataclass(slots=True)
class _Backoff:
    """1 s, 2 s, 4 s ... 5 min, with jitter, so that many machines do not come back at one moment."""

    seconds: float = FIRST_RETRY
    last: float = LAST_RETRY

    def next(self) -> float:
        wait, self.seconds = self.seconds, min(self.seconds * 2, self.last)
        return wait * (0.75 + random.random() / 2)

    def reset(self) -> None:
        self.seconds = FIRST_RETRY


@dataclass(slots=True)
class _Threads:
    """Keeps threads alive: one that dies is started again with backoff, and is named dead meanwhile (/readyz)."""

    stop: threading.Event
    threads: list[threading.Thread] = field(default_factory=list)
    down: set[str] = field(default_factory=set)

    def start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._keep_alive, args=(name, work), name=name, daemon=True)
        self.threads.append(thread)
        thread.start()

    def alive(self) -> list[str]:
        return [t.name for t in self.threads if t.is_alive()]

    def dead(self) -> frozenset[str]:
        return frozenset(self.down)

    def join(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _keep_alive(self, name: str, work: Callable[[], None]) -> None:
        backoff = _Backoff()
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                work()
            except Exception as error:
                if time.monotonic() - began > STEADY_SECONDS:
                    backoff.reset()
                self.down.add(name)
                log.exception("thread_died", thread=name, because=repr(error))
                self.stop.wait(backoff.next())
                self.down.discard(name)
            else:
                return
