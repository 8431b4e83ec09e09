"""docs/policy.md names every row of the policy, and nothing that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")


def test_every_proof_that_the_policy_page_names_exists() -> None:
    named = set(re.findall(r"`(tests/[^`]+)`", PAGE))
    assert named
    assert [n for n in sorted(named) if not (ROOT / n).exists()] == []


def test_every_row_of_the_policy_is_listed() -> None:
    wanted = {f"P{n}" for n in (*range(1, 35), *range(40, 45))} | {f"X{n}" for n in range(1, 7)}
    assert wanted == set(re.findall(r"\b[PX][1-9]\d?\b", PAGE))


def test_every_walk_is_named_by_the_policy_page() -> None:
    walks = {p.parent.name for p in (ROOT / "tests" / "walks").glob("*/expected.toml")}
    assert [w for w in sorted(walks) if f"tests/walks/{w}`" not in PAGE] == []
    returns = {p.parent.name for p in (ROOT / "tests" / "returns").glob("*/walk.toml")}
    assert [w for w in sorted(returns) if f"tests/returns/{w}`" not in PAGE] == []
