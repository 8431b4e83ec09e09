"""/search: tickets, clients and texts by words and fields; the same as CSV and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Depends, Response

from mailbot.desk import exports
from mailbot.desk.permissions import Routes
from mailbot.desk.queue import COLUMNS, countdown, last_step
from mailbot.desk.site import Here, Visit
from mailbot.model.permission import Permission
from mailbot.model.search import Query, parse
from mailbot.record.views.search import COUNTED, Sort, results

routes = Routes()
EXPORTED = 1000


@dataclass(frozen=True, slots=True)
class Searched:
    """What the address asks for. `before`: id of the last ticket of the page before."""

    q: str
    sort: Sort
    before: int | None

    def url(self, path: str = "/search", **changes: object) -> str:
        given = {"q": self.q, "sort": self.sort} | changes
        return f"{path}?{urlencode({name: value for name, value in given.items() if value and (name, value) != ('sort', 'newest')})}"


def searched(q: str = "", sort: str = "newest", before: str = "") -> Searched:
    """From the query string; what is no number is no page."""
    by: Literal["newest", "best"] = "best" if sort == "best" else "newest"
    return Searched(q[:1000].strip(), by, int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None)


Asked = Annotated[Searched, Depends(searched)]


@routes.get("/search", needs=Permission.SEE)
def search(visit: Here, asked: Asked) -> Response:
    query = query_of(visit, asked.q)
    with visit.reading() as c:
        found = results(c, query, last_step(visit), sort=asked.sort, before=asked.before)
    rows = [(one.row, countdown(one.row, visit.now), one.excerpt) for one in found.rows]
    return visit.page("search.html", asked=asked, query=query, found=found, rows=rows, counted=COUNTED)


@routes.get("/search.csv", needs=Permission.EXPORT)
def search_csv(visit: Here, asked: Asked) -> Response:
    return exports.csv("search", visit.now, (*COLUMNS, "excerpt"), _exported(visit, asked))


@routes.get("/search.json", needs=Permission.EXPORT)
def search_json(visit: Here, asked: Asked) -> Response:
    return exports.json("search", visit.now, _exported(visit, asked))


def query_of(visit: Visit, typed: str) -> Query:
    return parse(typed, visit.now, visit.zone, visit.person.login)


def _exported(visit: Visit, asked: Searched) -> list[dict[str, object]]:
    with visit.reading() as c:
        found = results(c, query_of(visit, asked.q), last_step(visit), sort=asked.sort, limit=EXPORTED)
    return [one.as_json() for one in found.rows]
