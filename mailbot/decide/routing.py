"""To which queue and to whom (P20). Rows of rules/routing.toml in order, first hit wins, every hit and miss is told."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from mailbot.decide.case import Case, Matched, Party
from mailbot.model.context import Colleague
from mailbot.model.rulebook import Queue, Route, Shift
from mailbot.model.ticket import Flag, Kind

UNVERIFIED, PRODUCTION, SUPPORT = "unverified", "production", "support"


def queue_for(case: Case, who: Party, matched: Matched, kind: Kind, flags: tuple[Flag, ...]) -> str:
    """P43 and P4 name their queue; a row may send such tickets elsewhere only by naming them."""
    for route in case.rules.routes:
        fault = _miss(route, case, who, matched, kind, flags)
        case.trail.add(f"rules/routing.toml#{route.name}", f"miss: {fault}" if fault else f"hit: queue {route.queue}")
        if not fault:
            return route.queue
    if who.trust == "unknown":
        case.trail.add("policy P43", "unknown or unproved sender: queue unverified")
        return UNVERIFIED
    if kind == "update":
        case.trail.add("policy P4", "an order before delivery: queue production")
        return PRODUCTION
    first = case.rules.queues[0].name if case.rules.queues else SUPPORT
    case.trail.add("policy P20", f"no route fits: queue {first}")
    return first


def owner_for(case: Case, queue: Queue) -> str | None:
    """A coordinator on shift by the queue's method; None where there is none, or people take for themselves."""
    if queue.method not in ("round_robin", "least_loaded"):
        case.trail.add("policy P20", f"queue {queue.name}: people take tickets themselves")
        return None
    people = sorted((p for p in case.context.staff_on_shift if _serves(case, p, queue.name)), key=lambda p: p.login)
    if not people:
        case.trail.add("policy P20", f"queue {queue.name}: no coordinator is on shift")
        return None
    person = _least_loaded(people) if queue.method == "least_loaded" else _next(people, dict(case.context.last_owner).get(queue.name))
    case.trail.add("policy P20", f"queue {queue.name}: {person.login} by {queue.method.replace('_', ' ')}")
    return person.login


def _miss(route: Route, case: Case, who: Party, matched: Matched, kind: Kind, flags: tuple[Flag, ...]) -> str:
    """Why the row does not fit, "" where it does."""
    products = {o.product for o in matched.orders}
    language = case.found.language.language or case.found.language.verdict
    conditions = (
        (who.trust == "unknown" and "unknown" not in route.trusts and "unverified" not in route.flags, "names no unverified senders (P43)"),
        (
            kind == "update" and "update" not in route.kinds and route.queue != PRODUCTION and who.trust != "unknown",
            "names no updates (P4)",
        ),
        (bool(route.kinds) and kind not in route.kinds, f"kind is {kind}"),
        (bool(route.flags) and not set(route.flags) & set(flags), "no such flag"),
        (bool(route.trusts) and who.trust not in route.trusts, f"trust is {who.trust}"),
        (bool(route.clients) and not {who.client, who.address} & set(route.clients), "another client"),
        (bool(route.products) and not products & set(route.products), "another product"),
        (bool(route.languages) and language not in route.languages, f"language is {language}"),
        (route.waiting_over is not None and case.context.waiting <= route.waiting_over, f"{case.context.waiting} wait"),
    )
    return next((why for fails, why in conditions if fails), "")


def _serves(case: Case, person: Colleague, queue: str) -> bool:
    """Somebody without a row works whenever they say they are there; a row without queues serves all."""
    if not person.on_shift or "coordinator" not in person.roles:
        return False
    mine = [s for s in case.rules.shifts if s.person == person.login]
    return not mine or any((not s.queues or queue in s.queues) and _works(s, case.now) for s in mine)


def _works(shift: Shift, now: datetime) -> bool:
    """A shift over midnight belongs to the day on which it begins."""
    local = now.astimezone(ZoneInfo(shift.time_zone))
    clock, today = local.strftime("%H:%M"), local.weekday()
    if shift.begins < shift.ends:
        return today in shift.weekdays and shift.begins <= clock < shift.ends
    return (today in shift.weekdays and clock >= shift.begins) or ((today - 1) % 7 in shift.weekdays and clock < shift.ends)


def _least_loaded(people: list[Colleague]) -> Colleague:
    return min(people, key=lambda p: (p.open_tickets, p.login))


def _next(people: list[Colleague], last: str | None) -> Colleague:
    return next((p for p in people if last is not None and p.login > last), people[0])
