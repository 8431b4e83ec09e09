"""/api/v1: tokens only, permissions from roles and scopes, problem+json, and an OpenAPI document that tells the truth."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from mailbot.config.settings import DeskSettings
from mailbot.desk.permissions import PUBLIC, Declared
from mailbot.desk.server import DeskServer
from mailbot.model.lifecycle import ROLES
from mailbot.model.permission import GRANTED, SCOPES
from mailbot.model.visitor import Origin
from mailbot.workflow import tokens
from tests.desk.conftest import World, a_world
from tests.desk.test_routes import TABLE, address, name

API = [row for row in TABLE if row.is_api]
CLOSED = [row for row in API if row.needs is not PUBLIC]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("desk")) as world:
        yield world


def bearer(world: World, login: str = "coordinator", scopes: tuple[str, ...] = tuple(SCOPES)) -> dict[str, str]:
    made = tokens.make(world.db, login, name="test", scopes=scopes, days=1, origin=Origin())
    return {"Authorization": f"Bearer {made}"}


def test_a_token_says_whom_it_speaks_for_and_what_it_may(shared: World) -> None:
    found = shared.browser().get("/api/v1/me", headers=bearer(shared, scopes=("tickets:read", "tickets:assess"))).json()
    assert (found["login"], found["roles"], found["permissions"]) == ("coordinator", ["coordinator"], ["see"])
    assert found["time_zone"] == "Europe/Stockholm"


@pytest.mark.parametrize("row", CLOSED, ids=name)
def test_each_token_reaches_exactly_what_its_persons_roles_allow(shared: World, row: Declared) -> None:
    may = {role for role in ROLES if row.needs in GRANTED[role]}
    asked = {role: shared.browser().request(row.method, address(row), headers=bearer(shared, role)) for role in ROLES}
    assert {role for role, answer in asked.items() if answer.status_code != 403} == may
    refused = [answer.json() for answer in asked.values() if answer.status_code == 403]
    assert all(answer["permission"] == row.needs.name.lower() for answer in refused)


@pytest.mark.parametrize("row", CLOSED, ids=name)
def test_each_token_reaches_exactly_what_its_scopes_allow(shared: World, row: Declared) -> None:
    may = {scope for scope, allowed in SCOPES.items() if row.needs in allowed and row.needs in GRANTED["quality_supervisor"]}
    asked = {
        scope: shared.browser().request(row.method, address(row), headers=bearer(shared, "quality_supervisor", (scope,)))
        for scope in SCOPES
    }
    assert {scope for scope, answer in asked.items() if answer.status_code != 403} == may


@pytest.mark.parametrize("row", CLOSED, ids=name)
def test_the_api_knows_no_cookie_and_no_made_up_token(shared: World, row: Declared) -> None:
    with_cookie = shared.browser("quality_supervisor")
    asked = [
        with_cookie.request(row.method, address(row)),
        shared.browser().request(row.method, address(row)),
        shared.browser().request(row.method, address(row), headers={"Authorization": "Bearer mbt_abcdefgh_" + "x" * 43}),
        shared.browser().request(row.method, address(row), headers={"Authorization": "Basic YTpi"}),
    ]
    assert [answer.status_code for answer in asked] == [401] * 4
    assert {answer.headers["www-authenticate"] for answer in asked} == {"Bearer"}
    both = with_cookie.request(row.method, address(row), headers=bearer(shared))
    assert (both.status_code, both.headers["content-type"]) == (422, "application/problem+json")


def test_an_error_of_the_api_is_a_problem_with_the_number_of_the_log(shared: World) -> None:
    answer = shared.browser().get("/api/v1/nothing", headers=bearer(shared))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_the_document_names_every_operation_once_with_how_to_sign_in(shared: World) -> None:
    made = shared.browser().get("/api/v1/openapi.json").json()
    told = {(method.upper(), path) for path, operations in made["paths"].items() for method in operations}
    assert told == {(row.method, row.path) for row in API if row.options.get("include_in_schema", True)}
    ids = [operation["operationId"] for operations in made["paths"].values() for operation in operations.values()]
    assert len(ids) == len(set(ids))
    assert made["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert all("401" in operation["responses"] for operations in made["paths"].values() for operation in operations.values())


def test_the_api_answers_as_its_document_says_whatever_is_asked(shared: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    """schemathesis asks over the wire what the document allows, and what it forbids."""
    server = DeskServer(shared.service, DeskSettings(listen="127.0.0.1:0"))
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}api/v1/openapi.json", "--header",
            f"Authorization: {bearer(shared, 'quality_supervisor')['Authorization']}", "--checks", CHECKS, "--max-examples", "25", "--seed", "1",
            "--phases", "examples,coverage,fuzzing", "--no-color",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path_factory.mktemp("asked"), capture_output=True, text=True, timeout=300, check=False)
    finally:
        stop.set()
        thread.join(20)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert f"Tested: {len([row for row in API if row.options.get('include_in_schema', True)])}" in done.stdout
