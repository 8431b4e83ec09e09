"""The reference order system as a process, for tests; and whoever writes to it: clients, staff, faults."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from mailbot.order_system.http import HttpOrderSystem
from mailbot.reference import store
from mailbot.reference.database import Database, stamp
from mailbot.reference.store import NewComment

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "token-of-the-tests"


@dataclass
class Orders:
    """A running reference order system; `url` is its start page, `api` the base of the contract."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    _systems: list[HttpOrderSystem] = field(default_factory=list)

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    @property
    def database(self) -> Database:
        return Database(self.folder / "orders.db")

    def system(self, name: str = "orders", read: float = 5.0, url: str = "", token: str = TOKEN) -> HttpOrderSystem:
        """An adapter that `hang_up` closes."""
        made = HttpOrderSystem(name, url or self.api, token, connect=2.0, read=read)
        self._systems.append(made)
        return made

    def hang_up(self) -> None:
        """Closes the connections of all adapters that `system` made."""
        while self._systems:
            self._systems.pop().close_connections()

    def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """A raw request with the token."""
        headers = {"Authorization": f"Bearer {TOKEN}", **more.pop("headers", {})}
        return httpx2.request(method, f"{self.api}{path}", headers=headers, trust_env=False, **more)

    def faults(self, *rules: dict[str, Any]) -> None:
        """What goes wrong next, see mailbot/reference/faults.py; none ends all faults."""
        self._test(list(rules))

    def set(self, **facts: Any) -> None:
        """oldest_cursor=n, whole_seconds=True, forget_keys=True."""
        self._test(facts)

    def client_comments(self, order_id: str, body: str, *, reopen: bool = True) -> str:
        """As a client on the page, without the browser; returns the comment's id."""
        with self.database.writing() as c:
            client = store.order(c, order_id)["client"]
            new = NewComment(order_id=order_id, role="client", author=client, body=body, visibility="client", rejects=reopen)
            return str(store.add_comment(c, new, stamp(datetime.now(UTC)))["id"])

    def staff_comments(self, order_id: str, body: str) -> str:
        with self.database.writing() as c:
            new = NewComment(order_id=order_id, role="staff", author="s1", body=body, visibility="client")
            return str(store.add_comment(c, new, stamp(datetime.now(UTC)))["id"])

    def place(self, client: str = "k1", **fields: Any) -> str:
        """A new order; returns its id."""
        plain = {
            "client": client, "product": "Image Enhancement", "style": "Natural", "variables": {"brightness": 3}, "number": "",
            "specifications": "", "images": [{"id": "4589", "room": "Bedroom"}], "targets": ["Client portal"], "address": "",
            "due_at": None,
        }  # fmt: skip
        with self.database.writing() as c:
            return store.place_order(c, {**plain, **fields}, stamp(datetime.now(UTC)))

    def deliver(self, order_id: str, images: Sequence[str] = ()) -> None:
        """`images`: the ids of those that are new; () = all."""
        with self.database.writing() as c:
            store.deliver(c, order_id, stamp(datetime.now(UTC)), images)

    def comments_on(self, order_id: str) -> list[dict[str, Any]]:
        with self.database.reading() as c:
            return [dict(r) for r in store.comments_of(c, order_id)]

    def _test(self, wanted: Any) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        httpx2.post(f"{self.url}/test/faults", json=wanted, headers=headers, trust_env=False).raise_for_status()


@contextlib.contextmanager
def running_orders(folder: Path, *more: str) -> Iterator[Orders]:
    """A seeded order system on a free port, stopped at the end. Its file, if there, is kept as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text(TOKEN)
    command = [
        sys.executable, "-m", "mailbot.reference", "--port", "0", "--database", str(folder / "orders.db"),
        "--token-file", str(folder / "token"), "--seed", "--faults", *more,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        assert process.stdout
        first = process.stdout.readline()
        assert first, f"the reference order system did not start (exit {process.poll()})"
        running = Orders(json.loads(first)["url"], folder, process)
        yield running
        running.hang_up()
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
