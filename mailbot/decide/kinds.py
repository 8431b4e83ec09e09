"""Claimed, content, kind, and the flags that a supervisor sees (P4, P10-P16, P34)."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.decide.case import Case, Matched, Party
from mailbot.decide.orders import has_image
from mailbot.model.finding import ClientKind, ContentFinding
from mailbot.model.ticket import Flag, Kind, Ticket

BEFORE_DELIVERY = frozenset({"ordered", "in_production"})
MANY_IMAGES = 10  # P16


@dataclass(frozen=True, slots=True)
class Kinds:
    """`claimed` is what the client wrote; `kind` what the ticket is booked as until a supervisor assesses."""

    kind: Kind
    claimed: ClientKind | None
    suggested: ClientKind | None


def kinds(case: Case, matched: Matched) -> Kinds:
    """The kind of a new ticket."""
    found = case.found
    claimed = found.keyword.claimed if found.keyword.verdict == "one" else None
    return Kinds(_kind(case, matched, claimed), claimed, found.suggested)


def of_joined(case: Case, ticket: Ticket) -> Kinds:
    """What the ticket is after the message: an assessment stays, a claim is added where there was none or it was feedback (P10)."""
    found = case.found
    said = found.keyword.claimed if found.keyword.verdict == "one" else None
    claimed = (said or ticket.claimed) if ticket.claimed == "feedback" else (ticket.claimed or said)
    suggested = ticket.suggested or found.suggested
    if ticket.assessed or ticket.kind in ("update", "mixed"):
        return Kinds(ticket.kind, claimed, suggested)
    if found.keyword.verdict == "several":
        case.trail.add("policy P12", "the answer names several kinds: a supervisor splits or decides")
        return Kinds("mixed", None, None)
    kind: Kind = claimed or suggested or ("request" if found.requests.names else ticket.kind)
    if claimed == "feedback" and _wishes_change(case):
        kind = found.content.kind if found.content.kind in ("correction", "amendment") else kind
    return Kinds(kind, claimed, suggested)


def flags(case: Case, who: Party, matched: Matched, kind: Kind) -> tuple[Flag, ...]:
    """Flags that the message itself raises; asking and disputing add theirs."""
    context, found = case.context, case.found
    raised: list[tuple[Flag, bool, str, str]] = [
        ("not_english", found.language.verdict == "not_english", "policy P13", found.language.evidence.because),
        ("language_undecided", found.language.verdict == "undecided", "policy P14", "a coordinator sees it; nobody is asked"),
        (
            "image_unknown",
            bool(unknown_images(case, matched)),
            "policy P16",
            "not on the order: " + ", ".join(unknown_images(case, matched)),
        ),
        ("unverified", who.trust == "unknown", "policy P43", "nothing proves who wrote it"),
        ("urgent", _urgent(case, matched, kind), "policy P19" if case.says("cancel") else "policy P4", "cannot wait"),
        ("address_bounced", bool(context.known and context.known.bounced), "policy P6", "mail to this address came back before"),
        ("facts_pending", context.facts_pending, "policy P2", "the order system has not answered yet"),
        ("message_id_reused", context.message_id_reused, "policy P3", "another message had the same Message-ID"),
        *_hints(case),
    ]
    for flag, holds, by, because in raised:
        if holds:
            case.trail.add(by, f"flag {flag}: {because}")
    return tuple(flag for flag, holds, _, _ in raised if holds)


def unknown_images(case: Case, matched: Matched) -> tuple[str, ...]:
    """Named images that none of the orders has; nothing is said where an order does not list its images."""
    if not matched.orders or not all(o.images for o in matched.orders):
        return ()
    return tuple(i for i in case.found.images.numbers if not any(has_image(o, i) for o in matched.orders))


def suggest_images(case: Case, matched: Matched, kind: Kind) -> bool:
    """P16: more than ten images, none named, not all meant: naming them is suggested, never demanded."""
    images = case.found.images
    many = matched.main is not None and len(matched.main.images) > MANY_IMAGES
    return many and not images.numbers and not images.all_images and kind in ("correction", "amendment", "mixed")


def is_update(case: Case, matched: Matched) -> bool:
    """P4: the order is not delivered yet, and it is not only praise or a request that changes nothing."""
    if matched.main is None or matched.main.status not in BEFORE_DELIVERY:
        return False
    found = case.found
    praise = found.content.kind == "feedback" or found.keyword.claimed == "feedback"
    only_request = bool(found.requests.names) and found.content.kind is None and found.keyword.verdict == "none"
    return _wishes_change(case) or not (praise or only_request or found.content.agrees)


def _kind(case: Case, matched: Matched, claimed: ClientKind | None) -> Kind:
    found = case.found
    if is_update(case, matched):
        case.trail.add("policy P4", "the order is not delivered yet: an update, no keyword is asked")
        return "update"
    if found.keyword.verdict == "several":
        case.trail.add("policy P12", "several keywords: " + ", ".join(found.keyword.kinds) + "; a supervisor splits or decides")
        return "mixed"
    if claimed == "feedback" and found.content.kind in ("correction", "amendment"):
        case.trail.add("policy P34", f"claimed Feedback asks for a change: treated as {found.content.kind}")
        return found.content.kind
    if claimed:
        case.trail.add("policy P10", f"{claimed} is accepted as the client's claim: {found.keyword.evidence.because}")
        return claimed
    if found.suggested:
        case.trail.add("policy P11", f"no keyword; the words mean {found.suggested}: {found.content.evidence.because}")
        return found.suggested
    case.trail.add("policy P11", "no keyword; " + ("a request" if found.requests.names else "the words name no kind"))
    return "request" if found.requests.names else "unclassified"


def _urgent(case: Case, matched: Matched, kind: Kind) -> bool:
    started = matched.main is not None and matched.main.status == "in_production"
    return case.says("cancel") or (kind == "update" and started)


def _wishes_change(case: Case) -> bool:
    return case.found.content.change_wished or case.found.content.kind in ("correction", "amendment")


def _hints(case: Case) -> tuple[tuple[Flag, bool, str, str], ...]:
    content, claimed = case.found.content, case.found.keyword.claimed
    because = content.evidence.because
    return (
        ("looks_like_amendment", claimed == "correction" and _is_new_work(content), "policy P34", because),
        ("looks_like_correction", claimed == "amendment" and content.kind == "correction", "policy P34", because),
        ("looks_like_change", claimed == "feedback" and _wishes_change(case), "policy P34", because),
    )


def _is_new_work(content: ContentFinding) -> bool:
    """The words wish a change, or say that it was not ordered."""
    return content.looks_like_amendment or content.kind == "amendment"
