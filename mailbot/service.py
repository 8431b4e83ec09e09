"""The running parts, as the doors and the schedule see them. Built by wiring."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from mailbot.access import SMTP, mailbox_access
from mailbot.config.settings import MailboxSettings, Settings
from mailbot.errors import BadInput, Unavailable
from mailbot.in_force import files_as_of_now, load_live
from mailbot.model.act import Act
from mailbot.receive.imap import Mailbox
from mailbot.record import settings_store
from mailbot.record.database import Database
from mailbot.senders import Lane, Mailer, Notifier, Poster
from mailbot.workflow import poll
from mailbot.workflow.acts import Acted, act
from mailbot.workflow.enrich import enrich
from mailbot.workflow.handle import handle
from mailbot.workflow.order_news import follow_orders
from mailbot.workflow.parts import Parts
from mailbot.workflow.settle import Done, Verb, settle
from mailbot.workflow.undo import undo
from mailbot.workflow.watch import watch

log = structlog.get_logger()


@dataclass(slots=True)
class Service:
    """The running parts, as the doors see them."""

    settings: Settings
    parts: Parts
    rules_dir: Path | None = None
    templates_dir: Path | None = None
    stalled: frozenset[str] = frozenset()
    broken: str = ""
    _hooks: threading.Event = field(default_factory=threading.Event)
    _files: frozenset[tuple[str, int, int, int]] = frozenset()  # of the rules and templates last read by reload

    @property
    def db(self) -> Database:
        return self.parts.db

    @property
    def handle_threads(self) -> int:
        """SQLite has one writer; PostgreSQL serves a thread per core."""
        return 1 if self.db.dialect == "sqlite" else max(2, os.cpu_count() or 2)

    def mailboxes(self) -> tuple[MailboxSettings, ...]:
        return self.settings.mailbox

    def mailbox(self, name: str) -> Watcher:
        """A fresh connection's owner; used by one thread."""
        box = next(b for b in self.settings.mailbox if b.name == name)
        return Watcher(self.parts, box, Mailbox(mailbox_access(self.settings, box)))

    def order_systems(self) -> tuple[str, ...]:
        return (self.parts.order_system.name,) if self.parts.order_system else ()

    def polls(self, stop: threading.Event) -> list[Callable[[], object]]:
        """One poll of every source, for `run --once`."""
        boxes = [functools.partial(self._poll_box, box.name, stop) for box in self.settings.mailbox]
        return [*boxes, *(functools.partial(self.poll_comments, name, stop) for name in self.order_systems())]

    def poll_comments(self, name: str, stop: threading.Event) -> int:
        """New order comments of one system. Raises Unavailable."""
        if self.parts.order_system is None:
            return 0
        try:
            kept = poll.poll_comments(self.parts, self.parts.order_system, stop)
            follow_orders(self.parts, self.parts.order_system, self.events_since(name), stop)
        except Unavailable as error:
            poll.note_failure(self.parts, name, str(error))
            raise
        return kept

    def events_since(self, name: str) -> datetime:
        """Where the feed of events is read from the first time: the go-live time of the order system."""
        with self.db.reading() as c:
            return poll.go_live_times(self.parts, c).get(name) or self.db.now(c)

    def watch(self) -> int:
        return watch(self.parts)

    def wait_for_comments(self, _name: str, stop: threading.Event) -> None:
        """Until a webhook, the poll time or the stop."""
        seconds = self.settings.order_system.poll_seconds if self.settings.order_system else 30
        _wait(self._hooks, stop, seconds)

    def handle(self) -> int:
        return handle(self.parts)

    def enrich(self) -> int:
        return enrich(self.parts)

    def lanes(self, stop: threading.Event) -> list[Lane]:
        """One sender per destination, so that a slow one never delays another."""
        found = [Lane(self.parts, "notify", Notifier(self.settings), stop)]
        if self.settings.smtp:
            found.append(Lane(self.parts, SMTP, Mailer(self.settings), stop))
        if self.parts.order_system:
            found.append(Lane(self.parts, f"order_system:{self.parts.order_system.name}", Poster(self.parts.order_system), stop))
        return found

    def wait_to_handle(self, seconds: float) -> None:
        self.parts.wake.handle.wait(threading.current_thread().name, seconds)

    def wait_to_send(self, lane: str, seconds: float) -> None:
        self.parts.wake.drain.wait(lane, seconds)

    def wake_all(self) -> None:
        self.parts.wake.all()

    def listen(self, stop: threading.Event) -> None:
        """Wakes up on PostgreSQL's NOTIFY; the ticks are the truth."""
        self.db.listen(stop, lambda _channel: self.parts.wake.all())

    def reload(self) -> None:
        """Swaps rules and templates as a whole when their files changed. A broken file leaves the old set in force and is shown."""
        files = files_as_of_now(self.settings, self.rules_dir, self.templates_dir)
        if files == self._files:
            return
        self._files = files
        try:
            live = load_live(self.settings, self.rules_dir, self.templates_dir)
        except BadInput as error:
            if str(error) != self.broken:
                self.broken = str(error)
                self.say("rules_broken", {"because": self.broken})
            return
        if (live.rules.hash, live.templates.hash) != (self.parts.live.rules.hash, self.parts.live.templates.hash):
            self.parts.live = live
            self.say("rules_changed", {"rules": live.rules.hash[:12], "templates": live.templates.hash[:12]})
        self.broken = ""

    def settle(self, verb: Verb, ids: Sequence[str], by: str) -> list[Done]:
        return settle(self.parts, verb, ids, by)

    def act_on_ticket(self, wanted: Act, by: str) -> Acted:
        """What a person does to a ticket. Raises NotFound, NotAllowed, Conflict."""
        return undo(self.parts, wanted.ticket, by) if wanted.verb == "undo" else act(self.parts, wanted, by)

    def secret(self, name: str) -> bytes:
        """32 random bytes of that name, the same for every process on this database."""
        with self.db.transaction() as c:
            return settings_store.secret(c, name)

    def say(self, event: str, facts: Mapping[str, object]) -> None:
        log.info(event, **facts)
        self.parts.tell(event, facts)

    def beat(self, dead: frozenset[str]) -> None:
        self.stalled = dead

    def leave(self) -> None:
        """Gives all leases back."""
        for box in self.settings.mailbox:
            poll.leave_mailbox(self.parts, box.name)

    def _poll_box(self, name: str, stop: threading.Event) -> None:
        watcher = self.mailbox(name)
        try:
            watcher.poll(stop)
        except Unavailable as error:
            watcher.failed(str(error))
            raise
        finally:
            watcher.close()
            poll.leave_mailbox(self.parts, name)


