"""What a search finds: tickets as the queue shows them, with the place where the words stand, and clients.

A word that stands in a page full of tickets is taken as it was typed; where fewer are found, words match by their beginning too. So a
common word costs no more than a rare one, however many tickets there are; `kitch*` always matches by the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from mailbot.model.search import Query, Term, excerpt
from mailbot.model.ticket import Ticket
from mailbot.record import search, tickets
from mailbot.record.columns import fixed
from mailbot.record.tables import address, message_detail, ticket, ticket_message, ticket_text
from mailbot.record.views.queue import QueueRow, rows_of

Sort = Literal["newest", "best"]
COUNTED = 300
_HEADED, _NEWEST = 100, 200  # candidates for "best": with the words in client, subject or numbers, and anywhere
_TEXT = 4000  # characters of a message that are looked through for the excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRow:
    """`excerpt`: pieces of the client's text, with whether each was looked for; () where only other facts fit."""

    row: QueueRow
    excerpt: tuple[tuple[str, bool], ...]

    def as_json(self) -> dict[str, Any]:
        return self.row.as_json() | {"excerpt": "".join(piece for piece, _ in self.excerpt)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHit:
    """A client whose name, id or address fits. `open_tickets`: of that client, now."""

    client: str
    name: str
    address: str
    open_tickets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """`total` counts up to COUNTED + 1. `after`: id of the last ticket of this page, None on the last one."""

    rows: tuple[SearchRow, ...]
    clients: tuple[ClientHit, ...]
    total: int
    after: int | None


def results(
    c: Connection, query: Query, minutes: float, *, sort: Sort = "newest", before: int | None = None, limit: int = 50
) -> SearchPage:
    """One page. `best` knows one page only: the best of the newest. At most 12 statements, whatever is found."""
    if query.empty:
        return SearchPage(rows=(), clients=(), total=0, after=None)
    used, ids = _widened(c, query, limit)
    total = min(len(ids), COUNTED + 1)
    if sort == "best" and total > 1:
        shown = _best(c, used)[:limit]
    else:
        shown = ids[: limit + 1] if before is None else search.found(c, used, before=before, limit=limit + 1)
    more = sort == "newest" and len(shown) > limit
    by_id = {t.id: t for t in tickets.many(c, shown[:limit])}
    found = [by_id[id_] for id_ in shown[:limit] if id_ in by_id]
    return SearchPage(
        rows=tuple(_rows(c, found, used, minutes)), clients=_clients(c, query) if before is None else (), total=total,
        after=found[-1].id if more else None,
    )  # fmt: skip


# --- parts -------------------------------------------------------------------------------------------------------------------


def _widened(c: Connection, query: Query, page: int) -> tuple[Query, list[int]]:
    """The query as it will be asked, and the newest ids that fit, as many as are counted or shown."""
    starred = [t for t in query.terms if t.prefix and t.starred]
    exact = replace(query, terms=tuple(t if t in starred else replace(t, prefix=False) for t in query.terms))
    most = max(COUNTED, page) + 1
    ids = search.found(c, exact, limit=most)
    if exact == query or len(ids) > page:
        return exact, ids
    return query, search.found(c, query, limit=most)


def _best(c: Connection, query: Query) -> list[int]:
    """The newest candidates, those first whose client, subject or numbers hold the words, then by how often they stand in the texts."""
    ids = list(dict.fromkeys((*search.found(c, query, limit=_HEADED, head_only=True), *search.found(c, query, limit=_NEWEST))))
    t = ticket_text
    wanted = select(t.c.ticket, t.c.client, t.c.head, func.substr(t.c.body, 1, _TEXT).label("body")).where(t.c.ticket.in_(ids))
    spoken = query.spoken()
    scores = {row.ticket: _score(f"{row.client} {row.head}", row.body, spoken) for row in c.execute(wanted)}
    return sorted(scores, key=lambda id_: (-scores[id_], -id_))


def _score(head: str, body: str, terms: Sequence[Term]) -> float:
    """4 for each term in the head, up to 1 for each in the text (three times is as good as often)."""
    score = 0.0
    for term in terms:
        phrase = f" {' '.join(term.words)}" + ("" if term.prefix else " ")
        score += 4 * (phrase in f" {head} ") + min(f" {body} ".count(phrase), 3) / 3
    return score


def _rows(c: Connection, found: Sequence[Ticket], query: Query, minutes: float) -> list[SearchRow]:
    spoken, rows = query.spoken(), rows_of(c, found, minutes)
    texts = _texts(c, [t.id for t in found]) if spoken else {}
    shown = []
    for row in rows:
        hits = (excerpt(text, spoken) for text in texts.get(row.ticket.id, ()))
        shown.append(SearchRow(row=row, excerpt=next((hit for hit in hits if hit), ())))
    return shown


def _texts(c: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    """Ticket -> the texts of its messages, newest first."""
    on, d = ticket_message, message_detail
    wanted = select(on.c.ticket, func.substr(d.c.text, 1, _TEXT)).join_from(on, d, d.c.message == on.c.message)
    found: dict[int, list[str]] = {}
    for ticket_id, text in c.execute(wanted.where(on.c.ticket.in_(ids)).order_by(on.c.message.desc())):
        found.setdefault(ticket_id, []).append(text)
    return found


def _clients(c: Connection, query: Query, limit: int = 5) -> tuple[ClientHit, ...]:
    """Clients of tickets whose client fits all the words, and addresses that begin like the only word. Fields such
    as `client:` speak for themselves: other words need not fit."""
    asked = [t for t in query.terms if t.within == "client" and not t.negated] or query.spoken()
    named = [replace(t, within="client", prefix=True) for t in asked]
    if not named:
        return ()
    newest = search.found(c, Query(terms=tuple(named)), limit=_NEWEST)
    t = ticket
    wanted = select(t.c.client, t.c.client_name, t.c.client_address).where(t.c.id.in_(newest), t.c.client != "").order_by(t.c.id.desc())
    hits: dict[str, tuple[str, str]] = {}
    for row in c.execute(wanted):
        hits.setdefault(row.client, (row.client_name, row.client_address))
    if len(named) == 1:
        for row in c.execute(_addresses(named[0]).limit(limit)):
            hits.setdefault(row.client, (row.name, row.address))
    first = list(hits)[:limit]
    counted = select(t.c.client, func.count().label("number")).where(t.c.client.in_(first), t.c.is_open == fixed(1)).group_by(t.c.client)
    opened: dict[str, int] = {row.client: row.number for row in c.execute(counted)}
    return tuple(ClientHit(client=k, name=hits[k][0], address=hits[k][1], open_tickets=opened.get(k, 0)) for k in first)


def _addresses(term: Term) -> Any:
    a = address
    begins = a.c.address.startswith(term.words[0], autoescape=True)
    return select(a.c.client, a.c.name, a.c.address).where(begins).order_by(a.c.address)
