"""Other projects' mails: what is known of each is read right."""

from __future__ import annotations

import csv

import pytest

from mailbot.model.message import ParsedMessage
from tests.parse.mails import DATA, read

# Our reading is the better one; the truth of these rows is what most parsers made of bytes that are no UTF-8.
DIFFERENT = {
    ("036-attachment-intl-mail-attachment_with_encoded_name.eml", "attachment_names"): "byte 8A is read as Windows-1252",
    ("102-malformed-mail-invalid_subject_characters.eml", "subject"): "raw Latin-1 letters are read, not replaced",
}
ROWS = list(csv.DictReader((DATA / "mails/index.tsv").read_text(encoding="utf-8").splitlines(), delimiter="\t"))


def facts(parsed: ParsedMessage) -> dict[str, str]:
    return {
        "subject": parsed.subject,
        "from": " ".join(sorted(a.address for a in parsed.from_all)),
        "to_count": str(len(parsed.to)),
        "date_utc": parsed.date.strftime("%Y-%m-%dT%H:%M:%S") if parsed.date else "",
        "message_id": parsed.message_id.strip("<>"),
        "attachment_names": "|".join(sorted(a.name for a in parsed.attachments if a.name)),
    }


def same(name: str, text: str) -> str:
    parts = sorted(text.split("|")) if name == "attachment_names" else [text]
    return "|".join(" ".join(p.split()).lower() for p in parts)


@pytest.mark.parametrize("row", ROWS, ids=[r["file"] for r in ROWS])
def test_what_is_known_of_a_mail_is_read(row: dict[str, str]) -> None:
    found = facts(read((DATA / "mails" / row["file"]).read_bytes()))
    wrong = {
        name: (value, row[name])
        for name, value in found.items()
        if row[name] and same(name, value) != same(name, row[name]) and (row["file"], name) not in DIFFERENT
    }
    assert not wrong


def test_at_least_98_percent_of_all_known_facts_are_right() -> None:
    pairs = [
        same(name, value) == same(name, row[name])
        for row in ROWS
        for name, value in facts(read((DATA / "mails" / row["file"]).read_bytes())).items()
        if row[name]
    ]
    assert sum(pairs) >= 0.98 * len(pairs)
