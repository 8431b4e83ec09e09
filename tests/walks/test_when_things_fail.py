"""Walks on the real workflow in which something fails: the order system, a template, a message, a mail server."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailbot.decide import decide
from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain, Uncertain
from mailbot.model.ticket import Action
from mailbot.parse import guard
from mailbot.render import Templates
from mailbot.workflow import understand
from mailbot.workflow.parts import Live
from mailbot.workflow.settle import settle
from tests.walks.real_world import RealWorld, real, words
from tests.walks.test_walks import HERE
from tests.walks.world import TEMPLATES

MAIL = (HERE / "P02-mail-with-the-clients-number" / "1-message.eml").read_bytes()
COMMENT = (HERE / "P01-comment-and-reopen" / "1-comment.json").read_bytes()
PROOF = b"Authentication-Results: mx.studio.example; dmarc=pass header.from=agency.example; dkim=pass header.d=agency.example\n"
ACKNOWLEDGED = "acknowledgement email anna@agency.example"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RealWorld]:
    """Anna's company: one delivered order, 10231."""
    (tmp_path / "given").mkdir()
    with real(tmp_path / "given", f"sqlite:///{tmp_path}/walk.db") as made:
        yield made


def another(number: int, text: str = "") -> bytes:
    """A mail of its own by Anna."""
    raw = MAIL.replace(b"<m1@", b"<n%d@" % number)
    return raw.replace(raw.split(b"\n\n", 1)[1], text.encode() + b"\n") if text else raw


# --- the order system is down ------------------------------------------------------------------------------------------------


def test_a_mail_is_answered_while_the_order_system_is_down_and_gets_its_order_later(world: RealWorld) -> None:
    world.system.down = True
    mail = world.receive(MAIL, "email")
    assert world.seen(mail)["flags"] == ["facts_pending"]
    assert world.seen(mail)["replies"] == [ACKNOWLEDGED]
    assert "10231" not in words(world.mails[0]).split("\n", 1)[1]
    assert (world.ticket(1).order, world.ticket(1).order_ids) == (None, ())
    assert world.enrich() == 0

    world.system.down = False
    assert world.enrich() == 1
    assert (world.ticket(1).order, world.ticket(1).order_ids, world.ticket(1).flags) == ("10231", ("o10231",), ())
    assert world.system.calls == ["reopen o10231", "internal comment on o10231"]
    assert [m.template for m in world.mails] == ["acknowledgement"]
    assert world.enrich() == 0
    assert len(world.system.calls) == 2


def test_an_order_that_is_told_in_a_wrong_shape_holds_up_no_other_ticket(world: RealWorld) -> None:
    world.system.orders["o10232"] = replace(world.system.orders["o10231"], id="o10232", number="10232")
    world.system.broken = {"o10231", "o10232"}
    first = world.receive(COMMENT, "order_comment")
    other = COMMENT.replace(b"o10231", b"o10232").replace(b'"c1"', b'"c2"').replace(b"too bright", b"tilted")
    second = world.receive(other, "order_comment")
    assert [world.seen(m)["flags"] for m in (first, second)] == [["facts_pending"], ["facts_pending"]]
    world.system.broken = {"o10231"}
    assert world.enrich() == 1
    assert ("facts_pending" in world.ticket(1).flags, "facts_pending" in world.ticket(2).flags) == (True, False)
    assert world.parts.breaker.failures == 0, "the order system itself is well"


def test_a_comment_is_answered_on_its_order_once_the_order_system_is_back(world: RealWorld) -> None:
    comment = world.keep(COMMENT, "order_comment")
    world.system.down = True
    world.work()
    assert world.seen(comment)["replies"] == ["acknowledgement order_comment o10231 queued"]
    assert world.seen(comment)["actions"] == ["notify coordinators", "reopen o10231 queued"]

    world.system.down = False
    world.later(minutes=5)
    world.work()
    assert world.enrich() == 1
    assert world.system.calls == ["reopen o10231", "client comment on o10231"]
    assert (world.ticket(1).order, world.ticket(1).flags, world.mails) == ("10231", (), [])


def test_a_client_whom_only_the_order_system_knows_leaves_the_unverified_queue(tmp_path: Path) -> None:
    (tmp_path / "given.toml").write_text("known = []\n")
    with real(tmp_path, f"sqlite:///{tmp_path}/walk.db") as world:
        world.system.down = True
        world.receive(MAIL.replace(PROOF, b""), "email")
        assert (world.ticket(1).queue, world.ticket(1).trust) == ("unverified", "unknown")
        world.system.down = False
        world.enrich()
        after = world.ticket(1)
        assert (after.queue, after.trust, after.flags, after.order) == ("coordinators", "known", (), "10231")
        assert [m.template for m in world.mails] == ["receipt_unverified"]


# --- our own text fails ------------------------------------------------------------------------------------------------------


