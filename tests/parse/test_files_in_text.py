"""Files that a mail program hid: inside Outlook's winmail.dat, inside the text (uuencode, yEnc), behind a broken boundary."""

from __future__ import annotations

import base64
import binascii
import sys

import pytest

from mailbot.parse import bounds, guard
from tests.parse.mails import OWN, read, received

HEAD = b"From: Ann <ann@client.example>\r\nSubject: Correction\r\nMessage-ID: <o@client.example>\r\nMIME-Version: 1.0\r\n"
WORDS = b"The sky in image 2 is grey.\r\n"


def tnef_object(level: int, kind: int, data: bytes) -> bytes:
    head = bytes([level]) + kind.to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + data + (sum(data) & 0xFFFF).to_bytes(2, "little")


def winmail(*files: tuple[str, bytes], body: str = "") -> bytes:
    """A TNEF stream as Outlook writes it ([MS-OXTNEF] section 2.1.3)."""
    out = b"\x78\x9f\x3e\x22\x01\x00" + tnef_object(1, 0x00089006, (0x10000).to_bytes(4, "little"))
    out += tnef_object(1, 0x00069007, (1252).to_bytes(4, "little") + bytes(4))
    if body:
        out += tnef_object(1, 0x0002800C, body.encode("cp1252") + b"\0")
    for name, data in files:
        out += tnef_object(2, 0x00069002, bytes(14))
        out += tnef_object(2, 0x00018010, name.encode("cp1252") + b"\0")
        out += tnef_object(2, 0x0006800F, data)
    return out


def with_winmail(data: bytes, text: bytes = WORDS) -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\n" + text if text else b""
    return (
        HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + part + b"--b\r\nContent-Type: application/ms-tnef; "
        b"name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data) + b"--b--\r\n"
    )


def test_the_files_in_a_winmail_dat_are_listed_and_can_be_had() -> None:
    raw = with_winmail(winmail(("roof.jpg", b"roof"), ("Häuser.pdf", b"plans")))
    message = read(raw)
    assert message.text == WORDS.decode().strip()
    assert [(a.name, a.content_type, a.size) for a in message.attachments] == [
        ("roof.jpg", "image/jpeg", 4),
        ("Häuser.pdf", "application/pdf", 5),
    ]
    assert message.problems == ()
    assert guard.attachment_guarded(received(raw), 1)[1] == b"plans"


def test_the_text_in_a_winmail_dat_is_read_where_there_is_no_other() -> None:
    assert read(with_winmail(winmail(body="Bild 2 ist grau."), text=b"")).text == "Bild 2 ist grau."


def test_a_winmail_dat_without_the_extra_is_kept_and_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tnefparse", None)
    message = read(with_winmail(winmail(("roof.jpg", b"roof"))))
    assert [a.name for a in message.attachments] == ["winmail.dat"]
    assert any("mailbot[outlook]" in p for p in message.problems)


@pytest.mark.parametrize(
    "data",
    [
        b"no tnef at all",
        winmail(("roof.jpg", b"roof"))[:60],
        b"\x78\x9f\x3e\x22\x01\x00" + tnef_object(1, 0x00069003, b"\xff\xff\xff\xff" + bytes(40)),
        b"\x78\x9f\x3e\x22\x01\x00" + tnef_object(2, 0x00069005, b"\x01\x00\x00\x00\x1f\x00\x01\x30\x01\x00\x00\x00\xff\xff\xff\xff"),
        b"\x78\x9f\x3e\x22\x01\x00" + tnef_object(2, 0x00018010, b"\xff\xfe") * 5000,
    ],
)
def test_a_damaged_winmail_dat_leaves_the_mail_readable(data: bytes) -> None:
    message = read(with_winmail(data))
    assert message.text == WORDS.decode().strip()
    assert message.attachments


def test_a_winmail_dat_is_opened_in_the_child_only() -> None:
    raw = with_winmail(winmail(("roof.jpg", b"roof")))
    assert not bounds.scan(raw).small
    assert guard.parse_guarded(received(raw), OWN, attempt=1).attachments[0].name == "roof.jpg"


