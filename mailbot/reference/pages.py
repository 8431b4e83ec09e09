"""The pages of clients: the door, *My orders*, one order. Server-rendered, no script needed."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from mailbot.reference import staff_pages, store
from mailbot.reference.database import Database
from mailbot.reference.site import COOKIE, HERE, Site, Text, Word, go, page, same_site, words
from mailbot.reference.store import NewComment, Refused, Row
from mailbot.reference.views import comment_view, mail_links, order_view


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
            order = site.order_of(c, who, order_id)
            comments = [comment_view(c, r, who["time_zone"]) for r in store.comments_of(c, order_id) if r["visibility"] == "client"]
            return page(
                "order.html", who=who, order=order_view(site.database, order, who["time_zone"]), comments=comments,
                token=secrets.token_urlsafe(12), mail=mail_links(site.support, order["number"]),
            )  # fmt: skip

    @router.post("/orders/{order_id}/comments", dependencies=[Depends(same_site)])
    def comment(order_id: str, request: Request, body: Text, token: Word, reopen: Word = "") -> Response:
        with site.database.writing() as c:
            who = site.signed_in(c, request, "client")
            site.order_of(c, who, order_id)
            new = NewComment(
                order_id=order_id, role="client", author=who["id"], body=words(body), visibility="client", rejects=reopen == "yes",
                form_token=token,
            )  # fmt: skip
            store.add_comment(c, new, site.database.now())
        return go(f"/orders/{quote(order_id, safe='')}#comments")


def _enter(person: Row) -> Response:
    response = go("/staff" if person["role"] == "staff" else "/")
    response.set_cookie(COOKIE, person["login_key"], httponly=True, samesite="lax", max_age=30 * 24 * 3600)
    return response
