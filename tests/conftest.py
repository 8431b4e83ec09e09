"""Fixtures that several folders share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest
import structlog

from tests.support.postgres import Cluster, cluster

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")


@pytest.fixture(autouse=True)
def _log_of_its_own() -> Iterator[None]:
    """Tracebacks as the commands set them up: structlog's own draw every variable of every frame, word lists too, for a minute.

    Afterwards: a command that ran in this process has bound the log to its own output, which is closed by now.
    """
    lines = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.stdlib.add_log_level, lines])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One private PostgreSQL for the session of a test worker."""
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, one for a test worker: Playwright cannot be started twice in one process."""
    if not CHROMIUM:
        pytest.skip("Chromium is not installed (Debian package chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A database that nobody used before."""
    url = postgres_cluster.new_database()
    yield url
    postgres_cluster.drop(url)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test marked `engine("sqlite")` is collected for that engine only: it says nothing about the other one."""
    wrong = [item for item in items if not _for_engine(item)]
    if wrong:
        config.hook.pytest_deselected(items=wrong)
        items[:] = [item for item in items if item not in wrong]


def _for_engine(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("engine")
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return mark is None or params.get("url") in (None, mark.args[0])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, object, None]:
    """On CI everything is installed, so a skipped test is a fault there."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's Result
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; on CI no test may be: {call.excinfo.value if call.excinfo else report.longrepr}"
