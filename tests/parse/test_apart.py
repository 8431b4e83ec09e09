"""Long text is kept apart while a mail is taken to pieces; nothing that a person sees differs for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.parse import apart
from mailbot.parse.bulk import Bulk
from tests.parse.mails import DATA, seen

HEAD = b"From: a@b.example\r\nSubject: Correction\r\n"
PICTURE = b"--b\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 100 + b"\r\n"


@pytest.mark.parametrize("path", sorted((DATA / "mails").glob("*.eml")), ids=lambda p: p.name)
def test_a_mail_reads_the_same_with_its_bodies_kept_apart(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = path.read_bytes()
    whole = seen(raw)
    for smallest in (200, 1000):
        monkeypatch.setattr(apart, "MUCH", 0)
        monkeypatch.setattr(apart, "SMALLEST", smallest)
        assert seen(raw) == whole


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (HEAD + b"\r\n" + b"the sky is grey\r\n" * 40, 1),
        (HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + PICTURE * 3 + b"--b--\r\n", 3),
        (
            HEAD
            + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n'
            + HEAD
            + b"\r\n"
            + b"x\r\n" * 200,
            1,
        ),
        (HEAD + b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n" + HEAD + b"\r\n" + b"x\r\n" * 200 + b"--b--\r\n", 0),
        (HEAD + b"Content-Type: multipart/mixed\r\n\r\n" + PICTURE, 0),
        (HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nno header\r\n" + b"x\r\n" * 200 + b"--b--\r\n", 1),
        (HEAD + b"X-Odd: " + b"".join(b"=long-body-%d-" % i for i in range(5)) + b"\r\n\r\n" + b"x\r\n" * 200, 0),
        (HEAD + b"\r\n=long-body-0-0=" + b"the sky is grey\r\n" * 40, 1),
    ],
)
def test_a_body_is_kept_apart_where_it_cannot_hide_a_part(raw: bytes, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = seen(raw)
    monkeypatch.setattr(apart, "MUCH", 0)
    monkeypatch.setattr(apart, "SMALLEST", 300)
    rest, taken = apart.take_out_text(raw, Bulk())
    assert len(raw) - len(rest) >= 280 * kept
    assert (rest == raw) is (kept == 0)
    assert bytes(taken.restore(rest)) == raw
    assert seen(raw) == whole
