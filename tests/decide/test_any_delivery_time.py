"""Whatever the hours, the load and the moment: a promise that can be kept, and explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.decide import calendar
from mailbot.decide.delivery_time import Load, Proposal, propose, tell_client_at, warn_at
from mailbot.model.delivery import DeliveryRules, Holidays, WorkingHours
from mailbot.model.order import Precision
from mailbot.model.rulebook import RuleBook
from tests.decide.test_calendar import ZONES, weeks
from tests.decide.test_delivery_time import rules

MOMENTS = st.timedeltas(timedelta(), timedelta(days=1000)).map(lambda later: datetime(2026, 1, 1, tzinfo=UTC) + later)
HOURS = st.builds(
    WorkingHours,
    time_zone=ZONES,
    week=st.just((((0, 1440),),) * 7) | weeks().filter(any),
    holidays=st.sampled_from([(), (Holidays(country="SE"),), (Holidays(country="US"), Holidays(country="DE", subdivision="BY"))]),
    days_off=st.frozensets(st.sampled_from(["01-02", "03-29", "06-19", "10-25", "12-24", "12-31", "2027-03-28"]), max_size=4),
)
BOOKS = st.builds(
    lambda hours, turnaround, per_hour, rounding: rules(
        hours, turnaround=(("correction", turnaround),), tickets_per_hour=per_hour, rounding_minutes=rounding
    ),
    HOURS,
    st.floats(0.01, 100),
    st.none() | st.floats(0.05, 100),
    st.sampled_from([1, 5, 15, 30, 60]),
)


@dataclass(frozen=True)
class Asked:
    book: RuleBook
    load: int
    now: datetime
    previous: datetime | None
    precision: Precision

    @property
    def rules(self) -> DeliveryRules:
        return self.book.delivery

    def propose(self, load: int | None = None) -> Proposal:
        before = self.load if load is None else load
        return propose(
            self.book,
            kind="correction",
            product="",
            load=Load(before=before),
            previous=self.previous,
            precision=self.precision,
            now=self.now,
        )


ASKED = st.builds(
    lambda book, load, now, gap, precision: Asked(book, load, now, None if gap is None else now + gap, precision),
    BOOKS,
    st.integers(0, 600),
    MOMENTS,
    st.none() | st.timedeltas(timedelta(days=-20), timedelta(days=40)),
    st.sampled_from(["minute", "day"]),
)


@settings(max_examples=120, deadline=None)
@given(asked=ASKED, more=st.integers(0, 400))
def test_a_promise_lies_ahead_within_hours_of_work_and_is_explained(asked: Asked, more: int) -> None:
    found, hours = asked.propose(), asked.rules.hours
    told = "\n".join(reason.because for reason in found.reasons)
    assert found.due_at > asked.now
    assert found.due_at.tzinfo is UTC
    assert calendar.span_of(hours, found.due_at), told
    assert not calendar.day_off(hours, calendar.local_day(hours, found.due_at))
    if asked.previous is not None and found.due_at < asked.previous:
        assert "before the previous promise" in told
    assert found == asked.propose()
    assert found.due_at <= asked.propose(asked.load + more).due_at
    assert all(reason.by and reason.because for reason in found.reasons)


@settings(max_examples=120, deadline=None)
@given(asked=ASKED)
def test_a_promise_never_comes_before_the_work_is_done(asked: Asked) -> None:
    """Exact where the previous promise has no say: the work fits, and what is added is rounding within the span or the day."""
    if asked.previous is not None:
        return
    due, hours = asked.propose().due_at, asked.rules.hours
    waiting = asked.load / asked.rules.tickets_per_hour if asked.rules.tickets_per_hour else 0
    needed = timedelta(hours=waiting + asked.rules.turnaround[0][1])
    if needed > timedelta(days=30):
        return
    done = calendar.between(hours, asked.now, due)
    assert done >= needed - timedelta(minutes=2)  # the minute before midnight of a day off, and the one that has begun
    spare = timedelta(days=1, hours=2) if asked.precision == "day" else timedelta(minutes=asked.rules.rounding_minutes + 2)
    assert done <= needed + spare


@settings(max_examples=150, deadline=None)
@given(book=BOOKS, set_at=MOMENTS, ahead=st.timedeltas(timedelta(minutes=4), timedelta(days=20)))
def test_the_desk_is_warned_before_the_client_is_told_and_both_before_the_promise_lapses(
    book: RuleBook, set_at: datetime, ahead: timedelta
) -> None:
    promised = set_at + ahead
    warned, told = warn_at(book, promised, set_at), tell_client_at(book, promised, set_at)
    assert set_at <= warned <= told < promised
    assert tell_client_at(book, promised) < promised
