"""The pages of staff: the board, one order, placing and delivering."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response

from mailbot.reference import store
from mailbot.reference.database import stamp
from mailbot.reference.seed import PRODUCTS, STYLES
from mailbot.reference.site import Site, Text, Word, go, page, same_site, words
from mailbot.reference.store import NewComment, Refused
from mailbot.reference.views import history_view, order_view, rounds_view, utc_of


def routes(site: Site) -> APIRouter:
    router = APIRouter()
    _board(router, site)
    _one_order(router, site)
    return router


def _board(router: APIRouter, site: Site) -> None:
    @router.get("/staff")
    def board(request: Request) -> Response:
        with site.database.reading() as c:
            who = site.signed_in(c, request, "staff")
            clients = {p["id"]: p for p in store.people(c, "client")}
            views = [{**order_view(site.database, r, "UTC"), "client_name": clients[r["client"]]["name"]} for r in store.all_orders(c)]
        return page(
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
        return go(f"/staff/orders/{order_id}")


def _one_order(router: APIRouter, site: Site) -> None:
    @router.get("/staff/orders/{order_id}")
    def staff_order(order_id: str, request: Request) -> Response:
        with site.database.reading() as c:
            who = site.signed_in(c, request, "staff")
            order = store.order(c, order_id)
            client = store.person(c, order["client"])
            zone = client["time_zone"]
            return page(
                "staff_order.html", who=who, order=order_view(site.database, order, zone), client=client,
                rounds=rounds_view(site.database, c, order, zone), history=history_view(c, order, zone, internal=True),
                token=secrets.token_urlsafe(12),
            )  # fmt: skip

    @router.post("/staff/orders/{order_id}/status", dependencies=[Depends(same_site)])
    def change(order_id: str, request: Request, status: Word, image: Annotated[list[Word] | None, Form()] = None) -> Response:
        """`image`: which images are delivered; none is all."""
        if status not in ("delivered", "in_production", "cancelled"):
            raise Refused(400, "status must be delivered, in_production or cancelled")
        with site.database.writing() as c:
            site.signed_in(c, request, "staff")
            if status == "delivered":
                store.deliver(c, order_id, site.database.now(), image or ())
            else:
                store.move(c, order_id, status, site.database.now())
        return go(f"/staff/orders/{quote(order_id, safe='')}")

    @router.post("/staff/orders/{order_id}/due", dependencies=[Depends(same_site)])
    def change_due_time(order_id: str, request: Request, due: Word) -> Response:
        with site.database.writing() as c:
            site.signed_in(c, request, "staff")
            zone = store.person(c, store.order(c, order_id)["client"])["time_zone"]
            at = utc_of(due, zone)
            if at is None:
                raise Refused(400, "Please give the delivery time as a date and a time, for example 2026-12-01T15:00.")
            store.set_delivery(c, order_id, {"due_at": stamp(at)}, site.database.now())
        return go(f"/staff/orders/{quote(order_id, safe='')}")

    @router.post("/staff/orders/{order_id}/comments", dependencies=[Depends(same_site)])
    def staff_comment(order_id: str, request: Request, body: Text, token: Word, internal: Word = "") -> Response:
        with site.database.writing() as c:
            who = site.signed_in(c, request, "staff")
            new = NewComment(
                order_id=order_id, role="staff", author=who["id"], body=words(body), form_token=token,
                visibility="internal" if internal == "yes" else "client",
            )  # fmt: skip
            store.add_comment(c, new, site.database.now())
        return go(f"/staff/orders/{quote(order_id, safe='')}#comments")