def uuencoded(data: bytes) -> bytes:
    lines = b"".join(binascii.b2a_uu(data[i : i + 45]) for i in range(0, len(data), 45))
    return b"begin 644 roof.jpg\n" + lines + b"`\nend\n"


def yencoded(data: bytes) -> bytes:
    out = bytearray()
    for byte in data:
        code = (byte + 42) % 256
        out += bytes([61, (code + 64) % 256]) if code in (0, 10, 13, 61) else bytes([code])
    return b"=ybegin line=128 size=256 name=roof.jpg\n" + bytes(out) + b"\n=yend size=256\n"


@pytest.mark.parametrize("encoded", [uuencoded, yencoded])
def test_a_file_inside_the_text_is_an_attachment_and_no_text(encoded) -> None:  # type: ignore[no-untyped-def]  # a row of functions
    data = bytes(range(256))
    raw = (
        HEAD
        + b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + WORDS
        + encoded(data)
        + b"Thanks\r\n"
    )
    message = read(raw)
    assert message.text.split() == (WORDS + b"Thanks").decode().split()
    assert [(a.name, a.content_type, a.size) for a in message.attachments] == [("roof.jpg", "image/jpeg", 256)]
    assert guard.attachment_guarded(received(raw), 0)[1] == data


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 the work on image 3 please",
        "begin 644 x\n(nothing that can be decoded\u00e9)\nend",
        "=ybegin line=1 size=2 name=x\nno end",
    ],
)
def test_words_that_only_begin_like_a_file_stay(text: str) -> None:
    assert read(HEAD.decode() + "\r\n" + text).text == text


BROKEN = {
    "folded": b'multipart/mixed; boundary="foo\r\n bar"',
    "without a semicolon": b'multipart/mixed\r\n\tboundary="foo bar"',
    "in single quotes": b"multipart/mixed; boundary='foo bar'",
    "not named": b"multipart/mixed",
    "named wrongly": b"multipart/mixed; boundary=other",
}


@pytest.mark.parametrize("field", BROKEN.values(), ids=BROKEN)
def test_parts_behind_a_broken_boundary_are_found(field: bytes) -> None:
    parts = (
        b"--foo bar\r\nContent-Type: text/plain\r\n\r\n"
        + WORDS
        + b"--foo bar\r\nContent-Type: image/png; name=roof.png\r\n\r\nx\r\n--foo bar--\r\n"
    )
    message = read(HEAD + b"Content-Type: " + field + b"\r\n\r\n" + parts)
    assert message.text == WORDS.decode().strip()
    assert [a.name for a in message.attachments] == ["roof.png"]
    assert any("boundary" in p for p in message.problems)


def test_a_multipart_sent_in_base64_is_taken_apart() -> None:
    parts = b"--b\r\nContent-Type: text/plain\r\n\r\n" + WORDS + b"--b\r\nContent-Type: image/png; name=roof.png\r\n\r\nx\r\n--b--\r\n"
    head = b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    message = read(HEAD + head + base64.encodebytes(parts))
    assert message.text == WORDS.decode().strip()
    assert [a.name for a in message.attachments] == ["roof.png"]


def test_text_with_a_nonsense_disposition_is_text() -> None:
    assert read(HEAD + b"Content-Type: text/html\r\nContent-Disposition: =?utf-8?Q?invalid?=\r\n\r\n<p>sky</p>").text == "sky"


def test_an_attached_mail_without_a_boundary_gives_the_same_bytes_each_time() -> None:
    inner = b'Content-Type: multipart/alternative; boundary=""\r\n\r\n--\r\nContent-Type: text/plain\r\n\r\nsky\r\n----\r\n'
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"--b--\r\n"
    assert read(raw).attachments == read(raw).attachments
    assert len(guard.attachment_guarded(received(raw), 0)[1]) == read(raw).attachments[0].size


def test_a_picture_sent_in_uuencode_is_decoded() -> None:
    data = bytes(range(256))
    raw = HEAD + b"Content-Type: image/jpeg; name=roof.jpg\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n" + uuencoded(data)
    assert guard.attachment_guarded(received(raw), 0)[1] == data
