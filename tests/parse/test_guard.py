"""The child gives the same value as this process, or a reason."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mailbot.errors import NotFound, Unreadable
from mailbot.parse import bounds, guard, parse
from tests.parse.mails import DATA, OWN, received

SAMPLES = sorted((DATA / "mails").glob("*.eml"))[::20]


@pytest.mark.parametrize("path", SAMPLES, ids=[p.name for p in SAMPLES])
def test_the_child_reads_what_this_process_reads(path: Path) -> None:
    message = received(path.read_bytes())
    assert guard.parse_guarded(message, OWN, attempt=2) == parse(message, OWN)


def test_a_mail_kept_in_a_file_is_read_by_the_child(tmp_path: Path) -> None:
    path = tmp_path / "mail.eml"
    path.write_bytes(b"From: a@b.example\nSubject: Correction\n\nSky\n")
    message = replace(received(b""), raw_path=str(path))
    assert guard.parse_guarded(message, OWN, attempt=1).text == "Sky"


def test_an_empty_mail_is_set_aside_with_a_reason_from_both() -> None:
    for attempt in (1, 2):
        with pytest.raises(Unreadable, match="empty"):
            guard.parse_guarded(received(b"\n\n"), OWN, attempt)


def test_an_error_of_a_library_becomes_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(guard, "parse", fails)
    with pytest.raises(Unreadable, match="RuntimeError"):
        guard.parse_guarded(received(b"From: a@b.example\n\nx"), OWN, attempt=1)


def test_the_scan_counts_what_makes_parsing_slow() -> None:
    raw = b"From: a@b.example\nSubject: =?utf-8?q?a?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n"
    seen = bounds.scan(raw)
    assert (seen.size, seen.parts, seen.containers, seen.encoded_words, seen.parameters) == (len(raw), 2, 1, 1, 1)
    assert seen.small
    assert not replace(seen, parameters=5000).small


PICTURES = (
    b"From: a@b.example\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<img src='cid:roof@b'>\n"
    b"--b\nContent-Type: image/png; name=roof.png\nContent-ID: <roof@b>\nContent-Transfer-Encoding: base64\n\ncm9vZg==\n"
    b"--b\nContent-Type: image/png; name=lawn.png\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nbGF3bg==\n--b--\n"
)


@pytest.mark.parametrize("kept_in_a_file", [False, True])
def test_the_bytes_of_each_attachment_can_be_had(kept_in_a_file: bool, tmp_path: Path) -> None:
    message = received(PICTURES)
    if kept_in_a_file:
        (tmp_path / "mail.eml").write_bytes(PICTURES)
        message = replace(received(b""), raw_path=str(tmp_path / "mail.eml"))
    parsed = parse(message, OWN)
    assert "cid:roof@b" in parsed.html
    assert [(a.name, a.content_id, a.inline) for a in parsed.attachments] == [("roof.png", "roof@b", True), ("lawn.png", "", False)]
    found = [guard.attachment_guarded(message, number) for number in (0, 1)]
    assert found == [(parsed.attachments[0], b"roof"), (parsed.attachments[1], b"lawn")]
    for number in (2, -1):
        with pytest.raises(NotFound, match="2 attachments"):
            guard.attachment_guarded(message, number)


def line(number: int, width: int, height: int, size: int) -> bytes:
    return json.dumps([number, width, height, size]).encode() + b"\n"


@pytest.mark.parametrize(
    ("exit_code", "out", "made"),
    [
        (0, line(0, 3, 2, 4) + b"RIFF" + line(2, 0, 0, 0), {0: (3, 2, b"RIFF"), 1: (0, 0, b""), 2: (0, 0, b""), 3: (0, 0, b"")}),
        (-9, line(0, 3, 2, 4) + b"RIFF", {0: (3, 2, b"RIFF"), 1: (0, 0, b"")}),
        (-11, line(0, 3, 2, 4) + b"RI", {0: (0, 0, b"")}),
        (-24, b"[0, 3", {0: (0, 0, b"")}),
    ],
)
def test_a_child_that_dies_on_a_picture_leaves_those_before_it_and_is_not_blamed_for_those_after(
    monkeypatch: pytest.MonkeyPatch, exit_code: int, out: bytes, made: dict[int, tuple[int, int, bytes]]
) -> None:
    """On SIGKILL (memory), SIGSEGV (a decoder's fault) and SIGXCPU (time)."""
    monkeypatch.setattr(guard, "_run_child", lambda *_, **__: subprocess.CompletedProcess([], exit_code, out, b""))
    assert guard.thumbnails_guarded(received(b""), [0, 1, 2, 3]) == made


def test_a_mail_without_a_word_has_no_small_pictures() -> None:
    with pytest.raises(Unreadable, match="empty"):
        guard.thumbnails_guarded(received(b"\n\n"), [0])
