"""Builds every real part from the settings. The only module that knows them all; holds no policy."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mailbot.access import order_system_of
from mailbot.config.settings import Settings
from mailbot.in_force import load_live
from mailbot.model.message import OwnMarks
from mailbot.order_system.contract import OrderSystem
from mailbot.record import migrations, settings_store
from mailbot.record.database import Database
from mailbot.render import Templates
from mailbot.service import Service
from mailbot.workflow.explain import explain_files
from mailbot.workflow.holder import free_the_dead, new_holder
from mailbot.workflow.parts import Parts

Tell = Callable[[str, Mapping[str, object]], None]


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


def explain(files: Sequence[str], rules_dir: Path | None = None, templates_dir: Path | None = None) -> Iterator[dict[str, object]]:
    """The objects of `mailbot explain --json`. Sends and stores nothing, needs no configuration."""
    return explain_files(files, load_live(None, rules_dir, templates_dir))


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
