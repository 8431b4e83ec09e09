"""/insights: six charts drawn on the server, each with its table and as CSV and JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Response
from markupsafe import Markup

from mailbot.desk import charts, exports
from mailbot.desk.permissions import Routes
from mailbot.desk.site import Here, Visit
from mailbot.errors import NotFound
from mailbot.model.permission import Permission
from mailbot.record.views.insights import INSIGHTS, Asked, Insight

routes = Routes()
KEPT_SECONDS = 60.0  # figures of weeks and months; counting them costs more than a page


@dataclass(frozen=True, slots=True)
class Shown:
    """One chart with what it says in words."""

    insight: Insight
    title: str
    says: str
    chart: Markup


TITLES: dict[str, str] = {
    "load": "Queue of the last 48 hours", "waiting_time": "How long clients waited for a person", "arrivals": "When tickets arrive",
    "corrections": "Corrections by client", "promises": "Delivery times kept", "assessments": "Claimed and assessed",
}  # fmt: skip
DRAWN: dict[str, Callable[[Insight, ZoneInfo], Markup]] = {
    "load": charts.load, "waiting_time": charts.waiting_time, "arrivals": charts.arrivals, "corrections": charts.corrections,
    "promises": charts.promises, "assessments": charts.assessments,
}  # fmt: skip


@routes.get("/insights", needs=Permission.INSIGHTS)
def insights(visit: Here) -> Response:
    shown = [_shown(visit, name) for name in INSIGHTS]
    return visit.page("insights.html", shown=shown)


@routes.get("/insights/{name}.csv", needs=Permission.EXPORT)
def insight_csv(visit: Here, name: str) -> Response:
    found = figures(visit, name, every_client=True)
    return exports.csv(name, visit.now, found.columns, found.as_json()["rows"])


@routes.get("/insights/{name}.json", needs=Permission.EXPORT)
def insight_json(visit: Here, name: str) -> Response:
    return exports.json(name, visit.now, [figures(visit, name, every_client=True).as_json()])


def figures(visit: Visit, name: str, *, every_client: bool = False) -> Insight:
    """Counted once a minute. NotFound for a name that is no insight."""
    if name not in INSIGHTS:
        raise NotFound(f"There is no insight {name!r}. Known are {', '.join(INSIGHTS)}.")
    key = f"insight {name} {every_client}"
    counted_at, found = visit.desk.kept.get(key, (0.0, None))
    if found is None or time.monotonic() - counted_at > KEPT_SECONDS:
        asked = Asked(
            now=visit.now, zone=ZoneInfo(visit.desk.service.settings.company.time_zone), every_client=every_client,
            answer_minutes=visit.desk.service.parts.live.rules.answer_minutes,
        )  # fmt: skip
        with visit.reading() as c:
            found = INSIGHTS[name](c, asked)
        visit.desk.kept[key] = (time.monotonic(), found)
    known: Insight = found
    return known


def _shown(visit: Visit, name: str) -> Shown:
    found = figures(visit, name)
    return Shown(insight=found, title=TITLES[name], says=_says(name, dict(found.facts)), chart=DRAWN[name](found, visit.zone))


def _says(name: str, facts: dict[str, Any]) -> str:
    """The chart in one sentence."""
    share = _percent(facts.get("share"))
    match name:
        case "load":
            return "Opened and finished tickets per hour, and how many waited unread."
        case "waiting_time" if facts["readings"]:
            within = _percent(facts["within_promise"])
            return f"{within} of {facts['readings']} messages were read within {facts['promise_minutes']} minutes (14 days)."
        case "arrivals":
            return f"{facts['tickets']} tickets in 8 weeks, by the company's clock, in the mean of a week."
        case "corrections" if facts["orders"]:
            return f"{facts['corrected']} of {facts['orders']} orders of 12 months ({share}) had an accepted correction; 5 % is normal."
        case "promises" if facts["deliveries"]:
            return f"{facts['kept']} of {facts['deliveries']} deliveries of 90 days came in time ({share})."
        case "assessments" if facts["claims"]:
            return f"Clients and supervisors agreed on {facts['agreed']} of {facts['claims']} claims of 12 months ({share})."
        case _:
            return "Nothing to count yet."


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
