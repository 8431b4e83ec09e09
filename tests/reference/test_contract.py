"""docs/order-system.openapi.yaml is what the reference order system answers: requests made up by schemathesis from the file itself."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from hypothesis import HealthCheck, Phase, given, settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its dependencies' deprecations are not ours
    import schemathesis
    from schemathesis import Case, GenerationMode
    from schemathesis.checks import (
        content_type_conformance,
        not_a_server_error,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

from tests.support.orders import TOKEN, Orders

CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "order-system.openapi.yaml"
DESIGN = Path(__file__).resolve().parents[3] / "shared" / "design" / "order-system.openapi.yaml"
EXAMPLES = int(os.environ.get("MAILBOT_CONTRACT_EXAMPLES", "15"))
DOCUMENT: dict[str, Any] = yaml.safe_load(CONTRACT.read_text("utf-8"))
OPERATIONS = [(path, m) for path, item in DOCUMENT["paths"].items() for m in item if m in ("get", "post", "put")]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def contract() -> Any:
    return schemathesis.openapi.from_dict(DOCUMENT)


@pytest.mark.parametrize(
    ("path", "method", "order_id"),
    [(p, m, None) for p, m in OPERATIONS] + [(p, m, "o10231") for p, m in OPERATIONS if "{order_id}" in p],
)
def test_whatever_is_asked_the_answer_is_as_the_contract_says(
    orders: Orders, contract: Any, path: str, method: str, order_id: str | None
) -> None:
    fixed = {"path_parameters": {"order_id": order_id}} if order_id else {}

    @BOUNDED
    @given(case=contract[path][method.upper()].as_strategy(GenerationMode.POSITIVE, **fixed))
    def ask(case: Case[Any]) -> None:
        _call(orders, case, CHECKS)

    ask()


@pytest.mark.parametrize(("path", "method"), [o for o in OPERATIONS if o[0] != "/capabilities"])
def test_what_the_contract_does_not_allow_breaks_nothing(orders: Orders, contract: Any, path: str, method: str) -> None:
    @BOUNDED
    @given(case=contract[path][method.upper()].as_strategy(GenerationMode.NEGATIVE))
    def ask(case: Case[Any]) -> None:
        _call(orders, case, [not_a_server_error, response_schema_conformance])

    ask()


KEY = {"Idempotency-Key": "a-key-for-bad-requests"}
REFUSED: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/comments?limit=0", {}, 400),
    ("GET", "/comments?limit=501", {}, 400),
    ("GET", "/comments?limit=many", {}, 400),
    ("GET", "/comments?since=2026-03-01T09:00:00", {}, 400),
    ("GET", "/comments?since=yesterday", {}, 400),
    ("GET", "/comments?since=2026-03-01T09:00:00Z&cursor=x", {}, 400),
    ("GET", "/comments?cursor=nonsense", {}, 410),
    ("GET", "/events?cursor=%00", {}, 410),
    ("GET", "/orders", {}, 400),
    ("GET", "/orders?number=1&client_id=k1", {}, 400),
    ("GET", "/orders?client_email=nobody", {}, 400),
    ("GET", "/orders/none", {}, 404),
    ("DELETE", "/orders/o10231", {}, 405),
    ("POST", "/orders/o10231/comments", {"json": {"body": "a", "visibility": "client"}}, 400),
    ("POST", "/orders/o10231/comments", {"json": {"body": "a", "visibility": "client"}, "headers": {"Idempotency-Key": "short"}}, 400),
    ("POST", "/orders/o10231/comments", {"json": {"body": "a", "visibility": "all"}, "headers": KEY}, 400),
    ("POST", "/orders/o10231/comments", {"json": {"body": "a" * 20001, "visibility": "client"}, "headers": KEY}, 400),
    ("POST", "/orders/o10231/comments", {"json": {"body": 5, "visibility": "client"}, "headers": KEY}, 400),
    ("POST", "/orders/o10231/comments", {"content": b"{", "headers": {**KEY, "content-type": "application/json"}}, 400),
    ("POST", "/orders/none/comments", {"json": {"body": "a", "visibility": "client"}, "headers": KEY}, 404),
    ("POST", "/orders/o10231/reopen", {"json": {"reason": "because"}, "headers": KEY}, 400),
    ("POST", "/orders/o10250/close", {"json": {"reason": "feedback"}, "headers": KEY}, 409),
    ("POST", "/orders/o10250/redistribution", {"json": {"requested_by": "a", "quote": "b"}, "headers": KEY}, 409),
    ("PUT", "/orders/o10231/delivery", {"json": {}, "headers": KEY}, 400),
    ("PUT", "/orders/o10231/delivery", {"json": {"due_at": "tomorrow"}, "headers": KEY}, 400),
    ("PUT", "/orders/o10231/delivery", {"json": {"charge": {"amount": "1,5", "currency": "EUR"}}, "headers": KEY}, 400),
    ("PUT", "/orders/o10231/delivery", {"json": {"plan": "p"}, "headers": {**KEY, "If-Match": '"v0"'}}, 412),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "more", "status"), REFUSED, ids=[f"{n} {r[0]} {r[1][:40]}" for n, r in enumerate(REFUSED)])
def test_a_bad_request_is_refused_with_a_problem(orders: Orders, method: str, path: str, more: dict[str, Any], status: int) -> None:
    answer = orders.call(method, path, **more)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= answer.json().keys()


def test_the_same_key_with_another_body_is_refused_and_with_the_same_answers_the_same(orders: Orders) -> None:
    def post(body: str) -> Any:
        headers = {"Idempotency-Key": "one-key-for-two-bodies"}
        return orders.call("POST", "/orders/o10244/comments", json={"body": body, "visibility": "internal"}, headers=headers)

    first, again, other = post("one"), post("one"), post("two")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert len(orders.comments_on("o10244")) == 1


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{m} {p}" for p, m in OPERATIONS])
def test_nothing_is_told_or_done_without_the_token(orders: Orders, path: str, method: str) -> None:
    headers = {"Authorization": "Bearer wrong"}
    answer = orders.call(method.upper(), path.replace("{order_id}", "o10231"), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_document_adds_to_the_one_of_the_design_and_changes_nothing_of_it() -> None:
    if not DESIGN.exists():
        pytest.skip("the design lies beside the checkout only where mailbot is built")
    assert _lost(yaml.safe_load(DESIGN.read_text("utf-8")), DOCUMENT) == []


def _lost(old: Any, new: Any, place: str = "") -> list[str]:
    """Places where `new` does not hold what `old` says; members of an object may be added, and only optional ones."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [lost for key, value in old.items() for lost in _lost(value, new.get(key), f"{place}/{key}")]
    return [] if old == new else [place]


def _call(orders: Orders, case: Case[Any], checks: list[Any]) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with requests.Session() as session:
        session.trust_env = False
        response = case.call(base_url=orders.api, headers=headers, session=session)
    case.validate_response(response, checks=checks, headers=headers)
