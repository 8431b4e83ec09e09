"""What is missing, and what an answer has brought (P5, P11, P13, P15)."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.decide.case import Case, Matched
from mailbot.model.ticket import Ask, Kind, Ticket

ORDER: tuple[Ask, ...] = ("english", "keyword", "order", "details")


@dataclass(frozen=True, slots=True)
class Answer:
    """`asks` is what must be asked now, `open` everything that the ticket still waits for. `answered`: what the message brought."""

    asks: tuple[Ask, ...]
    open: tuple[Ask, ...]
    answered: tuple[Ask, ...] = ()

    @property
    def completes(self) -> bool:
        return bool(self.answered) and not self.open


def of_new(case: Case, matched: Matched, kind: Kind) -> tuple[Ask, ...]:
    """Everything that a new ticket lacks, for one reply (P15)."""
    missing = {
        "english": _lacks_english(case),
        "keyword": _lacks_keyword(case, kind),
        "order": _lacks_order(case, matched, kind),
        "details": _lacks_details(case),
    }
    return tuple(ask for ask in ORDER if missing[ask])


def of_joined(case: Case, matched: Matched, ticket: Ticket, kind: Kind, *, duplicate: bool) -> Answer:
    """P5: an answer completes what we asked; anything else is only asked about where something new must be asked."""
    answered = tuple(a for a in ticket.asked if not duplicate and _brings(case, matched, a))
    rest = tuple(a for a in ticket.asked if a not in answered)
    new = tuple(a for a in _new_on(case, ticket, matched, kind) if a not in ticket.asked and not duplicate)
    still = tuple(a for a in ORDER if a in (*rest, *new))
    _tell(case, ticket, answered, still)
    return Answer(asks=still if answered or new else (), open=still, answered=answered)


def _new_on(case: Case, ticket: Ticket, matched: Matched, kind: Kind) -> tuple[Ask, ...]:
    """Details are never asked of somebody who goes on talking to us; the keyword only where the ticket had no kind."""
    asks: list[Ask] = ["english"] if _lacks_english(case) else []
    if ticket.kind in ("request", "unclassified") and ticket.claimed is None and _lacks_keyword(case, kind):
        asks.append("keyword")
    if not ticket.order_ids and ticket.kind != kind and _lacks_order(case, matched, kind):
        asks.append("order")
    return tuple(asks)


def _brings(case: Case, matched: Matched, ask: Ask) -> bool:
    found = case.found
    return {
        "english": found.language.verdict == "english",
        "keyword": found.keyword.verdict != "none",
        "order": bool(matched.ids) or (matched.waiting and bool(found.orders.numbers)),
        "details": found.content.understandable and not found.content.agrees,
    }[ask]


def _lacks_english(case: Case) -> bool:
    lacks = case.found.language.verdict == "not_english"
    case.trail.add("policy P13", "ask english: " + case.found.language.evidence.because if lacks else "English is not asked for")
    return lacks


def _lacks_keyword(case: Case, kind: Kind) -> bool:
    found = case.found
    if found.keyword.verdict != "none":
        case.trail.add("check.keyword", found.keyword.evidence.because)
        return False
    if kind == "update" or found.content.agrees or _lacks_details(case):
        why = "an update" if kind == "update" else "an agreement" if found.content.agrees else "details are asked instead"
        case.trail.add("policy P11", f"no keyword is asked: {why}")
        return False
    meant = found.content.kind in ("correction", "amendment") or (found.content.kind is None and found.content.change_wished)
    why = "a fault or a change is meant" if meant else "no fault and no change is meant (thanks, a question, a pure request)"
    case.trail.add("policy P11", f"ask keyword: {why}" if meant else f"no keyword is asked: {why}")
    return meant


def _lacks_order(case: Case, matched: Matched, kind: Kind) -> bool:
    if matched.ids or matched.waiting:
        return False
    if kind == "feedback" or _needs_no_order(case):
        case.trail.add("policy P2", "no order is asked: praise, an idea or a general question needs none")
        return False
    case.trail.add("policy P2", "ask order: none or several fit")
    return True


def _needs_no_order(case: Case) -> bool:
    """Only the Account Manager or a person is wanted, or only the help page is asked."""
    found = case.found
    nothing_else = found.content.kind is None and found.keyword.verdict == "none" and not found.content.change_wished
    wanted = set(found.requests.names)
    return nothing_else and (wanted == {"account_manager"} or (not wanted and bool(found.questions.names)))


def _lacks_details(case: Case) -> bool:
    found = case.found
    lacks = not found.content.understandable and not found.content.agrees and not found.requests.names and not found.questions.names
    if lacks:
        case.trail.add("policy P11", f"ask details: {found.content.evidence.because}")
    return lacks


def _tell(case: Case, ticket: Ticket, answered: tuple[Ask, ...], still: tuple[Ask, ...]) -> None:
    if not ticket.asked:
        case.trail.add("policy P5", "nothing had been asked")
        return
    case.trail.add(
        "policy P5",
        f"asked: {', '.join(ticket.asked)}; answered: {', '.join(answered) or 'nothing'}; open: {', '.join(still) or 'nothing'}",
    )
