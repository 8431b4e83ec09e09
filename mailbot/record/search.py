"""The search index over tickets: one row a ticket, filled in the transaction that changes what it holds.

Whoever writes a ticket, its messages or its notes calls `touch`; `fill` runs once before the commit (Database.transaction), so that
no writer can forget a part. SQLite searches by FTS5, PostgreSQL by tsvector; both hold the same words (model/search.py).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, column, exists, func, literal_column, or_, select, table

from mailbot.model.search import Query, Term, facet, words
from mailbot.model.ticket import OPEN_STATES
from mailbot.record.columns import insert
from mailbot.record.tables import message, message_detail, ticket, ticket_log, ticket_message, ticket_text

LONGEST = 50_000  # characters of a ticket's texts that are searched, the newest first
NOTED = ("text", "reason", "plan")  # keys of a log row's data that people wrote
_TOUCHED = "mailbot_touched"
_PAGE = 500
_NEARLY = 1000  # ids that may lie on the wrong side of a time: several processes open tickets at once
_NO_ID = 2**62
_FTS = table("ticket_search", column("rowid"), column("ticket_search"))
# Columns of FTS5 and weights of tsvector that a term is looked for in; "" is everywhere. Only the client is told apart: a weight makes
# PostgreSQL read every row that its index finds.
_FIELDS = {"any": ("", ""), "client": ("client", "A"), "facet": ("", "")}


def touch(c: Connection, tickets: Iterable[int]) -> None:
    """These tickets' words may have changed in this transaction."""
    c.info.setdefault(_TOUCHED, set()).update(tickets)


def forget_touched(c: Connection) -> None:
    """At the begin of a transaction: an earlier one on this connection may have been rolled back."""
    c.info.pop(_TOUCHED, None)


def fill(c: Connection) -> None:
    """Brings the rows of touched tickets up to date; four statements for each 500 tickets."""
    touched = sorted(c.info.pop(_TOUCHED, ()))
    for at in range(0, len(touched), _PAGE):
        _fill_page(c, touched[at : at + _PAGE])


def fill_missing(c: Connection) -> int:
    """Rows for tickets that have none (a database of an older version); how many."""
    missing = select(ticket.c.id).outerjoin(ticket_text, ticket_text.c.ticket == ticket.c.id).where(ticket_text.c.ticket.is_(None))
    ids = list(c.execute(missing.order_by(ticket.c.id)).scalars())
    touch(c, ids)
    fill(c)
    return len(ids)


def found(c: Connection, query: Query, *, before: int | None = None, limit: int = 50, head_only: bool = False) -> list[int]:
    """Ids of tickets, newest first. `before`: an id; the page after it. `head_only`: the words stand in client, subject or numbers."""
    id_: ColumnElement[int] = ticket_text.c.ticket
    if not query.terms:
        wanted = select(id_)
    elif c.dialect.name == "postgresql":
        asked = func.to_tsquery("simple", _tsquery(query.terms, head_only))
        wanted = select(id_).where(literal_column("words").op("@@")(asked))
    else:
        id_ = _FTS.c.rowid
        wanted = select(id_).where(_FTS.c.ticket_search.op("MATCH")(_fts5(query.terms, head_only)))
    wanted = wanted.where(*_opened(query, id_))
    if before is not None:
        wanted = wanted.where(id_ < before)
    return list(c.execute(wanted.order_by(id_.desc()).limit(limit)).scalars())


# --- asking ------------------------------------------------------------------------------------------------------------------


