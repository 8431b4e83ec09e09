"""What the bytes prove of a sender; headers from outside prove nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.check.sender import _read_results, sender
from mailbot.model.message import Address, OwnMarks, ParsedMessage
from mailbot.model.tokens import sign_message_id

OWN = OwnMarks(
    domain="desk.example",
    secret=b"s" * 32,
    addresses=frozenset({"support@desk.example"}),
    trusted_authserv_ids=("mx.desk.example",),
    auth_profile="rfc8601",
)
ANN = Address("Ann", "ann@client.example")
MAIL = ParsedMessage(source="email", sender=ANN, from_all=(ANN,))


def with_results(*values: str) -> ParsedMessage:
    return replace(MAIL, headers=tuple(("authentication-results", v) for v in values))


@pytest.mark.parametrize(
    ("value", "proof"),
    [
        ("mx.desk.example; dmarc=pass header.from=client.example", "authenticated"),
        ("MX.desk.example 1; dmarc=pass (p=none; dis=none) header.from=client.example", "authenticated"),
        ("mx.desk.example; dkim=pass header.d=client.example header.s=k", "authenticated"),
        ('mx.desk.example; dkim=pass reason="ok; fine" header.i=@client.example', "authenticated"),
        ("mx.desk.example; dkim=pass header.d=evil.example", "none"),
        ("mx.desk.example; dkim=pass header.d=example", "none"),
        ("mx.desk.example; dmarc=pass header.from=evil.example", "none"),
        ("mx.desk.example; dmarc=fail header.from=client.example", "failed"),
        ("mx.desk.example; spf=pass smtp.mailfrom=client.example", "none"),
        ("mx.desk.example; none", "none"),
        ("evil.example; dmarc=pass header.from=client.example", "none"),
        ("dmarc=pass header.from=client.example", "none"),
        ("mx.desk.example; dkim=fail (dmarc=pass header.from=client.example)", "none"),
        ('mx.desk.example; x=none reason="; dmarc=pass header.from=client.example"', "none"),
    ],
)
def test_only_an_aligned_pass_of_a_trusted_server_authenticates(value: str, proof: str) -> None:
    assert sender(with_results(value), OWN).proof == proof


def test_no_configured_server_means_no_trust() -> None:
    m = with_results("mx.desk.example; dmarc=pass header.from=client.example")
    assert sender(m, replace(OWN, trusted_authserv_ids=())).proof == "none"


def test_a_field_below_a_received_of_a_trusted_one_was_written_by_others() -> None:
    headers = (
        ("authentication-results", "mx.desk.example; spf=none"),
        ("received", "from evil"),
        ("authentication-results", "mx.desk.example; dmarc=pass header.from=client.example"),
    )
    assert sender(replace(MAIL, headers=headers), OWN).proof == "none"


def test_microsofts_own_form_counts_by_profile_and_only_on_top() -> None:
    good = "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=client.example; dkim=pass header.d=client.example;dmarc=pass action=none header.from=client.example;compauth=pass reason=100"
    own = replace(OWN, auth_profile="microsoft365")
    assert sender(with_results(good), own).proof == "authenticated"
    assert sender(with_results("spf=none", good), own).proof == "none"
    assert sender(with_results(good), OWN).proof == "none"


def test_an_answer_to_our_signed_message_id_is_a_token() -> None:
    signed = sign_message_id(OWN.secret, OWN.domain, 12, "key")
    found = sender(replace(MAIL, thread_ids=("<other@x>", signed)), OWN)
    assert (found.proof, found.token_ids) == ("token", (signed,))
    forged = sign_message_id(b"x" * 32, OWN.domain, 12, "key")
    assert sender(replace(MAIL, thread_ids=(forged,)), OWN).proof == "none"


def test_a_failed_check_outweighs_a_token() -> None:
    signed = sign_message_id(OWN.secret, OWN.domain, 12, "key")
    m = replace(with_results("mx.desk.example; dmarc=fail"), thread_ids=(signed,))
    assert sender(m, OWN).proof == "failed"


@pytest.mark.parametrize(
    "m",
    [
        replace(MAIL, from_all=(ANN, Address("", "eve@evil.example"))),
        replace(MAIL, sender=Address("boss@client.example", "eve@evil.example")),
        replace(MAIL, headers=(("from", "friends: ann@client.example, eve@evil.example;"),)),
        replace(MAIL, headers=(("from", "a@b.example"), ("from", "c@d.example"))),
    ],
)
def test_a_from_that_hides_somebody_is_suspicious(m: ParsedMessage) -> None:
    assert sender(m, OWN).suspicious


def test_two_from_addresses_are_never_authenticated() -> None:
    m = replace(with_results("mx.desk.example; dmarc=pass header.from=client.example"), from_all=(ANN, Address("", "eve@evil.example")))
    assert sender(m, OWN).proof == "none"


@given(st.text(max_size=300))
def test_any_field_is_read(value: str) -> None:
    name, results = _read_results(value)
    assert isinstance(name, str)
    assert all(r.method for r in results)
