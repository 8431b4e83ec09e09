"""Whatever the bytes: a value without NUL or lone surrogates and with true spans, or `Unreadable`."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.errors import Unreadable
from mailbot.model.fingerprint import fingerprint
from mailbot.model.message import ParsedMessage
from mailbot.model.tokens import sign_message_id, ticket_of, verify_message_id
from mailbot.parse import dates, html, lines, quotes, reply
from mailbot.parse.phrases import Line
from tests.parse.mails import DATA, read

SEEDS = [p.read_bytes() for p in sorted((DATA / "mails").glob("*.eml"))[::6] if p.stat().st_size < 8000]
PIECES = st.sampled_from(
    [b"From: a@b.example\r\n", b"Subject: =?utf-8?q?", b"Content-Type: multipart/mixed; boundary=b\r\n", b"\r\n", b"--b\r\n", b"--b--", b"\0",
     b"Content-Type: text/html; charset=utf-16\r\n", b"Content-Transfer-Encoding: base64\r\n", b"\xff\xfe", b"<div><a href=https://x>", b"> On 1.1.2026 a@b wrote:\n",
     b"Content-Type: message/rfc822\r\n\r\n", b"Content-Disposition: attachment; filename*0*=''%ff", b"Date: 1", b"\r", "\u202e\ud7ff\U0010ffff".encode()]
)  # fmt: skip


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [t for one in value for t in texts(one)] if isinstance(value, (tuple, list)) else []


def check(raw: bytes) -> None:
    try:
        parsed = read(raw)
    except Unreadable:
        return
    assert isinstance(parsed, ParsedMessage)
    for text in texts(astuple(parsed)):
        assert "\0" not in text
        text.encode("utf-8")
    for link in parsed.links:
        assert link.start == -1 or parsed.text[link.start : link.end] == link.url


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=40))
def test_any_pieces_of_mail_are_read_or_refused(pieces: list[bytes]) -> None:
    check(b"".join(pieces))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 8000), st.integers(0, 60), st.one_of(PIECES, st.binary(max_size=8))), max_size=6),
)
def test_a_damaged_mail_is_read_or_refused(seed: bytes, damages: list[tuple[int, int, bytes]]) -> None:
    for at, width, piece in damages:
        begin = at % (len(seed) + 1)
        seed = seed[:begin] + piece + seed[begin + width :]
    check(seed)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=600))
def test_trimming_loses_no_line(text: str) -> None:
    found = reply.trim(text.replace(lines.HERE_ENDS, ""))
    kept = "\n".join((found.text, found.quoted, found.signature))
    for line in text.replace(lines.HERE_ENDS, "").split("\n"):
        assert line.strip() in kept


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>/abdivptr =\"'&;#x1!-\n", max_size=400))
def test_any_markup_gives_text(markup: str) -> None:
    html.to_text(markup).text.encode("utf-8")


@given(st.binary(max_size=300))
def test_every_mail_has_a_fingerprint(raw: bytes) -> None:
    assert len(fingerprint(raw)) == 64


def test_a_second_sighting_has_the_same_fingerprint() -> None:
    first = b"Received: x\r\nFrom: a@b.example\r\nMessage-ID: <1@b.example>\r\n\r\nsky\r\n"
    again = b"Delivered-To: y\nfrom: a@b.example\nMessage-ID: <1@b.example>\n\nsky\n"
    assert fingerprint(first) == fingerprint(again)
    assert fingerprint(first) != fingerprint(first.replace(b"sky", b"lawn"))
    assert fingerprint(b"no header at all") != fingerprint(b"no header at al")


@given(st.binary(min_size=1, max_size=40), st.integers(0, 10**9), st.text(max_size=60))
def test_only_our_own_ids_are_ours(secret: bytes, ticket: int, key: str) -> None:
    signed = sign_message_id(secret, "Bot.Example", ticket, key)
    assert verify_message_id(secret, signed)
    assert verify_message_id(secret, signed.upper().strip("<>"))
    assert not verify_message_id(secret + b"x", signed)
    assert not verify_message_id(secret, signed.replace("<mb.", "<mb.1"))
    assert ticket_of(signed) == (ticket or None)


@given(st.integers(10**8, 7 * 10**9), st.integers(-14 * 60, 14 * 60))
def test_a_date_as_most_programs_write_it_is_that_moment(seconds: int, minutes: int) -> None:
    moment = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))
    assert dates.read(format_datetime(moment)) == moment.astimezone(UTC)


@given(st.text(st.sampled_from("aB1_ .,!>*-:/w\u00e9\u2019\t"), max_size=12))
def test_the_first_word_of_a_line_is_the_first_of_its_words(text: str) -> None:
    words = Line(text).words
    assert Line(text).first == (words[0] if words else "")


@given(st.text(st.sampled_from("0129./-:h jJan"), max_size=12))
def test_a_date_is_seen_in_plain_letters_as_beside_others(text: str) -> None:
    assert quotes.dated(text) == quotes.dated(f"\u4e16 {text} \u4e16")
