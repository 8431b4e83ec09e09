"""Mails and order comments from files."""

from __future__ import annotations

import json
import mailbox
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.errors import NotFound, Unreadable
from mailbot.receive.folder import read_any, read_bytes, read_file, read_folder, read_mbox
from tests.support.mailboxes import mail

AT = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_directory_is_read_in_the_order_of_names_and_other_files_are_left(tmp_path: Path) -> None:
    for name, n in (("b.eml", 2), ("a.EML", 1), ("sub/c.eml", 3)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(mail(n))
    (tmp_path / "notes.txt").write_text("no mail")
    assert [m.raw for m in read_folder(tmp_path, AT)] == [mail(1), mail(2), mail(3)]
    assert [m.raw for m in read_any(tmp_path, AT)] == [mail(1), mail(2), mail(3)]


def test_an_mbox_written_by_another_program_gives_its_mails_back(tmp_path: Path) -> None:
    path = tmp_path / "some"
    box = mailbox.mbox(path)
    texts = [b"Subject: a\n\nFrom here on it is text\nFrom me\n", b"Subject: b\n\nsecond\n\n", b"Subject: c\n\n"]
    for text in texts:
        box.add(text)
    box.close()
    assert [m.raw.rstrip(b"\n") for m in read_any(path, AT)] == [t.rstrip(b"\n") for t in texts]
    assert [m.sighting.uid for m in read_mbox(path, AT)] == [1, 2, 3]


def test_an_order_comment_keeps_its_bytes_and_id(tmp_path: Path) -> None:
    raw = json.dumps({"id": "c7", "order_id": "10231", "body": "Correction: too dark"}).encode()
    (tmp_path / "c.json").write_bytes(raw)
    for message in (read_file(tmp_path / "c.json", AT), read_bytes(raw, AT)):
        assert (message.source, message.sighting.comment_id, message.raw, message.received_at) == ("order_comment", "c7", raw, AT)


@pytest.mark.parametrize("raw", [b"", b" \n", b"{", b"{}", b'{"id": {}}', b"[1]{" * 3 + b"{", b"{" + b'"a":[' * 100_000])
def test_what_is_neither_mail_nor_comment_is_said_to_be_unreadable(raw: bytes) -> None:
    if raw.startswith(b"["):
        assert read_bytes(raw, AT).source == "email"  # any bytes may be a mail; parse decides
        return
    with pytest.raises(Unreadable):
        read_bytes(raw, AT)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for call in (
        read_file,
        lambda p, at: list(read_folder(p, at)),
        lambda p, at: list(read_mbox(p, at)),
        lambda p, at: list(read_any(p, at)),
    ):
        with pytest.raises(NotFound, match="nowhere"):
            call(tmp_path / "nowhere", AT)


@given(st.lists(st.text(alphabet="aF rom>\n:1", max_size=60), max_size=5))
def test_any_texts_come_back_from_an_mboxrd_as_they_went_in(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("m") / "x.mbox"
    quoted = ["\n".join(">" + line if line.lstrip(">").startswith("From ") else line for line in t.split("\n")) for t in texts]
    path.write_text("".join(f"From a@b Thu Jan  1 00:00:00 2026\nSubject: x\n\n{t}\n\n" for t in quoted))
    assert [m.raw.decode() for m in read_mbox(path, AT)] == [f"Subject: x\n\n{t}\n" for t in texts]
