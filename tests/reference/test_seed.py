"""The sample orders: a day in the middle of the work, of which a reader who starts now has nothing to answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.reference import store
from mailbot.reference.database import Database, stamp
from mailbot.reference.seed import COUNT, seed
from mailbot.reference.views import history_view, order_view, redistribution_view, rounds_view

NOW = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    assert seed(tmp_path / "orders.db", NOW, past=True) == COUNT
    assert seed(tmp_path / "orders.db", NOW, past=True) == 0, "a second time nothing is placed"
    return Database(tmp_path / "orders.db")


def test_orders_of_every_state_stand_there_and_none_is_late(database: Database) -> None:
    with database.reading() as c:
        rows = store.all_orders(c)
    assert {row["status"] for row in rows} == {"ordered", "in_production", "delivered", "reopened", "cancelled"}
    late = [r["number"] for r in rows if r["status"] in store.OPEN and r["due_at"] and r["due_at"] < stamp(NOW)]
    assert late == []
    assert [r["number"] for r in rows if not json.loads(r["images"])] == []


def test_a_reader_who_starts_now_finds_nothing_to_answer(database: Database) -> None:
    yesterday = {"since": stamp(NOW - timedelta(hours=24))}
    with database.reading() as c:
        assert store.comments_after(c, 0, 500, yesterday)[0] == []
        times = [row["created_at"] for row in store.comments_after(c, 0, 500, {})[0]]
    assert len(times) > 30
    assert times == sorted(times), "the feed has them in the order of their time"


def test_the_returns_show_every_part_of_the_way(database: Database) -> None:
    """Charges agreed, objected and waiting, a moved time, several deliveries, a redistribution that was done."""
    with database.reading() as c:
        rows = [store.order(c, f"o{n}") for n in range(10221, 10229)]
        views = [order_view(database, row, "UTC") for row in rows]
        rounds = [len(rounds_view(database, c, row, "UTC")) for row in rows]
        done = [redistribution_view(c, row, "UTC")["done"] for row in rows]
        said = [entry["body"] for row in rows for entry in history_view(c, row, "UTC", internal=True)]
    assert [v["charge_answer"] for v in views if v["charge"]] == ["agreed", None]
    assert [v["number"] for v in views if v["asks_for_agreement"]] == ["10224"]
    assert [v["number"] for v in views if v["due_before"]["utc"]] == ["10224", "10228"]
    assert max(rounds) == 2
    assert [len(d) for d in done] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert not [body for body in said if "{" in body]


def test_the_tests_own_orders_are_as_they_were(tmp_path: Path) -> None:
    seed(tmp_path / "plain.db", NOW)
    with Database(tmp_path / "plain.db").reading() as c:
        assert [r["number"] for r in store.all_orders(c)] == [str(10231 + n) for n in range(COUNT)][::-1]
        assert store.comments_after(c, 0, 500, {})[0] == []
