"""/: what waits for people, most urgent first; the same as CSV and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode

from fastapi import Depends, Response

from mailbot.desk import exports, words
from mailbot.desk.permissions import Routes
from mailbot.desk.site import Here, Visit
from mailbot.model.permission import Permission
from mailbot.model.ticket import Flag, Kind
from mailbot.record.views import queue as views
from mailbot.record.views.queue import VIEWS, QueueFilter, QueueRow

routes = Routes()
EXPORTED = 5000  # rows of a download
# What is left then is shown as a warning.
SOON: Mapping[Literal["answer", "delivery"], timedelta] = {"answer": timedelta(minutes=10), "delivery": timedelta(hours=2)}
TABS: Mapping[views.View, tuple[str, str]] = {
    "all": ("All", "g q"), "mine": ("Mine", "g m"), "unassigned": ("Unassigned", "g u"), "supervisor": ("To assess", "g s"),
    "disputes": ("Disputes", "g d"), "overdue": ("Overdue", "g l"), "unverified": ("Unverified", "g v"),
}  # fmt: skip
COLUMNS = (
    "ticket", "opened_at", "channel", "client", "client_name", "subject", "order", "kind", "claimed", "assessed", "state", "queue", "owner",
    "flags", "read_at", "delivery_time", "promise", "due_at", "line",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Countdown:
    """The badge of a row: colour class, icon and words. `due`: desk.js counts down to it, `soon` seconds before it warns."""

    kind: Literal["plain", "info", "wait", "stop"]
    icon: str
    text: str
    due: datetime | None = None
    soon: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; anything unknown is left out."""

    view: views.View = "all"
    kind: str = ""
    queue: str = ""
    flag: str = ""
    owner: str = ""
    after: str = ""

    def url(self, path: str = "/", **changes: str) -> str:
        """The address of this filter with some parts changed; a changed filter begins at its first page."""
        given = {name: getattr(self, name) for name in ("kind", "queue", "flag", "owner")} | {"view": self.view} | changes
        given = {name: value for name, value in given.items() if value and (name, value) != ("view", "all")}
        return f"{path}?{urlencode(given)}" if given else path

    @property
    def narrowed(self) -> bool:
        return bool(self.kind or self.queue or self.flag or self.owner)


def wanted_of(view: str = "all", kind: str = "", queue: str = "", flag: str = "", owner: str = "", after: str = "") -> Wanted:
    """From the query string."""
    known: views.View = next((v for v in VIEWS if v == view), "all")
    return Wanted(
        view=known, kind=kind if kind in get_args(Kind) else "", queue=queue[:100], flag=flag if flag in get_args(Flag) else "",
        owner=owner[:100], after=after[:50],
    )  # fmt: skip


Asked = Annotated[Wanted, Depends(wanted_of)]


@routes.get("/", needs=Permission.SEE)
def queue(visit: Here, wanted: Asked) -> Response:
    asked = filter_of(visit, wanted)
    with visit.reading() as c:
        seen = visit.desk.mark(c)
        page = views.page(c, asked, visit.now, after=wanted.after)
        figures = views.figures(c, asked, visit.now, today(visit))
    return visit.page(
        "queue_part.html" if visit.is_htmx else "queue.html", wanted=wanted, figures=figures, after=page.after, tabs=TABS, mark=seen,
        rows=[(row, countdown(row, visit.now)) for row in page.rows], people=page.people, minutes=asked.minutes, kinds=get_args(Kind),
        queues=[q.name for q in visit.desk.service.parts.live.rules.queues], flags=get_args(Flag), listening=listening(visit),
    )  # fmt: skip


@routes.get("/queue.csv", needs=Permission.EXPORT)
def queue_csv(visit: Here, wanted: Asked) -> Response:
    return exports.csv(f"queue-{wanted.view}", visit.now, COLUMNS, (row.as_json() for row in _all(visit, wanted)))


@routes.get("/queue.json", needs=Permission.EXPORT)
def queue_json(visit: Here, wanted: Asked) -> Response:
    return exports.json(f"queue-{wanted.view}", visit.now, (row.as_json() for row in _all(visit, wanted)))


def filter_of(visit: Visit, wanted: Wanted) -> QueueFilter:
    return QueueFilter(
        minutes=last_step(visit), view=wanted.view, login=visit.person.login, kind=wanted.kind, queue=wanted.queue, flag=wanted.flag,
        owner=wanted.owner,
    )  # fmt: skip


def last_step(visit: Visit) -> float:
    """Minutes until the promise to an unread ticket lapses (rules/escalation.toml)."""
    return max(visit.desk.service.parts.live.rules.escalation_minutes, default=20)


def countdown(row: QueueRow, now: datetime) -> Countdown:
    match row.promise:
        case "answer" | "delivery":
            return _left(row.promise, row.due_at, now)
        case "time":
            return Countdown("wait", "clock", "No time yet")
        case "redistribution":
            return Countdown("wait", "out", "Redistribute")
        case "client":
            agreement = row.ticket.state == "waiting_for_agreement"
            return Countdown("plain", "wait", "Waits for agreement" if agreement else "Waits for client")
        case _:
            return Countdown("plain", "ok", words.plain(row.ticket.state))


def _left(promise: Literal["answer", "delivery"], due_at: datetime, now: datetime) -> Countdown:
    left, soon = due_at - now, SOON[promise]
    if left < timedelta(0):
        return Countdown("stop", "stop", f"{words.span(-left)} over", due_at, int(soon.total_seconds()))
    icon = "clock" if promise == "answer" else "out"
    return Countdown("wait" if left <= soon else "info", icon, f"{words.span(left)} left", due_at, int(soon.total_seconds()))


@dataclass(frozen=True, slots=True)
class Listening:
    """Are mailboxes and order systems read: the newest success, and how many complain."""

    last_ok_at: datetime | None
    sources: int
    errors: int


def listening(visit: Visit) -> Listening:
    states = visit.desk.sources()
    return Listening(
        last_ok_at=max((s.view.last_ok_at for s in states if s.view.last_ok_at), default=None), sources=len(states),
        errors=sum(s.stale or bool(s.view.last_error) for s in states),
    )  # fmt: skip


def today(visit: Visit) -> tuple[datetime, datetime]:
    """Begin and end of the reader's day."""
    begin = visit.now.astimezone(visit.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return begin, begin + timedelta(days=1)


def _all(visit: Visit, wanted: Wanted) -> Iterator[QueueRow]:
    asked, after = filter_of(visit, wanted), ""
    with visit.reading() as c:
        for _ in range(EXPORTED // 500):
            page = views.page(c, asked, visit.now, after=after, limit=500)
            yield from page.rows
            after = page.after
            if not after:
                return
