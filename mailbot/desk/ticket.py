"""/t/N: what the client wrote, what the order says, what can be done. Every act is a form; every form works without JavaScript."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, get_args

from fastapi import Form, Query, Response

from mailbot.desk.history import entries
from mailbot.desk.permissions import Routes
from mailbot.desk.site import Here, Visit
from mailbot.errors import BadInput, Conflict, MailbotError, NotFound, Problem
from mailbot.model.act import Act, Part
from mailbot.model.finding import ClientKind
from mailbot.model.lifecycle import TRANSITIONS, Verb
from mailbot.model.money import money
from mailbot.model.permission import Permission
from mailbot.model.ticket import Ticket
from mailbot.record.views.client import client as client_view
from mailbot.record.views.messages import shown as shown_messages
from mailbot.record.views.said import said
from mailbot.record.views.timeline import timeline
from mailbot.workflow import people, ticket_page
from mailbot.workflow.acts import Acted
from mailbot.workflow.belongs import belongs
from mailbot.workflow.preview import Offer, Preview, offer, picked
from mailbot.workflow.preview import preview as preview_of

routes = Routes()
Word = Annotated[str, Form(max_length=400)]
Text = Annotated[str, Form(max_length=20_000)]
WHAT = {(t.verb): t.what for t in reversed(TRANSITIONS)}
DONE = {
    "take": "It is yours.", "read": "Marked as read.", "note": "Noted.", "ask": "The client is asked.", "reply": "Your reply goes out.",
    "assign": "Handed over.", "assess": "Assessed.", "plan": "The plan is changed.", "delivery_time": "The delivery time is set.",
    "agree": "The agreement is recorded.", "object": "The objection is recorded: a dispute.", "start": "In work.",
    "deliver": "Delivered.", "redistribute": "Redistribution noted.", "merge": "Merged.", "split": "Split.", "link_order": "Linked.",
    "reopen": "Taken up again.", "close": "Closed.", "undo": "Taken back.",
}  # fmt: skip  # said after the act


@routes.get("/t/{ticket}", needs=Permission.SEE)
def ticket(ticket: int, visit: Here) -> Response:
    return _page(visit, ticket)


@routes.post("/t/{ticket}/act", needs=Permission.WORK)
def act(  # noqa: PLR0913, PLR0917 - one field for each thing that an act may want
    ticket: int, visit: Here, verb: Word, version: Annotated[int, Form()] = 0, text: Text = "", reason: Text = "", kind: Word = "",
    charge: Word = "", plan: Text = "", due: Word = "", pick: Word = "", to: Word = "", order: Word = "", other: Word = "",
    parts: Text = "", confirmed: Word = "", preview: Word = "",
) -> Response:  # fmt: skip  # the form's fields
    typed = {"text": text, "reason": reason, "kind": kind, "charge": charge, "plan": plan, "due": due, "verb": verb, "to": to}
    try:
        wanted = _wanted(
            visit, ticket, verb=verb, version=version or None, text=text, reason=reason, kind=kind, charge=charge, plan=plan,
            due=pick or due, to=to, order=order, other=other, parts=parts, confirmed=bool(confirmed),
        )  # fmt: skip  # as above
        if preview:
            return _page(visit, ticket, typed=typed, shown=preview_of(visit.desk.service.parts, wanted, visit.person.login))
        done = visit.desk.service.act_on_ticket(wanted, visit.person.login)
    except (Conflict, BadInput) as error:
        ticket_page.save_draft(visit.desk.service.parts, ticket, visit.person.login, verb, text or plan or reason)
        status = 409 if isinstance(error, Conflict) else 422
        return _page(visit, ticket, status=status, typed=typed, problem=str(error))
    for field in ("reply", "ask", "note", verb):
        ticket_page.save_draft(visit.desk.service.parts, ticket, visit.person.login, field, "")
    return visit.go(f"/t/{ticket}", _said_of(wanted, done))


@routes.post("/t/{ticket}/belongs", needs=Permission.TALK)
def belongs_to(ticket: int, visit: Here, client: Word) -> Response:
    """An unverified sender is this client: the address is kept, the full acknowledgement goes out (P43)."""
    try:
        found = belongs(visit.desk.service.parts, ticket, client.strip(), visit.person.login)
    except (Conflict, NotFound) as error:
        return _page(visit, ticket, status=409, problem=str(error))
    return visit.go(f"/t/{ticket}", f"{found.client_address} belongs to {found.client_name or found.client} from now on.")


@routes.post("/t/{ticket}/draft", needs=Permission.WORK)
def draft(ticket: int, visit: Here, verb: Word, text: Text = "", plan: Text = "", reason: Text = "") -> Response:
    """Kept while it is typed; answers with when."""
    ticket_page.save_draft(visit.desk.service.parts, ticket, visit.person.login, verb, text or plan or reason)
    return visit.page("ticket_draft.html")


@routes.get("/t/{ticket}/now", needs=Permission.SEE)
def now(ticket: int, visit: Here, version: int = 0, writing: Annotated[str, Query()] = "") -> Response:
    """Who else is here, and whether something has changed since the page was read."""
    current, others = ticket_page.look_around(visit.desk.service.parts, ticket, visit.person.login, writing=bool(writing))
    return visit.page("ticket_now.html", number=ticket, version=version, changed=current not in (0, version), others=others)


def _page(
    visit: Visit, number: int, *, status: int = 200, typed: dict[str, str] | None = None, problem: str = "", shown: Preview | None = None
) -> Response:
    service = visit.desk.service
    with visit.reading() as c:
        found = timeline(c, number)
        words = said(c, number)
        messages = shown_messages(c, found.messages, found.actions)
        minutes = int(max(service.parts.live.rules.escalation_minutes, default=20))
        client = _client(visit, c, found.ticket, minutes)
    login, everybody = visit.person.login, people.everybody(service.db)
    _, others = ticket_page.look_around(service.parts, number, login, writing=False)
    orders = ticket_page.orders_of(service.parts, found.ticket.order_ids)
    address = next((p["email"] for p in everybody if p["login"] == login), "")
    verbs = ticket_page.verbs_of(service.parts, found.ticket, orders, address, visit.person.roles)
    return visit.page(
        "ticket.html", status=status, t=found.ticket, entries=entries(found, words), messages=messages, client=client,
        others=others, verbs=verbs,
        orders=orders, what=WHAT, typed=typed or {}, problem=problem, shown=shown,
        drafts=ticket_page.drafts_of(service.parts, number, login), offer=_offer(visit, found.ticket, verbs),
        colleagues=[p for p in everybody if p["active"]], names=people.names(everybody),
        can_undo=_can_undo(found, login), minutes=minutes,
    )  # fmt: skip  # the ticket, then what surrounds it


def _client(visit: Visit, c: Any, ticket: Ticket, minutes: int) -> Any:
    try:
        return client_view(c, ticket.client, visit.now, visit.zone, minutes, limit=6)
    except NotFound:
        return None


def _offer(visit: Visit, ticket: Ticket, verbs: tuple[Verb, ...]) -> Offer | None:
    return offer(visit.desk.service.parts, ticket.id) if {"delivery_time", "assess"}.intersection(verbs) else None


def _can_undo(found: Any, login: str) -> bool:
    """The last line of history is mine, and something of it still waits; or tickets were put together or apart."""
    if not found.log or found.log[-1].actor != login:
        return False
    if found.log[-1].what in ("merge", "split"):
        return True
    waiting = {a.id for a in found.actions if a.state in ("queued", "held")}
    return bool(waiting.intersection(found.log[-1].data.get("actions", ())))


def _wanted(visit: Visit, ticket: int, *, verb: str, due: str, charge: str, other: str, parts: str, **given: Any) -> Act:
    """The form's words as an Act. Raises BadInput with the field."""
    named: Any = verb
    if named not in get_args(Verb):
        raise _bad("verb", f"{verb!r} is no act", "Use the buttons of the page")
    kind: Any = given.pop("kind") or None
    if kind is not None and kind not in get_args(ClientKind):
        raise _bad("kind", f"{kind!r} is no kind", "Choose correction, amendment or feedback")
    try:
        amount = money(charge) if charge.strip() else None
    except ValueError as error:
        raise _bad("charge", str(error), "Leave it empty where the work is free") from error
    return Act(
        verb=named, ticket=ticket, kind=kind, charge=amount, due_at=_time(visit, due), other=_number(other), parts=_parts(parts), **given,
    )  # fmt: skip  # which, then what


