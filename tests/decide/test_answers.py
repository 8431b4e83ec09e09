"""P20, P40-P44: where a ticket goes, what is answered, and what is held back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailbot.decide import reply_facts
from mailbot.decide.backoff import next_try
from mailbot.model.context import Spent
from mailbot.model.order import Capabilities
from mailbot.model.rulebook import Queue, Route, Shift
from tests.decide.build import (
    ANNA,
    COMPANY,
    KNOWN,
    NOW,
    RULES,
    STRANGER,
    because,
    colleague,
    comment,
    context,
    decided,
    findings,
    mail,
    order,
    shift,
    stranger_context,
    ticket,
)  # fmt: skip

STRANGE = findings(proof="none")


@pytest.mark.parametrize(
    ("route", "queue"),
    [
        (Route(name="r", queue="x", kinds=("correction",)), "x"),
        (Route(name="r", queue="x", kinds=("feedback",)), "coordinators"),
        (Route(name="r", queue="x", flags=("urgent",)), "coordinators"),
        (Route(name="r", queue="x", trusts=("authenticated",)), "x"),
        (Route(name="r", queue="x", trusts=("known",)), "coordinators"),
        (Route(name="r", queue="x", clients=("anna",)), "x"),
        (Route(name="r", queue="x", clients=("bo",)), "coordinators"),
        (Route(name="r", queue="x", products=("video",)), "coordinators"),
        (Route(name="r", queue="x", products=("staging",)), "x"),
        (Route(name="r", queue="x", languages=("sv",)), "coordinators"),
        (Route(name="r", queue="x", languages=("en",)), "x"),
        (Route(name="r", queue="x", waiting_over=2), "x"),
        (Route(name="r", queue="x", waiting_over=3), "coordinators"),
    ],
)
def test_a_ticket_goes_where_the_first_fitting_row_says(route: Route, queue: str) -> None:
    decision = decided(facts=context(orders=(order(product="staging"),)), rules=replace(RULES, routes=(route,)))
    assert decision.queue == queue
    assert because(decision, "rules/routing.toml#r").startswith("hit" if queue == "x" else "miss")


def test_a_row_takes_unverified_senders_and_updates_only_by_naming_them() -> None:
    catch_all = replace(RULES, routes=(Route(name="all", queue="x"),))
    assert decided(mail(sender=STRANGER), STRANGE, stranger_context(), catch_all).queue == "unverified"
    assert decided(facts=context(orders=(order(status="ordered"),)), rules=catch_all).queue == "production"
    assert decided(rules=replace(RULES, routes=(), queues=())).queue == "support"


@pytest.mark.parametrize(
    ("method", "last", "owner"),
    [
        ("round_robin", (), "ann"),
        ("round_robin", (("coordinators", "ann"),), "kim"),
        ("round_robin", (("coordinators", "kim"),), "ann"),
        ("least_loaded", (), "kim"),
        ("none", (), None),
    ],
)
def test_a_coordinator_on_shift_gets_it_by_the_queues_method(method: str, last: tuple, owner: str | None) -> None:
    staff = (
        colleague("kim", load=1), colleague("ann", load=4), colleague("zoe", roles=("viewer",)), colleague("abe", on_shift=False),
        colleague("aaa"),
    )  # fmt: skip
    rules = replace(RULES, queues=(Queue(name="coordinators", title="", method=method),), shifts=(shift("aaa", "quality"), shift("kim")))
    decision = decided(facts=context(staff_on_shift=staff, last_owner=last), rules=rules)
    assert decision.owner == decision.change.owner == owner


@pytest.mark.parametrize(
    ("weekdays", "begins", "ends", "zone", "owner"),
    [
        ((0,), "08:00", "16:00", "UTC", "kim"),
        ((1, 2), "08:00", "16:00", "UTC", None),
        ((0,), "12:00", "13:00", "UTC", "kim"),
        ((0,), "08:00", "12:00", "UTC", None),
        ((0,), "12:30", "16:00", "Europe/Stockholm", "kim"),
        ((0,), "22:00", "06:00", "UTC", None),
        ((6,), "22:00", "13:00", "UTC", "kim"),
        ((0,), "22:00", "13:00", "UTC", None),
        ((0,), "06:00", "05:00", "UTC", "kim"),
    ],
)
def test_a_person_with_shifts_gets_tickets_only_then(weekdays: Any, begins: str, ends: str, zone: str, owner: str | None) -> None:
    row = Shift(person="kim", weekdays=weekdays, begins=begins, ends=ends, time_zone=zone)
    facts = context(staff_on_shift=(colleague("kim"),))
    assert decided(facts=facts, rules=replace(RULES, shifts=(row,))).owner == owner


def test_nobody_on_shift_leaves_the_ticket_to_whoever_takes_it() -> None:
    assert decided().owner is None


def test_the_answer_goes_to_the_author_and_never_to_copies_or_reply_to() -> None:
    from mailbot.model.message import Address

    message = mail(cc=(Address("", "cc@x.example"),), reply_to=(Address("", "evil@x.example"),))
    assert [r.to for r in decided(message).replies] == [ANNA]


def test_a_known_sender_is_answered_at_the_address_on_file_without_their_own_words() -> None:
    facts = context(known=replace(KNOWN, address="anna.berg@agency.example"))
    decision = decided(found=STRANGE, facts=facts)
    assert (decision.trust, [r.to for r in decision.replies]) == ("known", ["anna.berg@agency.example"])
    said = reply_facts(mail(), STRANGE, facts, RULES, decision, ticket(), decision.replies[0])
    assert (said.echo, said.subject, said.name) == (False, "", "Anna Berg")


def test_a_stranger_gets_a_neutral_receipt_and_the_unverified_lane() -> None:
    decision = decided(mail(sender=STRANGER), STRANGE, stranger_context())
    assert (decision.trust, decision.queue, decision.flags) == ("unknown", "unverified", ("unverified",))
    assert [(r.template, r.to, r.snippets) for r in decision.replies] == [("receipt_unverified", STRANGER, ())]
    said = reply_facts(mail(sender=STRANGER), STRANGE, stranger_context(), RULES, decision, ticket(order=None), decision.replies[0])
    assert (said.echo, said.name, said.order_url, said.status) == (False, "", "", None)


def test_a_failed_proof_gets_no_reply() -> None:
    decision = decided(found=findings(proof="failed"))
    assert (decision.replies, decision.queue, decision.change.client) == ((), "unverified", ANNA)
    assert "proof failed" in because(decision, "policy P43")


def test_a_suspicious_sender_or_a_token_from_elsewhere_is_trusted_less() -> None:
    assert decided(found=findings(suspicious=True)).trust == "known"
    assert decided(found=findings(suspicious=True, proof="none")).trust == "unknown"
    assert decided(found=findings(proof="token")).trust == "known"
    beside = findings(proof="token")
    assert decided(found=replace(beside, sender=replace(beside.sender, authenticated=True))).trust == "authenticated"


@pytest.mark.parametrize(
    ("setting", "found", "facts", "sent"),
    [
        ("all", STRANGE, stranger_context(), True),
        ("known", STRANGE, stranger_context(), False),
        ("known", STRANGE, context(), True),
        ("authenticated", STRANGE, context(), False),
        ("authenticated", findings(), context(), True),
    ],
)
def test_the_company_chooses_who_is_answered_at_once(setting: str, found, facts, sent: bool) -> None:
    message = mail(sender=ANNA if facts.known else STRANGER)
    reply = decided(message, found, replace(facts, company=replace(COMPANY, acknowledge=setting))).replies[0]
    assert (reply.send, reply.suppressed) == (sent, not sent)
    assert sent or setting in reply.because


@pytest.mark.parametrize(
    ("spent", "facts", "limit"),
    [
        (Spent(address_hour=60), context(), "known_address_hour"),
        (Spent(address_hour=59), context(), None),
        (Spent(address_day=300), context(), "known_address_day"),
        (Spent(address_hour=5), stranger_context(), "unknown_address_hour"),
        (Spent(address_day=20), stranger_context(), "unknown_address_day"),
        (Spent(domain_hour=60), stranger_context(), "unknown_domain_hour"),
        (Spent(domain_hour=60), context(), None),
        (Spent(all_hour=2000), context(), "all_hour"),
    ],
)
def test_above_its_allowance_an_answer_is_suppressed_with_the_reason(spent: Spent, facts, limit: str | None) -> None:
    message = mail(sender=ANNA if facts.known else STRANGER)
    reply = decided(message, STRANGE, replace(facts, spent=spent)).replies[0]
    assert reply.suppressed is (limit is not None)
    assert limit is None or limit in reply.because


def test_order_comments_have_only_the_allowance_of_all() -> None:
    facts = context(spent=Spent(address_hour=999, address_day=999))
    assert decided(comment(), findings(), facts).replies[0].send
    assert decided(comment(), findings(), replace(facts, spent=Spent(all_hour=2000))).replies[0].suppressed


@pytest.mark.parametrize(("minutes", "sent"), [(1, False), (10, True)])
def test_a_ticket_is_asked_again_only_after_a_while_so_a_loop_stops(minutes: int, sent: bool) -> None:
    before = ticket(last_auto_reply_at=NOW - timedelta(minutes=minutes))
    decision = decided(found=findings(language="not_english"), facts=context(tickets=(before,), thread_tickets=(12,)))
    assert [(r.template, r.send, r.suppressed) for r in decision.replies] == [("ask", sent, not sent)]


def test_hold_computes_everything_and_sends_nothing() -> None:
    reply = decided(facts=context(company=replace(COMPANY, mode="hold"))).replies[0]
    assert (reply.held, reply.send, reply.suppressed) == (True, False, False)
    assert "hold" in reply.because


def test_an_address_that_bounced_waits_for_a_person() -> None:
    decision = decided(facts=context(known=replace(KNOWN, bounced=True)))
    assert (decision.replies[0].held, decision.flags) == (True, ("address_bounced",))


@pytest.mark.parametrize(
    "address",
    [
        "no-reply@x.example", "noreply@x.example", "donotreply@x.example", "mailer-daemon@x.example", "postmaster@x.example", "list-request@x.example",
        "owner-list@x.example", "bounces+12@x.example", "support@studio.example", "returns@studio.example", "bot@studio.example",
        "", "nobody", "@x.example", "orders.noreply@x.example",
    ],
)  # fmt: skip
def test_machines_and_our_own_addresses_are_never_written_to(address: str) -> None:
    assert decided(mail(sender=address), STRANGE, stranger_context()).replies == ()


def test_an_order_comment_is_answered_by_mail_where_the_order_system_shows_none() -> None:
    decision = decided(comment(), findings(orders=()), context(known=None, capabilities=Capabilities(reopen=True)))
    assert [(r.channel, r.to) for r in decision.replies] == [("email", ANNA)]


def test_the_reply_tells_state_delivery_time_and_account_manager_of_the_order() -> None:
    due = datetime(2026, 11, 24, 9, tzinfo=UTC)
    facts = context(orders=(order(status="in_production", due_at=due, time_zone="Europe/Oslo", url="https://o.example/1"),))
    found = findings(keyword=(), content=None, requests=("status",))
    decision = decided(found=found, facts=facts)
    said = reply_facts(mail(), found, facts, RULES, decision, ticket(), decision.replies[0])
    assert (said.status, said.due_at, said.time_zone, said.order_url) == ("in_production", due, "Europe/Oslo", "https://o.example/1")
    assert said.account_manager == COMPANY.account_manager
    assert said.author == f"Anna Berg <{ANNA}>"


@pytest.mark.parametrize(
    ("waiting", "expect", "busy"), [(0, (5, 20), False), (30, (5, 20), False), (31, (20, 40), True), (90, (20, 60), True)]
)
def test_the_expected_time_follows_the_load(waiting: int, expect: tuple[int, int], busy: bool) -> None:
    facts = context(
        waiting=waiting, known=replace(KNOWN, time_zone="Europe/Paris"), company=replace(COMPANY, order_url="https://o/{order}")
    )
    decision = decided(facts=facts)
    said = reply_facts(mail(), findings(), facts, RULES, decision, ticket())
    assert (said.expect, said.busy, said.snippets, said.time_zone, said.order_url) == (expect, busy, (), "Europe/Paris", "https://o/10231")


def test_facts_for_a_mail_without_sender_or_name() -> None:
    nobody = mail().__class__(source="email")
    decision = decided(nobody, STRANGE, stranger_context())
    assert reply_facts(nobody, STRANGE, stranger_context(), RULES, decision, ticket(order=None, images=("7",))).author == ""


@pytest.mark.parametrize(
    ("attempts", "age", "wait"),
    [(0, 0, 1), (1, 0, 1), (2, 0, 2), (3, 1, 5), (6, 5, 60), (99, 47, 60), (3, 48, None), (1, 100, None)],
)
def test_an_action_is_tried_again_later_and_later_and_given_up_after_two_days(attempts: int, age: int, wait: int | None) -> None:
    at = next_try(attempts, NOW - timedelta(hours=age), NOW)
    assert at == (None if wait is None else NOW + timedelta(minutes=wait))


ASKS_STATUS = findings(keyword=(), content=None, orders=(), requests=("status",))
OPEN = ticket(claimed="correction")


@pytest.mark.parametrize(
    ("message", "facts", "replies"),
    [
        (mail("Any news on this one?"), {}, [("status", "email", True)]),
        (comment("Any news?", button=False), {}, [("status", "order_comment", True)]),
        (mail("Any news?"), {"tickets": (replace(OPEN, last_auto_reply_at=NOW - timedelta(minutes=3)),)}, [("status", "email", False)]),
        (mail("Any news?"), {"duplicate_texts": ((12, "any news?"),)}, []),
        (mail("Any news?"), {"orders": (), "client_orders": (), "thread_tickets": (12,), "facts_pending": True}, []),
    ],
)
def test_a_client_who_asks_for_news_on_an_open_ticket_hears_how_the_order_stands(message: Any, facts: Any, replies: Any) -> None:
    decision = decided(message, ASKS_STATUS, context(**{"tickets": (OPEN,), **facts}))
    assert decision.outcome == "join_ticket"
    assert [(r.template, r.channel, r.send) for r in decision.replies] == replies
    assert all(r.counted for r in decision.replies)


def test_a_client_who_cancels_on_an_open_ticket_is_told_that_a_person_will_confirm() -> None:
    found = findings(keyword=(), content=None, orders=(), requests=("cancel", "status"))
    decision = decided(mail("Please stop the work."), found, context(tickets=(OPEN,)))
    assert [(r.template, r.send) for r in decision.replies] == [("cancel_received", True)]
    again = decided(mail("Please stop the work."), found, context(tickets=(OPEN,), duplicate_texts=((12, "x"),)))
    assert again.replies == ()


def test_a_stranger_hears_nothing_of_an_order() -> None:
    facts = stranger_context(tickets=(replace(OPEN, client=STRANGER, client_address=STRANGER, trust="unknown"),), thread_tickets=(12,))
    decision = decided(mail("Any news?", sender=STRANGER), replace(ASKS_STATUS, sender=STRANGE.sender), facts)
    assert (decision.outcome, decision.replies) == ("join_ticket", ())


def test_what_must_be_asked_goes_before_the_state_and_says_it_too() -> None:
    asked = replace(OPEN, asked=("keyword",), kind="unclassified", claimed=None)
    decision = decided(mail("Correction. Any news?"), findings(requests=("status",)), context(tickets=(asked,)))
    assert [r.template for r in decision.replies] == ["completed"]
