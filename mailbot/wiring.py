"""Builds every real part from the settings. The only module that knows them all; holds no policy."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from mailbot import credentials
from mailbot.config.defaults import defaults_dir
from mailbot.config.rulebook import load_rules
from mailbot.config.settings import Login, MailboxSettings, OAuth, Settings
from mailbot.errors import BadConfig, BadInput, Problem, Unavailable
from mailbot.model.act import Act
from mailbot.model.credential import Credential
from mailbot.model.message import OwnMarks
from mailbot.model.outcome import Outcome, TryAgain
from mailbot.model.ticket import Action
from mailbot.order_system import registry
from mailbot.order_system.contract import OrderSystem
from mailbot.receive.imap import Mailbox, MailboxAccess
from mailbot.record import migrations, settings_store
from mailbot.record.database import Database
from mailbot.render import Templates
from mailbot.send.notify import notify
from mailbot.send.order_action import perform
from mailbot.send.smtp import SmtpAccess, SmtpLane
from mailbot.workflow import poll
from mailbot.workflow.act import Done, Verb, act
from mailbot.workflow.acts import Acted
from mailbot.workflow.acts import act as ticket_act
from mailbot.workflow.drain import drain
from mailbot.workflow.enrich import enrich
from mailbot.workflow.explain import explain_files
from mailbot.workflow.handle import handle
from mailbot.workflow.holder import free_the_dead, new_holder
from mailbot.workflow.order_news import follow_orders
from mailbot.workflow.parts import Live, Parts
from mailbot.workflow.undo import undo
from mailbot.workflow.watch import watch

if TYPE_CHECKING:  # an extra
    from mailbot.identity import Provider

log = structlog.get_logger()
Tell = Callable[[str, Mapping[str, object]], None]
SMTP = "smtp"


@contextlib.contextmanager
def open_service(
    settings: Settings, *, rules_dir: Path | None = None, templates_dir: Path | None = None, tell: Tell | None = None
) -> Iterator[Service]:
    """Everything that `mailbot run` and the commands need. Raises BadConfig, BadRules, Unavailable with the remedy."""
    with contextlib.ExitStack() as ends:
        db = open_database(settings)
        ends.callback(db.close)
        service = Service(settings, _parts(settings, db, rules_dir, templates_dir, tell), rules_dir, templates_dir)
        ends.callback(getattr(service.parts.order_system, "close_connections", lambda: None))
        free_the_dead(service.parts)
        yield service


def open_database(settings: Settings) -> Database:
    """The database at this version's schema. An empty one is set up; an older one is refused with the remedy."""
    return migrations.opened(settings.database.url)


def load_live(settings: Settings | None, rules_dir: Path | None = None, templates_dir: Path | None = None) -> Live:
    """Rules and templates: the command line's folder, then the configuration's, then the shipped ones; per file."""
    return Live(load_rules(_folders("rules", settings, rules_dir)[::-1]), Templates.load(_folders("templates", settings, templates_dir)))


def explain(files: Sequence[str], rules_dir: Path | None = None, templates_dir: Path | None = None) -> Iterator[dict[str, object]]:
    """The objects of `mailbot explain --json`. Sends and stores nothing, needs no configuration."""
    return explain_files(files, load_live(None, rules_dir, templates_dir))


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
        found = [Lane(self.parts, "notify", _Notifier(self.settings), stop)]
        if self.settings.smtp:
            found.append(Lane(self.parts, SMTP, _Mailer(self.settings), stop))
        if self.parts.order_system:
            found.append(Lane(self.parts, f"order_system:{self.parts.order_system.name}", _Poster(self.parts.order_system), stop))
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
        files = _files_as_of_now(self.settings, self.rules_dir, self.templates_dir)
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

    def act(self, verb: Verb, ids: Sequence[str], by: str) -> list[Done]:
        return act(self.parts, verb, ids, by)

    def act_on_ticket(self, wanted: Act, by: str) -> Acted:
        """What a person does to a ticket. Raises NotFound, NotAllowed, Conflict."""
        return undo(self.parts, wanted.ticket, by) if wanted.verb == "undo" else ticket_act(self.parts, wanted, by)

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


