"""Whether a server answers the contract: for whoever builds a bridge (`mailbot order-system check URL`).

Only reads, unless an order is named that may be written to: then one internal comment is posted there, twice with the same key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailbot.errors import MailbotError, NotFound, Unavailable
from mailbot.model.order import Capabilities, OrderComment
from mailbot.model.outcome import Sent
from mailbot.order_system.contract import CommentPage, CursorTooOld
from mailbot.order_system.http import HttpOrderSystem

PAGE = 3
PAGES = 40
# Members that say which button was pressed; left out counts as not pressed.
BUTTONS = {
    "rejects_delivery": ("true", "false"),
    "requests_redistribution": ("true", "false"),
    "charge_answer": ('"agreed"', '"objected"', "null"),
}
NOBODY = "no-such-thing-mailbot-check"


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of the report. `what`: what was seen, and where it fails what the contract asks for."""

    name: str
    ok: bool
    what: str


class _Wrong(Exception):
    """The contract is broken; the text says how."""


def check(url: str, token: str, order_id: str = "", now: datetime | None = None) -> list[Checked]:
    """Every line is checked, whatever failed before. `order_id`: an order that may get a comment; "" only reads."""
    with _connected(url, token) as system:
        try:
            can = system.capabilities()
        except Unavailable as error:
            return [Checked("capabilities", False, str(error))]
        lines = [Checked("capabilities", True, ", ".join(_able(can)))]
        for name, test in _tests(url, system, can, order_id, now or datetime.now(UTC)):
            lines.append(_run(name, test))
        return lines


@contextmanager
def _connected(url: str, token: str) -> Iterator[HttpOrderSystem]:
    system = HttpOrderSystem("check", url, token)
    try:
        yield system
    finally:
        system.close_connections()


def _tests(url: str, system: HttpOrderSystem, can: Capabilities, order_id: str, now: datetime) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "the token is asked for", lambda: _token_is_asked(url)
    yield "comments by cursor", lambda: _comments_by_cursor(system)
    yield "every comment in its shape", lambda: _in_shape(system)
    yield "comments by time", lambda: _comments_by_time(system, now)
    yield "a cursor from elsewhere", lambda: _strange_cursor(system)
    yield "an order that does not exist", lambda: _missing_order(system)
    yield "an unknown client", lambda: _nobody(system)
    yield "an order and its number", lambda: _an_order(system, can, order_id)
    yield "looking for an external_id", lambda: _external_id(system)
    if can.events:
        yield "events", lambda: _events(system)
    if order_id:
        yield "one comment for one key", lambda: _post_twice(system, can, order_id, now)


def _run(name: str, test: Callable[[], str]) -> Checked:
    try:
        return Checked(name, True, test())
    except (_Wrong, MailbotError) as error:
        return Checked(name, False, str(error))


def _token_is_asked(url: str) -> str:
    with _connected(url, "wrong-token") as stranger:
        try:
            stranger.comments(None, None, 1)
        except Unavailable as error:
            if "401" in str(error) or "403" in str(error):
                return "a wrong token is refused"
            raise
    raise _Wrong("a wrong token is served; answer 401")


def _comments_by_cursor(system: HttpOrderSystem) -> str:
    """Small pages and one large page must show the same comments in the same order, each once."""
    large = system.comments(None, None, 100)
    small = _walk(system, system.comments(None, None, PAGE), len(large.items))
    ids = [c.id for c in small]
    if len(set(ids)) != len(ids):
        raise _Wrong("following the cursor brings a comment twice")
    if ids[: len(large.items)] != [c.id for c in large.items][: len(ids)]:
        raise _Wrong(f"pages of {PAGE} and a page of 100 do not show the same comments in the same order")
    if {c.id for c in system.comments(large.next_cursor, None, 100).items} & {c.id for c in large.items}:
        raise _Wrong("the cursor after the last comment of a page brings old comments again")
    return f"{len(ids)} comments, each once"


def _walk(system: HttpOrderSystem, page: CommentPage, enough: int) -> list[OrderComment]:
    found = list(page.items)
    for _ in range(PAGES):
        if not page.has_more or len(found) >= enough:
            break
        page = system.comments(page.next_cursor, None, PAGE)
        found += page.items
    return found


