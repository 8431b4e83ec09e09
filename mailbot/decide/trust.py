"""Who wrote it, and how far that is proved (P43; docs/security.md, who wrote it)."""

from __future__ import annotations

from mailbot.decide.case import Case, Party
from mailbot.model.decision import Trust
from mailbot.model.order import Order

PROVED: frozenset[Trust] = frozenset({"token", "authenticated"})


def party(case: Case) -> Party:
    """The client behind a mail or an order comment."""
    return _of_comment(case) if case.by_comment else _of_mail(case)


def enough(trust: Trust, wanted: str) -> bool:
    """`wanted`: all, known, authenticated or never (the words of config [replies])."""
    return {"all": True, "known": trust != "unknown", "authenticated": trust in PROVED}.get(wanted, False)


def owns(address: str, order: Order) -> bool:
    """An order belongs to every address that the order system names for its client."""
    return bool(address) and address in {e.lower() for e in order.client.emails}


def _of_comment(case: Case) -> Party:
    """The order system knows who is logged in; that is proof enough."""
    comment = case.message.comment
    order = next((o for o in case.context.orders if comment and o.id == comment.order_id), None)
    author = comment.author_id if comment else ""
    client = order.client.id if order else author
    name = (order.client.name if order else "") or (case.writer.name if case.writer else "")
    emails = order.client.emails if order else ()
    known = case.context.known.address if case.context.known else ""
    case.trail.add("policy P43", "the order system proves who wrote an order comment")
    return Party(trust="authenticated", client=client or known, name=name, address=emails[0].lower() if emails else known)


def _of_mail(case: Case) -> Party:
    sender = case.writer.address if case.writer else ""
    trust = _trust(case, sender)
    failed = case.found.sender.proof == "failed" and not case.forwarded
    known, order = case.context.known, _own_order(case, sender)
    if failed or trust == "unknown":
        return Party(trust="unknown", client=sender, address=sender, failed=failed)
    written = case.writer.name if case.writer and trust in PROVED else ""
    if known:
        address = known.address if trust == "known" else sender
        return Party(trust=trust, client=known.client, name=known.name or written, address=address)
    if order:
        return Party(trust=trust, client=order.client.id, name=order.client.name or written, address=sender)
    return Party(trust=trust, client=sender, name=written, address=sender)


def _trust(case: Case, sender: str) -> Trust:
    proof = case.found.sender
    in_book = bool(sender) and (case.context.known is not None or _own_order(case, sender) is not None)
    if case.forwarded:
        case.trail.add("policy P8", "a colleague forwarded it; the original sender counts by the address book alone")
        return "known" if in_book else "unknown"
    if proof.proof == "failed":
        case.trail.add("policy P43", f"the sender's proof failed: {proof.evidence.because}")
        return "unknown"
    if proof.suspicious:
        case.trail.add("policy P43", f"trust is lowered: {proof.evidence.because}")
        return "known" if in_book and proof.proof != "none" else "unknown"
    if proof.proof == "token" and case.context.token_valid:
        case.trail.add("policy P43", "answers a signed mail of ours from the address it was sent to")
        return "token"
    if proof.proof == "authenticated" or proof.authenticated:
        case.trail.add("policy P43", f"the mail server vouches for the sender: {proof.evidence.because}")
        return "authenticated"
    case.trail.add("policy P43", "no proof; the address is " + ("in the address book" if in_book else "not in the address book"))
    return "known" if in_book else "unknown"


def _own_order(case: Case, sender: str) -> Order | None:
    return next((o for o in (*case.context.client_orders, *case.context.orders) if owns(sender, o)), None)
