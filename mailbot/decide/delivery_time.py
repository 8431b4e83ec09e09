"""The proposal of a new delivery time with its reasons, and when people hear of it (P26, P27).

A promise is `now` plus hours of work: those that the tickets ahead take, then the turnaround of the kind. Rounding only adds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.decide import calendar
from mailbot.decide.calendar import MINUTE
from mailbot.model.decision import Reason
from mailbot.model.delivery import DeliveryRules, WorkingHours
from mailbot.model.order import Precision
from mailbot.model.rulebook import RuleBook
from mailbot.model.ticket import Kind

RULES = "rules/delivery_times.toml"
HOUR = timedelta(hours=1)
FALLBACK_HOURS = 24.0  # a kind that no rule names, in a rule book without any turnaround
NAMED_DAYS_OFF = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What waits for production now. `before`: tickets that are promised or assessed and not delivered, ahead of this one."""

    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`due_at` is aware UTC, in the order system's precision: of a day it is the end of work. `work`: what it allows before rounding."""

    due_at: datetime
    work: timedelta
    reasons: tuple[Reason, ...]


def propose(
    rules: RuleBook, *, kind: Kind, product: str, load: Load, previous: datetime | None, precision: Precision, now: datetime
) -> Proposal:
    """When new files can be promised. Later than `now`, within hours of work, never earlier because more work waits.

    `previous` is what the client was told last; a promise that still holds is kept, and the proposal lies before it only where that
    time is outside the hours of work, which a reason then says.
    """
    book, reasons = rules.delivery, list[Reason]()
    work = _turnaround(book, kind, product, reasons) + _waiting(book, load, reasons)
    start = _whole_minute(now)
    reached = _reached(book.hours, start, _whole(work), reasons)
    due = _rounded(book, reached, precision, reasons)
    due = _beside_previous(book.hours, due, previous, precision, now, reasons)
    _tell_days_off(book.hours, start, due, reasons)
    return Proposal(due_at=due, work=work, reasons=tuple(reasons))


def warn_at(rules: RuleBook, promised: datetime, set_at: datetime) -> datetime:
    """When coordinators are warned that a promise made at `set_at` is at risk: in hours of work, at the latest half-way (P27)."""
    book = rules.delivery
    work = calendar.between(book.hours, set_at, promised)
    return _ahead(book.hours, promised, set_at, max(work * book.warn_share, book.warn_minutes * MINUTE), share=2)


def tell_client_at(rules: RuleBook, promised: datetime, set_at: datetime | None = None) -> datetime:
    """When the client gets the one honest update if nothing was delivered: before the promise lapses, after the warning.

    With `set_at` never before three quarters of a short promise have passed.
    """
    book = rules.delivery
    return _ahead(book.hours, promised, set_at, book.tell_client_before_minutes * MINUTE, share=4)


def next_news_at(rules: RuleBook, now: datetime) -> datetime:
    """When the client hears next while there is no new time: in hours of work, for nobody knows more before."""
    book, unsaid = rules.delivery, list[Reason]()
    reached = _reached(book.hours, _whole_minute(now), book.next_news_minutes * MINUTE, unsaid)
    return _rounded(book, reached, "minute", unsaid)


def check_given(rules: RuleBook, due_at: datetime, now: datetime, previous: datetime | None) -> tuple[str, ...]:
    """What speaks against a time that a person typed. A time in the past is the only remark then, and a fault; others are warnings."""
    hours = rules.delivery.hours
    if fault := in_the_past(due_at, now):
        return (fault,)
    if due_at - now > calendar.HORIZON:
        return ("lies more than two years ahead: is the year right?",)
    there, found = calendar.local(hours, due_at), list[str]()
    off = calendar.day_off(hours, there.date())
    if off:
        found.append(f"{told(hours, due_at)} is no day of work: {off}")
    elif calendar.span_of(hours, due_at) is None:
        found.append(f"{told(hours, due_at)} is outside the hours of work")
    elif not calendar.between(hours, now, due_at):
        found.append("no hour of work lies between now and then")
    if previous is not None and now < due_at < previous:
        found.append(f"is before the previous promise, {told(hours, previous)}")
    return tuple(found)


def in_the_past(due_at: datetime, now: datetime) -> str:
    """The fault of a time that cannot be promised any more; "" where it can."""
    return "lies in the past: give a time that is still to come" if due_at <= now else ""


def told(hours: WorkingHours, at: datetime) -> str:
    """`Tue 24 Nov 2026 15:30 (Europe/Stockholm)`, for colleagues; what clients read is said by render."""
    there = calendar.local(hours, at)
    return f"{there:%a} {there.day} {there:%b %Y %H:%M} ({hours.time_zone})"


def _turnaround(book: DeliveryRules, kind: Kind, product: str, reasons: list[Reason]) -> timedelta:
    known = {_key(name): (name, hours) for name, hours in book.turnaround}
    for key in (f"{kind}/{product}", kind):
        if found := known.get(_key(key)):
            reasons.append(Reason(f"{RULES}#turnaround_hours.{found[0]}", f"{found[0]}: {_hours(found[1])}"))
            return found[1] * HOUR
    longest = max((hours for _, hours in book.turnaround), default=FALLBACK_HOURS)
    reasons.append(Reason(f"{RULES}#turnaround_hours", f"none for {kind}: the longest of all, {_hours(longest)}"))
    return longest * HOUR


