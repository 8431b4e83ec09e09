"""Which of the client's own orders a message is about (P2). Somebody else's number is no match and reveals nothing."""

from __future__ import annotations

import re

from mailbot.decide.case import Case, Matched, Party
from mailbot.decide.trust import owns
from mailbot.model.order import Order, OrderImage
from mailbot.model.ticket import Ticket

PLACED: frozenset[str] = frozenset({"delivered", "reopened", "closed"})


def match(case: Case, who: Party, thread: Ticket | None) -> Matched:
    """By the comment's own order, by numbers in the text, by the thread's ticket, by the only recent order that fits."""
    if case.by_comment:
        return _of_comment(case, who)
    if case.context.order_system is None:
        return _taken_as_written(case, who, thread)
    return _named(case, who) or _of_thread(case, thread) or _recent(case, who) or _none(case, who)


def is_own(case: Case, who: Party, order: Order) -> bool:
    """P43: an unknown sender owns nothing, whatever number they know."""
    if who.trust == "unknown":
        return False
    sender = case.writer.address if case.writer else ""
    return order.client.id == who.client or owns(sender, order) or owns(who.address, order)


def has_image(order: Order, image: str) -> bool:
    """Whether the order has an image that the client calls so."""
    return any(is_image(one, image) for one in order.images)


def is_image(one: OrderImage, image: str) -> bool:
    """`4589` is image `IMG_4589.jpg` too: names count without extension, plain digits match a name that ends with them."""
    wanted = _stem(image)
    stems = {_stem(one.name), _stem(one.id)}
    if wanted in stems:
        return True
    return wanted.isdigit() and wanted.lstrip("0") in {m.group(1) for s in stems if (m := re.search(r"0*(\d+)$", s))}


def _of_comment(case: Case, who: Party) -> Matched:
    comment = case.message.comment
    order_id = comment.order_id if comment else ""
    main = tuple(o for o in case.context.orders if o.id == order_id)
    others = tuple(o for o in case.context.orders if o.id != order_id and o.number in case.found.orders.numbers and is_own(case, who, o))
    if not main:
        case.trail.add("policy P1", f"the comment stands on order {order_id}; its facts could not be read yet")
        return Matched(ids=(order_id,), numbers=(order_id,), waiting=True)
    case.trail.add("policy P1", f"the comment stands on order {main[0].number}")
    return _matched((*main, *others))


def _named(case: Case, who: Party) -> Matched | None:
    numbers = case.found.orders.numbers
    named = [o for n in numbers for o in case.context.orders if n in (o.number, o.id)]
    own = tuple({o.id: o for o in named if is_own(case, who, o)}.values())
    for number in numbers:
        if not any(number in (o.number, o.id) for o in own):
            case.trail.add("policy P2", f"{number} is no order of this client that could be read: counts as no match")
    if own:
        case.trail.add("policy P2", "named in the text: " + ", ".join(o.number for o in own))
    return _matched(own) if own else None


def _of_thread(case: Case, thread: Ticket | None) -> Matched | None:
    if thread is None or not thread.order_ids:
        case.trail.add("policy P2", "no thread leads to an order")
        return None
    known = {o.id: o for o in (*case.context.orders, *case.context.client_orders)}
    orders = tuple(known[i] for i in thread.order_ids if i in known)
    case.trail.add("policy P2", f"the thread leads to the order of ticket {thread.id}")
    return _matched(orders) if orders else Matched(ids=thread.order_ids, numbers=(thread.order or thread.order_ids[0],))


def _recent(case: Case, who: Party) -> Matched | None:
    """Only where no number was written: a mistyped number must not become another order."""
    if case.found.orders.numbers or who.trust == "unknown":
        return None
    fitting = [o for o in case.context.client_orders if o.status != "cancelled" and is_own(case, who, o)]
    images = case.found.images.numbers
    fitting = [o for o in fitting if images and any(has_image(o, i) for i in images)] or fitting
    if "correction" in (case.found.keyword.claimed, case.found.content.kind):
        fitting = [o for o in fitting if o.status in PLACED] or fitting
    if len(fitting) != 1:
        case.trail.add("policy P2", f"{len(fitting)} recent orders of the client fit")
        return None
    case.trail.add("policy P2", f"exactly one recent order of the client fits: {fitting[0].number}")
    return _matched(tuple(fitting))


def _none(case: Case, who: Party) -> Matched:
    waiting = case.context.facts_pending and who.trust != "unknown"
    case.trail.add("policy P2", "facts are still awaited" if waiting else "no order was found")
    return Matched(waiting=waiting)


def _taken_as_written(case: Case, who: Party, thread: Ticket | None) -> Matched:
    """Without an order system nothing can be looked up: the number counts as the client wrote it, unless nobody knows the client."""
    numbers = case.found.orders.numbers
    if numbers:
        case.trail.add("policy P2", "no order system is configured: the number counts as written")
        return Matched(ids=numbers, numbers=numbers)
    return _of_thread(case, thread) or _none(case, who)


def _matched(orders: tuple[Order, ...]) -> Matched:
    return Matched(ids=tuple(o.id for o in orders), numbers=tuple(o.number for o in orders), orders=orders)


def _stem(name: str) -> str:
    return re.sub(r"\.[a-z0-9]{2,4}$", "", name.strip().lower())
