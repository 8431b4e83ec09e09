"""Whatever is found and known: a decision, with reasons, and never an answer to a machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.decide import decide, reply_facts
from mailbot.model.context import Company, KnownAddress
from mailbot.model.finding import Findings
from mailbot.model.message import Address, CommentFacts, ParsedMessage
from mailbot.model.order import Order, Person
from mailbot.model.ticket import Ticket
from tests.decide.build import COMPANY, NOW, RULES, colleague, context, findings, mail, order, ticket

IDS = st.sampled_from(["o1", "10231", "777", "anna", "bo", "anna@agency.example", "x@y.example", "no-reply@x.example", ""])
st.register_type_strategy(datetime, st.integers(-90, 90).map(lambda days: NOW + timedelta(days=days)))
st.register_type_strategy(str, IDS)
st.register_type_strategy(int, st.integers(0, 70))
st.register_type_strategy(
    Company, st.sampled_from([COMPANY, replace(COMPANY, mode="hold"), replace(COMPANY, acknowledge="known", reopen_by_mail="never")])
)
MESSAGES = st.builds(
    ParsedMessage, source=st.sampled_from(["email", "order_comment"]), sender=st.none() | st.builds(Address, IDS, IDS), text=IDS,
    comment=st.none() | st.from_type(CommentFacts), forwarded=st.none() | st.builds(Address, IDS, IDS), thread_ids=st.tuples(IDS),
)  # fmt: skip
ORDERS = st.lists(st.builds(Order, id=IDS, number=IDS, client=st.builds(Person, id=IDS, emails=st.tuples(IDS))), max_size=2).map(tuple)
TICKETS = st.lists(st.from_type(Ticket), max_size=2).map(tuple)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(message=MESSAGES, found=st.from_type(Findings), orders=ORDERS, mine=ORDERS, tickets=TICKETS, facts=st.data())
def test_every_message_gets_a_decision_with_reasons(message, found, orders, mine, tickets, facts) -> None:
    known = facts.draw(st.none() | st.from_type(KnownAddress))
    base = facts.draw(st.builds(
        replace, st.just(context()), facts_pending=st.booleans(), token_valid=st.booleans(), message_id_reused=st.booleans(),
        duplicate_texts=st.just(tuple((t.id, "h") for t in tickets)), thread_tickets=st.lists(st.integers(0, 70), max_size=2).map(tuple),
        company=st.from_type(Company), order_system=st.sampled_from(["shop", None]), go_live=st.none() | st.from_type(datetime),
        colleague=st.sampled_from([None, colleague()]),
    ))  # fmt: skip
    given_context = replace(base, known=known, orders=orders, client_orders=mine, tickets=tickets)
    decision = decide(message, found, given_context, RULES, NOW)
    _holds(message, found, decision, tickets)
    for reply in decision.replies:
        reply_facts(message, found, given_context, RULES, decision, ticket(), reply)


def _holds(message, found, decision, tickets) -> None:
    assert decision.reasons
    assert all(r.by and r.because for r in decision.reasons)
    assert all(r.because for r in decision.replies)
    assert all(r.send != (r.held or r.suppressed) for r in decision.replies)
    assert len(decision.replies) <= 1
    if found.automatic.verdict != "person" and not (message.comment and message.comment.role == "client"):
        assert (decision.outcome, decision.replies, decision.effects) == ("record_only", (), ())
    if decision.outcome == "join_ticket":
        assert decision.join in {t.id for t in tickets}
    if decision.outcome == "record_only":
        assert decision.replies == ()
    assert all(r.to not in COMPANY.own_addresses for r in decision.replies if r.channel == "email")


@given(found=st.from_type(Findings))
@settings(max_examples=100, deadline=None)
def test_an_unknown_sender_touches_no_order_and_no_ticket_of_others(found: Findings) -> None:
    found = replace(found, automatic=findings().automatic, sender=findings(proof="none").sender)
    facts = context(known=None, client_orders=(), orders=(order(),), tickets=(ticket(),), thread_tickets=(12,))
    decision = decide(mail(sender="someone@elsewhere.example"), found, facts, RULES, NOW)
    assert decision.outcome == "open_ticket"
    assert not [e for e in decision.effects if e.kind != "notify"]
    assert decision.change.order_ids == ()
    assert {r.template for r in decision.replies} <= {"receipt_unverified"}