def _waiting(book: DeliveryRules, load: Load, reasons: list[Reason]) -> timedelta:
    if book.tickets_per_hour is None or load.before <= 0:
        return timedelta()
    waiting = min(load.before / book.tickets_per_hour, calendar.HORIZON / HOUR)
    ahead = f"{load.before} tickets ahead" if load.before > 1 else "1 ticket ahead"
    because = f"{ahead}, {book.tickets_per_hour:g} an hour: {_hours(waiting)}"
    reasons.append(Reason(f"{RULES}#tickets_per_hour", because))
    return waiting * HOUR


def _reached(hours: WorkingHours, start: datetime, work: timedelta, reasons: list[Reason]) -> datetime:
    """Where the work ends, within the horizon."""
    reached = calendar.after(hours, start, work)
    if reached is not None:
        _tell_hours(hours, start, reasons)
        return reached
    final = calendar.last(hours, start)
    if final is None:
        reasons.append(Reason(f"{RULES}#hours", "nobody works within two years: counted round the clock; mend the rules"))
        return start + min(work, calendar.HORIZON)
    reasons.append(Reason(f"{RULES}#tickets_per_hour", "more than two years of work wait: nothing later is proposed"))
    return final


def _tell_hours(hours: WorkingHours, start: datetime, reasons: list[Reason]) -> None:
    a_week = sum(closes - opens for day in hours.week for opens, closes in day) / 60
    if a_week == 7 * 24 and not (hours.holidays or hours.days_off):
        reasons.append(Reason(f"{RULES}#hours", "work goes on round the clock"))
        return
    reasons.append(Reason(f"{RULES}#hours", f"counted in hours of work: {a_week:g} a week, {hours.time_zone}"))
    begins = calendar.after(hours, start, timedelta())
    if begins is not None and begins > start:
        reasons.append(Reason(f"{RULES}#hours", f"nobody works now: counted from {told(hours, begins)}"))


def _rounded(book: DeliveryRules, reached: datetime, precision: Precision, reasons: list[Reason]) -> datetime:
    """Up to the grid of the local clock, or to the end of work of that day; never past the span that holds it."""
    span = calendar.span_of(book.hours, reached)
    if precision == "day":
        end = _end_of_day(book.hours, reached)
        reasons.append(Reason("order system", f"it knows days only: the end of work, {told(book.hours, end)}"))
        return end
    there = calendar.local(book.hours, reached)
    rounded = reached + (-there.minute % book.rounding_minutes) * MINUTE
    rounded = min(rounded, span[1]) if span else rounded
    if rounded > reached:
        because = f"rounded up from {there:%H:%M} to {calendar.local(book.hours, rounded):%H:%M}"
        reasons.append(Reason(f"{RULES}#rounding_minutes", because))
    return rounded


def _end_of_day(hours: WorkingHours, at: datetime) -> datetime:
    """The last moment of work of its local date that bears that date; the moment itself where nobody works then."""
    day = calendar.local_day(hours, at)
    open_spans = calendar.spans(hours, day)
    if not open_spans:
        return at
    end = open_spans[-1][1]
    return end if calendar.local_day(hours, end) == day else end - MINUTE


def _beside_previous(
    hours: WorkingHours, due: datetime, previous: datetime | None, precision: Precision, now: datetime, reasons: list[Reason]
) -> datetime:
    if previous is None:
        return due
    was = told(hours, previous)
    kept = max(previous, _end_of_day(hours, previous)) if precision == "day" else previous
    if kept <= now:
        reasons.append(Reason("policy P27", f"the previous promise, {was}, has passed"))
    elif kept <= due:
        reasons.append(Reason("policy P27", f"the previous promise was {was}"))
    elif kept - now > calendar.HORIZON:
        reasons.append(Reason("policy P27", f"is before the previous promise, {was}, which is more than two years away"))
    elif calendar.span_of(hours, kept):
        reasons.append(Reason("policy P27", f"the previous promise, {was}, can be kept: the work could be done by {told(hours, due)}"))
        return kept
    else:
        because = f"is before the previous promise, {was}, which is outside the hours of work"
        reasons.append(Reason("policy P27", because))
    return due


def _tell_days_off(hours: WorkingHours, start: datetime, due: datetime, reasons: list[Reason]) -> None:
    first = calendar.local_day(hours, start)
    days = (first + timedelta(days=n) for n in range((calendar.local_day(hours, due) - first).days + 1))
    off = [(day, name) for day in days if hours.week[day.weekday()] and (name := calendar.day_off(hours, day))]
    for day, name in off[:NAMED_DAYS_OFF]:
        place = "days_off" if name == calendar.DAY_OFF else "holidays"
        reasons.append(Reason(f"{RULES}#{place}", f"skipped: {name}, {day:%a} {day.day} {day:%b %Y}"))
    if len(off) > NAMED_DAYS_OFF:
        reasons.append(Reason(f"{RULES}#holidays", f"{len(off) - NAMED_DAYS_OFF} more days off are skipped"))


def _ahead(hours: WorkingHours, promised: datetime, set_at: datetime | None, lead: timedelta, *, share: int) -> datetime:
    """`lead` of work before the promise, but at most one `share`-th of what lies between it and the moment it was made."""
    if set_at is None:
        return calendar.before(hours, promised, lead) or promised - lead
    if promised <= set_at:
        return promised
    work = calendar.between(hours, set_at, promised)
    if not work:
        return promised - (promised - set_at) / share
    return max(calendar.before(hours, promised, min(lead, work / share)) or set_at, set_at)


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _hours(hours: float) -> str:
    return f"{hours:.1f}".removesuffix(".0") + " h of work"


def _whole_minute(at: datetime) -> datetime:
    """The next whole minute, or this one."""
    begun = at.replace(second=0, microsecond=0)
    return begun if begun == at else begun + MINUTE


def _whole(work: timedelta) -> timedelta:
    return max(1, math.ceil(work / MINUTE)) * MINUTE