class _Sender(Protocol):
    """One way out: now, later, never, or nobody knows."""

    def send(self, action: Action, now: datetime) -> Outcome:
        """Performs one action."""

    def close(self) -> None:
        """Ends the connection, where there is one."""


class _Mailer:
    def __init__(self, settings: Settings) -> None:
        self.lane = SmtpLane(smtp_access(settings))

    def send(self, action: Action, now: datetime) -> Outcome:  # noqa: ARG002 - the protocol of all senders
        return self.lane.send(action)

    def close(self) -> None:
        self.lane.close()


class _Poster:
    def __init__(self, system: OrderSystem) -> None:
        self.system = system

    def send(self, action: Action, now: datetime) -> Outcome:
        return perform(self.system, action, now)

    def close(self) -> None:
        """The order system's connections are shared with the readers and end with the service."""


class _Notifier:
    def __init__(self, settings: Settings) -> None:
        self.urls = settings.notify.urls
        self.lane = SmtpLane(smtp_access(settings)) if settings.smtp else None

    def send(self, action: Action, now: datetime) -> Outcome:  # noqa: ARG002 - as above
        return notify(action, self.urls, self.lane)

    def close(self) -> None:
        if self.lane:
            self.lane.close()


@dataclass(slots=True)
class Lane:
    """A sender and the rows that go through it. `failed`: something could not go out and is tried again later."""

    parts: Parts
    name: str
    sender: _Sender
    stop: threading.Event
    failed: bool = False

    def drain(self) -> int:
        return drain(self.parts, self.name, self._send, self.stop)

    def rest(self) -> None:
        """Nothing to send: no server likes an idle connection."""
        self.sender.close()

    def close(self) -> None:
        self.sender.close()

    def _send(self, action: Action, now: datetime) -> Outcome:
        outcome = self.sender.send(action, now)
        self.failed = self.failed or isinstance(outcome, TryAgain)
        return outcome


def mailbox_access(settings: Settings, box: MailboxSettings) -> MailboxAccess:
    return MailboxAccess(
        name=box.name,
        host=box.host,
        port=box.port,
        tls=box.tls,
        user=box.user,
        folder=box.folder,
        processed_folder=box.processed_folder,
        credential=_credential(box, settings),
        ca_file=box.ca_file or None,
    )


def smtp_access(settings: Settings) -> SmtpAccess:
    smtp = settings.smtp
    if smtp is None:
        raise _bad_config("smtp", "there is no [smtp] section", "Add [smtp] with host and from")
    domain = smtp.from_address.rpartition("@")[2]
    senders = {"null": "", "address": smtp.from_address, "verp": f"verp:{domain}"}
    return SmtpAccess(
        name=SMTP,
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        user=smtp.user,
        credential=_credential(smtp, settings) if smtp.user else None,
        envelope_sender=senders[smtp.envelope_sender],
        ca_file=smtp.ca_file or None,
    )


def order_system_of(settings: Settings) -> OrderSystem | None:
    """The configured order system, None without one."""
    section = settings.order_system
    if section is None or section.adapter == "none":
        return None
    token = ""
    if section.token_file:
        token = secret_path(settings, section.token_file).read_text().strip()
    return registry.make(section.adapter, registry.Access(name="orders", url=section.url, token=token))


def identity_provider(settings: Settings) -> Provider | None:
    """The configured one. Raises Unavailable where its packages are not installed."""
    oidc = settings.desk.oidc if settings.desk else None
    if oidc is None:
        return None
    from mailbot.identity import Account, Provider  # an extra

    return Provider(Account(oidc.issuer, oidc.client_id, secret_path(settings, oidc.client_secret_file), oidc.role_claim))


