"""What scripts read by a token: the shapes of the commands' --json, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from mailbot.desk.api_read import Name
from mailbot.record.views.insights import INSIGHTS
from mailbot.record.views.outbox import aside
from mailbot.record.views.tickets import Filter, tickets
from mailbot.record.views.timeline import timeline
from tests.desk.conftest import World, a_world
from tests.desk.test_api import bearer
from tests.support.desk_data import Filled, fill

Site = tuple[World, Filled, dict[str, str]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with a_world(tmp_path_factory.mktemp("api")) as world:
        with world.db.reading() as c:
            now = world.db.now(c)
        yield world, fill(world.db, 60, now, waiting=20), bearer(world, "quality_supervisor")


def get(site: Site, path: str, status: int = 200) -> Any:
    answer = site[0].browser().get(f"/api/v1{path}", headers=site[2])
    assert answer.status_code == status, answer.text
    return answer.json()


def test_tickets_are_told_as_the_command_tells_them_page_by_page(filled: Site) -> None:
    first = get(filled, "/tickets?limit=40")
    rest = get(filled, f"/tickets?limit=40&before={first['next']}")
    with filled[0].db.reading() as c:
        assert first["items"] + rest["items"] == [view.as_json() for view in tickets(c, Filter())]
    assert (len(first["items"]), rest["next"]) == (40, None)


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ("open=true", lambda t: t["state"] not in ("closed", "delivered")),
        ("state=closed&state=delivered", lambda t: t["state"] in ("closed", "delivered")),
        ("owner=anna", lambda t: t["owner"] == "anna"),
        ("owner=", lambda t: t["owner"] is None),
        ("queue=unverified", lambda t: t["queue"] == "unverified"),
        ("client=C00001", lambda t: t["client"] == "C00001"),
    ],
)  # fmt: skip
def test_tickets_can_be_narrowed(filled: Site, asked: str, fits: Any) -> None:
    every = get(filled, "/tickets?limit=500")["items"]
    assert get(filled, f"/tickets?limit=500&{asked}")["items"] == [t for t in every if fits(t)]


def test_a_ticket_and_its_messages_are_told_whole(filled: Site) -> None:
    world, data, _ = filled
    number = data.open[0]
    shown = get(filled, f"/tickets/{number}")
    with world.db.reading() as c:
        assert shown == timeline(c, number).as_json()
    [message] = shown["history"]
    assert get(filled, f"/messages/{message['id']}") == get(filled, f"/messages/{message['id'].removeprefix('M-')}") == message
    assert get(filled, "/tickets/9999", 404)["detail"] == "There is no ticket #9999."
    assert get(filled, "/messages/M-9999", 404)["detail"] == "There is no message M-9999."
    assert get(filled, "/messages/nine", 422)["status"] == 422


def test_a_search_finds_what_the_desk_finds(filled: Site) -> None:
    found = get(filled, "/search?q=state:open+kind:correction&limit=3")
    assert {t["kind"] for t in found["items"]} <= {"correction"}
    more = get(filled, f"/search?q=state:open+kind:correction&limit=3&before={found['next']}")
    assert not {t["ticket"] for t in found["items"]} & {t["ticket"] for t in more["items"]}
    assert get(filled, "/search?q=") == {"items": [], "next": None}


def test_the_outbox_and_what_was_set_aside_are_told(filled: Site) -> None:
    world, data, _ = filled
    held = get(filled, "/outbox?state=held&state=gave_up")["items"]
    assert {a["state"] for a in held} == {"held", "gave_up"}
    first = get(filled, "/outbox?limit=1")
    assert get(filled, f"/outbox?limit=1&before={first['next']}")["items"][0]["id"] != first["items"][0]["id"]
    assert {a["ticket"] for a in get(filled, f"/outbox?ticket={data.open[0]}")["items"]} == {data.open[0]}
    with world.db.reading() as c:
        assert get(filled, "/aside")["items"] == [view.as_json() for view in aside(c)]


def test_every_insight_can_be_read(filled: Site) -> None:
    assert get_args(Name) == tuple(INSIGHTS)
    for name in INSIGHTS:
        told = get(filled, f"/insights/{name}")
        assert told["name"] == name
        assert told["rows"], name
    assert get(filled, "/insights/nonsense", 422)["status"] == 422
