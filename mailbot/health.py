"""What `mailbot doctor` asks, built from the settings, and the few commands that need the database only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

from mailbot.access import mailbox_access, order_system_of, smtp_access
from mailbot.config.settings import MailboxSettings, Settings
from mailbot.errors import NotFound
from mailbot.in_force import load_live
from mailbot.receive.imap import Mailbox
from mailbot.record import migrations
from mailbot.record.database import Database
from mailbot.send.smtp import SmtpLane
from mailbot.wiring import open_database
from mailbot.workflow.doctor import Fault, Probe

_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_UPGRADE = "Make a backup, then run: mailbot db upgrade"


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database at this version's schema, closed at the end. Raises BadConfig, Unavailable."""
    db = open_database(settings)
    try:
        yield db
    finally:
        db.close()


def upgrade_database(settings: Settings) -> str:
    """Brings the schema to this version; says where it ended. Raises Unavailable where a newer mailbot was there."""
    db = Database(settings.database.url)
    try:
        before = migrations.state(db)
        return f"The database is at {migrations.upgrade(db)} ({'nothing to do' if before == 'current' else 'upgraded'})."
    finally:
        db.close()


def probes(settings: Settings) -> list[Probe]:
    """In the order in which they help: what others rest on first."""
    found = [
        Probe("configuration", lambda: _configuration(settings)),
        Probe("clock", _clock),
        Probe("rules and templates", lambda: _live(settings)),
        Probe("database", lambda: _database(settings)),
        *(Probe(f"mailbox {box.name}", lambda b=box: _mailbox(settings, b)) for box in settings.mailbox),  # type: ignore[misc]  # lambda default
    ]
    if settings.smtp:
        found.append(Probe("smtp", lambda: _smtp(settings)))
    if order_system_of(settings):
        found.append(Probe("order system", lambda: _order_system(settings)))
    return found


def _configuration(settings: Settings) -> str:
    """Warnings are no fault: mailbot runs with them."""
    return "; ".join((f"{settings.file} is good", *(f"warning: {w}" for w in settings.warnings)))


def _clock() -> str:
    now = datetime.now(UTC)
    if now < _EARLIEST:
        raise Fault(f"this machine says it is {now:%Y-%m-%d %H:%M} UTC", "Set the clock, best by NTP: promises and limits rest on it")
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"


def _live(settings: Settings) -> str:
    live = load_live(settings)
    return f"rules {live.rules.hash[:12]}, templates {live.templates.hash[:12]}"


def _database(settings: Settings) -> str:
    db = Database(settings.database.url)
    try:
        state = migrations.state(db)
        if state == "behind":
            raise Fault("was made by an older mailbot", _UPGRADE)
        if state == "ahead":
            raise Fault("was made by a newer mailbot", "Start that version, or restore a backup")
        return f"{db.address}: {'empty, the first run sets it up' if state == 'empty' else 'at this version'}"
    finally:
        db.close()


def _mailbox(settings: Settings, box: MailboxSettings) -> str:
    mailbox = Mailbox(mailbox_access(settings, box))
    try:
        state = mailbox.open()
        if mailbox.problems:
            raise Fault("; ".join(mailbox.problems), "Kept mails stay where they are until this is mended")
        return f"logged in at {box.host}, {state.exists} mails in {box.folder}"
    finally:
        mailbox.close()


def _smtp(settings: Settings) -> str:
    lane = SmtpLane(smtp_access(settings))
    try:
        lane.check()
    finally:
        lane.close()
    return f"{lane.access.host} takes our mail"


def _order_system(settings: Settings) -> str:
    system = order_system_of(settings)
    if system is None:
        raise NotFound("there is no order system")
    able = system.capabilities()
    names = [name for name in ("reopen", "close", "delivery_time", "client_visible_comments", "events") if getattr(able, name)]
    return f"{system.name} answers; it can {', '.join(n.replace('_', ' ') for n in names) or 'only be read'}"
