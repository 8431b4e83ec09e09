"""Which rules would have kept the promise (X3): on pasts whose truth is known."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.decide.calibration import FEWEST, Delivered, calibrate, history
from mailbot.model.promise import Past, PastPromise
from tests.decide.test_delivery_time import at, rules


def past_of(
    n: int, seed: int = 1, *, per_hour: float = math.inf, kind: str = "correction", product: str = "", hours: float = 6
) -> list[Delivered]:
    """Work of about `hours`, and up to 60 tickets ahead of which `per_hour` are finished in an hour."""
    rng, found = random.Random(seed), []
    for _ in range(n):
        before = rng.randrange(60)
        needed = rng.lognormvariate(math.log(hours), 0.3) + before / per_hour
        found.append(Delivered(kind=kind, product=product, hours=needed, promised=24, before=before))
    return found


def test_the_turnaround_is_what_nine_of_ten_needed() -> None:
    found = calibrate(past_of(2000))
    assert found is not None
    [row] = found.rows
    assert (row.name, row.n) == ("correction", 2000)
    assert row.hours == pytest.approx(6 * math.exp(1.2816 * 0.3), rel=0.04)
    assert found.would.kept.value == pytest.approx(0.9, abs=0.01)
    assert found.past.kept.value == pytest.approx(1)
    assert found.would.slack < 0.35 < found.past.slack


@pytest.mark.parametrize("per_hour", [2.0, 10.0])
def test_how_fast_production_is_shows_in_how_long_it_took_with_many_ahead(per_hour: float) -> None:
    found = calibrate(past_of(2000, per_hour=per_hour))
    assert found is not None
    assert found.tickets_per_hour == pytest.approx(per_hour, rel=0.25)


def test_where_load_says_nothing_it_is_not_counted() -> None:
    found = calibrate([replace(d, before=0) for d in past_of(500)])
    assert found is not None
    assert found.rows[0].hours is not None
    assert found.would.kept.value == pytest.approx(0.9, abs=0.01)


def test_a_product_counts_by_itself_once_there_is_enough_of_it() -> None:
    much, little = (
        past_of(FEWEST, 2, kind="amendment", product="Staging", hours=30),
        past_of(FEWEST - 1, 3, kind="amendment", product="Plan", hours=2),
    )
    found = calibrate([*much, *little, *past_of(100, 4, kind="amendment"), *past_of(5, 5, kind="mixed")])
    assert found is not None
    by_name = {row.name: row for row in found.rows}
    assert set(by_name) == {"amendment", "amendment/Staging", "mixed"}
    assert by_name["amendment"].n == 100 + FEWEST - 1
    assert (by_name["amendment/Staging"].hours or 0) > 30
    assert (by_name["mixed"].hours, by_name["mixed"].n) == (None, 5)


def test_a_short_past_says_nothing() -> None:
    assert calibrate(past_of(FEWEST - 1)) is None
    assert calibrate([]) is None


def test_few_deliveries_promise_carefully() -> None:
    """Of 30 the 28th in order is taken, not the 27th: so that nine of ten of those to come are kept, too."""
    found = calibrate([Delivered(kind="update", hours=n + 1, promised=1) for n in range(30)])
    assert found is not None
    assert found.rows[0].hours == 28


def test_rounding_that_promises_get_anyway_is_not_paid_twice() -> None:
    plain, rounded = calibrate(past_of(500)), calibrate([replace(d, added=0.5) for d in past_of(500)])
    assert plain is not None
    assert rounded is not None
    assert rounded.rows[0].hours == pytest.approx((plain.rows[0].hours or 0) - 0.5, abs=0.11)
    assert rounded.would.kept.value == pytest.approx(0.9, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(
    given_hours=st.lists(
        st.tuples(st.floats(0, 200), st.integers(0, 50), st.sampled_from(["correction", "update"])), min_size=30, max_size=90
    ),
    share=st.sampled_from([0.5, 0.8, 0.9, 0.95]),
)
def test_the_share_is_kept_on_every_past_and_every_row_can_be_written(given_hours: list[tuple[float, int, str]], share: float) -> None:
    deliveries = [Delivered(kind=kind, hours=hours, promised=10, before=before) for hours, before, kind in given_hours]
    found = calibrate(deliveries, share)
    assert found is not None
    assert found == calibrate(deliveries, share)
    assert found.would.kept.total == 0 or (found.would.kept.value or 0) >= share - 1e-9
    assert all(row.hours is None or row.hours >= 0.1 for row in found.rows)
    assert sum(row.n for row in found.rows) == len(deliveries)


def promised(ticket: int, set_at: str, due_at: str, delivered_at: str) -> PastPromise:
    due = at(due_at)
    return PastPromise(
        ticket=ticket,
        kind="correction",
        product="",
        set_at=at(set_at),
        due_at=due,
        last_due_at=due + timedelta(days=1),
        delivered_at=at(delivered_at),
    )


def test_a_past_promise_is_read_in_hours_of_work_with_what_waited_then() -> None:
    one = promised(1, "2026-06-08T09:10", "2026-06-09T12:30", "2026-06-09T11:10")
    two = promised(2, "2026-06-12T16:00", "2026-06-15T10:00", "2026-06-15T12:00")
    waits = [
        (at("2026-06-08T08:00"), at("2026-06-09T11:10")),  # the first itself, assessed before its time was set
        (at("2026-06-08T08:30"), at("2026-06-08T09:00")),  # over when the first was promised
        (at("2026-06-08T08:40"), at("2026-06-20T09:00")),
        (at("2026-06-01T08:40"), None),
        (at("2026-06-12T16:00"), at("2026-06-15T12:00")),  # the second itself
    ]
    first, second = history(Past((one, two), tuple(waits)), rules())
    assert (first.hours, first.before) == (11, 2)
    assert first.promised == pytest.approx(12 + 20 / 60)
    assert first.added == pytest.approx(20 / 60)
    assert (second.hours, second.promised, second.before, second.added) == (5, 3, 2, 0)
