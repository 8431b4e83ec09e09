"""/events tells ids only, at once, and ends with the session and the desk; /poll says the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx2
import pytest

from mailbot.config.settings import DeskSettings
from mailbot.desk import live
from mailbot.desk.server import DeskServer
from mailbot.model.visitor import Origin
from mailbot.record import tickets
from mailbot.record.tickets import LogRow
from mailbot.workflow import people, sign_in
from tests.backends.test_queue_view import put
from tests.desk.conftest import World


@pytest.fixture
def running(world: World) -> Iterator[DeskServer]:
    server = DeskServer(world.service, DeskSettings(listen="127.0.0.1:0"))
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    yield server
    stop.set()
    thread.join(15)
    assert not thread.is_alive()


def browser(world: World, server: DeskServer, login: str = "coordinator") -> httpx2.Client:
    cookies = {server.desk.cookie: sign_in.begin(world.db, login, "link", Origin())}
    return httpx2.Client(base_url=server.url, cookies=cookies, timeout=20)


def happens(world: World) -> None:
    """A line of history, as every act leaves one."""
    with world.db.transaction() as c:
        one = put(c, subject="anna's secret")
        tickets.log(c, [LogRow(ticket=one.id, what="note", actor="kim", data={"text": "secret"})], world.db.now(c))


def events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Each event as its fields; comments and retry are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if "event" in fields:
                yield fields
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


def test_a_page_is_told_what_changed_by_ids_only(world: World, running: DeskServer) -> None:
    happens(world)
    with browser(world, running) as client, client.stream("GET", "/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events(answer.iter_lines())
        first = next(told)
        assert first["data"] == first["id"] == client.get("/poll").json()["mark"]
        happens(world)
        second = next(told)
    assert second["id"] != first["id"]
    assert all(part.isdigit() for part in second["data"].split("."))


def test_a_page_that_comes_back_is_told_what_it_missed_and_nothing_else(world: World, running: DeskServer) -> None:
    happens(world)
    with browser(world, running) as client:
        seen = client.get("/poll").json()["mark"]
        happens(world)
        with client.stream("GET", "/events", headers={"Last-Event-ID": seen}) as answer:
            assert next(events(answer.iter_lines()))["id"] == client.get("/poll").json()["mark"] != seen


def test_two_pages_share_one_look_at_the_database(world: World, running: DeskServer, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    newest = live._newest

    def counted(desk: object) -> object:
        looks.append(threading.current_thread().name)
        return newest(desk)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(live, "_newest", counted)
    monkeypatch.setattr(live, "LOOK_SECONDS", 60.0)
    happens(world)
    with (
        browser(world, running) as one, browser(world, running) as two,
        one.stream("GET", "/events") as first, two.stream("GET", "/events") as second,
    ):  # fmt: skip
        assert next(events(first.iter_lines())) == next(events(second.iter_lines()))
    assert len(looks) == 1


def test_a_stream_ends_with_its_session(world: World, running: DeskServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(live, "PING_SECONDS", 0.1)
    with browser(world, running) as client, client.stream("GET", "/events") as answer:
        lines = answer.iter_lines()
        assert any(line == ": still here" for line in lines)
        people.disable(world.db, "coordinator", Origin())
        assert [line for line in lines if line.startswith("data")] == []  # and then it is over


def test_a_database_that_is_away_ends_no_stream(world: World, running: DeskServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    happens(world)
    away = threading.Event()
    newest = live._newest

    def sometimes(desk: object) -> object:
        if away.is_set():
            raise live.Unavailable("away")
        return newest(desk)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(live, "_newest", sometimes)
    with browser(world, running) as client, client.stream("GET", "/events") as answer:
        told = events(answer.iter_lines())
        first = next(told)
        away.set()
        happens(world)
        away.clear()
        assert next(told)["id"] != first["id"]
