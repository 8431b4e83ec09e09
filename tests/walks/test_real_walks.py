"""Each walk once more on the real workflow with a database: the same expected.toml, read back from tables and wires."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.walks.real_world import RealWorld, real
from tests.walks.test_walks import FOLDERS

ON_POSTGRES = ("P01-comment-and-reopen", "P02-mail-with-the-clients-number", "P03-mail-and-comment", "P05-a-bare-keyword-answers",
               "P06-a-bounce-of-our-mail", "P08-a-colleague-forwards-a-clients-mail", "P20-a-coordinator-on-shift", "P42-allowance-used-up")  # fmt: skip


def _can_be_one_batch(folder: Path) -> bool:
    """Several messages, none of which answers a mail of ours that must be sent first."""
    files = [p for p in folder.iterdir() if p.suffix in (".eml", ".json")]
    return len(files) > 1 and not any("{{reply:" in p.read_text(encoding="utf-8") for p in files)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_the_walk_ends_as_promised_on_the_real_workflow(folder: Path, tmp_path: Path) -> None:
    walk(folder, f"sqlite:///{tmp_path}/walk.db")


@pytest.mark.parametrize("folder", [f for f in FOLDERS if f.name in ON_POSTGRES], ids=lambda p: p.name)
def test_the_walk_ends_as_promised_on_postgresql(folder: Path, postgres_url: str) -> None:
    walk(folder, postgres_url)


@pytest.mark.parametrize("folder", [f for f in FOLDERS if _can_be_one_batch(f)], ids=lambda p: p.name)
def test_the_walk_ends_the_same_where_all_its_messages_are_handled_at_once(folder: Path, tmp_path: Path) -> None:
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    with real(folder, f"sqlite:///{tmp_path}/walk.db") as world:
        kept = [world.keep(raw, source) for raw, source in messages(folder, world)]
        world.work()
        for id_, wanted in zip(kept, expected["message"], strict=True):
            compare(world, id_, wanted)
        assert len(world.tickets()) == expected["tickets"]


def walk(folder: Path, url: str) -> None:
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    with real(folder, url) as world:
        wanted = iter(expected["message"])
        for raw, source in messages(folder, world):
            message_id = world.receive(raw, source)
            compare(world, message_id, next(wanted))
            the_ticket_is_as_decided(world, message_id)
        assert list(wanted) == []
        assert len(world.tickets()) == expected["tickets"]
        nothing_happens_again(world)


def compare(world: RealWorld, message_id: int, wanted: dict[str, Any]) -> None:
    seen, said = world.seen(message_id), world.said(message_id)
    wants = {k: sorted(v) if k == "actions" else v for k, v in wanted.items() if k in seen}
    assert {k: seen[k] for k in wants} == wants, f"message {message_id}"
    assert [w for w in wanted.get("says", []) if w not in said] == [], f"message {message_id} says\n{said}"
    assert [w for w in wanted.get("never_says", []) if w in said] == [], f"message {message_id} says\n{said}"


def the_ticket_is_as_decided(world: RealWorld, message_id: int) -> None:
    """What the tables hold is what was decided last."""
    seen, ticket = world.seen(message_id), world.ticket_of(message_id)
    if ticket is None:
        assert seen["outcome"] in ("record_only", "set_aside")
        return
    assert set(seen["flags"]) <= set(ticket.flags)
    if seen["outcome"] != "record_only":
        assert (ticket.kind, ticket.queue, ticket.owner or "") == (seen["kind"], seen["queue"], seen["owner"])
    if seen["outcome"] == "open_ticket":
        assert (ticket.state, ticket.trust, list(ticket.asked)) == ("new", seen["trust"], seen["asks"])


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