def _opened(query: Query, id_: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
    """Ids grow with the time of opening, so that a time is nearly an id where the walk begins and ends; the tickets themselves decide."""
    t = ticket.c
    if query.since is not None:
        first = select(t.id).where(t.opened_at >= query.since).order_by(t.opened_at, t.id).limit(1).scalar_subquery()
        yield id_ >= func.coalesce(first, _NO_ID) - _NEARLY
    if query.until is not None:
        last = select(t.id).where(t.opened_at < query.until).order_by(t.opened_at.desc(), t.id.desc()).limit(1).scalar_subquery()
        yield id_ <= func.coalesce(last, -_NEARLY) + _NEARLY
    if query.since is not None or query.until is not None:
        span = [t.opened_at >= query.since] if query.since else []
        yield exists().where(t.id == id_, *span, *([t.opened_at < query.until] if query.until else ()))


def _fts5(terms: Collection[Term], head_only: bool) -> str:
    """An expression of FTS5 (sqlite.org/fts5.html, section 3); words hold letters and digits only, so nothing needs an escape."""
    wanted = [_fts5_term(t, head_only) for t in terms if not t.negated] or [f'"{facet("all", "")}"']
    unwanted = [_fts5_term(t, False) for t in terms if t.negated]
    return " NOT ".join([f"({' AND '.join(wanted)})", *unwanted])


def _fts5_term(term: Term, head_only: bool) -> str:
    columns = "client head" if head_only and term.within == "any" else _FIELDS[term.within][0]
    phrase = f'"{" ".join(term.words)}"' + (" *" if term.prefix else "")
    return f"{{{columns}}} : {phrase}" if columns else phrase


def _tsquery(terms: Collection[Term], head_only: bool) -> str:
    """The same for to_tsquery (PostgreSQL manual, 8.11.2)."""
    return " & ".join(("!" if t.negated else "") + _tsquery_term(t, head_only) for t in terms)


def _tsquery_term(term: Term, head_only: bool) -> str:
    weights = "AB" if head_only and term.within == "any" and not term.negated else _FIELDS[term.within][1]
    *first, last = term.words
    marks = ("*" if term.prefix else "") + weights
    parts = [f"'{word}'" + (f":{weights}" if weights else "") for word in first] + [f"'{last}'" + (f":{marks}" if marks else "")]
    return f"({' <-> '.join(parts)})"


# --- filling -----------------------------------------------------------------------------------------------------------------


def _fill_page(c: Connection, ids: list[int]) -> None:
    names = ("id", "client", "client_name", "client_address", "subject", "order", "order_ids", "kind", "state", "queue", "owner", "flags",
             "dispute_level", "charge_amount")  # fmt: skip
    tickets = c.execute(select(*(ticket.c[n] for n in names)).where(ticket.c.id.in_(ids))).mappings().all()
    texts, attached = _texts(c, ids)
    noted, notes = _notes(c, ids)
    rows = []
    for t in tickets:
        id_ = t["id"]
        body = "\n".join([*notes.get(id_, ()), *texts.get(id_, ())])[:LONGEST]
        rows.append({
            "ticket": id_,
            "client": _joined(t["client_name"], t["client"], t["client_address"]),
            "head": _joined(str(id_), t["subject"], *_refs(t)),
            "body": _joined(body),
            "facets": " ".join(_facets(t, attached=id_ in attached, noted=id_ in noted)),
        })  # fmt: skip
    _write(c, rows)


def _texts(c: Connection, ids: list[int]) -> tuple[dict[int, list[str]], set[int]]:
    """Ticket -> subjects and texts of its messages, newest first; and the tickets with attachments."""
    m, on, d = message, ticket_message, message_detail
    attached = d.c.parsed_json.contains('"attachments":[{').label("attached")
    wanted = select(on.c.ticket, m.c.subject, m.c.sender, func.substr(d.c.text, 1, LONGEST).label("text"), attached)
    joined = wanted.select_from(on.join(m, m.c.id == on.c.message).outerjoin(d, d.c.message == m.c.id))
    found: dict[int, list[str]] = defaultdict(list)
    having = set()
    for row in c.execute(joined.where(on.c.ticket.in_(ids)).order_by(m.c.id.desc())):
        found[row.ticket] += [row.text or "", row.subject or "", row.sender or ""]
        if row.attached:
            having.add(row.ticket)
    return found, having


def _notes(c: Connection, ids: list[int]) -> tuple[set[int], dict[int, list[str]]]:
    """The tickets with notes; and ticket -> what people wrote on it, newest first."""
    t = ticket_log
    wanted = select(t.c.ticket, t.c.what, t.c.data).where(t.c.ticket.in_(ids), t.c.actor != "mailbot", t.c.data != "")
    noted: set[int] = set()
    said: dict[int, list[str]] = defaultdict(list)
    for row in c.execute(wanted.order_by(t.c.id.desc())):
        data = json.loads(row.data)
        said[row.ticket] += [data[key] for key in NOTED if isinstance(data.get(key), str)]
        if row.what == "note":
            noted.add(row.ticket)
    return noted, said


def _refs(t: Any) -> list[str]:
    """Number and ids of a ticket's orders."""
    return list(dict.fromkeys((*([t["order"]] if t["order"] else ()), *json.loads(t["order_ids"] or "[]"))))


def _facets(t: Any, *, attached: bool, noted: bool) -> Iterator[str]:
    """One word for each fact that an operator asks for."""
    yield facet("all", "")
    yield facet("kind", t["kind"])
    yield facet("state", t["state"])
    if t["state"] in OPEN_STATES:
        yield facet("state", "open")
    yield facet("queue", t["queue"])
    yield facet("owner", t["owner"] or "nobody")
    yield from (facet("order", ref) for ref in _refs(t))
    yield from (facet("flag", flag) for flag in json.loads(t["flags"] or "[]"))
    has = {"attachment": attached, "note": noted, "dispute": t["dispute_level"] > 0, "charge": bool(t["charge_amount"])}
    yield from (facet("has", name) for name, there in has.items() if there)


def _joined(*texts: str | None) -> str:
    return " ".join(word for text in texts for word in words(text or ""))


def _write(c: Connection, rows: list[dict[str, Any]]) -> None:
    """Rows that did not change are not written: FTS5 and GIN would take every word out and in again."""
    if not rows:
        return
    new = insert(c, ticket_text)
    names = ("client", "head", "body", "facets")
    differs = or_(*(ticket_text.c[name] != new.excluded[name] for name in names))
    c.execute(new.on_conflict_do_update(index_elements=["ticket"], set_={n: new.excluded[n] for n in names}, where=differs), rows)
