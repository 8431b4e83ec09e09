"""A desk over a new database, one person of each role, and browsers that are signed in."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from mailbot import passwords
from mailbot.config import load
from mailbot.config.settings import DeskSettings
from mailbot.desk.app import routed
from mailbot.desk.desk import Desk
from mailbot.desk.shell import Shell
from mailbot.in_force import load_live
from mailbot.model.lifecycle import ROLES
from mailbot.model.visitor import Origin, Visitor
from mailbot.record.database import Database
from mailbot.service import Service
from mailbot.wiring import open_service
from mailbot.workflow import people, sign_in

PORT = 8080
BASE = f"http://127.0.0.1:{PORT}"
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
CONFIG = """
[company]
name = "Studio North"
support_address = "support@studio.example"
time_zone = "Europe/Stockholm"
[database]
url = "sqlite:///mailbot.db"
[[mailbox]]
name = "support"
host = "127.0.0.1"
tls = "none"
user = "support@studio.example"
password = "pw"
[smtp]
host = "127.0.0.1"
tls = "none"
from = "support@studio.example"
[desk]
"""


shipped = functools.cache(lambda: load_live(None))


@dataclass(slots=True)
class World:
    """`people`: one of each role, whose login is the role's name."""

    service: Service
    desk: Desk
    app: FastAPI
    folder: Path

    @property
    def db(self) -> Database:
        return self.service.db

    def visitor(self, login: str) -> Visitor:
        """This person with a new session."""
        found = sign_in.who_has(self.db, sign_in.begin(self.db, login, "link", Origin()))
        assert found
        return found

    def browser(self, login: str = "", **more: object) -> TestClient:
        """A browser; of this person where one is named. Redirects are not followed. Forms are sent as from the desk's own page."""
        browser = TestClient(Shell(self.app, self.desk), base_url=BASE, follow_redirects=False, headers=FROM_HERE, **more)  # type: ignore[arg-type]
        if login:
            browser.cookies.set(self.desk.cookie, sign_in.begin(self.db, login, "link", Origin()), domain="127.0.0.1")
        return browser


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real hash takes a third of a second, on purpose."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        yield made


@contextlib.contextmanager
def a_world(folder: Path) -> Iterator[World]:
    (folder / "config.toml").write_text(CONFIG)
    settings = load(folder / "config.toml", {})
    # Loading tries every template on every sample, a second each time.
    with mock.patch("mailbot.wiring.load_live", return_value=shipped()), open_service(settings) as service:
        for role in ROLES:
            people.add(
                service.db, role, name=role.title(), email=f"{role}@studio.example", roles=[role], order_system_id="", origin=Origin()
            )
        yield make_world(service, folder)


def make_world(service: Service, folder: Path, **settings: object) -> World:
    desk = Desk(service, DeskSettings(**settings), service.secret("desk"), PORT)  # type: ignore[arg-type]
    return World(service, desk, routed(desk), folder)
