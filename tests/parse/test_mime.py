"""The defects of mail-parser that its wrapper mends (one test each), and what a mail says of itself."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from mailbot.errors import Unreadable
from tests.parse.mails import read

TOP = b"From: Ann <Ann@B.example>\nTo: support@mailbot.example\nMessage-ID: <1@b.example>\n"


def test_raw_latin_letters_in_subject_and_name_are_read() -> None:
    parsed = read(b"From: J\xf6rg <j@b.example>\nSubject: Correcci\xf3n\n\nx\n")
    assert parsed.subject == "Corrección"
    assert parsed.sender is not None
    assert parsed.sender.name == "Jörg"


@pytest.mark.parametrize(
    ("subject", "read_as"),
    [
        ("=?utf-8?B?SMOkdXNlcg==?=", "Häuser"),
        ("=?utf-8?q?H=C3?= =?utf-8?q?=A4user?=", "Häuser"),
        ("=?iso-8859-1?Q?a_b?= c =?iso-8859-1?Q?d?=", "a b c d"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?x-unknown?q?plain?=", "plain"),
        ("=?UTF-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?iso-2022-jp?B?GyRCMmhBfBsoQg==?= 3", "画像 3"),
        ("=?utf-8?Q?=F0=9F=98?= =?utf-8?Q?=80?=", "😀"),
        ("=?us-ascii?Q?caf=E9?=", "café"),
        ("=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        ("a\n folded", "a folded"),
        ("\u202eabc\u200b", "abc"),
    ],
)
def test_a_subject_reads_as_a_person_reads_it(subject: str, read_as: str) -> None:
    assert read(f"From: a@b.example\nSubject: {subject}\n\nx\n").subject == read_as


@pytest.mark.parametrize(
    ("claimed", "body", "read_as"),
    [
        ("iso-8859-1", b"\x93sky\x94", "“sky”"),
        ("gb2312", "镕".encode("gb18030"), "镕"),
        ("utf-7", b"+AOQ-", "ä"),
        ("nonsense", "ä".encode(), "ä"),
        ("utf-8", b"caf\xe9", "café"),
        ("koi8-r", b"\xef\xbb\xbf" + "café".encode(), "café"),
        ("iso-8859-1", "café, déjà vu".encode(), "café, déjà vu"),
        ("ks_c_5601-1987", "사진".encode("cp949"), "사진"),
        ("shift_jis", "①画像".encode("cp932"), "①画像"),
        ("iso-8859-9", "fotoğraf".encode("cp1254"), "fotoğraf"),
        ("big5", "照片".encode("big5"), "照片"),
        ("unicode-1-1-utf-7", b"+AOQ-", "ä"),
        ("us-ascii", "naïve".encode(), "naïve"),
        ("windows-1251", "небо".encode("cp1251"), "небо"),
    ],
)
def test_a_body_is_read_whatever_charset_it_claims(claimed: str, body: bytes, read_as: str) -> None:
    raw = TOP + b"Content-Type: text/plain; charset=" + claimed.encode() + b"\nContent-Transfer-Encoding: 8bit\n\n" + body + b"\n"
    assert read(raw).text == read_as


def test_the_first_of_two_from_fields_counts_and_is_named() -> None:
    parsed = read("From: a@b.example\nFrom: c@d.example\nSubject: one\nSubject: two\n\nx\n")
    assert [a.address for a in parsed.from_all] == ["a@b.example"]
    assert parsed.subject == "one"
    assert any("from" in p for p in parsed.problems)
    assert parsed.headers_named("from") == ("a@b.example", "c@d.example")


@pytest.mark.parametrize(
    ("date", "hour"),
    [
        ("Tue, 03 Mar 2026 10:00:00 +0100", 9),
        ("Tue, 03 Mar 2026 10:00:00", 10),
        ("Tue, 03 Mar 2026 10.00.00 +0000", 10),
        ("Tue, 03 Mar 2026 10:00:00 +01:00", 9),
        ("Tue, 3 Mar 2026 10:00:00 CET", 9),
        ("Di., 3. März 2026 10:00:00 +0100", 9),
        ("mar., 3 mars 2026 10:00:00 +0100", 9),
        ("3 Mar 26 10:00 GMT", 10),
        ("Tue Mar  3 10:00:00 2026", 10),
        ("2026-03-03 10:00:00", 10),
    ],
)
def test_dates_are_read_also_without_zone_or_colons(date: str, hour: int) -> None:
    assert read(f"From: a@b.example\nDate: {date}\n\nx\n").date == datetime(2026, 3, 3, hour, tzinfo=UTC)


def test_a_nameless_picture_is_an_attachment() -> None:
    picture = bytes(range(256))
    raw = (
        TOP
        + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsky\n--b\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n"
    )
    parsed = read(raw + base64.encodebytes(picture) + b"--b--\n")
    assert parsed.text == "sky"
    assert [(a.name, a.content_type, a.size) for a in parsed.attachments] == [("", "image/jpeg", 256)]


def test_the_words_of_an_attached_mail_are_not_the_client_s() -> None:
    raw = (
        TOP
        + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee attached\n--b\nContent-Type: message/rfc822\n\nFrom: x@y.example\n\nCorrection: old\n--b--\n"
    )
    parsed = read(raw)
    assert parsed.text == "see attached"
    assert parsed.attachments[0].content_type == "message/rfc822"


def test_a_file_name_cannot_point_elsewhere() -> None:
    raw = TOP + b'Content-Type: image/png\nContent-Disposition: attachment; filename="../../etc/pass\x07wd"\n\nx\n'
    assert read(raw).attachments[0].name == "pass wd"


def test_an_rfc_2231_name_is_read() -> None:
    raw = TOP + b"Content-Type: image/png\nContent-Disposition: attachment; filename*0*=utf-8''H%C3%A4u; filename*1*=ser.png\n\nx\n"
    assert read(raw).attachments[0].name == "Häuser.png"


@pytest.mark.parametrize("front", [b"\n\n", b"\xef\xbb\xbf", b"From ann@b.example Mon Jan 1 00:00:00 2026\n"])
def test_what_stands_before_the_header_does_not_hide_it(front: bytes) -> None:
    assert read(front + TOP + b"Subject: sky\n\ntext\n").subject == "sky"


def test_a_carriage_return_makes_no_new_header() -> None:
    parsed = read(b"From: a@b.example\nSubject: Corr\rBcc: evil@x.example\n\nx\n")
    assert parsed.header("bcc") is None
    assert "\r" not in parsed.subject


@pytest.mark.parametrize("kind", [b"multipart/mixed", b"multipart/mixed; boundary=never"])
def test_text_in_a_multipart_without_parts_is_shown(kind: bytes) -> None:
    assert "sky is grey" in read(TOP + b"Content-Type: " + kind + b"\n\nsky is grey\n").text


def test_html_is_read_where_the_plain_part_only_says_to_use_another_program() -> None:
    raw = (
        TOP + b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nYour mail program does not support HTML.\n"
        b"--b\nContent-Type: text/html\n\n<p>The sky is grey</p>\n--b--\n"
    )
    assert read(raw).text == "The sky is grey"


def test_thread_ids_sender_and_return_path() -> None:
    parsed = read(TOP + b"Return-Path: <>\nReferences: <a@x.example>\n <b@x.example>\nIn-Reply-To: <b@x.example> <c@x.example>\n\nx\n")
    assert parsed.thread_ids == ("<a@x.example>", "<b@x.example>", "<c@x.example>")
    assert parsed.return_path == ""
    assert parsed.message_id == "<1@b.example>"
    assert parsed.sender is not None
    assert (parsed.sender.name, parsed.sender.address) == ("Ann", "ann@b.example")
    assert read(TOP + b"\nx\n").return_path is None


def test_a_bounce_names_the_mail_and_the_address() -> None:
    raw = (
        b"From: MAILER-DAEMON@b.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nfailed\n"
        b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; Ann@b.example\nAction: failed\n"
        b"Status: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <ours@bot.example>\n\nx\n--b--\n"
    )
    report = read(raw).report
    assert report is not None
    assert (report.original_message_ids, report.failed_addresses) == (("<ours@bot.example>",), ("ann@b.example",))
    assert (report.status, report.permanent, report.diagnostic) == ("5.1.1", True, "smtp; 550 no such user")


def test_ordinary_mail_is_no_report() -> None:
    assert read(TOP + b"\nx\n").report is None


def test_wrapped_paragraphs_of_flowed_text_become_one_line() -> None:
    assert read(TOP + b"Content-Type: text/plain; format=flowed\n\nThe sky is \ngrey on image 3.\n").text == "The sky is grey on image 3."


def test_an_empty_mail_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="empty"):
        read(b"\r\n")


ADDRESSES = {
    "Doe, Ann <a@x.example>": [("Doe, Ann", "a@x.example")],
    '"Doe, Ann" <A@X.example>': [("Doe, Ann", "a@x.example")],
    "=?iso-8859-1?Q?M=FCller,_J=F6rg?= <j@x.example>": [("Müller, Jörg", "j@x.example")],
    "=?utf-8?Q?A=2C_B?= <a@x.example>, =?utf-8?Q?C,_D?= <c@x.example>": [("A, B", "a@x.example"), ("C, D", "c@x.example")],
    '"=?utf-8?Q?J=C3=B6rg?=" <j@x.example>': [("Jörg", "j@x.example")],
    "Ann <mailto:a@x.example>": [("Ann", "a@x.example")],
    "Ann a@x.example>": [("", "a@x.example")],
    "a@x.example (Ann)": [("Ann", "a@x.example")],
    "Team: a@x.example, B <b@x.example>;": [("", "a@x.example"), ("B", "b@x.example")],
    "a@x.example, B <b@x.example>": [("", "a@x.example"), ("B", "b@x.example")],
    "a@x.example <b@y.example>": [("a@x.example", "b@y.example")],
    "a@x.example <a@x.example>": [("", "a@x.example")],
    "undisclosed-recipients:;": [],
    "a@x@y.example": [],
    "a at b.example": [],
    "MAILER-DAEMON": [],
}


@pytest.mark.parametrize("field", ADDRESSES)
def test_who_wrote_is_read_from_every_form_of_a_from_field(field: str) -> None:
    assert [(a.name, a.address) for a in read(f"From: {field}\nSubject: x\n\nsky\n").from_all] == ADDRESSES[field]


NAMES = {
    'filename="a b.png"': "a b.png",
    "filename=a b.png": "a b.png",
    'filename="=?utf-8?Q?H=C3=A4user.png?="': "Häuser.png",
    "filename==?utf-8?Q?H=C3=A4user.png?=": "Häuser.png",
    'filename="=?iso-8859-1?Q?H=E4u?=\n =?iso-8859-1?Q?ser.png?="': "Häuser.png",
    "filename*=UTF-8''H%C3%A4user.png; filename=old.png": "Häuser.png",
    "filename=old.png; filename*=iso-8859-1''H%E4user.png": "Häuser.png",
    "filename*=utf-8'H%C3%A4user.png": "Häuser.png",
    'filename*0="Ha"; filename*1="us.png"': "Haus.png",
    "filename*1*=%A4u.png; filename*0*=utf-8''H%C3": "Häu.png",
    'filename="Häuser.png"': "Häuser.png",
    'filename="C:\\\\Users\\\\ann\\\\a.png"': "a.png",
    "FILENAME=A.PNG": "A.PNG",
    'filename="a;b.png"': "a;b.png",
    'filename=".."': "",
}


@pytest.mark.parametrize("parameter", NAMES)
def test_a_file_s_name_is_read_from_every_form_of_the_field(parameter: str) -> None:
    raw = TOP + f"Content-Type: image/png\nContent-Disposition: attachment; {parameter}\n\nx\n".encode()
    assert read(raw).attachments[0].name == NAMES[parameter]


def test_raw_letters_of_a_file_s_name_in_latin_are_kept() -> None:
    raw = TOP + b'Content-Type: image/png\nContent-Disposition: attachment; filename="H\xe4user.png"\n\nx\n'
    assert read(raw).attachments[0].name == "Häuser.png"


def test_raw_letters_of_the_header_are_in_the_charset_of_the_mail() -> None:
    raw = (
        b"From: \xe1\xce\xce\xc1 <a@b.example>\nSubject: " + "Небо".encode("koi8-r") + b"\nContent-Type: text/plain; charset=koi8-r\n\nx\n"
    )
    parsed = read(raw)
    assert parsed.subject == "Небо"
    assert parsed.from_all[0].name == "Анна"


@pytest.mark.parametrize(
    ("field", "found"),
    [("<a@b> (added)", "<a@b>"), ("a@b", "<a@b>"), ("<>", ""), ("\n <a@b>", "<a@b>"), ("<a@\n b>", "<a@b>"), ("<a@b><c@d>", "<a@b>")],
)
def test_a_message_id_is_found_in_odd_fields(field: str, found: str) -> None:
    assert read(f"From: a@b.example\nMessage-ID: {field}\nMessage-ID: <second@b>\n\nx\n").message_id == found


def test_a_mail_with_text_behind_its_last_boundary_is_read() -> None:
    parts = b"--b\nContent-Type: text/plain\n\nsky\n--b--\nan epilogue\n--b\nContent-Type: text/plain\n\nnot shown\n"
    assert read(TOP + b"Content-Type: multipart/mixed; boundary=b\n\n" + parts).text == "sky"


def test_a_mail_attached_in_base64_is_an_attachment_with_its_true_bytes() -> None:
    inner = b"From: x@y.example\nMessage-ID: <inner@y.example>\n\nCorrection: old\n"
    head = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee attached\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    parsed = read(TOP + head + base64.encodebytes(inner) + b"--b--\n")
    assert parsed.text == "see attached"
    assert [(a.content_type, a.size) for a in parsed.attachments] == [("message/rfc822", len(inner))]


def test_a_nameless_file_has_no_name_each_time() -> None:
    raw = TOP + b"Content-Type: application/pdf\nContent-ID: <id42@b.example>\n\nx\n"
    assert (
        [(a.name, a.content_id) for a in read(raw).attachments]
        == [("", "id42@b.example")]
        == [(a.name, a.content_id) for a in read(raw).attachments]
    )


def test_no_nul_and_no_lone_surrogate_is_left() -> None:
    parsed = read(b"From: A\0nn <a@b.example>\nSubject: s\0ky\nContent-Type: text/plain; charset=utf-16-le\n\n" + b"a\0\0\xd8b\0")
    assert "\0" not in repr(parsed)
    repr(parsed).encode()
    assert parsed.subject == "sky"


def test_ordinary_mail_is_read_without_a_word_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    read(TOP + b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/x\n\nx\n--b--\n")
    assert capfd.readouterr().err == ""


def test_html_is_read_in_the_charset_that_it_names_itself() -> None:
    raw = TOP + b"Content-Type: text/html\nContent-Transfer-Encoding: 8bit\n\n" + '<meta charset="koi8-r"><p>небо</p>'.encode("koi8-r")
    assert read(raw).text == "небо"
