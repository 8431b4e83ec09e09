"""`mailbot demo` as a newcomer starts it: a process of its own, on free ports, with nothing left behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mailbot.demo.samples import SAMPLES
from mailbot.demo.show import _line

pytest.importorskip("pymap", reason="the demo's packages are not installed: pip install '.[demo]'")


ROOT = Path(__file__).resolve().parents[2]
MACHINES = {"Automatic reply: your order", "Out of office", "This week's listings"}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo makes its folders, so that a test sees what is left."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def once(room: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command("--once", "--json"), cwd=room, env=_environment(room), capture_output=True, text=True, timeout=180, check=False
    )


@pytest.fixture(scope="module")
def handled(once: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """What clients and their machines wrote, without our own comments that come back by the feed."""
    rows = [json.loads(line) for line in once.stdout.splitlines()]
    return [row for row in rows if row["event"] == "handled" and row["writer"] != "own"]


def test_the_samples_end_by_themselves_and_leave_nothing_behind(once: subprocess.CompletedProcess[str], room: Path) -> None:
    assert (once.returncode, once.stderr) == (0, "")
    assert list(room.iterdir()) == []


def test_every_sample_is_one_json_line(handled: list[dict[str, Any]]) -> None:
    assert len(handled) == len(SAMPLES)
    assert sorted(row["source"] for row in handled) == sorted("email" if s.channel == "email" else "order_comment" for s in SAMPLES)


def test_every_person_has_a_ticket_and_no_machine_gets_a_reply(handled: list[dict[str, Any]]) -> None:
    machines = [row for row in handled if row["writer"] != "person"]
    assert {row["subject"] for row in machines} == MACHINES
    assert all(row["ticket"] is None and row["replies"] == [] for row in machines)
    assert all(row["ticket"] for row in handled if row["writer"] == "person")


def test_the_answer_to_our_question_and_the_repetition_join_and_everything_else_opens(handled: list[dict[str, Any]]) -> None:
    joined = [(row["subject"].split(" ")[0], row["source"]) for row in handled if row["outcome"] == "join_ticket"]
    assert sorted(joined) == [("Correction:", "order_comment"), ("Re:", "email"), ("Re:", "email")]


def test_everything_that_was_answered_went_out(once: subprocess.CompletedProcess[str], handled: list[dict[str, Any]]) -> None:
    sent = [json.loads(line) for line in once.stdout.splitlines() if '"event": "sent"' in line]
    assert {row["outcome"] for row in sent} == {"sent"}
    replies = [r["template"] for row in handled for r in row["replies"] if r["send"]]
    assert sorted(row["template"] for row in sent if row["template"] in replies) == sorted(replies)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_stop_in_the_middle_is_clean(number: signal.Signals, tmp_path: Path) -> None:
    with _running(tmp_path) as process:
        seen = _until(process, "acknowledgement")
        desk = re.search(r"desk +(http://127\.0\.0\.1:\d+/)", seen)
        assert desk
        with httpx2.Client(follow_redirects=True, timeout=20) as browser:
            page = browser.get(f"{desk[1]}me")
            assert (page.status_code, str(page.url), "Kim Larsson" in page.text) == (200, f"{desk[1]}me", True)
        began = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 30  # the promise of `mailbot run`; a hang, not a speed, would break it
    assert (process.returncode, err) == (0, "")
    assert "Nothing is left behind" in out
    assert "clients         http://127.0.0.1:" in seen
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_kept_can_be_looked_into(tmp_path: Path) -> None:
    subprocess.run(
        _command("--once", "--keep", str(tmp_path / "kept")), env=_environment(tmp_path), capture_output=True, timeout=180, check=True
    )
    command = [sys.executable, "-m", "mailbot", "--config", str(tmp_path / "kept" / "config.toml"), "tickets", "--json"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert len(found.stdout.splitlines()) > 10


def test_a_port_that_is_taken_is_named_at_once_without_a_traceback(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            _command("--once", "--port", port), env=_environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port 0" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_our_own_comments_are_no_news_and_a_subject_stays_on_its_line() -> None:
    facts = {
        "source": "order_comment", "from": "", "subject": "Hello\n\nthere", "writer": "person", "outcome": "open_ticket", "ticket": 1,
        "kind": "correction", "queue": "coordinators", "asks": [],
    }  # fmt: skip
    assert _line("handled", facts).startswith("comment   nobody: Hello there\n")
    assert _line("handled", {**facts, "writer": "own"}) == ""


def _command(*options: str) -> list[str]:
    return [sys.executable, "-m", "mailbot", "demo", *options]


def _environment(room: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(room), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def _running(room: Path) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(_command(), cwd=room, env=_environment(room), stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _until(process: subprocess.Popen[str], word: str) -> str:
    """Reads what is told until `word` comes."""
    assert process.stdout is not None
    told: list[str] = []
    for line in process.stdout:
        told.append(line)
        if word in line:
            break
    return "".join(told)
