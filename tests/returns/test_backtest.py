"""The promise looked back upon (X3): the history of real returns tells which time the client heard first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.record.views.promises import past
from mailbot.workflow.backtest import backtest
from tests.returns.stage import Stage, stage

WALK = """
about = "Promised, taken back, promised again, put off, delivered."
[[step]]
comment = "Correction: image 4589 is too bright, please darken it."
reopen = true
[[step]]
act = "assess"
as = "sam"
kind = "correction"
reason = "The style is darker."
plan = "Darken 4589"
[[step]]
act = "delivery-time"
due_at = "+2h"
[[step]]
act = "undo"
[[step]]
act = "delivery-time"
due_at = "+30h"
[[step]]
later = "20h"
[[step]]
act = "delivery-time"
due_at = "+30h"
[[step]]
later = "20h"
[[step]]
event = "delivered"
"""
OPEN_AGAIN = """
[[step]]
act = "reopen"
reason = "Still too bright."
[[step]]
act = "assess"
as = "bo"
kind = "correction"
reason = "It still is."
plan = "Darken 4589 more"
[[step]]
act = "delivery-time"
due_at = "+10h"
[[step]]
later = "1h"
"""


@contextmanager
def played(folder: Path, url: str, text: str = WALK) -> Iterator[Stage]:
    """The world after every step."""
    (folder / "walk.toml").write_text(text, encoding="utf-8")
    with stage(folder, url) as on:
        for step in on.steps:
            assert on.play(step)["refused"] == "", step
        yield on


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/walk.db" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def test_a_promise_counts_as_the_client_first_heard_it(tmp_path: Path, url: str) -> None:
    with played(tmp_path, url) as on:
        db, now = on.world.db, on.world.clock[0]
        with db.reading() as c:
            found, nothing = past(c, now - timedelta(days=9)), past(c, now + timedelta(seconds=1))
        [promise] = found.promises
        assert promise.due_at - promise.set_at == timedelta(hours=30)
        assert promise.last_due_at - promise.due_at == timedelta(hours=20, seconds=1)
        assert (promise.kind, promise.ticket) == ("correction", 1)
        [(begun, ended)] = found.waits
        assert (begun < promise.set_at, ended) == (True, promise.delivered_at)
        assert (nothing.promises, nothing.waits) == ((), ())  # delivered before

        told = backtest(db, on.world.parts.live.rules, days=9).as_json()
        assert (told["deliveries"], told["kept"], told["kept_by_last_time"]) == (1, 0.0, 1.0)
        assert (told["slack"], told["would"], told["rules"]) == (None, None, [])


def test_a_return_that_is_open_again_waits_again_and_is_no_delivery(tmp_path: Path, url: str) -> None:
    with played(tmp_path, url, WALK + OPEN_AGAIN) as on, on.world.db.reading() as c:
        found = past(c, on.world.clock[0] - timedelta(days=9))
    assert found.promises == ()
    [(_, ended)] = found.waits
    assert ended is None
