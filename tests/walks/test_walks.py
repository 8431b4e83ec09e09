"""Each folder is a walk: what is given, the messages as they arrive, and what must come of each (docs/policy.md names them)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.walks.world import Step, build, messages

HERE = Path(__file__).resolve().parent
FOLDERS = sorted(p.parent for p in HERE.glob("*/expected.toml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_the_walk_ends_as_promised(folder: Path) -> None:
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    world = build(folder)
    steps = [world.receive(raw, source) for raw, source in messages(folder, world)]
    assert len(steps) == len(expected["message"])
    for number, (step, wanted) in enumerate(zip(steps, expected["message"], strict=True), 1):
        seen = _seen(step)
        assert {k: seen[k] for k in wanted if k in seen} == {k: v for k, v in wanted.items() if k in seen}, f"message {number}"
        assert [w for w in wanted.get("says", []) if w not in step.said] == [], f"message {number} says\n{step.said}"
        assert [w for w in wanted.get("never_says", []) if w in step.said] == [], f"message {number} says\n{step.said}"
    assert len(world.tickets) == expected["tickets"]


def test_every_walk_file_says_only_what_the_runner_compares() -> None:
    allowed = {*_seen(Step(None)), "says", "never_says"}
    for folder in FOLDERS:
        for wanted in tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))["message"]:
            assert set(wanted) <= allowed, folder.name


def _seen(step: Step) -> dict[str, Any]:
    """A decision as expected.toml writes it: replies `template channel recipient[ held| suppressed]`, actions `kind order-or-recipient`,
    things of the order that are named `what name (the order's)`."""
    decision = step.decision
    if decision is None:
        names = ("outcome", "kind", "queue", "owner", "trust", "asks", "flags", "join", "replies", "actions", "bounced", "named")
        return {**dict.fromkeys(names), "outcome": "set_aside"}
    return {
        "outcome": decision.outcome,
        "kind": decision.kind,
        "queue": decision.queue,
        "owner": decision.owner or "",
        "trust": decision.trust,
        "asks": list(decision.asks),
        "flags": list(decision.flags),
        "join": decision.join or 0,
        "replies": [
            f"{r.template} {r.channel} {r.order_id if r.channel == 'order_comment' else r.to}"
            + " held" * r.held
            + " suppressed" * r.suppressed
            for r in decision.replies
        ],
        "actions": [f"{e.kind} {e.to if e.kind == 'notify' else e.order_id}" for e in decision.effects],
        "bounced": list(decision.bounced),
        "named": [f"{n.what} {n.name}".strip() + f" ({n.on_order or 'not on the order'})" for n in decision.named],
    }
