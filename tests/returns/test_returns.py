"""Each folder is a whole return, from the client's first word to the last: what people, clients, orders and time do, and what comes of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.returns.stage import DOING, TOLD, Stage, stage

HERE = Path(__file__).resolve().parent
FOLDERS = sorted(p.parent for p in HERE.glob("*/walk.toml"))
ON_POSTGRES = tuple(f for f in FOLDERS if f.name.startswith(("P22", "P24", "P30")))
EXPECTED = TOLD - {"redistribution"} | {"corrected", "messages", "refused", "tells", "says", "never_says", "notices", "calls", "waits"}
GIVEN = {*DOING, "as", "ticket", "on", "reopen", "agrees", "objects", "redistribution", "from", "subject", "trusted", "answers", "why"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_the_return_goes_as_promised(folder: Path, tmp_path: Path) -> None:
    with stage(folder, f"sqlite:///{tmp_path}/walk.db") as played:
        play(played)


@pytest.mark.parametrize("folder", ON_POSTGRES, ids=lambda p: p.name)
def test_the_return_goes_as_promised_on_postgresql(folder: Path, postgres_url: str) -> None:
    with stage(folder, postgres_url) as played:
        play(played)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_a_walk_says_only_what_is_compared(folder: Path) -> None:
    given = tomllib.loads((folder / "walk.toml").read_text(encoding="utf-8"))
    assert given["about"].strip(), "a walk says in a sentence what it shows"
    for step in given["step"]:
        known = EXPECTED | GIVEN | {"text", "charge", "due_at", "to", "order", "other", "parts", "confirmed", "targets", "version", "kind"}
        assert set(step) <= known, step


def play(played: Stage) -> None:
    for number, step in enumerate(played.steps, 1):
        came = played.play(step)
        wanted = _wanted(step)
        seen = {name: _told(came[name]) for name in wanted}
        assert seen == wanted, f"step {number}: {came['refused'] or came['says']}"
        assert step.get("refused", "").casefold() in came["refused"].casefold(), f"step {number}"
        assert bool(came["refused"]) == ("refused" in step), f"step {number}: {came['refused']}"
        assert [w for w in step.get("says", []) if w not in came["says"]] == [], f"step {number} says\n{came['says']}"
        assert [w for w in step.get("never_says", []) if w in came["says"]] == [], f"step {number} says\n{came['says']}"
    before = (played.world.tickets(), played.world.actions())
    played.follow()
    assert (played.world.tickets(), played.world.actions()) == before, "following the same events again changes nothing"


def _wanted(step: dict[str, Any]) -> dict[str, Any]:
    """What is compared as a whole. For an act, fields that it was given are no expectation, but `owner` and `state` always are."""
    given = {"reason", "kind", "plan", "order"} if "act" in step else set()
    return {k: v for k, v in step.items() if k in (EXPECTED - given) - {"refused", "says", "never_says"}}


def _told(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if hasattr(value, "isoformat") else "" if value is None else value
