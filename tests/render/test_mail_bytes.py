"""The bytes of our mails, read back with the standard parser (RFC 5322, 2047, 2045, 3834)."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.model.reply import RenderedMail
from mailbot.render.mail_bytes import compose
from mailbot.render.words import clean

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def built(subject: str = "Hi", text: str = "Hello\n", html: str = "<p>Hello</p>\n", **more: Any) -> bytes:
    given: dict[str, Any] = {
        "sender": "Studio Support <support@studio.example>", "to": ("Anna Berg", "anna@agency.example"), "message_id": "<mb.12.ab@studio.example>",
        "date": NOW, "in_reply_to": "<a@x>", "references": ("<first@x>",), "automatic": "auto-replied", "ticket": 12, "loop_id": "studio.example",
        "reply_to": "support@studio.example",
    }  # fmt: skip
    return compose(RenderedMail(subject, text, html), **{**given, **more})


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def test_a_reply_is_threaded_marked_as_automatic_and_answerable() -> None:
    message = read(built())
    assert (message["From"], message["To"]) == ("Studio Support <support@studio.example>", "Anna Berg <anna@agency.example>")
    assert (message["In-Reply-To"], message["References"]) == ("<a@x>", "<first@x> <a@x>")
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert (message["X-Mailbot-Ticket"], message["X-Mailbot-Loop"], message["Reply-To"]) == (
        "12",
        "studio.example",
        "support@studio.example",
    )
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == "<mb.12.ab@studio.example>"
    assert not message.defects
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_same_facts_make_the_same_bytes() -> None:
    assert built() == built()


def test_what_a_person_wrote_is_not_marked_as_automatic() -> None:
    message = read(built(automatic="", in_reply_to="", references=(), reply_to="", html=""))
    for name in ("Auto-Submitted", "X-Auto-Response-Suppress", "In-Reply-To", "References", "Reply-To"):
        assert message[name] is None
    assert message.get_content_type() == "text/plain"


def test_a_long_thread_keeps_its_first_id_and_the_newest() -> None:
    ids = [f"<{n}@x>" for n in range(40)]
    kept = str(read(built(references=ids, in_reply_to="<39@x>"))["References"]).split()
    assert len(kept) == 20
    assert (kept[0], kept[1], kept[-1]) == ("<0@x>", "<21@x>", "<39@x>")


@pytest.mark.parametrize("bad", ["<a b@x>", "<a@x>\r\nBcc: <e@x>", "no brackets", "<å@x>", "<" + "x" * 2000 + ">"])
def test_ids_that_are_none_are_left_out(bad: str) -> None:
    message = read(built(in_reply_to=bad, references=(bad,)))
    assert (message["In-Reply-To"], message["References"], message["Bcc"]) == (None, None, None)


@pytest.mark.parametrize(
    "address", ["x@y.example\r\nBcc: e@x.example", "x@y.example>, <e@x.example", "x@y.example, e@x.example", "x @y.example"]
)
def test_one_recipient_stays_one_recipient(address: str) -> None:
    message = read(built(to=("Eve\r\nBcc: z@z.example", address)))
    assert message["Bcc"] is None
    assert len(message["To"].addresses) <= 1


def test_an_international_domain_is_written_in_ascii() -> None:
    assert read(built(to=("", "x@bücher.example")))["To"] == "x@xn--bcher-kva.example"
    assert b"x@" in built(to=("", "x@" + "ü" * 80 + ".example"))
    assert read(built(to=("", "")))["To"] is None
    assert b"To: nobody\r\n" in built(to=("", "nobody"))


@pytest.mark.parametrize(
    "name",
    [
        "Anna Berg",
        'Berg, "Anna" \\',
        "Åsa Öberg 🏠" * 5,
        "A. Berg",
        "x" * 70,
        "=?utf-8?q?fake?=",
        "Anna Maria Louisa von und zu Hohenstein",
    ],
)
def test_names_come_back_as_they_were(name: str) -> None:
    # the older parser: the newer one puts a blank between two encoded words of a name (RFC 2047, 6.2 says none)
    raw = message_from_bytes(built(to=(name, "a.very.long.local.part@some.long.domain.example")))["To"]
    encoded, address = parseaddr(raw)
    assert str(make_header(decode_header(encoded))) == name
    assert address == "a.very.long.local.part@some.long.domain.example"


TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)


@settings(max_examples=150, deadline=None)
@given(subject=TEXTS, name=TEXTS, text=TEXTS, thread=st.lists(TEXTS, max_size=3))
def test_whatever_clients_write_the_mail_is_well_formed(subject: str, name: str, text: str, thread: list[str]) -> None:
    raw = built(subject, text, f"<p>{text}</p>", to=(name, "anna@agency.example"), references=thread)
    assert raw.isascii()
    assert all(len(line) <= 998 and b"\n" not in line and b"\r" not in line for line in raw.split(b"\r\n"))
    head = raw.split(b"\r\n\r\n", 1)[0]
    assert all(len(line) <= 320 for line in head.split(b"\r\n"))
    message = read(raw)
    assert message["Bcc"] is None
    assert len(message["To"].addresses) == 1
    assert str(message["Subject"] or "") == clean(subject)
    body = message.get_body(("plain",))
    assert body is not None
    wanted = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    assert body.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n") == wanted  # type: ignore[union-attr]  # bytes here
