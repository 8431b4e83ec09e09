"""Order numbers as clients write them, and the numbers that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.check.orders import orders
from mailbot.model.message import Link, ParsedMessage
from tests.check.reading import emptied, message, spans_are_true, words

NAMED = [
    ("order 10231", "10231"), ("order no. 10231", "10231"), ("order number: 10231", "10231"), ("see #10231 please", "10231"),
    ("ORD-10231 is dark", "ORD-10231"), ("assignment 10231", "10231"), ("job 10231", "10231"), ("Order Nr. 10231", "10231"),
    ("orders 10231/10232", "10231 10232"), ("orders 1 and 2", "1 2"), ("orders 10231, 10232 & 10233", "10231 10232 10233"),
    ("order 10231 and order 10240", "10231 10240"), ("Auftrag 20114 ist falsch", "20114"), ("ordre 30877", "30877"),
    ("commande n° 61550", "61550"), ("Ordernummer 88213.", "88213"), ("zlecenie nr 55120", "55120"), ("tilaus 42019", "42019"),
    ("pedido 70015", "70015"), ("ordine 83310", "83310"), ("注文番号10231です", "10231"), ("заказ 10231", "10231"), ("الطلب 10231", "10231"),
    ("Correction 10990", "10990"), ("Amendment 10990 and 10991", "10990 10991"), ("order 10231, 2 photos are dark", "10231"),
    ("https://desk.example/orders/44120.", "44120"), ("order\u200b 10231", "10231"), ("order １０２３１", "10231"), ("the order is 10231", "10231"),
]  # fmt: skip
NONE = [
    "ring me at 070-555 10 231", "unit #4520", "MLS #1234567", "MLS number 1234567", "invoice 88213", "invoice #88213", "12.05.2026",
    "it costs 4500 kr", "Denver CO 80203", "picture #7", "image 4589", "7714 ??", "we want to order 2 more", "since 2026", "at 17:30",
    "colour #334455", "Feedback 2026", "6000 x 4000 px", "case 118832", "good job 100%", "Fwd_Correction_order_47699.eml",
    "Correction: 4589 is too dark", "order 3 more images", "suite #2204", "the order of 12.05.2026",
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_an_order_is_found_as_the_client_wrote_it(text: str, expected: str) -> None:
    m = message(text)
    found = orders(m, words("orders"))
    assert " ".join(found.numbers) == expected
    assert spans_are_true(m, found.evidence.spans)


@pytest.mark.parametrize("text", NONE)
def test_a_number_that_means_something_else_is_no_order(text: str) -> None:
    assert orders(message(text), words("orders")).numbers == ()


def test_an_order_in_subject_and_text_is_named_once() -> None:
    assert orders(message("order 10231 is dark", "Order 10231"), words("orders")).numbers == ("10231",)


def test_the_number_of_our_ticket_in_a_reply_is_no_order() -> None:
    assert orders(message("thanks", "Re: your return [#1234]"), words("orders")).numbers == ()


def test_an_order_behind_an_html_anchor_is_found() -> None:
    m = ParsedMessage(source="email", text="see here", links=(Link(url="https://desk.example/orders/44120"),))
    assert orders(m, words("orders")).numbers == ("44120",)


@pytest.mark.parametrize(
    ("field", "text"),
    [("words", "order 10231"), ("number_words", "order number 10231"), ("labels", "Correction 10990"), ("prefixes", "see ORD-10231"),
     ("link_paths", "https://desk.example/orders/44120"), ("joiners", "orders 10231 and 10232")],
)  # fmt: skip
def test_every_list_is_needed_to_find_orders(field: str, text: str) -> None:
    assert orders(message(text), words("orders")).numbers != orders(message(text), emptied("orders", field)).numbers


@pytest.mark.parametrize(("field", "text"), [("not_orders", "unit #4520"), ("counted", "order 3 more"), ("verbs", "we want to order 2")])
def test_every_list_is_needed_to_leave_other_numbers_out(field: str, text: str) -> None:
    assert orders(message(text), words("orders")).numbers == ()
    assert orders(message(text), emptied("orders", field)).numbers != ()


@given(st.text(max_size=300))
def test_any_text_is_read_and_the_spans_are_true(text: str) -> None:
    m = message(text)
    found = orders(m, words("orders"))
    assert all(text[s.start : s.end] == s.words for s in found.evidence.spans)
