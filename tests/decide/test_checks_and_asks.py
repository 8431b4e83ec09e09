"""P10-P19, P34: kinds, asks, flags, help texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailbot.model.order import OrderImage
from tests.decide.build import NOW, comment, context, decided, findings, kinds_of, order, ticket


@pytest.mark.parametrize("kind", ["correction", "amendment", "feedback"])
def test_one_keyword_is_the_clients_claim(kind: str) -> None:
    decision = decided(found=findings(keyword=(kind,), content=kind))
    assert (decision.kind, decision.change.claimed, decision.asks) == (kind, kind, ())


@pytest.mark.parametrize(
    ("given", "asks", "kind"),
    [
        ({"content": "correction"}, ("keyword",), "correction"),
        ({"content": "amendment"}, ("keyword",), "amendment"),
        ({"content": None, "change_wished": True}, ("keyword",), "unclassified"),
        ({"content": "feedback"}, (), "feedback"),
        ({"content": None, "requests": ("status",)}, (), "request"),
        ({"content": None, "requests": ("cancel",)}, (), "request"),
        ({"content": None, "requests": ("refund",)}, (), "request"),
        ({"content": None, "requests": ("redistribution",)}, (), "request"),
        ({"content": None, "requests": ("account_manager",), "orders": ()}, (), "request"),
        ({"content": None, "questions": ("cost",), "orders": ()}, (), "unclassified"),
        ({"content": None, "agrees": True}, (), "unclassified"),
        ({"content": "amendment", "agrees": True}, (), "amendment"),
        ({"content": None, "understandable": False}, ("details",), "unclassified"),
        ({"content": None, "understandable": False, "agrees": True}, (), "unclassified"),
        ({"content": "correction", "requests": ("refund",)}, ("keyword",), "correction"),
        ({"content": "feedback", "orders": ()}, (), "feedback"),
    ],
)
def test_the_keyword_is_asked_only_where_a_fault_or_a_change_is_meant(given: dict, asks: tuple, kind: str) -> None:
    decision = decided(found=findings(keyword=(), **given), facts=context(client_orders=()))
    assert (decision.asks, decision.kind) == (asks, kind)
    assert ("no_keyword" in decision.flags) is ("keyword" in asks)


def test_a_bare_label_gets_one_friendly_question() -> None:
    decision = decided(found=findings(content=None, understandable=False))
    assert (decision.asks, decision.kind, [r.template for r in decision.replies]) == (("details",), "correction", ["ask"])


def test_several_keywords_make_a_mixed_ticket() -> None:
    decision = decided(found=findings(keyword=("correction", "amendment"), content=None))
    assert (decision.kind, decision.change.claimed, decision.asks) == ("mixed", None, ())


def test_everything_that_is_missing_is_asked_in_one_reply() -> None:
    found = findings(keyword=(), language="not_english", code="sv", orders=())
    decision = decided(found=found, facts=context(orders=(), client_orders=()))
    assert decision.asks == ("english", "keyword", "order")
    assert [r.template for r in decision.replies] == ["ask"]
    assert {"not_english", "no_keyword"} <= set(decision.flags)
    assert decision.change.asked == decision.asks
    assert decision.change.state == "new"


def test_an_undecided_language_is_flagged_and_nobody_is_asked() -> None:
    decision = decided(found=findings(language="undecided"))
    assert (decision.flags, decision.asks) == (("language_undecided",), ())


def test_facts_that_are_awaited_are_not_asked_for() -> None:
    decision = decided(facts=context(orders=(), client_orders=(), facts_pending=True))
    assert (decision.asks, decision.flags) == ((), ("facts_pending",))


@pytest.mark.parametrize(
    ("images", "flagged"),
    [
        (("4589",), False),
        (("IMG_4590",), False),
        (("04589",), False),
        (("9999",), True),
        (("i4589",), False),
        (("abc",), True),
        ((), False),
    ],
)
def test_an_image_that_the_order_does_not_have_is_flagged(images: tuple, flagged: bool) -> None:
    assert ("image_unknown" in decided(found=findings(images=images)).flags) is flagged


def test_nothing_is_said_of_images_where_the_order_lists_none() -> None:
    assert "image_unknown" not in decided(found=findings(images=("1",)), facts=context(orders=(order(images=()),))).flags


@pytest.mark.parametrize(
    ("given", "snippets"),
    [
        ({"questions": ("cost",)}, ("cost",)),
        ({"questions": ("cost", "how_to", "reply_time")}, ("cost", "how_to")),
        ({"questions": ("variation",)}, ()),
        ({"questions": ("variation",), "keyword": (), "content": None}, ("variation",)),
        ({"questions": ("variation",), "keyword": (), "content": "feedback"}, ()),
        ({"questions": ("variation", "cost"), "keyword": ("amendment",), "content": "amendment"}, ("variation", "cost")),
        ({"requests": ("refund",)}, ("refund",)),
        ({"requests": ("refund",), "questions": ("variation", "refund"), "keyword": (), "content": None}, ("refund",)),
        ({"requests": ("dispute",), "questions": ("cost",)}, ()),
        ({}, ()),
    ],
)
def test_a_question_of_the_help_page_is_answered_in_the_reply(given: dict, snippets: tuple) -> None:
    assert decided(found=findings(**given)).replies[0].snippets == snippets


def test_no_help_text_after_a_fix_was_delivered() -> None:
    before = ticket(state="delivered", delivered_at=NOW - timedelta(days=90))
    assert decided(found=findings(questions=("cost",)), facts=context(tickets=(before,))).replies[0].snippets == ()


def test_a_cancellation_is_urgent_and_told_to_owner_and_production() -> None:
    found = findings(keyword=(), content=None, requests=("cancel",))
    decision = decided(found=found, facts=context(orders=(order(status="in_production"),)))
    assert (decision.kind, decision.flags) == ("request", ("urgent",))
    assert kinds_of(decision) == [("notify", "coordinators"), ("notify", "production")]
    assert {e.text_template for e in decision.effects} == {"cancel"}
    assert [r.template for r in decision.replies] == ["cancel_received"]


def test_who_asks_for_the_account_manager_has_them_told() -> None:
    decision = decided(found=findings(keyword=(), content=None, requests=("account_manager",)))
    assert ("notify", "maria@studio.example") in kinds_of(decision)


@pytest.mark.parametrize(
    ("given", "flag", "kind"),
    [
        ({"keyword": ("correction",), "content": "amendment", "looks_like_amendment": True}, "looks_like_amendment", "correction"),
        ({"keyword": ("amendment",), "content": "correction"}, "looks_like_correction", "amendment"),
        ({"keyword": ("feedback",), "content": "amendment"}, "looks_like_change", "amendment"),
        ({"keyword": ("feedback",), "content": "feedback", "change_wished": True}, "looks_like_change", "feedback"),
    ],
)
def test_where_claim_and_words_differ_the_supervisor_sees_a_hint(given: dict, flag: str, kind: str) -> None:
    decision = decided(found=findings(**given))
    assert (decision.flags, decision.kind) == ((flag,), kind)


@pytest.mark.parametrize("days", [0, 30, 31])
def test_disagreeing_within_thirty_days_of_the_fix_raises_a_dispute(days: int) -> None:
    before = ticket(state="delivered", assessed="correction", delivered_at=NOW - timedelta(days=days), dispute_level=1)
    decision = decided(found=findings(requests=("dispute",)), facts=context(tickets=(before,)))
    assert ("dispute" in decision.flags) is (days <= 30)
    assert decision.change.dispute_level == (2 if days <= 30 else 0)
    assert (("notify", "maria@studio.example") in kinds_of(decision)) is (days <= 30)
    assert decision.change.earlier_ticket == 12


def test_disagreeing_on_an_open_assessed_ticket_raises_it() -> None:
    decision = decided(found=findings(requests=("dispute",)), facts=context(tickets=(ticket(assessed="amendment"),), thread_tickets=(12,)))
    assert (decision.outcome, decision.change.dispute_level, decision.flags) == ("join_ticket", 1, ("dispute",))
    assert {("notify", "quality"), ("notify", "maria@studio.example"), ("notify", "kim")} <= set(kinds_of(decision))


def test_disagreeing_before_anything_was_assessed_is_no_dispute() -> None:
    decision = decided(found=findings(requests=("dispute",)), facts=context(tickets=(ticket(),)))
    assert (decision.flags, decision.change.dispute_level) == ((), None)


def test_a_complaint_about_the_same_images_after_the_fix_is_a_dispute() -> None:
    fixed = ticket(state="delivered", assessed="correction", delivered_at=NOW - timedelta(days=2), images=("4589",))
    again = decided(comment(), findings(orders=(), images=("4589",)), context(tickets=(fixed,)))
    other = decided(comment(), findings(orders=(), images=("4590",)), context(tickets=(fixed,)))
    assert ("dispute" in again.flags, "dispute" in other.flags) == (True, False)


def test_an_assessed_ticket_that_a_mail_without_order_joins_can_be_disputed() -> None:
    before = ticket(order=None, order_ids=(), assessed="amendment")
    facts = context(orders=(), client_orders=(), tickets=(before,), thread_tickets=(12,))
    assert "dispute" in decided(found=findings(orders=(), requests=("dispute",)), facts=facts).flags


def test_many_images_and_none_named_is_a_hint_never_an_ask() -> None:
    from mailbot.decide import reply_facts
    from tests.decide.build import RULES, mail

    many = order(images=tuple(OrderImage(id=str(n), name=f"{n}.jpg") for n in range(11)))
    for found, hinted in ((findings(), True), (findings(images=("3",)), False), (findings(all_images=True), False)):
        facts = context(orders=(many,))
        decision = decided(found=found, facts=facts)
        assert decision.asks == ()
        said = reply_facts(mail(), found, facts, RULES, decision, ticket(), decision.replies[0])
        assert (said.suggest_images, said.images_of_order) == (hinted, 11)


def test_a_reused_message_id_is_flagged() -> None:
    assert decided(facts=replace(context(), message_id_reused=True)).flags == ("message_id_reused",)
