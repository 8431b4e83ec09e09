"""What a person's act does to a ticket: allowed in this state and role, or refused with what is possible. Pure.

The table of states and roles is model/lifecycle; here stand the conditions that a table cannot say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from mailbot.decide import assessment, promise, redistribution
from mailbot.decide.news import Told, news, read_items, why_unheard
from mailbot.decide.step import DELIVERED, WORK, Step, because, manager_of, missing, notice
from mailbot.decide.trust import owns
from mailbot.model.act import Act, ActContext, ActDecision, News, Refused
from mailbot.model.decision import Effect, Reason
from mailbot.model.lifecycle import OVER, TRANSITIONS, UNREAD, Verb, is_own, only_for_own, possible, transition
from mailbot.model.rulebook import RuleBook
from mailbot.model.ticket import Flag, Ticket

Handler = Callable[[Step], ActDecision | Refused]


def decide_act(act: Act, context: ActContext, rules: RuleBook, now: datetime) -> ActDecision | Refused:
    """Never raises for any act and context. `now` is aware UTC; `context.person` None may do nothing."""
    refused = _not_allowed(act.verb, context)
    if refused is not None or context.person is None:
        return refused or Refused(because="nobody acts", by_role=True)
    step = Step(act=act, context=context, person=context.person, rules=rules, now=now)
    handler = HANDLERS.get(act.verb)
    if handler is None:
        return Refused(because=f"{act.verb} is no act on a ticket as it stands")  # undo reads the history: workflow/undo
    decided = handler(step)
    return decided if isinstance(decided, Refused) else _explained(step, decided)


def _not_allowed(verb: Verb, context: ActContext) -> Refused | None:
    """The table says no: names the state, the role that is needed, and what is possible."""
    ticket, person = context.ticket, context.person
    if person is None:
        known = ", ".join(p.login for p in context.colleagues) or "nobody"
        remedy = "Name yourself by --as, or add a colleague: mailbot user add LOGIN --role coordinator"
        return Refused(because=f"whoever acts is no active colleague; known are: {known}. {remedy}", by_role=True)
    roles = person.roles
    name = verb.replace("_", "-")
    manager = manager_of(context)
    own = is_own(ticket, manager, person.address)
    can = ", ".join(v.replace("_", "-") for v in possible(ticket.state, roles, own=own)) or "nothing"
    row = transition(verb, ticket.state)
    if row is None:
        states = " or ".join(s.replace("_", " ") for t in TRANSITIONS if t.verb == verb for s in sorted(t.states))
        return Refused(because=f"ticket {ticket.id} is {_state(ticket)}; {name} needs one that is {states}. Possible for you now: {can}")
    if not row.roles & roles:
        needed = " or ".join(sorted(row.roles))
        return Refused(
            because=f"{name} needs the role {needed}; {person.login} has {_named(roles)}. Possible for you now: {can}", by_role=True
        )
    if manager and not own and only_for_own(row, roles):
        whose = f"the client of ticket {ticket.id} is {manager.name or manager.emails[0]}'s, and no dispute is open"
        return Refused(because=f"{whose}. Leave a note, or ask a coordinator. Possible for you now: {can}", by_role=True)
    return None


def _explained(step: Step, decided: ActDecision) -> ActDecision:
    """A step after which the client hears nothing says why."""
    silent = not decided.news and step.act.verb in ("take", "read", "assess", "delivery_time", "deliver") and read_or_more(step)
    why = why_unheard(step.context) if silent else ""
    return replace(decided, reasons=(*decided.reasons, Reason("policy P22", f"the client is not told: {why}"))) if why else decided


def read_or_more(step: Step) -> bool:
    return step.act.verb not in ("take", "read") or bool(read_items(step.context))


def _take(step: Step) -> ActDecision | Refused:
    ticket, login = step.ticket, step.person.login
    if ticket.state not in UNREAD and ticket.owner not in (None, login):
        return Refused(because=f"ticket {ticket.id} belongs to {ticket.owner}. To become its owner instead: assign it to {login}")
    if ticket.owner == login and ticket.read_at is not None and not read_items(step.context):
        return Refused(because=f"ticket {ticket.id} is yours already, and everything on it was read")
    after = step.read(owner=login, state="read" if ticket.state in UNREAD else ticket.state)
    return step.decided(after, news=_confirmation(step), reasons=because("policy P22", f"{login} takes it and has read it"))


def _read(step: Step) -> ActDecision | Refused:
    ticket = step.ticket
    if ticket.state not in UNREAD and ticket.read_at is not None and not read_items(step.context):
        return Refused(because=f"everything that the client wrote on ticket {ticket.id} was read before")
    if ticket.state in UNREAD and ticket.kind == "feedback" and "looks_like_change" not in ticket.flags:
        after = step.read(state="closed", closed_at=step.now)
        return step.decided(after, news=_confirmation(step, "feedback"), reasons=because("policy P25", "feedback is over once it was read"))
    after = step.read(state="read" if ticket.state in UNREAD else ticket.state)
    return step.decided(after, news=_confirmation(step), reasons=because("policy P22", f"{step.person.login} has read it"))


def _confirmation(step: Step, *more: str) -> tuple[News, ...]:
    told = Told(items=(*read_items(step.context), *more), because="the client's message was read by a person (P22)")
    return news(step.context, told, step.now)


def _note(step: Step) -> ActDecision | Refused:
    if not step.act.text.strip():
        return missing("the note's text", "Write what your colleagues should know")
    return step.decided(step.ticket, reasons=because("policy P8", "an internal note"))


def _ask(step: Step) -> ActDecision | Refused:
    state = "waiting_for_client" if step.ticket.state in (*UNREAD, "read") else step.ticket.state
    return _write(step, step.read(state=state, owner=step.ticket.owner or step.person.login), "a person asks the client (P21)")


def _reply(step: Step) -> ActDecision | Refused:
    state = "read" if step.ticket.state in UNREAD else step.ticket.state
    return _write(step, step.read(state=state, owner=step.ticket.owner or step.person.login), "a person writes to the client")


def _write(step: Step, after: Ticket, why: str) -> ActDecision | Refused:
    if not step.act.text.strip():
        return missing("the text to the client", "Write it")
    told = Told(template="message", text=step.act.text.strip(), because=why, own_words=True)
    said = news(step.context, told, step.now)
    if not said:
        return Refused(because=f"no way leads to the client of ticket {step.ticket.id}: {why_unheard(step.context)}")
    return step.decided(after, news=said, reasons=because("policy P21", why))


def _assign(step: Step) -> ActDecision | Refused:
    to = next((p for p in step.context.colleagues if p.login == step.act.to), None)
    if to is None:
        known = ", ".join(p.login for p in step.context.colleagues) or "nobody"
        return Refused(because=f"there is no active colleague {step.act.to!r}. Known are: {known}")
    after = replace(step.ticket, owner=to.login)
    why = f"{step.person.login} gives it to {to.login}"
    if step.ticket.dispute_level and "account_manager" in step.person.roles and "quality_supervisor" in to.roles:
        after, why = replace(after, decider=to.login), f"{why}, who decides the dispute (P30)"
    told = () if to.login == step.person.login else (notice(to.login, "assigned", f"{step.person.login} gave you ticket {step.ticket.id}"),)
    return step.decided(after, effects=told, reasons=because("policy P20", why))


def _start(step: Step) -> ActDecision | Refused:
    if step.ticket.state == "read" and step.ticket.kind in WORK:
        return Refused(because=f"ticket {step.ticket.id} is not assessed; a Quality Supervisor assesses it first (P23)")
    return step.decided(step.read(state="in_work"), reasons=because("policy P26", "production has begun"))


def _merge(step: Step) -> ActDecision | Refused:
    ticket, other = step.ticket, step.context.other
    if other is None and step.act.other not in (None, ticket.id):
        return Refused(because=f"there is no ticket {step.act.other} to take over the messages of ticket {ticket.id}")
    if other is None or other.id == ticket.id:
        return Refused(because=f"name another ticket that takes over the messages of ticket {ticket.id}")
    if not other.is_open:
        return Refused(because=f"ticket {other.id} is {_state(other)}; reopen it first, or merge the other way round")
    if ticket.client != other.client:
        return Refused(because=f"tickets {ticket.id} and {other.id} are of different clients; each client hears only of their own")
    after = replace(ticket, state="closed", closed_at=step.now, merged_into=other.id, read_at=ticket.read_at or step.now)
    union = {"images": tuple(dict.fromkeys((*other.images, *ticket.images)))}
    union |= {"order_ids": tuple(dict.fromkeys((*other.order_ids, *ticket.order_ids)))}
    unread = {"clock_started_at": min(ticket.clock_started_at, other.clock_started_at), "read_at": None} if _unread(ticket, other) else {}
    grown = replace(other, order=other.order or ticket.order, **union, **unread)  # type: ignore[arg-type]  # fields by name
    return step.decided(after, others=(grown,), messages_to=other.id, reasons=because("policy P3", f"the same matter as ticket {other.id}"))


def _unread(*tickets: Ticket) -> bool:
    return any(t.is_open and t.read_at is None for t in tickets)


def _split(step: Step) -> ActDecision | Refused:
    ticket, parts = step.ticket, step.act.parts
    if len(parts) < 2:
        return missing("a second part", "Name each item with its kind, for example --part correction:4589 --part amendment:4590")
    opened = tuple(
        replace(
            step.read(state="read"), id=0, version=1, opened_at=step.now, kind=part.kind, claimed=part.kind, suggested=None,
            images=part.images, subject=part.text or ticket.subject, split_from=ticket.id, flags=_kept(ticket), asked=(),
        )
        for part in parts
    )  # fmt: skip  # a field a word
    after = step.read(state="closed", closed_at=step.now)
    why = "split: " + ", ".join(f"{p.kind} {' '.join(p.images)}".strip() for p in parts)
    return step.decided(after, opened=opened, news=_confirmation(step), reasons=because("policy P12", why))


def _kept(ticket: Ticket) -> tuple[Flag, ...]:
    return tuple(f for f in ticket.flags if f in ("urgent", "not_english", "address_bounced", "unverified"))


def _link_order(step: Step) -> ActDecision | Refused:
    ticket, order = step.ticket, step.context.linked
    if order is None:
        return Refused(because=f"the order system knows no order {step.act.order!r}")
    if order.client.id != ticket.client and not owns(ticket.client_address, order):
        return Refused(because=f"order {order.number} is not of this client; nothing of it may be shown to them (P2)")
    after = replace(
        ticket,
        order=ticket.order or order.number,
        order_ids=tuple(dict.fromkeys((*ticket.order_ids, order.id))),
        asked=tuple(a for a in ticket.asked if a != "order"),
    )
    why = because("policy P2", f"{step.person.login} says that order {order.number} is meant")
    return step.decided(after, effects=_for_production(step, order.id, order.status), reasons=why)


def _for_production(step: Step, order_id: str, status: str) -> tuple[Effect, ...]:
    if step.ticket.kind not in WORK or status not in DELIVERED:
        return ()
    comment = Effect(
        kind="order_comment", order_id=order_id, text_template="internal_mail", because="production sees the message on its order (P2)"
    )
    return (*_reopened(step, order_id), comment)


def _reopened(step: Step, order_id: str) -> tuple[Effect, ...]:
    if not step.context.capabilities.reopen:
        return ()
    kind = step.ticket.kind
    reason = kind if kind in ("correction", "amendment", "feedback") else "unclear"
    return (Effect(kind="reopen", order_id=order_id, reason=reason, because=f"{step.person.login} reopens it (P2)"),)


def _reopen(step: Step) -> ActDecision | Refused:
    ticket = step.ticket
    orders = [o for o in step.context.orders if o.status in DELIVERED]
    effects = tuple(e for o in orders for e in _reopened(step, o.id))
    if ticket.state not in OVER:
        if effects:
            return step.decided(ticket, effects=effects, reasons=because("policy P2", "the order is reopened by a person"))
        why = "it has no delivered order" if not orders else "the order system cannot reopen; do it there"
        return Refused(because=f"ticket {ticket.id} is open, and {why}")
    if ticket.merged_into:
        return Refused(because=f"ticket {ticket.id} was merged; go on with ticket {ticket.merged_into}")
    after = replace(ticket, state="read", closed_at=None, owner=ticket.owner or step.person.login, delivery_time=None, late_told_at=None)
    told = Told(items=("reopened",), because="the ticket was taken up again")
    taken_up = because("policy P30", step.act.reason or "taken up again")
    return step.decided(after, effects=effects, news=news(step.context, told, step.now), reasons=taken_up)


def _close(step: Step) -> ActDecision | Refused:
    if not step.act.reason.strip():
        return missing("the reason", "Say why it is over: mailbot close 12 --reason …")
    after = replace(step.ticket, state="closed", closed_at=step.now, read_at=step.ticket.read_at or step.now)
    return step.decided(after, reasons=because("policy P5", step.act.reason.strip()))


def _state(ticket: Ticket) -> str:
    return ticket.state.replace("_", " ")


def _named(roles: frozenset[str]) -> str:
    return ", ".join(sorted(roles)) or "none"


HANDLERS: dict[Verb, Handler] = {
    "take": _take, "read": _read, "note": _note, "ask": _ask, "reply": _reply, "assign": _assign, "assess": assessment.assess,
    "plan": assessment.plan, "agree": assessment.agree, "object": assessment.object_, "delivery_time": promise.delivery_time,
    "start": _start, "deliver": promise.deliver, "redistribute": redistribution.redistribute, "merge": _merge, "split": _split,
    "link_order": _link_order, "reopen": _reopen, "close": _close,
}  # fmt: skip  # a verb a word