@dataclass(slots=True)
class Watcher:
    """One mailbox and its connection."""

    parts: Parts
    settings: MailboxSettings
    box: Mailbox
    has_lease: bool = False

    def poll(self, stop: threading.Event) -> None:
        polled = poll.poll_mailbox(self.parts, self.box, stop)
        self.has_lease = polled is not None
        for problem in polled.problems if polled else ():
            log.warning("mail_left_on_server", mailbox=self.settings.name, because=problem)

    def wait(self, stop: threading.Event) -> None:
        """IDLE or sleep until the next poll; without the lease only a short sleep. The lease is renewed meanwhile."""
        end = self.settings.poll_seconds if self.has_lease else 5
        waited = 0.0
        while waited < end and not stop.is_set():
            step = min(20.0, end - waited)
            if self.has_lease and not poll.hold_mailbox(self.parts, self.settings.name):
                return
            if self.settings.idle and self.has_lease:
                if self.box.wait(step, stop):
                    return
            else:
                stop.wait(step)
            waited += step

    def failed(self, because: str) -> None:
        poll.note_failure(self.parts, self.settings.name, because)

    def close(self) -> None:
        self.box.close()


def _wait(event: threading.Event, stop: threading.Event, seconds: float) -> None:
    waited = 0.0
    while waited < seconds and not stop.is_set() and not event.wait(0.5):
        waited += 0.5
    event.clear()