def _in_shape(system: HttpOrderSystem) -> str:
    """What an operator would else find among the messages set aside, one by one."""
    page = system.comments(None, None, 100)
    if page.unreadable:
        others = len(page.unreadable) - 1
        raise _Wrong(page.unreadable[0].because + (f" (and {others} more)" if others else ""))
    for comment in page.items:
        told = json.loads(comment.raw)
        for member, allowed in BUTTONS.items():
            if member in told and json.dumps(told[member]) not in allowed:
                raise _Wrong(f"{member} of comment {comment.id} is {told[member]!r}; the contract knows {', '.join(allowed)}")
    return f"{len(page.items)} read"


def _comments_by_time(system: HttpOrderSystem, now: datetime) -> str:
    first = system.comments(None, None, 100).items
    if not first:
        system.comments(None, now - timedelta(days=1), PAGE)
        return "answered; there are no comments to compare"
    middle = first[len(first) // 2]
    found = system.comments(None, middle.created_at, 100)
    if any(c.created_at < middle.created_at for c in found.items):
        raise _Wrong("`since` brings comments from before that time")
    wanted = {c.id for c in first if c.created_at >= middle.created_at}
    if not found.has_more and not wanted <= {c.id for c in found.items}:
        raise _Wrong("`since` leaves out comments of that very time (it is inclusive)")
    return f"{len(found.items)} comments at or after {middle.created_at:%Y-%m-%dT%H:%M:%SZ}"


def _strange_cursor(system: HttpOrderSystem) -> str:
    try:
        system.comments(NOBODY, None, PAGE)
    except CursorTooOld:
        return "410, so that we read again by time"
    except Unavailable as error:
        raise _Wrong(f"answer 410 to a cursor that you do not know (or know no more); {error}") from error
    raise _Wrong("a cursor that was never given out is served; answer 410")


def _missing_order(system: HttpOrderSystem) -> str:
    try:
        system.order(NOBODY)
    except NotFound:
        return "404"
    raise _Wrong("an order that does not exist is served")


def _nobody(system: HttpOrderSystem) -> str:
    if system.find_orders(client_email="nobody@mailbot-check.example"):
        raise _Wrong("a mail address that nobody has finds orders")
    return "an empty list"


def _an_order(system: HttpOrderSystem, can: Capabilities, order_id: str) -> str:
    known = order_id or next((c.order_id for c in system.comments(None, None, 100).items), "")
    if not known:
        return "no order is known to look at; name one with --order"
    order = system.order(known)
    if can.find_by_number and order.id not in {o.id for o in system.find_orders(number=order.number)}:
        raise _Wrong(f"order {order.id} is not found by its number {order.number}")
    for address in order.client.emails[:1]:
        mine = system.find_orders(client_email=address.upper(), limit=100)
        if len(mine) < 100 and order.id not in {o.id for o in mine}:
            raise _Wrong(f"order {order.id} is not found by its client's address (capital letters must not matter)")
    return f"order {order.number}, {order.status}" + ("" if order.etag else "; without ETag two people can overwrite each other")


def _external_id(system: HttpOrderSystem) -> str:
    page = system.find_comment(NOBODY)
    if page is not None:
        raise _Wrong("an external_id that nobody gave finds a comment")
    return "nothing found for an unknown one"


def _events(system: HttpOrderSystem) -> str:
    page = system.events(None, None, PAGE)
    following = system.events(page.next_cursor, None, PAGE)
    for wrong in (*page.unreadable, *following.unreadable):
        raise _Wrong(wrong.because)
    if {e.id for e in page.items} & {e.id for e in following.items}:
        raise _Wrong("following the cursor brings an event twice")
    return f"{len(page.items) + len(following.items)} read"


def _post_twice(system: HttpOrderSystem, can: Capabilities, order_id: str, now: datetime) -> str:
    mark = "mailbot-check-" + hashlib.sha256(now.isoformat().encode()).hexdigest()[:16]
    body = "A test of the connection by mailbot; please ignore. Übung 图像"
    first = system.post_comment(order_id, body, "internal", mark, f"key-{mark}", now=now)
    if not isinstance(first, Sent):
        raise _Wrong(first.because)
    second = system.post_comment(order_id, body, "internal", mark, f"key-{mark}", now=now)
    if second != first:
        raise _Wrong("the same Idempotency-Key with the same body does not get the same answer")
    found = system.find_comment(mark)
    if found is None or found.body != body or found.id != first.remote_id:
        raise _Wrong("a posted comment is not found by its external_id with the text that was posted")
    return "posted twice, stands once" if can.idempotent_posts else "posted once; the second time it was found first"


def _able(can: Capabilities) -> list[str]:
    return [name for name in can.__dataclass_fields__ if getattr(can, name) is True]
