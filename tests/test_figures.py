from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.model.figures import Share, quantile


@pytest.mark.parametrize(
    ("hits", "total", "low", "high", "against"),
    [
        (1, 3, 0.0615, 0.7923, "above"),  # one of three: not below 6 %, and anything up to 79 %
        (0, 10, 0.0, 0.2775, "within"),
        (0, 200, 0.0, 0.0188, "below"),
        (5, 100, 0.0215, 0.1118, "within"),
        (20, 100, 0.1334, 0.2888, "above"),
        (10, 10, 0.7225, 1.0, "above"),
        (0, 0, 0.0, 1.0, "unknown"),
    ],
)  # fmt: skip
def test_a_share_knows_how_sure_it_is(hits: int, total: int, low: float, high: float, against: str) -> None:
    share = Share(hits, total)
    assert (round(share.low, 4), round(share.high, 4), share.against()) == (low, high, against)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_between_nothing_and_all(numbers: tuple[int, int]) -> None:
    share = Share(*numbers)
    assert share.value is not None
    assert 0 <= share.low <= share.value <= share.high <= 1


@pytest.mark.parametrize(("q", "value"), [(0.5, 2.0), (0.51, 3.0), (0.9, 4.0), (0.99, 4.0), (0.0, 1.0)])
def test_a_quantile_is_one_of_the_values(q: float, value: float) -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], q) == value
    assert quantile([], q) is None
