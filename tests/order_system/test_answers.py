"""Whatever an order system answers is a value or Unavailable that names the place."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.errors import BadConfig, Unavailable
from mailbot.model.money import Money
from mailbot.order_system import answers, registry
from mailbot.parse import parse
from tests.parse.mails import OWN, received

COMMENT: dict[str, Any] = {
    "id": "c1", "order_id": "o1", "author": {"role": "client", "id": "k1", "name": "Anna", "email": "a@x.example"},
    "created_at": "2026-03-01T10:30:00.5+01:00", "body": "Correction", "visibility": "client", "rejects_delivery": True,
}  # fmt: skip
ORDER: dict[str, Any] = {
    "id": "o1", "status": "delivered", "client": {"id": "k1", "emails": ["A@X.example"]}, "style": "Natural",
    "images": [{"id": "4589", "preview_url": "javascript:alert(1)"}], "variables": {"brightness": 3, "sky": True, "odd": [1]},
    "due_at": None, "delivered_at": "2026-03-01T10:00:00Z",
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(alphabet=st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
BOUNDED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_a_comment_is_read_with_its_time_in_utc() -> None:
    found = answers.comment(COMMENT)
    assert found.created_at == datetime(2026, 3, 1, 9, 30, 0, 500000, tzinfo=UTC)
    assert (found.role, found.author_name, found.rejects_delivery) == ("client", "Anna", True)
    assert json.loads(found.raw) == COMMENT


@pytest.mark.parametrize(
    ("member", "value", "read"),
    [
        ("charge_answer", "agreed", "agreed"),
        ("charge_answer", "objected", "objected"),
        ("charge_answer", None, None),
        ("charge_answer", "yes", None),
        ("charge_answer", True, None),
        ("charge_answer", ["agreed"], None),
        ("requests_redistribution", True, True),
        ("requests_redistribution", "true", False),
        ("requests_redistribution", 1, False),
    ],
)
def test_only_the_very_word_of_the_contract_says_that_a_button_was_pressed(member: str, value: Any, read: object) -> None:
    assert getattr(answers.comment({**COMMENT, member: value}), member) == read
    facts = parse(received(json.dumps({**COMMENT, member: value}).encode(), "order_comment"), OWN).comment
    assert getattr(facts, member) == read


def test_a_charge_a_plan_and_deliveries_are_read_and_what_is_none_is_left_out() -> None:
    rounds = [
        {"at": "2026-03-02T10:00:00Z", "images": ["4589", 5]}, {"at": "2026-03-01T10:00:00+01:00"}, {"at": "soon"}, "2026",
    ]  # fmt: skip
    whole = {**ORDER, "charge": {"amount": "12.50", "currency": "EUR"}, "plan": "new sky", "deliveries": rounds}
    found = answers.order(whole)
    assert (found.charge, found.plan) == (Money(Decimal("12.50"), "EUR"), "new sky")
    assert [(d.at.day, d.images) for d in found.deliveries] == [(1, ()), (2, ("4589",))]
    for nonsense in ({"amount": 5, "currency": "EUR"}, {"amount": "1,5", "currency": "EUR"}, {"amount": "1", "currency": "euro"}, "1 EUR"):
        assert answers.order({**ORDER, "charge": nonsense, "deliveries": nonsense}).charge is None


def test_an_order_is_read_without_what_could_do_harm() -> None:
    found = answers.order(ORDER)
    assert (found.number, found.client.emails, found.images[0].preview_url) == ("o1", ("a@x.example",), "")
    assert found.variables == (("brightness", 3), ("sky", True))


def test_no_nul_and_no_lone_surrogate_gets_through() -> None:
    raw = b'{"id": "c1", "order_id": "o1", "author": {"role": "staff", "name": "a\\ud800b"}, "visibility": "client",'
    raw += b'"created_at": "2026-03-01T10:30:00Z", "body": "x\\u0000y"}'
    found = answers.comment(answers.decode(raw))
    assert (found.body, found.author_name) == ("x�y", "a�b")
    found.raw.decode("ascii")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": ""}, "comment.id"),
        ({"id": "x" * 300}, "comment.id"),
        ({"id": 5}, "comment.id"),
        ({"author": {"role": "boss"}}, "comment.author.role"),
        ({"author": None}, "comment.author"),
        ({"created_at": "2026-03-01T10:30:00"}, "comment.created_at"),
        ({"created_at": "2026-13-01T10:30:00Z"}, "comment.created_at"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "comment.created_at"),
        ({"body": None}, "comment.body"),
        ({"visibility": ["client"]}, "comment.visibility"),
    ],
)
def test_a_comment_of_a_wrong_shape_names_the_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(Unavailable, match=place.replace(".", r"\.")):
        answers.comment({**COMMENT, **change})


def test_an_event_of_a_later_contract_is_left_out() -> None:
    page = {"items": [{"id": "1", "type": "order.painted"}], "next_cursor": "a", "has_more": False}
    assert answers.event_page(page, None).items == ()


@BOUNDED
@given(body=st.binary(max_size=60) | JSON.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_an_object_or_unavailable(body: bytes) -> None:
    with contextlib.suppress(Unavailable):
        assert isinstance(answers.decode(body), dict)


@BOUNDED
@given(
    key=st.sampled_from(
        [*COMMENT, *ORDER, "external_id", "account_manager", "charge", "deliveries", "charge_answer", "distribution_targets", "number"]
    ),
    value=JSON,
)
def test_any_value_in_any_member_is_a_value_or_unavailable(key: str, value: Any) -> None:
    for read, whole in ((answers.comment, COMMENT), (answers.order, ORDER)):
        try:
            found = read({**whole, key: value})
            repr(found).encode("utf-8")
        except Unavailable as error:
            str(error).encode("utf-8")


def test_an_adapter_that_is_not_installed_names_the_ones_that_are() -> None:
    access = registry.Access(name="orders", url="http://127.0.0.1:9", token="t")
    with pytest.raises(BadConfig, match="none, http"):
        registry.make("odoo", access)
    system = registry.make("http", access)
    assert system.name == "orders"
    assert "token" not in repr(access)
