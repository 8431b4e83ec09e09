"""What a page costs the database: as many statements for a long list as for a short one, and for a long story as for a short one."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import delete, event
from sqlalchemy.engine import Engine

from mailbot.errors import Unavailable
from mailbot.model.act import Act
from mailbot.record import drafts
from mailbot.record.database import Database
from mailbot.record.tables import presence
from mailbot.workflow.acts import act
from tests.desk.conftest import World, a_world
from tests.desk.tickets import anna_writes, with_orders
from tests.support.desk_data import fill

PAGES = (
    "/", "/?view=mine", "/?view=disputes", "/search?q=kitchen", "/search?q=kitchen&sort=best", "/clients/anna", "/clients/C00001",
    "/insights", "/outbox", "/outbox?state=sent", "/aside", "/t/1", "/t/1/now", "/poll", "/queue.csv", "/queue.json",
    "/search.csv?q=kitchen", "/search.json?q=kitchen",
)  # fmt: skip
"""Pages with rows that grow with the work; those of people are counted in test_admin.py."""

DOWNLOAD = re.compile(r"\.(csv|json)\b")  # what leaves the desk as a file stands in the audit log
START = datetime(2100, 1, 1, tzinfo=UTC)  # after all that the other tests of this desk note


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from lived_in(tmp_path_factory.mktemp("short"), tickets=40, messages=1)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from lived_in(tmp_path_factory.mktemp("long"), tickets=400, messages=12)


def lived_in(folder: Path, *, tickets: int, messages: int) -> Iterator[World]:
    """Ticket 1 is Anna's, with so many messages, and as many notes and replies."""
    with a_world(folder) as world:
        with_orders(world)
        for number in range(messages):
            anna_writes(world, number=number + 1)
            for verb in ("note", "reply"):
                act(world.service.parts, Act(verb=verb, ticket=1, text=f"Word {number} on the kitchen"), "coordinator")
        fill(world.db, tickets, datetime.now(UTC), waiting=tickets // 2)
        yield world


def cost(world: World, address: str) -> int:
    """Statements of one visit, after a first one that filled what is kept."""
    browser, seen = world.browser("admin"), []
    assert browser.get(address).status_code == 200
    world.desk.kept.clear()
    world.desk._sources = (0.0, {})
    note = functools.partial(_note, seen)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        browser.get(address)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(seen)


def _note(seen: list[str], _c: object, _cursor: object, statement: str, *_more: object) -> None:
    seen.append(statement)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_costs_as_many_statements_with_many_rows_as_with_few(short: World, long: World, address: str) -> None:
    assert 0 < cost(long, address) <= cost(short, address)


def test_the_long_story_is_longer(short: World, long: World) -> None:
    """What the counts above compare."""
    for address in ("/t/1", "/", "/outbox"):
        few, many = (len(world.browser("admin").get(address).text) for world in (short, long))
        assert many > 2 * few


@pytest.mark.parametrize("address", [page for page in PAGES if not DOWNLOAD.search(page)])
def test_looking_at_a_page_again_writes_nothing(short: World, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is here was noted at the first look; nothing else of a page is written."""
    browser, begun = short.browser("coordinator"), list[str]()
    browser.get(address)
    begin = Database.transaction
    monkeypatch.setattr(Database, "transaction", lambda db: begun.append(address) or begin(db))
    assert browser.get(address).status_code == 200
    assert begun == []


@pytest.mark.parametrize("address", ["/t/1", "/t/1/now"])
def test_a_page_is_read_though_nobody_can_write(short: World, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = short.browser("quality_supervisor")
    with short.db.transaction() as c:
        c.execute(delete(presence))
    monkeypatch.setattr(Database, "transaction", _no_writer)
    assert browser.get(address).status_code == 200


def test_who_stays_on_a_ticket_is_seen_by_others_without_a_gap(short: World) -> None:
    """An open page asks every 15 s."""
    for seconds in range(0, 600, 15):
        now = START + timedelta(seconds=seconds)
        with short.db.transaction() as c:
            if not drafts.is_noted(c, 1, "admin", writing=False, now=now):
                drafts.here(c, 1, "admin", writing=False, now=now)
            assert [p.login for p in drafts.others(c, 1, "coordinator", now + timedelta(seconds=9))] == ["admin"]
            assert not drafts.is_noted(c, 1, "admin", writing=True, now=now), "beginning to type is told at once"


def _no_writer(_db: Database) -> NoReturn:
    raise Unavailable("another process writes")
