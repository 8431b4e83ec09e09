"""Order comments as the contract gives them."""

from __future__ import annotations

import json

import pytest

from mailbot.errors import Unreadable
from mailbot.parse import parse
from tests.parse.mails import OWN, received

COMMENT = {
    "id": "c7", "order_id": "10231", "created_at": "2026-03-03T10:00:00Z", "visibility": "client", "rejects_delivery": True,
    "author": {"role": "client", "id": "u1", "name": "Ann", "email": "Ann@B.example"},
    "body": "Correction: sky\r\n> not a quote here\nhttps://x.example/a.",
}  # fmt: skip


def test_a_comment_is_the_client_s_text_as_it_stands() -> None:
    parsed = parse(received(json.dumps(COMMENT).encode(), "order_comment"), OWN)
    assert parsed.text == "Correction: sky\n> not a quote here\nhttps://x.example/a."
    assert [link.url for link in parsed.links] == ["https://x.example/a"]
    assert parsed.comment is not None
    assert (parsed.comment.comment_id, parsed.comment.order_id, parsed.comment.role) == ("c7", "10231", "client")
    assert parsed.comment.rejects_delivery
    assert parsed.sender is not None
    assert parsed.sender.address == "ann@b.example"
    assert parsed.subject == ""


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": ""}, "id"), ({"id": None}, "id"), ({"order_id": []}, "order_id"), ({"author": None}, "author.role"),
        ({"author": {}}, "author.role"), ({"author": {"role": "bot"}}, "author.role"), ({"author": {"role": ["client"]}}, "author.role"),
    ],
)  # fmt: skip
def test_a_comment_of_nobody_or_on_no_order_is_set_aside_and_the_reason_names_the_place(change: dict[str, object], place: str) -> None:
    with pytest.raises(Unreadable, match=place.replace(".", r"\.")):
        parse(received(json.dumps({**COMMENT, **change}).encode(), "order_comment"), OWN)


@pytest.mark.parametrize(
    ("role", "visibility", "read"),
    [("client", None, "client"), ("client", 5, "client"), ("client", "internal", "internal"), ("staff", None, "internal"),
     ("staff", "all", "internal"), ("staff", "client", "client"), ("system", None, "internal")],
)  # fmt: skip
def test_a_colleagues_comment_reached_the_client_only_where_it_says_so(role: str, visibility: object, read: str) -> None:
    raw = json.dumps({**COMMENT, "author": {"role": role}, "visibility": visibility}).encode()
    facts = parse(received(raw, "order_comment"), OWN).comment
    assert facts is not None
    assert (facts.role, facts.visibility) == (role, read)


def test_a_comment_without_a_time_of_its_own_is_read_with_the_time_of_its_arrival() -> None:
    message = received(json.dumps({**COMMENT, "created_at": "yesterday"}).encode(), "order_comment")
    assert parse(message, OWN).date == message.received_at


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"id": "1"}', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_comment_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(received(raw, "order_comment"), OWN)


@pytest.mark.parametrize("body", [None, 5, "", "\u0000\ud800", "<b>x</b>"])
def test_any_body_is_taken(body: object) -> None:
    parsed = parse(received(json.dumps({**COMMENT, "body": body}).encode(), "order_comment"), OWN)
    parsed.text.encode()
    assert "\0" not in parsed.text
