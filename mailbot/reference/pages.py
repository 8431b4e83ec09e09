"""The pages of clients: the door, *My orders*, one order. Server-rendered, no script needed."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response

from mailbot.reference import staff_pages, store
from mailbot.reference.database import Database
from mailbot.reference.site import COOKIE, HERE, Site, Text, Word, go, page, same_site, words
from mailbot.reference.store import NewComment, Refused, Row
from mailbot.reference.views import history_view, mail_links, order_view, redistribution_view, rounds_view


def routes(database: Database, support_address: str, open_login: bool) -> APIRouter:
    router = APIRouter()
    site = Site(database, support_address, open_login)
    _doors(router, site)
    _client_pages(router, site)
    router.include_router(staff_pages.routes(site))
    return router


def _doors(router: APIRouter, site: Site) -> None:
    @router.get("/style.css")
    def style() -> Response:
        return Response((HERE / "style.css").read_bytes(), media_type="text/css", headers={"Cache-Control": "max-age=300"})

    @router.get("/icon.svg")
    def icon() -> Response:
        return Response((HERE / "icon.svg").read_bytes(), media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

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
        response = go("/")
        response.delete_cookie(COOKIE)
        return response


def _client_pages(router: APIRouter, site: Site) -> None:
    @router.get("/")
    def start(request: Request) -> Response:
        with site.database.reading() as c:
            who = site.who(c, request)
            if who is None:
                clients = store.people(c, "client") if site.open_login else []
                staff = store.people(c, "staff") if site.open_login else []
                return page("start.html", who=None, clients=clients, staff=staff)
            if who["role"] == "staff":
                return go("/staff")
            rows = store.orders_where(c, "client_id", who["id"], 200)
            return page("my_orders.html", who=who, orders=[order_view(site.database, r, who["time_zone"]) for r in rows])

    @router.get("/orders/{order_id}")
    def one_order(order_id: str, request: Request) -> Response:
        with site.database.reading() as c:
            who = site.who(c, request)
            if who is None:
                return go("/")
            if who["role"] == "staff":
                return go(f"/staff/orders/{quote(order_id, safe='')}")
            order, zone = site.order_of(c, who, order_id), who["time_zone"]
            return page(
                "order.html", who=who, order=order_view(site.database, order, zone), rounds=rounds_view(site.database, c, order, zone),
                history=history_view(c, order, zone, internal=False), redistribution=redistribution_view(c, order, zone),
                token=secrets.token_urlsafe(12), mail=mail_links(site.support, order["number"]),
            )  # fmt: skip

    @router.post("/orders/{order_id}/comments", dependencies=[Depends(same_site)])
    def comment(order_id: str, request: Request, body: Text, token: Word, reopen: Word = "") -> Response:
        return _write(site, request, order_id, body=words(body), rejects=reopen == "yes", form_token=token)

    @router.post("/orders/{order_id}/charge", dependencies=[Depends(same_site)])
    def answer(order_id: str, request: Request, charge: Word, token: Word, answer: Word, reason: Text = "") -> Response:
        if answer not in ("agreed", "objected"):
            raise Refused(400, "answer must be agreed or objected")
        body = f"I agree to the charge of {charge}."
        if answer == "objected":
            body = f"I object to the charge of {charge}: {words(reason, 'Please write why you object.')}"
        return _write(site, request, order_id, body=body, charge_answer=answer, charge=charge, form_token=token)

    @router.post("/orders/{order_id}/redistribution", dependencies=[Depends(same_site)])
    def redistribution(
        order_id: str, request: Request, token: Word, target: Annotated[list[Word] | None, Form()] = None, body: Text = ""
    ) -> Response:
        where = f" to {', '.join(target)}" if target else ""
        asked = f"Please redistribute the delivered files{where}.\n{body.strip()}".strip()
        return _write(site, request, order_id, body=words(asked), redistribution=True, form_token=token)


def _write(site: Site, request: Request, order_id: str, **what: Any) -> Response:
    """The client's comment, by whichever button."""
    with site.database.writing() as c:
        who = site.signed_in(c, request, "client")
        site.order_of(c, who, order_id)
        new = NewComment(order_id=order_id, role="client", author=who["id"], visibility="client", **what)
        store.add_comment(c, new, site.database.now())
    return go(f"/orders/{quote(order_id, safe='')}#comments")


def _enter(person: Row) -> Response:
    response = go("/staff" if person["role"] == "staff" else "/")
    response.set_cookie(COOKIE, person["login_key"], httponly=True, samesite="lax", max_age=30 * 24 * 3600)
    return response
