"""The pages: *My orders* and one order for clients, the board for staff. Server-rendered, no script needed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailbot.reference import shapes, store
from mailbot.reference.database import Database
from mailbot.reference.seed import PRODUCTS, STYLES
from mailbot.reference.store import NewComment, Refused, Row

COOKIE = "order_system_key"
HERE = Path(__file__).parent / "templates"
CSP = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {"Content-Security-Policy": CSP, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
STATUS_WORDS = {
    "ordered": "Ordered", "in_production": "In production", "delivered": "Delivered", "reopened": "Reopened", "closed": "Closed",
    "cancelled": "Cancelled",
}  # fmt: skip
KEYWORDS = ("Correction", "Amendment", "Feedback")
Text = Annotated[str, Form(max_length=20000)]
Word = Annotated[str, Form(max_length=300)]


def same_site(request: Request) -> None:
    """A form of another site is refused (CSRF): Sec-Fetch-Site, or Origin where a browser does not send it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise Refused(403, "this form was not sent from a page of this site")
    elif urlsplit(request.headers.get("origin", "")).netloc != request.headers.get("host"):
        raise Refused(403, "this form was not sent from a page of this site")


def routes(database: Database, support_address: str, open_login: bool) -> APIRouter:
    router = APIRouter()
    site = _Site(database, support_address, open_login)
    _doors(router, site)
    _client_pages(router, site)
    _staff_pages(router, site)
    return router


