"""The table of states and roles is kept by every act: whatever it does not name is refused with the state, the role and what is possible."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

import pytest

from mailbot.decide.act import HANDLERS, decide_act
from mailbot.model.act import Act, ActContext, ActDecision, Newest, Part, Refused
from mailbot.model.context import Colleague
from mailbot.model.lifecycle import ROLES, STATES, TRANSITIONS, Role, Verb, possible, transition
from mailbot.model.money import Money
from mailbot.model.order import Capabilities, Order, Person
from mailbot.model.ticket import OPEN_STATES, TicketState
from tests.walks.world import COMPANY, RULES, blank

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VERBS: tuple[Verb, ...] = get_args(Verb)
ORDER = Order(id="o1", number="1", status="delivered", client=Person(id="anna", emails=("anna@agency.example",)))
FULL = Act(
    verb="note", ticket=7, text="the words", reason="because", kind="correction", plan="so", to="sam", order="1", other=8,
    parts=(Part(kind="correction"), Part(kind="amendment")), confirmed=True,
)  # fmt: skip  # everything that any act may want


def colleague(*roles: str, login: str = "kim") -> Colleague:
    return Colleague(
        login=login, name=login.title(), address=f"{login}@studio.example", roles=frozenset(roles), on_shift=True, open_tickets=0
    )


def context(state: TicketState, *roles: str, manager: str = "kim@studio.example") -> ActContext:
    """A ticket on which every condition besides state and role holds; its client's Account Manager has this address."""
    managed = Person(id="am", name="Maria Lind", emails=(manager,) if manager else ())
    ticket = replace(
        blank(7, NOW, "authenticated"), client="anna", client_address="anna@agency.example", state=state, kind="update", order="1",
        order_ids=("o1",), charge_amount="40", charge_currency="EUR", agreement="asked", newest_message=3, redistribution="requested",
        redistribution_quote="push it", redistribution_trust="token", delivered_at=None if state in OPEN_STATES else NOW,
    )  # fmt: skip  # a ticket with everything
    return ActContext(
        ticket=ticket, person=colleague(*roles), company=replace(COMPANY, account_manager=managed), order_system="shop", orders=(ORDER,), linked=ORDER,
        capabilities=Capabilities(reopen=True, close=True, client_visible_comments=True, delivery_time=True, redistribution=True),
        newest=Newest(message=3, source="email"), colleagues=(colleague(*roles), colleague("quality_supervisor", login="sam")),
        other=replace(ticket, id=8, state="new"),
    )  # fmt: skip  # the ticket, then the world


def outcome(verb: Verb, state: TicketState, *roles: str) -> ActDecision | Refused:
    return decide_act(replace(FULL, verb=verb), context(state, *roles), RULES, NOW)


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"undo"}))
@pytest.mark.parametrize("state", STATES)
def test_an_act_is_possible_exactly_where_the_table_says(verb: Verb, state: TicketState) -> None:
    decided = outcome(verb, state, *ROLES)
    if transition(verb, state) is None:
        assert isinstance(decided, Refused)
        assert f"is {state.replace('_', ' ')}" in decided.because
        assert "Possible for you now:" in decided.because
        return
    row = transition(verb, state)
    assert isinstance(decided, ActDecision), decided
    assert row is not None
    assert decided.after.state in (row.to or (state,)) or decided.after.state == state


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"undo"}))
@pytest.mark.parametrize("role", ROLES)
def test_an_act_of_another_role_is_refused_with_the_role_that_is_needed(verb: Verb, role: Role) -> None:
    for row in (t for t in TRANSITIONS if t.verb == verb):
        for state in sorted(row.states):
            decided = outcome(verb, state, role)
            if role in row.roles:
                assert not (isinstance(decided, Refused) and decided.by_role), decided
            else:
                assert isinstance(decided, Refused)
                assert decided.by_role
                assert all(needed in decided.because for needed in row.roles)


def test_everybody_may_do_what_the_list_of_possible_acts_names_and_nothing_else() -> None:
    for state in STATES:
        for role in ROLES:
            named = set(possible(state, frozenset({role}))) - {"undo"}
            done = {v for v in HANDLERS if isinstance(outcome(v, state, role), ActDecision)}
            assert done == named, (state, role)


@pytest.mark.parametrize("state", STATES)
def test_an_account_manager_acts_for_own_clients_and_in_disputes(state: TicketState) -> None:
    """desk.md: account_manager (own clients, disputes). On other tickets they leave notes."""
    for verb in sorted(set(possible(state, frozenset({"account_manager"}))) - {"undo"}):
        others = context(state, "account_manager", manager="Maria@studio.example")
        refused = decide_act(replace(FULL, verb=verb), others, RULES, NOW)
        if verb == "note":
            assert isinstance(refused, ActDecision)
            continue
        assert isinstance(refused, Refused)
        assert refused.by_role
        assert "the client of ticket 7 is Maria Lind's" in refused.because
        assert refused.because.endswith("Possible for you now: note, undo")
        disputed = replace(others, ticket=replace(others.ticket, dispute_level=1))
        nobodys = context(state, "account_manager", manager="")
        coordinator_too = context(state, "account_manager", "coordinator", manager="maria@studio.example")
        for allowed in (disputed, nobodys, coordinator_too):
            decided = decide_act(replace(FULL, verb=verb), allowed, RULES, NOW)
            assert not (isinstance(decided, Refused) and decided.by_role), decided


def test_the_account_manager_of_the_order_is_known_by_the_address_however_it_is_written() -> None:
    own = context("new", "account_manager", manager="KIM@Studio.example")
    assert isinstance(decide_act(replace(FULL, verb="reply"), own, RULES, NOW), ActDecision)


def test_every_verb_has_a_row_and_a_handler() -> None:
    assert {t.verb for t in TRANSITIONS if t.by == "person"} == set(VERBS)
    assert set(HANDLERS) == set(VERBS) - {"undo"}


def test_nobody_is_refused_by_state_with_a_word_of_money_or_role_missing() -> None:
    refused = outcome("assess", "new", "coordinator")
    assert isinstance(refused, Refused)
    assert "assess needs the role quality_supervisor; kim has coordinator" in refused.because


def test_whoever_is_no_colleague_does_nothing_and_learns_who_is() -> None:
    refused = decide_act(replace(FULL, verb="take"), replace(context("new", "coordinator"), person=None), RULES, NOW)
    assert isinstance(refused, Refused)
    assert refused.by_role
    assert "known are: kim, sam" in refused.because
    assert "mailbot user add" in refused.because


@pytest.mark.parametrize(("other", "words"), [(77, "there is no ticket 77"), (7, "name another ticket"), (None, "name another ticket")])
def test_a_ticket_is_merged_into_another_that_there_is(other: int | None, words: str) -> None:
    before = replace(context("read", "coordinator"), other=None)
    refused = decide_act(replace(FULL, verb="merge", other=other), before, RULES, NOW)
    assert isinstance(refused, Refused)
    assert words in refused.because


def test_a_charge_is_for_amendments_only() -> None:
    act = replace(FULL, verb="assess", kind="correction", charge=Money(Decimal(40), "EUR"))
    refused = decide_act(act, context("read", "quality_supervisor"), RULES, NOW)
    assert isinstance(refused, Refused)
    assert "a correction is free of charge" in refused.because
