"""POST /api/v1/tickets/{ticket}/acts/{verb}: the same acts as the commands and the ticket page, for scripts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from mailbot.desk.api import PREFIX, Value
from mailbot.desk.permissions import Routes
from mailbot.desk.site import Here, Visit
from mailbot.errors import BadInput, NotAllowed, Problem
from mailbot.model.act import Act, Part
from mailbot.model.finding import ClientKind
from mailbot.model.lifecycle import TRANSITIONS, Verb
from mailbot.model.money import Money, money
from mailbot.model.permission import Permission

routes = Routes(PREFIX)
NEEDS: dict[Verb, Permission] = {
    "assess": Permission.ASSESS, "plan": Permission.ASSESS, "split": Permission.ASSESS, "take": Permission.TALK, "read": Permission.TALK,
    "ask": Permission.TALK, "delivery_time": Permission.TALK, "deliver": Permission.TALK, "redistribute": Permission.TALK,
    "merge": Permission.TALK, "link_order": Permission.TALK,
}  # fmt: skip  # every other act needs WORK
_VERBS = "; ".join(f"`{t.verb}`: {t.what}" for t in {t.verb: t for t in reversed(TRANSITIONS) if t.by == "person"}.values())


class PartOfTicket(BaseModel):
    """One item of a split ticket."""

    model_config = ConfigDict(extra="forbid")
    kind: ClientKind
    images: list[str] = Field(default=[], max_length=500)
    text: str = Field(default="", max_length=2000)


class Wanted(BaseModel):
    """What an act needs; leave out the rest. `version`: only if the ticket still has it (409 else)."""

    model_config = ConfigDict(extra="forbid")
    version: int | None = Field(default=None, ge=0, le=2**31)
    text: str = Field(default="", max_length=20_000, description="note, ask, reply: the words; agree, object, redistribute: the client's")
    reason: str = Field(default="", max_length=2000)
    kind: ClientKind | None = None
    charge: str = Field(default="", max_length=40, description="`40 EUR`, only for an amendment")
    plan: str = Field(default="", max_length=2000)
    due_at: datetime | None = Field(default=None, description="with offset; delivery_time without it takes the proposal")
    to: str = Field(default="", max_length=100, description="assign: a login")
    order: str = Field(default="", max_length=100)
    other: int | None = Field(default=None, ge=1, le=2**53, description="merge: the ticket that takes over")
    parts: list[PartOfTicket] = Field(default=[], max_length=50)
    confirmed: bool = False
    targets: list[str] = Field(default=[], max_length=100)
    images: list[str] = Field(default=[], max_length=500)


class Done(Value):
    """What came of it: the ticket as it stands, why, which actions of the outbox, which new tickets."""

    ticket: int
    state: str
    version: int
    owner: str | None
    because: list[str]
    actions: list[str]
    opened: list[int]


@routes.post(
    "/tickets/{ticket}/acts/{verb}", needs=Permission.WORK, response_model=Done, tags=["tickets"], summary="Do something to a ticket",
    description=f"Acts: {_VERBS}.",
)  # fmt: skip  # the route, then what it says of itself
def act_on_ticket(ticket: Annotated[int, Path(ge=1, le=2**53)], verb: Verb, wanted: Wanted, visit: Here) -> Done:
    needed = NEEDS.get(verb, Permission.WORK)
    if not visit.person.may(needed):
        raise NotAllowed(f"{verb} needs the permission to {needed.value}; this token or its person does not have it.")
    done = visit.desk.service.act_on_ticket(_act(visit, ticket, verb, wanted), visit.person.login)
    return Done(
        ticket=done.ticket.id, state=done.ticket.state, version=done.ticket.version, owner=done.ticket.owner, because=list(done.because),
        actions=[f"O-{number}" for number in done.actions], opened=list(done.opened),
    )  # fmt: skip  # as above


def _act(visit: Visit, ticket: int, verb: Verb, w: Wanted) -> Act:
    due_at = w.due_at
    if due_at is not None and due_at.tzinfo is None:
        due_at = due_at.replace(tzinfo=visit.zone)
    parts = tuple(Part(kind=p.kind, images=tuple(p.images), text=p.text) for p in w.parts)
    return Act(
        verb=verb, ticket=ticket, version=w.version, text=w.text, reason=w.reason, kind=w.kind, charge=_charge(w.charge), plan=w.plan,
        due_at=due_at, to=w.to, order=w.order, other=w.other, parts=parts, confirmed=w.confirmed, targets=tuple(w.targets),
        images=tuple(w.images),
    )  # fmt: skip  # as above


def _charge(text: str) -> Money | None:
    try:
        return money(text) if text.strip() else None
    except ValueError as error:
        raise BadInput([Problem("charge", "", str(error), "Leave it out where the work is free")]) from error
