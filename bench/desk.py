"""Server time of the desk's pages on a large database: p50 and p95 in ms, bytes, and SQL statements, page by page.

Fills a database (10,000 tickets, or as many as asked for; tests/support/desk_data.py), then asks each page many times as a signed-in person
does, in this process: the whole road from request to answer, without the network. `--keep FOLDER` fills once and asks again and again.

Usage: bench/desk.py [--tickets 10000] [--open 400] [--rounds 40] [--url postgresql://…] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import structlog  # noqa: E402 - after the path
from sqlalchemy import event, text  # noqa: E402 - after the path
from sqlalchemy.engine import Engine  # noqa: E402 - after the path

from mailbot.config import load  # noqa: E402 - after the path
from mailbot.config.settings import DeskSettings  # noqa: E402 - after the path
from mailbot.desk.app import make_app  # noqa: E402 - after the path
from mailbot.desk.desk import Desk  # noqa: E402 - after the path
from mailbot.in_force import load_live  # noqa: E402 - after the path
from mailbot.model.figures import quantile  # noqa: E402 - after the path
from mailbot.model.visitor import Origin  # noqa: E402 - after the path
from mailbot.service import Service  # noqa: E402 - after the path
from mailbot.wiring import open_service  # noqa: E402 - after the path
from mailbot.workflow import sign_in  # noqa: E402 - after the path
from tests.desk.conftest import CONFIG  # noqa: E402 - after the path
from tests.support.desk_data import fill  # noqa: E402 - after the path

PORT = 8080
SEARCHES = {
    "search: a rare word": "10231", "search: a common word": "kitchen", "search: two words": "kitchen window",
    "search: a beginning": "kitch", "search: a phrase": '"window view"', "search: a star": "win*",
    "search: client and kind": "client:nordic kind:correction", "search: word, state, time": "sky state:open after:30d",
    "search: best first": "kitchen&sort=best", "search: nothing found": "zebra",
}  # fmt: skip


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--tickets", type=int, default=10_000)
    arguments.add_argument("--open", type=int, default=400)
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--url", default="", help="a database; without it SQLite in a temporary folder")
    arguments.add_argument("--keep", default="", help="folder whose SQLite file is filled once and used again")
    given = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        url = given.url or f"sqlite:///{folder}/desk.db"
        (folder / "config.toml").write_text(CONFIG.replace("sqlite:///mailbot.db", url))
        live = load_live(None)
        with mock.patch("mailbot.wiring.load_live", return_value=live), open_service(load(folder / "config.toml", {})) as service:
            filled = _filled(service, given.tickets, given.open)
            rows = asyncio.run(_measured(service, given.rounds))
    print(f"{'page':28} {'p50':>7} {'p95':>7} ms   {'p50':>6} {'p95':>6} ms CPU  statements   kB")
    for row in rows:
        timed = f"{row['p50_ms']:7.1f} {row['p95_ms']:7.1f} ms   {row['cpu_p50_ms']:6.1f} {row['cpu_p95_ms']:6.1f} ms CPU"
        print(f"{row['page']:28} {timed}  {row['statements']:10} {row['bytes'] / 1000:4.0f}")
    print(json.dumps({"tickets": filled, "engine": service.db.dialect, "pages": rows}))
    return 0


def _filled(service: Service, tickets: int, waiting: int) -> int:
    """How many tickets there are, after filling an empty database."""
    counted = text("SELECT count(*) FROM ticket")
    with service.db.reading() as c:
        there = int(c.execute(counted).scalar_one())
    if not there:
        began = time.perf_counter()
        fill(service.db, tickets, datetime.now(UTC), waiting=waiting)
        print(f"filled {tickets} tickets in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        if service.db.dialect == "postgresql":  # what autovacuum does within minutes
            with service.db.transaction() as c:
                c.execute(text("ANALYZE"))
        there = tickets
    return there


async def _measured(service: Service, rounds: int) -> list[dict[str, Any]]:
    desk = Desk(service, DeskSettings(), service.secret("desk"), PORT)
    app = make_app(desk)
    cookie = f"{desk.cookie}={sign_in.begin(service.db, 'sofia', 'link', Origin())}"
    with service.db.reading() as c:
        ticket = c.execute(text("SELECT max(id) FROM ticket WHERE is_open = 1")).scalar_one()
    pages = {"queue": "/", "queue: mine": "/?view=mine", "queue: to assess": "/?view=supervisor", "queue: disputes": "/?view=disputes",
             "queue: urgent": "/?flag=urgent", "ticket": f"/t/{ticket}"}  # fmt: skip
    pages |= {name: f"/search?q={quote(q, safe='&=')}" for name, q in SEARCHES.items()}
    pages |= {"client (the largest)": "/clients/C00001", "insights": "/insights", "insights, counted anew": "/insights"}
    pages |= {"outbox": "/outbox", "set aside": "/aside", "poll": "/poll"}
    return [await _page(app, desk, name, path, cookie, rounds) for name, path in pages.items()]


async def _page(app: Any, desk: Desk, name: str, path: str, cookie: str, rounds: int) -> dict[str, Any]:
    """Two warm-up rounds are not counted. CPU is that of this process, so that a busy machine does not tell on the page."""
    spent: list[float] = []
    cpu: list[float] = []
    size, said = 0, 0
    for _ in range(rounds + 2):
        if "anew" in name:
            desk.kept.clear()
        with _counted() as statements:
            began, busy = time.perf_counter(), time.process_time()
            size = await _asked(app, path, cookie)
            spent.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - busy) * 1000)
            said = len(statements)
    times = {
        "p50_ms": _at(0.5, spent[2:]),
        "p95_ms": _at(0.95, spent[2:]),
        "cpu_p50_ms": _at(0.5, cpu[2:]),
        "cpu_p95_ms": _at(0.95, cpu[2:]),
    }
    return {"page": name, **times, "bytes": size, "statements": said}


def _at(share: float, values: list[float]) -> float:
    return round(quantile(sorted(values), share) or 0.0, 1)


async def _asked(app: Any, path: str, cookie: str) -> int:
    """One GET through the whole app; bytes of the answer."""
    route, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": route,
        "raw_path": route.encode(), "query_string": query.encode(), "root_path": "", "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", PORT),
        "headers": [(b"host", f"127.0.0.1:{PORT}".encode()), (b"cookie", cookie.encode())],
    }  # fmt: skip
    sizes: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise SystemExit(f"{path}: {message['status']}")
        sizes.append(len(message.get("body", b"")))

    await app(scope, receive, send)
    return sum(sizes)


class _counted:  # noqa: N801 - used like a function
    """The statements that run meanwhile, on any connection."""

    def __enter__(self) -> list[str]:
        self.said: list[str] = []
        event.listen(Engine, "before_cursor_execute", self._note)
        return self.said

    def __exit__(self, *_error: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.said.append(statement)


if __name__ == "__main__":
    sys.exit(main())
