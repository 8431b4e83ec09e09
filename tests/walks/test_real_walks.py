"""Each walk once more on the real workflow with a database: the same expected.toml, read back from tables and wires."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.walks.real_world import RealWorld, real
from tests.walks.test_walks import FOLDERS

ON_POSTGRES = ("P01-comment-and-reopen", "P02-mail-with-the-clients-number", "P03-mail-and-comment", "P05-a-bare-keyword-answers",
               "P06-a-bounce-of-our-mail", "P08-a-colleague-forwards-a-clients-mail", "P20-a-coordinator-on-shift", "P42-allowance-used-up")  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_the_walk_ends_as_promised_on_the_real_workflow(folder: Path, tmp_path: Path) -> None:
    walk(folder, f"sqlite:///{tmp_path}/walk.db")


@pytest.mark.parametrize("folder", [f for f in FOLDERS if f.name in ON_POSTGRES], ids=lambda p: p.name)
def test_the_walk_ends_as_promised_on_postgresql(folder: Path, postgres_url: str) -> None:
    walk(folder, postgres_url)


def walk(folder: Path, url: str) -> None:
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    with real(folder, url) as world:
        steps = [(id_, world.seen(id_), world.said(id_)) for id_ in (world.receive(raw, source) for raw, source in messages(folder, world))]
        assert len(steps) == len(expected["message"])
        for number, ((_, seen, said), wanted) in enumerate(zip(steps, expected["message"], strict=True), 1):
            wants = {k: sorted(v) if k == "actions" else v for k, v in wanted.items() if k in seen}
            assert {k: seen[k] for k in wants} == wants, f"message {number}"
            assert [w for w in wanted.get("says", []) if w not in said] == [], f"message {number} says\n{said}"
            assert [w for w in wanted.get("never_says", []) if w in said] == [], f"message {number} says\n{said}"
        assert len(world.tickets()) == expected["tickets"]
        nothing_happens_again(world)


def nothing_happens_again(world: RealWorld) -> None:
    """Our own comments come back and are only recorded; another round of everything changes nothing."""
    before = (world.tickets(), world.actions(), len(world.mails), list(world.system.calls))
    world.poll_again()
    world.poll_again()
    assert (world.tickets(), world.actions(), len(world.mails), list(world.system.calls)) == before


def messages(folder: Path, world: RealWorld) -> Iterator[tuple[bytes, str]]:
    """As in world.py; `{{reply:1}}` is the Message-ID of the first mail that went out."""
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".eml", ".json")):
        raw = re.sub(r"\{\{reply:(\d+)\}\}", lambda m: world.reply_id(int(m.group(1))), path.read_text(encoding="utf-8"))
        yield raw.encode(), "email" if path.suffix == ".eml" else "order_comment"
