"""Who hears when that a promise is at risk (P27), and what speaks against a time that a person typed."""

from __future__ import annotations

import pytest

from mailbot.decide.delivery_time import check_given, next_news_at, tell_client_at, warn_at
from mailbot.decide.quick_picks import pick, picks
from mailbot.model.delivery import Holidays, WorkingHours
from tests.decide.test_delivery_time import STOCKHOLM, at, rules

ALWAYS = WorkingHours(time_zone="Europe/Stockholm")


@pytest.mark.parametrize(
    ("hours", "set_at", "promised", "warned", "told"),
    [
        (STOCKHOLM, "2026-06-08T09:00", "2026-06-09T12:00", "2026-06-09T09:00", "2026-06-09T11:30"),  # a quarter of 12 hours
        (STOCKHOLM, "2026-06-12T09:00", "2026-06-15T09:00", "2026-06-12T15:45", "2026-06-15T08:30"),  # Monday's promise: on Friday
        (STOCKHOLM, "2026-06-12T16:00", "2026-06-15T08:20", "2026-06-12T16:40", "2026-06-15T08:00"),
        (ALWAYS, "2026-06-08T09:00", "2026-06-08T11:00", "2026-06-08T10:00", "2026-06-08T10:30"),
        (ALWAYS, "2026-06-08T09:00", "2026-06-08T09:40", "2026-06-08T09:20", "2026-06-08T09:30"),  # a short promise
        (STOCKHOLM, "2026-06-13T10:00", "2026-06-13T14:00", "2026-06-13T12:00", "2026-06-13T13:00"),  # on a Saturday nobody works
        (ALWAYS, "2026-03-28T20:00", "2026-03-29T09:00", "2026-03-29T06:00", "2026-03-29T08:30"),  # the clock is put forward
        (ALWAYS, "2026-06-08T09:00", "2026-06-08T08:00", "2026-06-08T08:00", "2026-06-08T08:00"),  # set when it had passed
    ],
)
def test_coordinators_are_warned_first_then_the_client_is_told(
    hours: WorkingHours, set_at: str, promised: str, warned: str, told: str
) -> None:
    book = rules(hours)
    assert warn_at(book, at(promised), at(set_at)) == at(warned)
    assert tell_client_at(book, at(promised), at(set_at)) == at(told)


def test_without_knowing_when_it_was_set_the_client_is_told_half_an_hour_of_work_before() -> None:
    assert tell_client_at(rules(), at("2026-06-15T08:10")) == at("2026-06-12T16:40")


@pytest.mark.parametrize(
    ("hours", "now", "news"),
    [
        (ALWAYS, "2026-06-08T09:10", "2026-06-08T13:30"),
        (STOCKHOLM, "2026-06-12T16:00", "2026-06-15T11:00"),  # three hours of Monday: nobody knows more on Saturday
    ],
)
def test_the_client_hears_next_when_somebody_can_know_more(hours: WorkingHours, now: str, news: str) -> None:
    assert next_news_at(rules(hours), at(now)) == at(news)


@pytest.mark.parametrize(
    ("typed", "remarks"),
    [
        ("2026-06-09T12:00", []),
        ("2026-06-09T17:00", []),  # the last moment of work is one
        ("2026-06-08T09:00", ["lies in the past"]),
        ("2025-06-09T12:00", ["lies in the past"]),
        ("0001-06-09T12:00", ["lies in the past"]),
        ("9999-12-31T23:00", ["more than two years ahead"]),
        ("2026-06-09T18:00", ["is outside the hours of work"]),
        ("2026-06-13T12:00", ["is outside the hours of work"]),
        ("2026-06-19T12:00", ["Fri 19 Jun 2026 12:00 (Europe/Stockholm) is no day of work: day off"]),
        ("2026-12-25T12:00", ["is no day of work: Christmas Day"]),
        ("2026-06-08T12:00", ["is before the previous promise, Tue 9 Jun 2026 10:00"]),
        ("2026-06-08T07:59", ["lies in the past"]),
    ],
)
def test_a_typed_time_is_looked_at_before_the_client_hears_it(typed: str, remarks: list[str]) -> None:
    hours = WorkingHours(
        time_zone="Europe/Stockholm", week=STOCKHOLM.week, holidays=(Holidays(country="SE"),), days_off=frozenset({"06-19"})
    )
    found = check_given(rules(hours), at(typed), at("2026-06-08T09:00"), at("2026-06-09T10:00"))
    assert len(found) == len(remarks)
    assert all(part in text for part, text in zip(remarks, found, strict=True))


def test_a_time_before_anybody_works_is_pointed_out() -> None:
    found = check_given(rules(), at("2026-06-08T08:00"), at("2026-06-07T20:00"), None)
    assert found == ("no hour of work lies between now and then",)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("+2h", "2026-06-08T11:30"),
        ("+90m", "2026-06-08T11:00"),
        ("+2d", "2026-06-10T09:30"),
        ("today 17:00", "2026-06-08T17:00"),
        ("Tomorrow  9:00", "2026-06-09T09:00"),
        ("friday 15:30", "2026-06-12T15:30"),
        ("monday 09:00", "2026-06-15T09:00"),  # of next week, for today is Monday
        ("sunday 00:00", "2026-06-14T00:00"),
    ],
)
def test_a_short_word_for_a_time_means_the_local_clock(text: str, due: str) -> None:
    assert pick(rules(), text, at("2026-06-08T09:07:30")) == at(due)


def test_tomorrow_is_the_local_day_over_a_change_of_the_clock() -> None:
    assert pick(rules(), "tomorrow 09:00", at("2026-03-28T23:30")) == at("2026-03-29T09:00")
    assert pick(rules(), "+24h", at("2026-03-28T12:00")) == at("2026-03-29T13:00")


@pytest.mark.parametrize("text", ["", "2h", "+h", "+0h", "noon", "tomorrow", "tomorrow 25:00", "someday 09:00", "+2h 30m"])
def test_what_means_no_time_is_refused_with_the_forms_that_do(text: str) -> None:
    with pytest.raises(ValueError, match="no time that can be picked; write"):
        pick(rules(), text, at("2026-06-08T09:07"))


def test_the_desk_offers_picks_that_lie_ahead_each_with_what_speaks_against_it() -> None:
    book = rules(quick_picks=("+2h", "today 08:00", "tomorrow 09:00", "+12h"))
    offered = picks(book, at("2026-06-08T09:00"), at("2026-06-09T09:00"))
    assert [(p.label, p.due_at) for p in offered] == [
        ("+2h", at("2026-06-08T11:00")), ("tomorrow 09:00", at("2026-06-09T09:00")), ("+12h", at("2026-06-08T21:00")),
    ]  # fmt: skip
    assert ["before the previous promise" in " ".join(p.remarks) for p in offered] == [True, False, True]
    assert "outside the hours of work" in offered[2].remarks[0]
