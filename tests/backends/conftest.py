"""Every test here runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.record import migrations
from mailbot.record.database import Database
from tests.support import postgres

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Clock:
    """Time that moves when the test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that does not hold anything yet, not even tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/var/mailbot.db"
        return
    running: postgres.Cluster = request.getfixturevalue("cluster")
    made = running.new_database()
    yield made
    running.drop(made)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def db(url: str, clock: Clock) -> Iterator[Database]:
    """At the present schema."""
    database = Database(url, clock=clock)
    migrations.upgrade(database)
    yield database
    database.close()
