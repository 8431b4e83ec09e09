"""The conformance suite: our own order system passes, a bridge that breaks the contract is told how."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from mailbot.order_system.conformance import check
from tests.support.orders import TOKEN, Orders

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def test_the_reference_order_system_keeps_the_contract(orders: Orders) -> None:
    for n in range(9):
        orders.client_comments("o10231", f"Correction {n}")
    lines = check(orders.api, TOKEN, "o10231", NOW)
    assert [(line.name, line.what) for line in lines if not line.ok] == []
    assert len(lines) == 12
    # A second check of the same moment finds its own comment again: nothing stands twice.
    check(orders.api, TOKEN, "o10231", NOW)
    assert len([c for c in orders.comments_on("o10231") if c["role"] == "staff"]) == 1


def test_without_an_order_nothing_is_written(orders: Orders) -> None:
    before = len(orders.comments_on("o10232"))
    assert all(line.ok for line in check(orders.api, TOKEN, now=NOW))
    assert len(orders.comments_on("o10232")) == before


def test_an_address_where_nobody_answers_is_one_clear_line() -> None:
    (line,) = check("http://127.0.0.1:9/api/v1", TOKEN)
    assert not line.ok
    assert "cannot reach" in line.what


def test_an_address_beside_the_contract_is_one_clear_line(orders: Orders) -> None:
    (line,) = check(orders.url, TOKEN)
    assert not line.ok
    assert "url" in line.what


@pytest.fixture
def sloppy() -> Iterator[str]:
    """A bridge that ignores token, cursor and `since`, and finds everything for everybody."""
    capable = {
        "reopen": True, "delivery_time": False, "delivery_precision": "day", "client_visible_comments": True, "webhooks": False,
        "redistribution": False, "close": False, "events": True, "find_by_number": True, "idempotent_posts": False,
        "mails_client_on_comment": False,
    }  # fmt: skip
    comment = {"id": "1", "order_id": "7", "author": {"role": "client"}, "created_at": "2026-01-01T00:00:00Z", "body": "",
               "visibility": "client", "external_id": "no-such-thing-mailbot-check"}  # fmt: skip
    order = {"id": "7", "status": "delivered", "client": {"id": "a"}, "style": "", "images": []}
    event = {"id": "1", "type": "order.delivered", "order_id": "7", "at": "2026-01-01T00:00:00Z"}
    answers: dict[str, Callable[[dict[str, list[str]]], object]] = {
        "/capabilities": lambda _: capable,
        "/comments": lambda _: {"items": [comment], "next_cursor": "2", "has_more": False},
        "/events": lambda _: {"items": [event], "next_cursor": "2", "has_more": False},
        "/orders": lambda q: {"items": [] if "number" in q else [order]},
    }

    class Bridge(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            body = json.dumps(answers.get(address.path, lambda _: order)(parse_qs(address.query))).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bridge)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_bridge_whose_comments_are_not_in_shape_is_told_the_place(orders: Orders) -> None:
    wrong = {"id": "c1", "order_id": "o1", "author": {"role": "customer"}, "created_at": "2026-01-01T00:00:00Z", "body": "",
             "visibility": "client"}  # fmt: skip
    pressed = {**wrong, "author": {"role": "client"}, "charge_answer": "yes"}
    for item, words in ((wrong, "author.role"), (pressed, "charge_answer of comment c1 is 'yes'")):
        page = {"items": [item], "next_cursor": "x", "has_more": False}
        orders.faults({"path": "/api/v1/comments", "body": json.dumps(page), "times": 50})
        lines = {line.name: line for line in check(orders.api, TOKEN, now=NOW)}
        assert not lines["every comment in its shape"].ok
        assert words in lines["every comment in its shape"].what


def test_a_sloppy_bridge_is_told_each_thing_that_is_wrong(sloppy: str) -> None:
    wrong = {line.name: line.what for line in check(sloppy, TOKEN) if not line.ok}
    assert wrong.keys() == {
        "the token is asked for",
        "comments by cursor",
        "a cursor from elsewhere",
        "an order that does not exist",
        "an unknown client",
        "an order and its number",
        "looking for an external_id",
        "events",
    }
