"""The same acts as the commands, by a token: what roles and scopes allow, told in the house's words, safe against an old version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desk.conftest import World, a_world
from tests.desk.test_api import bearer
from tests.desk.tickets import anna_writes, with_orders


@pytest.fixture
def returned(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as world:
        with_orders(world)
        anna_writes(world)
        yield world


def do(world: World, login: str, verb: str, scopes: tuple[str, ...] = ("tickets:write", "tickets:assess"), **body: Any) -> tuple[int, Any]:
    answer = world.browser().post(f"/api/v1/tickets/1/acts/{verb}", json=body, headers=bearer(world, login, scopes))
    return answer.status_code, answer.json()


def test_a_return_is_taken_assessed_and_promised_by_a_script(returned: World) -> None:
    status, taken = do(returned, "coordinator", "take", version=1)
    assert (status, taken["state"], taken["owner"], taken["version"]) == (200, "read", "coordinator", 2)
    assert taken["actions"]
    given = {"kind": "correction", "reason": "The style is darker", "plan": "Darken 4589"}
    assert do(returned, "quality_supervisor", "assess", **given)[1]["state"] == "assessed"
    status, timed = do(returned, "coordinator", "delivery_time")
    assert (status, timed["state"]) == (200, "scheduled")
    assert any("confirmed as proposed" in because for because in timed["because"])


def test_an_old_version_a_wrong_state_and_a_wrong_role_are_told_apart(returned: World) -> None:
    do(returned, "coordinator", "note", text="look")
    status, problem = do(returned, "coordinator", "take", version=1)
    assert (status, "Somebody else changed ticket #1" in problem["detail"]) == (409, True)
    status, problem = do(returned, "coordinator", "agree", text="yes")
    assert (status, "agree needs one that is" in problem["detail"]) == (409, True)
    status, problem = do(returned, "coordinator", "assess", kind="correction", reason="x", plan="y")
    assert (status, "assess a ticket" in problem["detail"]) == (403, True)
    status, problem = do(returned, "quality_supervisor", "assess", scopes=("tickets:write",), kind="correction", reason="x", plan="y")
    assert (status, "this token or its person" in problem["detail"]) == (403, True)


@pytest.mark.parametrize("body", [{"charge": "much"}, {"due_at": "soon"}, {"kind": "gift"}, {"unknown": 1}, {"parts": [{"kind": "x"}]}])
def test_wrong_input_is_a_problem_that_names_the_field(returned: World, body: dict[str, Any]) -> None:
    status, problem = do(returned, "quality_supervisor", "assess", **body)
    assert status == 422
    assert next(iter(body)) in str(problem)


def test_an_act_that_does_not_exist_and_a_ticket_that_does_not(returned: World) -> None:
    assert do(returned, "coordinator", "fly")[0] == 422
    answer = returned.browser().post("/api/v1/tickets/99/acts/take", json={}, headers=bearer(returned))
    assert answer.status_code == 404
