"""P1-P9: how a message becomes a ticket, joins one, or is only kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailbot.model.message import Address, DeliveryReport
from mailbot.model.order import Capabilities, OrderImage, Person
from tests.decide.build import (
    ALL,
    ANNA,
    COMPANY,
    KNOWN,
    NOW,
    STRANGER,
    because,
    colleague,
    comment,
    context,
    decided,
    findings,
    kinds_of,
    mail,
    order,
    our_mail,
    stranger_context,
    ticket,
)  # fmt: skip


def test_comment_and_reopen_on_a_delivered_order_opens_a_ticket_and_reopens_it() -> None:
    decision = decided(comment(), findings(orders=()), context(known=None))
    assert (decision.outcome, decision.kind, decision.trust) == ("open_ticket", "correction", "authenticated")
    assert (decision.change.order, decision.change.order_ids) == ("10231", ("o1",))
    assert ("reopen", "o1") in kinds_of(decision)
    assert [(r.channel, r.order_id, r.send) for r in decision.replies] == [("order_comment", "o1", True)]


@pytest.mark.parametrize(
    ("button", "status", "capabilities", "reopened"),
    [
        (True, "delivered", ALL, True),
        (True, "closed", ALL, True),
        (True, "reopened", ALL, False),
        (True, "delivered", Capabilities(client_visible_comments=True), False),
        (False, "delivered", ALL, False),
    ],
)
def test_only_the_button_reopens_and_only_what_is_not_open(button: bool, status: str, capabilities: Capabilities, reopened: bool) -> None:
    decision = decided(comment(button=button), findings(orders=()), context(orders=(order(status=status),), capabilities=capabilities))
    assert ("reopen" in [k for k, _ in kinds_of(decision)]) is reopened


def test_the_button_counts_even_while_the_order_system_is_silent() -> None:
    decision = decided(
        comment(), findings(orders=()), context(orders=(), client_orders=(), facts_pending=True, capabilities=Capabilities())
    )
    assert ("reopen", "o1") in kinds_of(decision)
    assert decision.flags == ("facts_pending",)
    assert decision.asks == ()
    assert decision.replies[0].channel == "email"
    silent = decided(comment(), findings(orders=()), stranger_context(orders=(), facts_pending=True, capabilities=Capabilities()))
    assert [(r.channel, r.send) for r in silent.replies] == [("order_comment", True)]


def test_another_own_order_named_in_a_comment_is_linked() -> None:
    facts = context(orders=(order(), order("10232"), order("777", client="bo")))
    decision = decided(comment(), findings(orders=("10232", "777")), facts)
    assert decision.change.order_ids == ("o1", "o10232")


@pytest.mark.parametrize(("kind", "close", "effect"), [("feedback", True, "close"), ("feedback", False, None), (None, True, "close")])
def test_an_order_reopened_for_feedback_or_a_request_is_set_back(kind: str | None, close: bool, effect: str | None) -> None:
    found = findings(orders=(), keyword=(kind,) if kind else (), content=kind, requests=() if kind else ("status",))
    decision = decided(comment(), found, context(orders=(order(status="reopened"),), capabilities=replace(ALL, close=close)))
    found_effects = [e for e in decision.effects if e.kind in ("close", "reopen")]
    assert [e.kind for e in found_effects] == ([effect] if effect else [])
    assert all(e.after_reply for e in found_effects)


def test_feedback_by_the_button_does_not_reopen_a_delivered_order() -> None:
    decision = decided(comment(), findings(orders=(), keyword=("feedback",), content="feedback"))
    assert not [e for e in decision.effects if e.kind == "reopen"]


def test_a_mail_that_names_the_clients_order_opens_a_ticket_and_reopens_the_order() -> None:
    decision = decided()
    assert (decision.change.order, decision.change.order_ids, decision.change.client) == ("10231", ("o1",), "anna")
    assert [e for e in kinds_of(decision) if e[1] == "o1"] == [("reopen", "o1"), ("order_comment", "o1")]
    assert [r.template for r in decision.replies] == ["acknowledgement"]
    assert decision.effects[0].reason == "correction"


def test_somebody_elses_number_reads_like_a_number_that_does_not_exist() -> None:
    foreign = decided(found=findings(orders=("777",)), facts=context(orders=(order("777", client="bo"),)))
    unknown = decided(found=findings(orders=("777",)), facts=context(orders=(), unknown_numbers=("777",)))
    assert foreign == unknown
    assert foreign.asks == ("order",)
    assert foreign.change.order is None


def test_several_own_orders_are_all_linked_and_reopened() -> None:
    decision = decided(found=findings(orders=("10231", "10232")), facts=context(orders=(order(), order("10232"))))
    assert decision.change.order_ids == ("o1", "o10232")
    assert [o for k, o in kinds_of(decision) if k == "reopen"] == ["o1", "o10232"]


@pytest.mark.parametrize(
    ("orders", "images", "content", "expected"),
    [
        ((order(),), (), "correction", "10231"),
        ((order(), order("10232")), (), "correction", None),
        ((order(), order("10232", images=(OrderImage(id="x", name="DSC_0077.jpg"),))), ("77",), "correction", "10232"),
        ((order(), order("10232", images=())), ("4590",), "amendment", "10231"),
        ((order(), order("10232", "in_production")), (), "correction", "10231"),
        ((order(), order("10232", "in_production")), (), "amendment", None),
        ((order(), order("10232", "cancelled")), (), "amendment", "10231"),
        ((order("10232", "ordered"),), (), "correction", "10232"),
        ((), (), "correction", None),
    ],
)
def test_the_only_recent_order_that_fits_is_taken(orders: tuple, images: tuple, content: str, expected: str | None) -> None:
    found = findings(orders=(), images=images, content=content, keyword=(content,))
    decision = decided(found=found, facts=context(orders=(), client_orders=orders))
    assert decision.change.order == expected
    assert ("order" in decision.asks) is (expected is None)


@pytest.mark.parametrize(
    ("setting", "proof", "reopened"),
    [
        ("known", "none", True),
        ("known", "authenticated", True),
        ("authenticated", "none", False),
        ("authenticated", "authenticated", True),
        ("never", "authenticated", False),
    ],
)
def test_a_mail_reopens_only_with_as_much_trust_as_the_company_wants(setting: str, proof: str, reopened: bool) -> None:
    decision = decided(found=findings(proof=proof), facts=context(company=replace(COMPANY, reopen_by_mail=setting)))
    assert ("reopen" in [e.kind for e in decision.effects]) is reopened


def test_where_the_order_system_cannot_reopen_production_still_sees_the_mail() -> None:
    decision = decided(facts=context(capabilities=Capabilities()))
    assert [e for e in kinds_of(decision) if e[1] == "o1"] == [("order_comment", "o1")]


def test_an_order_that_is_open_again_gets_the_mail_but_is_not_reopened() -> None:
    decision = decided(facts=context(orders=(order(status="reopened"),)))
    assert [e for e in kinds_of(decision) if e[1] == "o1"] == [("order_comment", "o1")]
    assert not [e for e in decided(facts=context(orders=(order(status="cancelled"),))).effects if e.order_id]


def test_without_an_order_system_the_number_counts_as_written() -> None:
    decision = decided(facts=stranger_context(orders=(), order_system=None))
    assert (decision.change.order, decision.asks) == ("10231", ())
    assert not [e for e in decision.effects if e.order_id]
    assert decided(found=findings(orders=()), facts=context(orders=(), order_system=None)).asks == ("order",)


@pytest.mark.parametrize(
    ("message", "opened_by", "joined_orders"),
    [(mail(), "order_comment", ("o1",)), (comment(), "email", ("o1",))],
)
def test_the_same_request_by_the_other_channel_joins_without_a_second_acknowledgement(message, opened_by, joined_orders) -> None:
    before = ticket(channel=opened_by, order_ids=joined_orders)
    decision = decided(message, findings(orders=("10231",)), context(tickets=(before,)))
    assert (decision.outcome, decision.join, decision.replies, decision.asks) == ("join_ticket", 12, (), ())
    assert "order_comment" not in [e.kind for e in decision.effects]


def test_the_same_words_twice_make_one_ticket() -> None:
    before = ticket(order=None, order_ids=(), asked=("order",))
    facts = context(orders=(), client_orders=(), tickets=(before,), duplicate_texts=((12, "hash"),))
    decision = decided(found=findings(orders=()), facts=facts)
    assert (decision.outcome, decision.join, decision.replies) == ("join_ticket", 12, ())
    old = replace(facts, tickets=(replace(before, opened_at=NOW - timedelta(days=3)),))
    assert decided(found=findings(orders=()), facts=old).outcome == "open_ticket"


@pytest.mark.parametrize(("status", "urgent"), [("ordered", False), ("in_production", True)])
@pytest.mark.parametrize("message", [mail(), comment(button=False)])
def test_a_change_before_delivery_is_an_update_for_production(message, status: str, urgent: bool) -> None:
    decision = decided(message, findings(keyword=(), content="amendment"), context(orders=(order(status=status),)))
    assert (decision.kind, decision.queue, decision.asks) == ("update", "production", ())
    assert ("urgent" in decision.flags) is urgent
    assert kinds_of(decision) == [("order_comment", "o1"), ("notify", "production")]
    assert [r.template for r in decision.replies] == ["update_received"]


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (findings(keyword=(), content=None, requests=("status",)), "request"),
        (findings(keyword=(), content="feedback"), "feedback"),
        (findings(keyword=(), content=None), "update"),
        (findings(keyword=(), content=None, agrees=True), "unclassified"),
    ],
)
def test_only_a_change_of_an_order_before_delivery_is_an_update(found, kind: str) -> None:
    assert decided(found=found, facts=context(orders=(order(status="ordered"),))).kind == kind


def test_a_return_after_delivery_does_not_join_the_update_of_before() -> None:
    decision = decided(comment(), findings(orders=()), context(tickets=(ticket(kind="update"),)))
    assert decision.outcome == "open_ticket"


def test_a_bare_keyword_answers_our_question() -> None:
    asked = ticket(
        kind="correction", claimed=None, suggested="correction", asked=("keyword",), flags=("no_keyword",), state="waiting_for_client"
    )
    found = findings(orders=(), content=None, understandable=False, language="undecided", proof="token")
    facts = context(orders=(), tickets=(asked,), thread_tickets=(12,), our_mails=(our_mail(),), token_valid=True)
    decision = decided(mail("Correction"), found, facts)
    assert (decision.outcome, decision.join, decision.trust) == ("join_ticket", 12, "token")
    assert [r.template for r in decision.replies] == ["completed"]
    assert (decision.change.claimed, decision.change.asked, decision.change.state) == ("correction", (), "new")
    assert decision.change.drop_flags == ("no_keyword",)
    assert ("notify", "kim") in kinds_of(decision)


def test_an_answer_that_brings_half_is_asked_for_the_rest() -> None:
    asked = ticket(kind="unclassified", claimed=None, order=None, order_ids=(), asked=("keyword", "order"), last_auto_reply_at=NOW)
    facts = context(orders=(), client_orders=(), tickets=(asked,), thread_tickets=(12,))
    decision = decided(mail("Correction"), findings(orders=()), facts)
    assert decision.asks == ("order",)
    assert [(r.template, r.send) for r in decision.replies] == [("ask", True)]
    assert decision.change.asked == ("order",)


def test_the_order_number_that_was_asked_for_reopens_the_order() -> None:
    asked = ticket(order=None, order_ids=(), asked=("order",))
    decision = decided(facts=context(tickets=(asked,), thread_tickets=(12,)))
    assert [r.template for r in decision.replies] == ["completed"]
    assert (decision.change.order, decision.change.order_ids) == ("10231", ("o1",))
    assert ("reopen", "o1") in kinds_of(decision)


def test_the_number_that_was_asked_for_counts_while_facts_are_awaited() -> None:
    asked = ticket(order=None, order_ids=(), asked=("order",))
    decision = decided(facts=context(orders=(), client_orders=(), facts_pending=True, tickets=(asked,), thread_tickets=(12,)))
    assert [r.template for r in decision.replies] == ["completed"]


@pytest.mark.parametrize(
    ("found", "asks"),
    [
        (findings(keyword=(), content=None), ()),
        (findings(keyword=(), content=None, understandable=False), ()),
        (findings(keyword=(), content=None, agrees=True), ()),
        (findings(keyword=(), content=None, language="not_english", code="sv"), ("english",)),
    ],
)
def test_more_words_on_an_open_ticket_are_answered_only_where_something_must_be_asked(found, asks) -> None:
    decision = decided(found=found, facts=context(tickets=(ticket(),), thread_tickets=(12,)))
    assert (decision.outcome, decision.asks) == ("join_ticket", asks)
    assert [r.template for r in decision.replies] == (["ask"] if asks else [])
    assert decision.change.restart_clock


def test_a_request_that_turns_into_a_fault_is_asked_for_its_keyword_and_order() -> None:
    before = ticket(kind="request", claimed=None, order=None, order_ids=(), owner=None)
    facts = context(orders=(), client_orders=(), tickets=(before,), thread_tickets=(12,))
    decision = decided(found=findings(keyword=(), orders=()), facts=facts)
    assert (decision.asks, decision.kind, decision.queue) == (("keyword", "order"), "correction", "coordinators")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"keyword": ("correction", "amendment")}, "mixed"),
        ({"keyword": ("feedback",), "content": "amendment"}, "amendment"),
        ({"keyword": ("feedback",), "content": "feedback"}, "feedback"),
        ({"keyword": (), "content": None, "requests": ("status",)}, "request"),
        ({"keyword": (), "content": None}, "unclassified"),
    ],
)
def test_a_ticket_without_a_kind_gets_it_from_the_answer(given: dict, kind: str) -> None:
    before = ticket(kind="unclassified", claimed=None)
    assert decided(found=findings(**given), facts=context(tickets=(before,), thread_tickets=(12,))).kind == kind


def test_an_assessed_kind_stays_whatever_the_client_writes() -> None:
    before = ticket(kind="amendment", assessed="amendment")
    assert decided(facts=context(tickets=(before,), thread_tickets=(12,))).kind == "amendment"


def test_a_second_comment_on_an_order_with_an_open_ticket_joins_it() -> None:
    decision = decided(comment(), findings(orders=()), context(tickets=(ticket(channel="order_comment", owner=None),)))
    assert (decision.outcome, decision.join, decision.replies) == ("join_ticket", 12, ())
    assert ("notify", "coordinators") in kinds_of(decision)


def test_a_new_return_after_the_old_ticket_is_over_opens_a_new_one_linked_to_it() -> None:
    over = ticket(state="closed")
    by_thread = decided(facts=context(tickets=(over,), thread_tickets=(12,)))
    by_order = decided(comment(), findings(orders=()), context(tickets=(over,)))
    assert [(d.outcome, d.change.earlier_ticket, d.change.dispute_level) for d in (by_thread, by_order)] == [("open_ticket", 12, 0)] * 2


def test_thanks_for_the_delivery_go_on_the_old_ticket_and_open_nothing() -> None:
    over = ticket(state="delivered", delivered_at=NOW - timedelta(days=1))
    decision = decided(mail("Thanks!"), findings(keyword=(), content="feedback", orders=()), context(tickets=(over,), thread_tickets=(12,)))
    assert (decision.outcome, decision.replies, decision.change.restart_clock) == ("join_ticket", (), False)


@pytest.mark.parametrize("proof", ["none", "failed", "authenticated"])
def test_a_stranger_who_quotes_our_thread_and_number_joins_nothing(proof: str) -> None:
    facts = stranger_context(tickets=(ticket(),), thread_tickets=(12,))
    decision = decided(mail(sender=STRANGER), findings(proof=proof), facts)
    assert (decision.outcome, decision.change.order, decision.change.earlier_ticket) == ("open_ticket", None, None)
    assert not [e for e in decision.effects if e.order_id]


def test_a_forged_known_sender_joins_nothing() -> None:
    decision = decided(found=findings(proof="failed"), facts=context(tickets=(ticket(),), thread_tickets=(12,)))
    assert (decision.outcome, decision.replies, decision.queue) == ("open_ticket", (), "unverified")


def test_a_stranger_may_go_on_with_their_own_unverified_ticket() -> None:
    own = ticket(
        client=STRANGER, client_address=STRANGER, trust="unknown", order=None, order_ids=(), asked=("details",), queue="unverified"
    )
    facts = stranger_context(orders=(), tickets=(own,), thread_tickets=(12,))
    decision = decided(mail(sender=STRANGER), findings(proof="none", orders=()), facts)
    assert (decision.outcome, [r.template for r in decision.replies]) == ("join_ticket", ["receipt_unverified"])


def test_our_signed_mail_answered_by_the_one_it_went_to_joins_its_ticket() -> None:
    other = ticket(client="bo", client_address="bo@other.example")
    facts = stranger_context(orders=(), tickets=(other,), thread_tickets=(12,), our_mails=(our_mail(to=STRANGER),), token_valid=True)
    decision = decided(mail(sender=STRANGER), findings(proof="token", orders=()), facts)
    assert (decision.outcome, decision.join, decision.trust) == ("join_ticket", 12, "token")


@pytest.mark.parametrize("verdict", ["auto_reply", "bounce", "bulk", "report", "own"])
def test_a_machine_is_recorded_and_never_answered(verdict: str) -> None:
    decision = decided(found=findings(automatic=verdict), facts=context(tickets=(ticket(),), thread_tickets=(12,)))
    assert (decision.outcome, decision.replies, decision.effects, decision.join) == ("record_only", (), (), None)


def test_a_clients_order_comment_is_a_persons_whatever_it_looks_like() -> None:
    assert decided(comment(), findings(automatic="auto_reply")).outcome == "open_ticket"
    assert decided(comment(role="system"), findings()).outcome == "record_only"


@pytest.mark.parametrize(
    ("report", "mails", "join", "bounced"),
    [
        (
            DeliveryReport(original_message_ids=("<mb.12@studio.example>",), failed_addresses=(ANNA.upper(),), permanent=True),
            True,
            12,
            (ANNA,),
        ),
        (DeliveryReport(original_message_ids=("<mb.12@studio.example>",), permanent=True), True, 12, (ANNA,)),
        (DeliveryReport(original_message_ids=("<mb.12@studio.example>",), permanent=False), True, 12, ()),
        (DeliveryReport(original_message_ids=("<mb.12@studio.example>",), failed_addresses=("x@y.example",), permanent=True), True, 12, ()),
        (DeliveryReport(original_message_ids=("<other@x>",), permanent=True), True, None, ()),
        (DeliveryReport(original_message_ids=("<mb.12@studio.example>",), permanent=True), False, None, ()),
        (None, True, None, ()),
    ],
)
def test_only_a_bounce_of_our_own_mail_marks_the_address(report, mails: bool, join: int | None, bounced: tuple) -> None:
    facts = context(our_mails=(our_mail(),) if mails else ())
    decision = decided(mail(report=report), findings(automatic="bounce"), facts)
    assert (decision.outcome, decision.join, decision.bounced) == ("record_only", join, bounced)
    assert decision.flags == decision.change.add_flags == (("address_bounced",) if bounced else ())


def test_staff_comments_join_the_timeline_and_only_visible_ones_count_as_a_reply() -> None:
    facts = context(tickets=(ticket(state="closed"), ticket(13)))
    seen = decided(comment(role="staff", visibility="client"), findings(), facts)
    note = decided(comment(role="staff", visibility="internal"), findings(), facts)
    assert [(d.outcome, d.join, d.replies, d.change.staff_replied) for d in (seen, note)] == [
        ("join_ticket", 13, (), True), ("join_ticket", 13, (), False),
    ]  # fmt: skip
    assert kinds_of(seen) == [("notify", "kim")]


def test_a_colleagues_mail_joins_its_ticket_or_is_recorded_and_is_never_answered() -> None:
    by_thread = context(colleague=colleague(), tickets=(ticket(),), thread_tickets=(12,), orders=())
    joined = decided(mail(sender="kim@studio.example"), findings(orders=()), by_thread)
    alone = decided(mail(sender="kim@studio.example"), findings(orders=()), context(colleague=colleague(), orders=()))
    assert (joined.outcome, joined.join, joined.replies, joined.effects) == ("join_ticket", 12, (), ())
    assert (alone.outcome, alone.replies) == ("record_only", ())


def test_somebody_who_forges_a_colleague_is_treated_as_a_stranger() -> None:
    facts = stranger_context(colleague=colleague(), tickets=(ticket(),), thread_tickets=(12,))
    decision = decided(mail(sender="kim@studio.example"), findings(proof="failed"), facts)
    assert (decision.outcome, decision.queue, decision.replies) == ("open_ticket", "unverified", ())


@pytest.mark.parametrize(("known", "queue", "to"), [(KNOWN, "coordinators", [ANNA]), (None, "unverified", [])])
def test_a_clients_mail_that_a_colleague_forwards_opens_a_ticket_for_the_client(known, queue: str, to: list[str]) -> None:
    facts = context(colleague=colleague(), known=known, client_orders=(order(),) if known else (), orders=(order(),) if known else ())
    decision = decided(mail(sender="kim@studio.example", forwarded=Address("Anna Berg", ANNA)), findings(), facts)
    assert (decision.outcome, decision.queue, decision.change.client_address) == ("open_ticket", queue, ANNA)
    assert [r.to for r in decision.replies] == to


def test_what_came_before_go_live_is_only_kept() -> None:
    decision = decided(facts=context(go_live=NOW + timedelta(minutes=1)))
    assert (decision.outcome, decision.flags, decision.replies) == ("record_only", ("before_go_live",), ())
    assert decided(facts=context(go_live=NOW)).outcome == "open_ticket"


def test_a_person_makes_a_ticket_of_what_came_before_go_live_and_releases_its_reply() -> None:
    decision = decided(facts=context(go_live=NOW + timedelta(minutes=1), asked_by="kim"))
    assert (decision.outcome, "before_go_live" in decision.flags) == ("open_ticket", False)
    assert [(r.held, r.send) for r in decision.replies] == [(True, False)]
    assert "kim asked for a ticket" in because(decision, "policy P9")


def test_an_order_read_by_the_senders_address_makes_them_known_before_the_address_book_does() -> None:
    decision = decided(found=findings(proof="none"), facts=context(known=None))
    assert (decision.trust, decision.change.client, decision.change.client_address) == ("known", "anna", ANNA)


def test_a_mail_without_a_sender_still_becomes_a_ticket_and_is_not_answered() -> None:
    decision = decided(mail(sender="").__class__(source="email", text="Correction"), findings(proof="none"), stranger_context())
    assert (decision.outcome, decision.replies, decision.change.subject) == ("open_ticket", (), "Correction")
    assert "no address" in because(decision, "policy P41")


def test_an_order_of_a_client_without_mail_address_is_answered_on_the_order() -> None:
    nameless = order(client="anna")
    decision = decided(comment(), findings(orders=()), stranger_context(orders=(replace(nameless, client=Person(id="anna", name="Anna")),)))
    assert [(r.channel, r.to) for r in decision.replies] == [("order_comment", "anna")]