def error_page(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    text = _templates.get_template("error.html").render(title=title, detail=detail, who=None)
    return HTMLResponse(text, status_code=status, headers={**HEADERS, **(headers or {})})


class _Site:
    def __init__(self, database: Database, support_address: str, open_login: bool) -> None:
        self.database, self.support, self.open_login = database, support_address, open_login

    def who(self, c: Any, request: Request, role: str = "") -> Row | None:
        """Who is signed in, if of that role ("" = any)."""
        found = store.person_with_key(c, request.cookies.get(COOKIE, ""))
        return found if found and role in ("", found["role"]) else None

    def signed_in(self, c: Any, request: Request, role: str) -> Row:
        found = self.who(c, request, role)
        if found is None:
            raise Refused(403, "Please sign in first: open the start page, or your personal link.")
        return found

    def order_of(self, c: Any, client: Row, order_id: str) -> Row:
        found = store.order(c, order_id)
        if found["client"] != client["id"]:
            raise Refused(404, f"there is no order {order_id!r}")  # the same words as for none: numbers can be guessed
        return found


def _doors(router: APIRouter, site: _Site) -> None:
    @router.get("/style.css")
    def style() -> Response:
        return Response((HERE / "style.css").read_bytes(), media_type="text/css", headers={"Cache-Control": "max-age=300"})

    @router.get("/sign-in/{login_key}")
    def personal_link(login_key: str) -> Response:
        with site.database.reading() as c:
            person = store.person_with_key(c, login_key)
        if person is None:
            raise Refused(404, "this personal link is not known")
        return _enter(person)

    @router.post("/sign-in", dependencies=[Depends(same_site)])
    def choose(person: Word) -> Response:
        if not site.open_login:
            raise Refused(403, "Please use your personal link.")
        with site.database.reading() as c:
            return _enter(store.person(c, person))

    @router.post("/sign-out", dependencies=[Depends(same_site)])
    def leave() -> Response:
        response = _go("/")
        response.delete_cookie(COOKIE)
        return response


def _client_pages(router: APIRouter, site: _Site) -> None:
    @router.get("/")
    def start(request: Request) -> Response:
        with site.database.reading() as c:
            who = site.who(c, request)
            if who is None:
                clients = store.people(c, "client") if site.open_login else []
                staff = store.people(c, "staff") if site.open_login else []
                return _page("start.html", who=None, clients=clients, staff=staff)
            if who["role"] == "staff":
                return _go("/staff")
            rows = store.orders_where(c, "client_id", who["id"], 200)
            return _page("my_orders.html", who=who, orders=[_order_view(site, r, who["time_zone"]) for r in rows])

    @router.get("/orders/{order_id}")
    def one_order(order_id: str, request: Request) -> Response:
        with site.database.reading() as c:
            who = site.who(c, request)
            if who is None:
                return _go("/")
            if who["role"] == "staff":
                return _go(f"/staff/orders/{quote(order_id, safe='')}")
            order = site.order_of(c, who, order_id)
            comments = [_comment_view(c, r, who["time_zone"]) for r in store.comments_of(c, order_id) if r["visibility"] == "client"]
            return _page(
                "order.html", who=who, order=_order_view(site, order, who["time_zone"]), comments=comments,
                token=secrets.token_urlsafe(12), mail=_mail_links(site.support, order["number"]),
            )  # fmt: skip

    @router.post("/orders/{order_id}/comments", dependencies=[Depends(same_site)])
    def comment(order_id: str, request: Request, body: Text, token: Word, reopen: Word = "") -> Response:
        with site.database.writing() as c:
            who = site.signed_in(c, request, "client")
            site.order_of(c, who, order_id)
            new = NewComment(
                order_id=order_id, role="client", author=who["id"], body=_words(body), visibility="client", rejects=reopen == "yes",
                form_token=token,
            )  # fmt: skip
            store.add_comment(c, new, site.database.now())
        return _go(f"/orders/{quote(order_id, safe='')}#comments")


def _staff_pages(router: APIRouter, site: _Site) -> None:
    @router.get("/staff")
    def board(request: Request) -> Response:
        with site.database.reading() as c:
            who = site.signed_in(c, request, "staff")
            clients = {p["id"]: p for p in store.people(c, "client")}
            views = [{**_order_view(site, r, "UTC"), "client_name": clients[r["client"]]["name"]} for r in store.all_orders(c)]
        return _page(
            "staff.html", who=who, orders=views, clients=clients.values(), styles=STYLES, products=PRODUCTS,
        )  # fmt: skip

    @router.post("/staff/orders", dependencies=[Depends(same_site)])
    def place(request: Request, client: Word, product: Word, style: Word, images: Word = "", specifications: Text = "") -> Response:
        with site.database.writing() as c:
            site.signed_in(c, request, "staff")
            fields = {
                "client": client, "product": product, "style": style, "specifications": specifications.strip(), "address": "",
                "variables": {"brightness": 3, "contrast": 3, "saturation": 3}, "targets": ["Client portal"], "due_at": None,
                "images": [{"id": i, "name": f"IMG_{i}.jpg"} for i in images.replace(",", " ").split()[:50]],
            }  # fmt: skip
            order_id = store.place_order(c, fields, site.database.now())
        return _go(f"/staff/orders/{order_id}")

    @router.get("/staff/orders/{order_id}")
    def staff_order(order_id: str, request: Request) -> Response:
        with site.database.reading() as c:
            who = site.signed_in(c, request, "staff")
            order = store.order(c, order_id)
            client = store.person(c, order["client"])
            comments = [_comment_view(c, r, client["time_zone"]) for r in store.comments_of(c, order_id)]
            view = _order_view(site, order, client["time_zone"])
        token = secrets.token_urlsafe(12)
        return _page("staff_order.html", who=who, order=view, client=client, comments=comments, token=token)

    @router.post("/staff/orders/{order_id}/status", dependencies=[Depends(same_site)])
    def change(order_id: str, request: Request, status: Word) -> Response:
        steps: dict[str, Callable[[Any, str, str], None]] = {
            "delivered": store.deliver,
            "in_production": lambda c, i, now: store.set_status(c, store.order(c, i), "in_production", now),
            "cancelled": lambda c, i, now: store.set_status(c, store.order(c, i), "cancelled", now),
        }
        if status not in steps:
            raise Refused(400, "status must be delivered, in_production or cancelled")
        with site.database.writing() as c:
            site.signed_in(c, request, "staff")
            steps[status](c, order_id, site.database.now())
        return _go(f"/staff/orders/{quote(order_id, safe='')}")

    @router.post("/staff/orders/{order_id}/comments", dependencies=[Depends(same_site)])
    def staff_comment(order_id: str, request: Request, body: Text, token: Word, internal: Word = "") -> Response:
        with site.database.writing() as c:
            who = site.signed_in(c, request, "staff")
            new = NewComment(
                order_id=order_id, role="staff", author=who["id"], body=_words(body), form_token=token,
                visibility="internal" if internal == "yes" else "client",
            )  # fmt: skip
            store.add_comment(c, new, site.database.now())
        return _go(f"/staff/orders/{quote(order_id, safe='')}#comments")


def _page(name: str, **facts: Any) -> Response:
    return HTMLResponse(_templates.get_template(name).render(**facts), headers=HEADERS)


def _go(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303, headers=HEADERS)


def _enter(person: Row) -> Response:
    response = _go("/staff" if person["role"] == "staff" else "/")
    response.set_cookie(COOKIE, person["login_key"], httponly=True, samesite="lax", max_age=30 * 24 * 3600)
    return response


def _words(body: str) -> str:
    text = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise Refused(400, "Please write a comment first.")
    return text


def _order_view(site: _Site, row: Row, zone: str) -> dict[str, Any]:
    images = [
        {"id": i["id"], "room": i.get("room", ""), "preview": shapes.preview_path(site.database.secret, row["id"], i["id"])}
        for i in json.loads(row["images"])
    ]
    return {
        **{k: row[k] for k in ("id", "number", "status", "product", "style", "specifications", "address", "plan")},
        "status_words": STATUS_WORDS[row["status"]],
        "variables": [(k, _level(v)) for k, v in json.loads(row["variables"]).items()],
        "images": images,
        "targets": json.loads(row["targets"]),
        "charge": json.loads(row["charge"]) if row["charge"] else None,
        **{k: _local(row[k], zone) for k in ("placed_at", "delivered_at")},
        # A time that the last delivery kept (or missed) promises nothing any more.
        "due_at": _local(row["due_at"], zone) if (row["due_at"] or "") > (row["delivered_at"] or "") else "",
    }


def _comment_view(c: Any, row: Row, zone: str) -> dict[str, Any]:
    author = store.person(c, row["author"])["name"] if row["author"] else ""
    by = author or {"staff": "Support team", "system": "Order system"}.get(row["role"], "Client")
    return {
        "by": by, "role": row["role"], "at": _local(row["created_at"], zone), "body": row["body"], "rejects": bool(row["rejects"]),
        "internal": row["visibility"] == "internal", "id": row["id"],
    }  # fmt: skip


def _level(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _local(text: str | None, zone: str) -> str:
    """In the client's own time zone, named."""
    if text is None:
        return ""
    try:
        local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = datetime.fromisoformat(text).astimezone(UTC)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def _mail_links(address: str, number: str) -> list[tuple[str, str]]:
    """(keyword, mailto link) with the order's number and the keyword filled in."""
    return [
        (word, f"mailto:{quote(address)}?" + urlencode({"subject": f"{word}: order {number}", "body": f"{word}: "}, quote_via=quote))
        for word in KEYWORDS
    ]


_templates = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
