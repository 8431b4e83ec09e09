"""The contract under /api/v1."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from mailbot.reference import shapes, store
from mailbot.reference.database import Database
from mailbot.reference.faults import Faults
from mailbot.reference.store import NewComment, Refused

Json = dict[str, Any]
OrderId = Annotated[str, Path(max_length=128)]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=16, max_length=128)]
PageLimit = Annotated[int, Query(ge=1, le=500)]
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class Server:
    """What the routes need."""

    database: Database
    token: str
    faults: Faults
    webhooks: bool

    def signed_in(self, authorization: Annotated[str, Header()] = "") -> None:
        """Raises Refused 401. Compared in constant time."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self.token.encode()):
            raise Refused(401, "a bearer token is needed")


def routes(server: Server) -> APIRouter:
    router = APIRouter(prefix="/api/v1", dependencies=[Depends(server.signed_in)])
    _reads(router, server)
    _lists(router, server)
    _effects(router, server)
    return router


def _reads(router: APIRouter, server: Server) -> None:
    @router.get("/capabilities")
    def capabilities() -> Json:
        return {**shapes.CAPABILITIES, "webhooks": server.webhooks, "idempotent_posts": not server.faults.forget_keys}

    @router.get("/orders/{order_id}")
    def get_order(order_id: OrderId, request: Request, response: Response) -> Json:
        with server.database.reading() as c:
            row = store.order(c, order_id)
            response.headers["ETag"] = shapes.etag(row)
            return shapes.order_json(c, row, server.database.secret, origin(request))

    @router.get("/orders")
    def find_orders(
        request: Request,
        client_email: str | None = None,
        client_id: str | None = None,
        number: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Json:
        given = {"client_email": client_email, "client_id": client_id, "number": number}
        asked = [(k, v) for k, v in given.items() if v is not None]
        if len(asked) != 1:
            raise Refused(400, "give exactly one of client_email, client_id, number")
        if client_email is not None and not _MAIL.fullmatch(client_email):
            raise Refused(400, "client_email is no mail address")
        with server.database.reading() as c:
            rows = store.orders_where(c, *asked[0], limit)
            return {"items": [shapes.order_json(c, r, server.database.secret, origin(request)) for r in rows]}


def _lists(router: APIRouter, server: Server) -> None:
    @router.get("/comments")
    def list_comments(
        cursor: str | None = None,
        limit: PageLimit = 100,
        order_id: str | None = None,
        since: str | None = None,
        external_id: Annotated[str | None, Query(max_length=128)] = None,
    ) -> Json:
        seq, filters = _where(server, cursor, since)
        filters |= {k: v for k, v in (("order_id", order_id), ("external_id", external_id)) if v is not None}
        with server.database.reading() as c:
            rows, last, more = store.comments_after(c, seq, limit, filters)
            items = [shapes.comment_json(c, r) for r in rows]
        return {"items": items, "next_cursor": shapes.cursor_text(server.database, last), "has_more": more}

    @router.get("/events")
    def list_events(cursor: str | None = None, limit: PageLimit = 100, since: str | None = None) -> Json:
        seq, filters = _where(server, cursor, since)
        with server.database.reading() as c:
            rows, last, more = store.events_after(c, seq, limit, filters)
        items = [shapes.event_json(r) for r in rows]
        return {"items": items, "next_cursor": shapes.cursor_text(server.database, last), "has_more": more}


def _effects(router: APIRouter, server: Server) -> None:
    @router.post("/orders/{order_id}/comments", status_code=201)
    def post_comment(order_id: OrderId, body: shapes.CommentBody, key: Key, request: Request) -> Response:
        new = NewComment(
            order_id=order_id,
            role="staff",
            body=body.body,
            visibility=body.visibility,
            external_id=body.external_id or None,
            in_reply_to=body.in_reply_to or None,
        )
        return _once(server, request, key, body, 201, lambda c, now: shapes.comment_json(c, store.add_comment(c, new, now)))

    @router.post("/orders/{order_id}/reopen")
    def reopen(order_id: OrderId, body: shapes.ReopenBody, key: Key, request: Request) -> Response:
        return _once(server, request, key, body, 200, lambda c, now: store.reopen(c, order_id, now), order_id)

    @router.post("/orders/{order_id}/close")
    def close(order_id: OrderId, body: shapes.CloseBody, key: Key, request: Request) -> Response:
        return _once(server, request, key, body, 200, lambda c, now: store.close(c, order_id, now), order_id)

    @router.put("/orders/{order_id}/delivery")
    def set_delivery(
        order_id: OrderId, body: shapes.DeliveryBody, key: Key, request: Request, if_match: Annotated[str, Header()] = ""
    ) -> Response:
        change = _delivery_change(body)

        def act(c: Any, now: str) -> None:
            if if_match and if_match.strip() not in ("*", shapes.etag(store.order(c, order_id))):
                raise Refused(412, "the order was changed since it was read")
            store.set_delivery(c, order_id, change, now)

        return _once(server, request, key, body, 200, act, order_id)

    @router.post("/orders/{order_id}/redistribution", status_code=202)
    def redistribute(order_id: OrderId, body: shapes.RedistributionBody, key: Key, request: Request) -> Response:
        wanted = body.model_dump()
        return _once(server, request, key, body, 202, lambda c, now: store.redistribute(c, order_id, wanted, now), order_id)


def origin(request: Request) -> str:
    """ "http://host:port" as the caller wrote it."""
    return str(request.base_url).rstrip("/")


def _once(
    server: Server,
    request: Request,
    key: str,
    body: shapes.Body,
    status: int,
    act: Callable[[Any, str], Json | None],
    order_id: str = "",
) -> Response:
    """The effect and its answer in one transaction; the same key and request get the same answer and no second effect."""
    asked = json.dumps([request.method, request.url.path, body.model_dump()], sort_keys=True)
    digest = hashlib.sha256(asked.encode()).hexdigest()
    with server.database.writing() as c:
        known = c.execute("SELECT * FROM idempotency WHERE key = ?", (key,)).fetchone()
        if known and not server.faults.forget_keys:
            if known["request"] != digest:
                raise Refused(422, "this Idempotency-Key was used for another request")
            return _answer(known["status"], known["answer"], known["etag"])
        now = server.database.now()
        answer, tag = act(c, now), ""
        if answer is None:
            row = store.order(c, order_id)
            answer, tag = shapes.order_json(c, row, server.database.secret, origin(request)), shapes.etag(row)
        text = json.dumps(answer)
        c.execute("INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?)", (key, digest, status, text, tag, now))
    return _answer(status, text, tag)


def _answer(status: int, text: str, tag: str) -> Response:
    headers = {"ETag": tag} if tag else {}
    return Response(text, status_code=status, media_type="application/json", headers=headers)


def _where(server: Server, cursor: str | None, since: str | None) -> tuple[int, dict[str, str]]:
    if cursor is not None and since is not None:
        raise Refused(400, "give cursor or since, not both")
    filters = {"since": shapes.stored_time(since, "since")} if since is not None else {}
    seq = shapes.cursor_seq(server.database, cursor, server.faults.oldest_cursor) if cursor is not None else 0
    return seq, filters


def _delivery_change(body: shapes.DeliveryBody) -> Json:
    """Only what was given; "charge": null takes a charge away."""
    given = body.model_dump(include=body.model_fields_set)
    if not given:
        raise Refused(400, "nothing to set: give due_at, charge, plan or reason")
    if "due_at" in given:
        given["due_at"] = shapes.stored_time(body.due_at, "due_at")
    return given