def test_a_template_that_fails_holds_the_reply_with_the_reason_and_the_ticket_stands(
    world: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Templates(TEMPLATES.sources)
    monkeypatch.setattr(broken, "mail", _fails)  # as a template that meets facts no sample has
    world.parts.live = Live(world.parts.live.rules, broken)
    mail = world.receive(MAIL, "email")
    seen = world.seen(mail)
    assert (seen["outcome"], seen["replies"]) == ("open_ticket", [f"{ACKNOWLEDGED} held"])
    assert "reopen o10231" in seen["actions"]
    [held] = [a for a in world.actions() if a.state == "held"]
    assert held.because == "the template failed: ZeroDivisionError: a rule divides by nothing"
    [refused] = settle(world.parts, "release", [f"O-{held.id}"], "kim")
    assert "has no text" in refused.problem
    world.send()
    assert world.mails == []
    assert settle(world.parts, "cancel", [f"O-{held.id}"], "kim")[0].what == "cancelled"


def _fails(*_: object) -> Any:
    raise ZeroDivisionError("a rule divides by nothing")


# --- poison ------------------------------------------------------------------------------------------------------------------


def test_a_message_that_breaks_the_parser_is_set_aside_after_three_tries_and_its_neighbours_are_handled(
    world: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    parse: Callable[..., Any] = guard.parse_guarded

    def parse_or_break(message: Any, own: Any, attempt: int) -> Any:
        if b"POISON" in message.raw:
            tries.append(attempt)
            raise RuntimeError("a fault of ours")
        return parse(message, own, 1)

    monkeypatch.setattr(understand, "parse_guarded", parse_or_break)
    before, poison, after = (world.keep(another(n, text), "email") for n, text in enumerate(("Correction of order 10231", "POISON", "x")))
    world.work()
    assert tries == [1, 2, 3]
    aside = world.row(poison)
    assert aside.state == "set_aside"
    assert "RuntimeError: a fault of ours" in aside.because
    assert {world.row(before).state, world.row(after).state} == {"on_ticket"}
    assert {world.row(before).attempts, world.row(after).attempts} == {1}


def test_a_message_that_breaks_deciding_is_set_aside_and_its_batch_is_handled_one_by_one(
    world: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide_or_break(message: Any, *more: Any) -> Any:
        if "POISON" in message.text:
            raise RuntimeError("a fault of ours")
        return decide(message, *more)

    monkeypatch.setattr("mailbot.workflow.batch.decide", decide_or_break)
    kept = [
        world.keep(another(n, text), "email") for n, text in enumerate(("Correction of order 10231", "POISON", "Amendment: POISON not"))
    ]
    good = world.keep(COMMENT, "order_comment")
    world.work()
    assert [world.row(id_).state for id_ in kept] == ["on_ticket", "set_aside", "set_aside"]
    assert "RuntimeError: a fault of ours" in world.row(kept[1]).because
    assert world.row(good).state == "on_ticket"
    assert len(world.tickets()) == 1
    assert [m.template for m in world.mails] == ["acknowledgement"]


# --- the mail server (P44) ---------------------------------------------------------------------------------------------------


def on_the_wire(world: RealWorld, *outcomes: Outcome) -> list[bytes]:
    """These come of the next tries, then all is well; the bytes of each try."""
    waiting, tried = list(outcomes), []

    def smtp(action: Action) -> Outcome:
        tried.append(action.payload)
        return waiting.pop(0) if waiting else Sent()

    world.smtp = smtp
    return tried


def test_a_refused_address_is_shown_and_the_next_reply_waits_for_a_person(world: RealWorld) -> None:
    on_the_wire(world, GiveUp("550 5.1.1 no such user", address_bad=True))
    first = world.receive(MAIL, "email")
    assert world.seen(first)["replies"] == [f"{ACKNOWLEDGED} gave_up"]
    assert [a.because for a in world.actions(first) if a.state == "gave_up"] == ["550 5.1.1 no such user"]
    world.later(hours=1)
    second = world.receive(another(2, "Feedback: thanks for all, lovely work."), "email")
    assert world.seen(second)["flags"] == ["address_bounced"]
    assert all(r.endswith(" held") for r in world.seen(second)["replies"])
    assert world.mails == []


def test_a_reply_that_is_refused_for_another_reason_marks_no_address(world: RealWorld) -> None:
    on_the_wire(world, GiveUp("554 5.7.1 we do not like your text"))
    assert world.seen(world.receive(MAIL, "email"))["replies"] == [f"{ACKNOWLEDGED} gave_up"]
    assert world.seen(world.receive(another(2), "email"))["flags"] == []


def test_an_unknown_outcome_is_held_and_never_sent_by_itself_again(world: RealWorld) -> None:
    tried = on_the_wire(world, Uncertain("the connection broke after the text"))
    mail = world.receive(MAIL, "email")
    assert world.seen(mail)["replies"] == [f"{ACKNOWLEDGED} uncertain"]
    for _ in range(3):
        world.later(days=1)
        world.work()
    assert len(tried) == 1
    assert world.seen(mail)["replies"] == [f"{ACKNOWLEDGED} uncertain"]


def test_an_unknown_outcome_is_sent_again_with_the_same_bytes_where_the_company_wants_it(world: RealWorld) -> None:
    world.parts.on_uncertain = "resend"
    tried = on_the_wire(world, Uncertain("the connection broke after the text"))
    mail = world.receive(MAIL, "email")
    world.later(minutes=2)
    world.work()
    assert len(tried) == 2
    assert tried[0] == tried[1]
    assert world.seen(mail)["replies"] == [ACKNOWLEDGED]


def test_resending_ends_after_two_times(world: RealWorld) -> None:
    world.parts.on_uncertain = "resend"
    tried = on_the_wire(world, *(Uncertain("the connection broke after the text") for _ in range(9)))
    mail = world.receive(MAIL, "email")
    for _ in range(6):
        world.later(hours=1)
        world.work()
    assert (len(tried), world.seen(mail)["replies"]) == (3, [f"{ACKNOWLEDGED} uncertain"])


@pytest.mark.parametrize(("setting", "tries", "ends"), [("hold", 1, "uncertain"), ("resend", 3, "uncertain")])
def test_a_process_that_dies_at_each_send_repeats_it_only_where_wanted_and_not_for_ever(
    world: RealWorld, setting: str, tries: int, ends: str
) -> None:
    world.parts.on_uncertain = setting
    tried: list[Action] = []

    def dies(action: Action) -> Outcome:
        tried.append(action)
        raise KeyboardInterrupt

    world.smtp = dies
    mail = world.keep(MAIL, "email")
    for _ in range(6):
        with contextlib.suppress(KeyboardInterrupt):
            world.work()
        world.later(minutes=6)
    assert (len(tried), world.seen(mail)["replies"]) == (tries, [f"{ACKNOWLEDGED} {ends}"])
    assert len({a.payload for a in tried}) == 1


def test_a_server_that_says_later_is_asked_again_for_two_days_and_then_a_person_is(world: RealWorld) -> None:
    tried = on_the_wire(world, *(TryAgain("451 4.7.1 greylisted") for _ in range(999)))
    mail = world.receive(MAIL, "email")
    for _ in range(49):
        world.later(hours=1)
        world.work()
    assert 40 < len(tried) < 60
    assert world.seen(mail)["replies"] == [f"{ACKNOWLEDGED} gave_up"]
    assert len(set(tried)) == 1


# --- whom a forward speaks for (P8, P43) -------------------------------------------------------------------------------------

FORWARD = (HERE / "P08-a-colleague-forwards-a-clients-mail" / "1-message.eml").read_bytes()


def test_a_stranger_who_forwards_a_clients_words_gets_nothing_of_that_client(world: RealWorld) -> None:
    raw = FORWARD.replace(b"Kim <kim@studio.example>\nTo: support", b"Eve <eve@evil.example>\nTo: support").replace(b"agency", b"evil", 2)
    mail = world.receive(raw, "email")
    assert world.ticket(1).client == "eve@evil.example"
    assert world.ticket(1).order is None
    assert world.system.calls == []
    assert all(m.to == "eve@evil.example" and "Anna" not in words(m) for m in world.mails)
    assert world.seen(mail)["actions"] == ["notify coordinators"]


def test_a_forged_colleague_forwards_nothing(tmp_path: Path) -> None:
    (tmp_path / "given.toml").write_text('[[staff]]\nlogin = "kim"\n')
    forged = FORWARD.replace(PROOF, b"Authentication-Results: mx.studio.example; dmarc=fail header.from=studio.example\n")
    with real(tmp_path, f"sqlite:///{tmp_path}/walk.db") as world:
        mail = world.receive(forged, "email")
        assert (world.seen(mail)["queue"], world.seen(mail)["replies"], world.system.calls) == ("unverified", [], [])


# --- who spoke last (P6, P8) ---------------------------------------------------------------------------------------------------


def test_a_colleagues_note_is_no_message_of_the_client(tmp_path: Path) -> None:
    (tmp_path / "given.toml").write_text('[[staff]]\nlogin = "kim"\n')
    note = COMMENT.replace(b'"c1"', b'"c2"').replace(b'"client",\n  "id": "anna"', b'"staff",\n  "id": "kim"')
    with real(tmp_path, f"sqlite:///{tmp_path}/walk.db") as world:
        world.receive(COMMENT, "order_comment")
        before = world.ticket(1)
        world.later(minutes=5)
        world.receive(note.replace(b'"visibility": "client"', b'"visibility": "internal"'), "order_comment")
        assert (world.ticket(1).last_client_message_at, world.ticket(1).read_at) == (before.last_client_message_at, None)
        world.receive(note.replace(b'"c2"', b'"c3"'), "order_comment")
        assert world.ticket(1).last_client_message_at == before.last_client_message_at
        assert world.ticket(1).read_at is not None


# --- the state of the order is the present one (P18) -------------------------------------------------------------------------


def test_the_state_is_read_anew_when_the_client_asks_for_it(world: RealWorld) -> None:
    world.receive(MAIL, "email")
    world.later(minutes=9)  # the facts read with the first mail would still count
    world.system.orders["o10231"] = replace(world.system.orders["o10231"], status="in_production")
    world.later(minutes=1)
    asked = world.receive(another(2, "Any news on order 10231?"), "email")
    assert world.seen(asked)["replies"] == ["status email anna@agency.example"]
    assert "Your order 10231 is in production." in world.said(asked)
