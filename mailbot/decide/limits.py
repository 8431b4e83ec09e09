"""Why an answer is not sent by itself: allowances (P42), settings, addresses that must never be written to."""

from __future__ import annotations

import re
from datetime import timedelta

from mailbot.decide.case import Case, Party
from mailbot.decide.trust import enough
from mailbot.model.message import Source
from mailbot.model.ticket import Ticket

NOBODY = re.compile(
    r"^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|bounces?|owner-.*|.*-(?:request|bounces?|owner)|bounces?[+=].*"
    r"|no[-_.]?reply[-_.+].*|.*[-_.]no[-_.]?reply)$"
)


def unanswerable(case: Case, address: str) -> str:
    """Why nothing may ever be written to this address, "" where it may (RFC 3834, section 2)."""
    company = case.context.company
    own = {a.lower() for a in (*company.own_addresses, company.support_address, company.mailbox_address) if a}
    local, at, domain = address.rpartition("@")
    if not (local and at and domain):
        return "there is no address to answer to"
    if address.lower() in own:
        return "the address is our own"
    if NOBODY.match(local.lower()):
        return "the address is a machine's: nobody reads there"
    return ""


def suppressed(case: Case, who: Party, channel: Source, ticket: Ticket | None, *, progress: bool) -> str:
    """The first allowance that is used up, or the setting that forbids the answer; "" where neither.

    `progress`: the client gave what we had asked. Such an answer passes the allowance per ticket: what is asked only shrinks, so
    it cannot loop, and P40 promises it within seconds.
    """
    wanted = case.context.company.acknowledge
    if not enough(who.trust, wanted):
        case.trail.add("policy P43", f"replies.acknowledge = {wanted}: not sent to a sender of trust {who.trust}")
        return f'the setting replies.acknowledge = "{wanted}" allows no answer to a sender of trust {who.trust}'
    for limit, used, allowed in _allowances(case, who, channel):
        if used >= allowed:
            case.trail.add(f"rules/limits.toml#{limit}", f"hit: {used} of {allowed} used")
            return f"{limit}: {used} of {allowed} automatic answers are used (P42)"
        case.trail.add(f"rules/limits.toml#{limit}", f"miss: {used} of {allowed} used")
    return "" if progress else _too_soon(case, ticket)


def _allowances(case: Case, who: Party, channel: Source) -> tuple[tuple[str, int, int], ...]:
    spent, limits = case.context.spent, case.rules.limits
    everything = ("all_hour", spent.all_hour, limits.all_hour)
    if channel == "order_comment":
        return (everything,)
    if who.trust == "unknown":
        return (
            ("unknown_address_hour", spent.address_hour, limits.unknown_address_hour),
            ("unknown_address_day", spent.address_day, limits.unknown_address_day),
            ("unknown_domain_hour", spent.domain_hour, limits.unknown_domain_hour),
            everything,
        )
    return (
        ("known_address_hour", spent.address_hour, limits.known_address_hour),
        ("known_address_day", spent.address_day, limits.known_address_day),
        everything,
    )


def _too_soon(case: Case, ticket: Ticket | None) -> str:
    minutes = case.rules.limits.ticket_minutes
    last = ticket.last_auto_reply_at if ticket else None
    if last is None or case.now - last >= timedelta(minutes=minutes):
        case.trail.add("rules/limits.toml#ticket_minutes", "miss: no automatic answer on this ticket just now")
        return ""
    case.trail.add("rules/limits.toml#ticket_minutes", f"hit: the last one is less than {minutes} minutes old")
    return f"ticket_minutes: the last automatic answer on this ticket is less than {minutes} minutes old (P42)"