def secret_path(settings: Settings, name: str) -> Path:
    """A secret's file: of that name in the service manager's credentials directory, else relative to config.toml."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if given and (Path(given) / name).is_file():
        return Path(given) / name
    return (settings.file.parent if settings.file else Path()) / name


def _credential(login: Login, settings: Settings) -> Callable[[], Credential]:
    """The one form of credentials that load() found."""
    if login.password_file:
        return credentials.password_file(secret_path(settings, login.password_file))
    if login.token_command:
        return credentials.token_command(login.token_command)
    if login.oauth:
        return credentials.oauth(_oauth(login.oauth, settings))
    return credentials.password(login.password)


def _oauth(account: OAuth, settings: Settings) -> credentials.OAuth:
    return credentials.OAuth(
        provider=account.provider,
        client_id=account.client_id,
        client_secret_file=secret_path(settings, account.client_secret_file),
        refresh_token_file=secret_path(settings, account.refresh_token_file) if account.refresh_token_file else None,
        tenant=account.tenant,
        token_url=account.token_url,
        scope=account.scope,
    )


def _parts(settings: Settings, db: Database, rules_dir: Path | None, templates_dir: Path | None, tell: Tell | None) -> Parts:
    live = load_live(settings, rules_dir, templates_dir)
    own = _own_marks(settings, db, live.templates)
    system = order_system_of(settings)
    return Parts(
        db=db,
        company=settings.company_facts(),
        own=own,
        marks={b.name: replace(own, trusted_authserv_ids=b.trusted_authserv_ids, auth_profile=b.auth_profile) for b in settings.mailbox},
        live=live,
        holder=new_holder(),
        order_system=system,
        from_address=settings.smtp.sender if settings.smtp else settings.company.support_address,
        notify_addresses=settings.notify.email,
        notify_urls=settings.notify.urls,
        go_live=_go_live(settings, system),
        on_uncertain=settings.replies.on_uncertain,
        tell=tell or (lambda _event, _facts: None),
    )


def _own_marks(settings: Settings, db: Database, templates: Templates) -> OwnMarks:
    with db.transaction() as c:
        secret = settings_store.secret(c, "message_ids")
    address = settings.smtp.from_address if settings.smtp else settings.company.support_address
    return OwnMarks(domain=address.rpartition("@")[2], secret=secret, addresses=settings.own_addresses(), phrases=templates.own_phrases())


def _go_live(settings: Settings, system: OrderSystem | None) -> dict[str, datetime]:
    times = {b.name: b.since for b in settings.mailbox if b.since is not None}
    if system and settings.order_system and settings.order_system.since:
        times[system.name] = settings.order_system.since
    return times


def _folders(kind: str, settings: Settings | None, given: Path | None) -> list[Path]:
    """Most specific first."""
    configured = None
    if settings:
        configured = (settings.rules if kind == "rules" else settings.templates).path
        if configured and settings.file:
            configured = settings.file.parent / configured
    return [folder for folder in (given, configured, defaults_dir("rules" if kind == "rules" else "templates")) if folder]


def _files_as_of_now(settings: Settings, rules_dir: Path | None, templates_dir: Path | None) -> frozenset[tuple[str, int, int, int]]:
    """What tells a changed file without reading it: path, inode, size and time of change. Loading all costs a hundred times more."""
    found = []
    for folder in (*_folders("rules", settings, rules_dir), *_folders("templates", settings, templates_dir)):
        for path in folder.rglob("*"):
            with contextlib.suppress(OSError):  # gone since it was listed: the next look sees the rest
                of = path.stat()
                found.append((str(path), of.st_ino, of.st_size, of.st_mtime_ns))
    return frozenset(found)


def _wait(event: threading.Event, stop: threading.Event, seconds: float) -> None:
    waited = 0.0
    while waited < seconds and not stop.is_set() and not event.wait(0.5):
        waited += 0.5
    event.clear()


def _bad_config(key: str, what: str, remedy: str) -> BadConfig:
    return BadConfig([Problem("config.toml", key, what, remedy)])