def _time(visit: Visit, text: str) -> datetime | None:
    """A quick pick, or what a date field sends: local time of the person."""
    if not text.strip():
        return None
    if pick := picked(visit.desk.service.parts, text):
        return pick
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad("delivery time", f"{text!r} is no time", "Write it as 2026-12-01T15:00") from error
    return at if at.tzinfo else at.replace(tzinfo=visit.zone)


def _number(text: str) -> int | None:
    digits = text.strip().lstrip("#")
    if digits and not digits.isdecimal():
        raise _bad("ticket", f"{text!r} is no ticket", "Write its number, for example 12")
    return int(digits) if digits else None


def _parts(text: str) -> tuple[Part, ...]:
    """One line for each item: `correction: 4589, 4590`."""
    found = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        kind, _, images = line.partition(":")
        word: Any = kind.strip().lower()
        if word not in get_args(ClientKind):
            raise _bad("parts", f"{line!r} begins with no kind", "Write for each item a line such as correction: 4589, 4590")
        found.append(Part(kind=word, images=tuple(i.strip() for i in images.split(",") if i.strip())))
    return tuple(found)


def _bad(field: str, what: str, remedy: str) -> MailbotError:
    return BadInput([Problem(field, "", what, remedy)])


def _said_of(wanted: Act, done: Acted) -> str:
    unheard = next((b for b in done.because if b.startswith("the client is not told")), "")
    new = f" New tickets: {', '.join(f'#{n}' for n in done.opened)}." if done.opened else ""
    return f"{DONE[wanted.verb]}{new}" + (f" But {unheard}." if unheard else "")
