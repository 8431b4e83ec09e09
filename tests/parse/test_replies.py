"""Replies as mail programs send them, whole mails among them: only the client's new text is left, and none of it is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailbot.parse import parse
from tests.parse.mails import DATA, OWN, received

FOLDERS = ("replies", "replies_own", "replies_second")
SOURCES = [p for name in FOLDERS for p in sorted((DATA / name).iterdir()) if not p.name.endswith((".expected.txt", ".tsv", ".md"))]
# The expected text belongs to the HTML twin of the same name; the mail itself says only "Hello".
WRONG_TWIN = "talon_thunderbird.eml"
HEAD = b"From: Client <client@client.example>\r\nSubject: Re: order\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"


def new_text(source: Path) -> str:
    raw = source.read_bytes()
    if source.suffix != ".eml":
        kind = b"html" if source.suffix == ".html" else b"plain"
        raw = HEAD + b"Content-Type: text/" + kind + b"; charset=utf-8\r\n\r\n" + raw
    return parse(received(raw), OWN).text


def expected(source: Path) -> str:
    """By understanding.md a quote is never new text; other projects keep quoted lines above an answer, so they are left out here."""
    text = source.with_name(f"{source.stem}.expected.txt").read_bytes().decode()
    kept = [line for line in text.split("\n") if not line.startswith(">")]
    return "\n".join(kept) if any(line.strip() for line in kept) else text


@pytest.mark.parametrize("source", [s for s in SOURCES if s.name != WRONG_TWIN], ids=lambda s: f"{s.parent.name}/{s.name}")
def test_only_the_new_text_of_a_reply_is_left(source: Path) -> None:
    found, wanted = new_text(source), expected(source)
    assert not set(re.findall(r"\w+", wanted)) - set(re.findall(r"\w+", found)), "words of the client are lost"
    assert found.split() == wanted.split()
