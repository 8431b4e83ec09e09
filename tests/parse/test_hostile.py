"""No mail can stall or crash the parser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailbot.errors import Unreadable
from mailbot.model.message import OwnMarks
from mailbot.parse.guard import parse_guarded
from tests.parse.hostile import KINDS
from tests.parse.mails import received

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def used() -> dict[str, list[float]]:
    """Exit status, CPU seconds and peak MiB of each mail, in a forked child of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.parse.measure"],
        capture_output=True,
        check=True,
        cwd=ROOT,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    answer: dict[str, list[float]] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("name", KINDS)
def test_a_hostile_mail_is_read_within_its_limits(name: str, used: dict[str, list[float]]) -> None:
    status, cpu, mib = used[name]
    assert status == 0
    assert cpu <= 1.0
    assert mib <= 200


@pytest.mark.parametrize("name", ["20k content type parameters", "nested 1000 multiparts", "random bytes", "50k nested div"])
def test_a_hostile_mail_is_answered_by_the_child(name: str) -> None:
    try:
        answer = parse_guarded(received(KINDS[name]()), OwnMarks(), attempt=2).text
    except Unreadable as unreadable:
        answer = str(unreadable)
    assert "\0" not in answer
