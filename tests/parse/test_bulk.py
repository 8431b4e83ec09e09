"""A long attachment is taken out before the mail is read; what is read must not depend on that."""

from __future__ import annotations

import base64
import hashlib
import random
import sys

import pytest

from mailbot.parse import bulk
from tests.parse.mails import read, seen

PICTURE = random.Random(1).randbytes(60_000)
LINES = base64.encodebytes(PICTURE)
HEAD = b"From: Ann <ann@client.example>\nSubject: Correction\nMIME-Version: 1.0\n"
FIELDS = b"Content-Type: image/jpeg; name=roof.jpg\nContent-Transfer-Encoding: base64\n\n"
WORDS = b"Content-Type: text/plain\n\nThe roof is too dark.\n"


def parts(*each: bytes, boundary: bytes = b"bb", used: bytes = b"bb") -> bytes:
    inner = b"".join(b"--" + used + b"\n" + part + b"\n" for part in each)
    return HEAD + b"Content-Type: multipart/mixed; boundary=" + boundary + b"\n\n" + inner + b"--" + used + b"--\n"


EMBEDDED = b"Content-Type: message/rfc822\n\n" + parts(WORDS, FIELDS + LINES, boundary=b"in", used=b"in")
MAILS = {
    "one picture": parts(WORDS, FIELDS + LINES),
    "two pictures": parts(WORDS, FIELDS + LINES, FIELDS.replace(b"roof", b"lawn") + LINES[:40_000] + b"\n"),
    "only a picture": HEAD + FIELDS + LINES,
    "only a picture without end": HEAD + FIELDS + LINES.rstrip(),
    "a picture in an attached mail": parts(WORDS, EMBEDDED),
    "an attached mail in base64": parts(
        WORDS, b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(EMBEDDED)
    ),
    "a report in base64 with blank lines": parts(
        WORDS, b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n" + LINES.replace(b"\n", b"\n\n", 300)
    ),
    "a long text in base64": parts(
        b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"The roof. " * 3000)
    ),
    "a table in base64": parts(
        WORDS, b"Content-Type: text/csv\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"a;b\n" * 9000)
    ),
    "a boundary that is never used": parts(WORDS, FIELDS + LINES, used=b"other"),
    "a dash inside": parts(WORDS, FIELDS + LINES[:30_000] + b"-" + LINES[30_000:]),
    "a boundary right behind a line": parts(WORDS, FIELDS + LINES.rstrip()),
    "text behind the picture": parts(WORDS, FIELDS + LINES + b"\n-- \nAnn\n"),
    "a mark in the text": parts(WORDS + b"\n=long-body-0=\n", FIELDS + LINES, FIELDS + b"=long-body-0=\n"),
    "another spelling": parts(WORDS, FIELDS.replace(b"Encoding: base64", b"Encoding: 'base64'") + LINES),
    "a container that says base64": parts(WORDS, FIELDS + LINES).replace(b"MIME-V", b"Content-Transfer-Encoding: base64\nMIME-V"),
    "the word in the text": parts(WORDS + b"Content-Transfer-Encoding: base64\n\n" + LINES),
}


@pytest.mark.parametrize("crlf", [False, True])
@pytest.mark.parametrize("name", MAILS)
def test_the_same_is_read_with_and_without_taking_out(name: str, crlf: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = MAILS[name].replace(b"\n", b"\r\n") if crlf else MAILS[name]
    found = seen(raw)
    monkeypatch.setattr(bulk, "LONG", sys.maxsize)
    assert found == seen(raw)


def test_a_picture_is_kept_to_the_byte() -> None:
    (picture,) = read(MAILS["one picture"]).attachments
    assert (picture.name, picture.size, picture.sha256) == ("roof.jpg", len(PICTURE), hashlib.sha256(PICTURE).hexdigest())


def test_a_long_picture_is_taken_out_and_put_back() -> None:
    rest, taken = bulk.take_out(MAILS["two pictures"])
    assert len(rest) < 1000
    assert bytes(taken.restore(rest)) == MAILS["two pictures"]


def test_small_mails_are_left_as_they_are() -> None:
    raw = parts(WORDS, FIELDS + LINES[:1000])
    assert bulk.take_out(raw)[0] is raw
