"""Mails of clients whose programs do odd things: their words are read all the same, and a person is told what was cut or mended."""

from __future__ import annotations

import io
import json
import resource
import sys
from types import SimpleNamespace

import pytest

from mailbot.model.message import OwnMarks
from mailbot.parse import bounds, child, guard, html, parse, walk
from tests.parse.hostile import KINDS
from tests.parse.mails import OWN, read, received

HEAD = b"From: Ann <ann@client.example>\r\nSubject: Correction\r\nMessage-ID: <o@client.example>\r\n"
WORDS = b"The sky in image 2 is grey.\r\n"


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_hostile_mail_comes_out_small_enough_to_be_parsed(name: str) -> None:
    tamed = bounds.tame(KINDS[name]())
    assert len(tamed.mail) <= bounds.MAX_SIZE
    assert all(p.strip() for p in tamed.problems)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"\xef\xbb\xbf" + HEAD + b"\r\n" + WORDS, "byte order mark"),
        (b"\r\n\r\n" + HEAD + b"\r\n" + WORDS, "blank lines"),
        ((HEAD + b"\r\n" + WORDS).replace(b"\r\n", b"\r"), "lone carriage returns"),
        (HEAD + b"X-Odd: a\rb\r\n\r\n" + WORDS, "carriage return inside"),
        (b"Subject : Correction\r\n" + HEAD + b"\r\n" + WORDS, "no field"),
        (b"Return-Path: <a@b.example>\r\na gateway was here\r\n" + HEAD + b"\r\n" + WORDS, "no field"),
        (b"X-Odd: 1\r\n>From ann Tue Mar  3 10:00:00 2026\r\n" + HEAD + b"\r\n" + WORDS, "no field"),
        (HEAD + b"X-Long: " + b"a" * (bounds.MAX_FIELD + 10) + b"\r\n\r\n" + WORDS, "header fields were cut"),
        (HEAD + b"X-Many: a\r\n" * (bounds.MAX_FIELDS + 50) + b"\r\n" + WORDS, "header fields were cut"),
        (b"Received: by a\r\n" * (bounds.MAX_FIELDS + 50) + HEAD + b"\r\n" + WORDS, "header fields were cut"),
        (HEAD + b"\r\n" + WORDS + b"\r\n" * (bounds.MAX_LINES // 10), "lines were left out"),
        (HEAD + b"From: Eve <eve@client.example>\r\n\r\n" + WORDS, "more than once"),
    ],
)
def test_what_a_program_did_wrong_is_told_and_the_words_are_read(raw: bytes, told: str) -> None:
    message = read(raw)
    assert "sky in image 2 is grey" in message.text
    assert message.sender is not None
    assert message.sender.address == "ann@client.example"
    assert any(told in p for p in message.problems), message.problems


def test_a_part_with_an_overlong_header_is_read_and_told() -> None:
    long = b"X-Part: " + b"a" * (bounds.MAX_PART_FIELD * 3) + b"\r\n"
    raw = (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n'
        + long
        + b"\r\n"
        + WORDS
        + b"--b--\r\n"
    )
    message = read(raw)
    assert "sky in image 2" in message.text
    assert any("overlong header" in p for p in message.problems)


@pytest.mark.parametrize(
    ("field", "body", "words"),
    [
        (b"text/plain; charset=x-nobody-knows", "Der Himmel ist grau – Bild 2".encode(), "Himmel ist grau – Bild 2"),
        (b"text/plain; charset*=utf-8''utf-8", "Ciel gris, café".encode(), "Ciel gris, café"),
        (b"text/plain; format=flowed; delsp=yes", b"The sky in \r\nimage 2 is grey.\r\n", "The sky inimage 2 is grey."),
        (b"text/plain; format=flowed", b"The sky in \r\nimage 2 is grey.\r\n", "The sky in image 2 is grey."),
        (b"nonsense", WORDS, "The sky in image 2 is grey."),
        (b"text/html", b'<meta charset="iso-8859-1"><p>Caf\xe9 is too dark</p>', "Café is too dark"),
        (b"text/plain; charset=utf-16", "\ufeffgrey sky".encode("utf-16-le"), "grey sky"),
    ],
)
def test_the_clients_words_survive_odd_content_types(field: bytes, body: bytes, words: str) -> None:
    message = read(HEAD + b"MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: " + field + b"\r\n\r\n" + body)
    assert words in message.text


@pytest.mark.parametrize(
    "body",
    [
        b"begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n",
        b"begin 644 a.txt\r\n#0V%T!!!!\r\nnot uu at all \xff\r\nend\r\n",
        b"no begin line",
    ],
)
def test_a_uuencoded_part_never_breaks_the_mail(body: bytes) -> None:
    raw = HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n" + body
    assert isinstance(read(raw).text, str)


@pytest.mark.parametrize("date", [b"Tue, 99 Foo 2026 10:00", b"Mon, 23 Nov 0001 10:00:00 +0000", b"yesterday", b"23 Nov 2026 10:00"])
@pytest.mark.parametrize("address", [b"Ann ann@client.example", b'"Ann, of Studio" <ann@client.example>, <', b"ann@client.example (Ann)"])
def test_an_odd_date_or_address_is_no_reason_to_lose_a_mail(date: bytes, address: bytes) -> None:
    message = read(b"From: " + address + b"\r\nDate: " + date + b"\r\nSubject: Correction\r\n\r\n" + WORDS)
    assert "sky in image 2" in message.text
    assert message.date is None or 1970 <= message.date.year <= 2200


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<pre>one\n  two\n\nthree</pre>", "one"),
        ("<ul><li>sky</li><li>lawn</li></ul><hr><p>bye", "- sky"),
        ("<table><tr><td>image</td><td>2</td></tr></table>", "image"),
        ("<p style='display:none'>secret</p><p>sky</p>", "sky"),
        ("<style>a{}</style><script>x()</script>grey<br><br>sky", "grey"),
        ("<blockquote cite='x'>old</blockquote><p>new</p>", "new"),
        ("<a href='https://a.example/x'>here</a> and <a>there</a>", "here"),
        ("<div hidden>no</div><div>yes</div>", "yes"),
        ("<p style='visibility:hidden'>no</p>yes", "yes"),
        ("just words", "just words"),
    ],
)
def test_what_a_person_sees_in_html_is_what_we_read(markup: str, shown: str) -> None:
    text = html.to_text(markup).text
    assert shown in text
    assert not {"no", "secret"} & set(text.split())


def test_html_of_a_hostile_depth_or_length_still_shows_its_words() -> None:
    deep = html.to_text("<div>" * (html.MAX_DEPTH + 5) + "grey sky<br>lawn" + "</div>" * 5)
    assert deep.text == "grey sky\nlawn"
    assert "deep" in deep.problem
    assert "very long" in html.to_text("sky " * (html.MAX_HTML // 4 + 10)).problem


def test_html_that_the_library_cannot_read_shows_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: str) -> None:
        raise RuntimeError("no memory for the tree")

    monkeypatch.setattr(html, "LexborHTMLParser", fails)
    assert html.to_text("<p>grey</p><style>x</style>sky").text == "grey\nsky"
    monkeypatch.setattr(html, "LexborHTMLParser", lambda _: SimpleNamespace(body=None))
    assert html.to_text("<p>grey sky").text == "grey sky"


def test_the_child_answers_a_mail_and_says_why_it_cannot_read_another(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limits: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda what, values: limits.append((what, values)))
    good = received(HEAD + b"\r\n" + WORDS)
    assert _child(monkeypatch, good.raw) == 0
    assert guard.message_from_json(json.loads(capsys.readouterr().out)) == parse(good, OWN)
    assert {what for what, _ in limits} == {resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE}
    assert _child(monkeypatch, b"") == 3
    assert "empty" in capsys.readouterr().out


def _child(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> int:
    message = received(raw)
    head = json.dumps(
        {"message": guard._message_json(message), "own": guard._own_json(OWN), "attachment": None, "seconds": guard.SECONDS}
    ).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(len(head).to_bytes(8, "big") + head + raw)))
    return child.main()


def test_a_child_that_cannot_be_started_or_talks_nonsense_sets_one_mail_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    for program, why in (("/nowhere/python", "FileNotFoundError"), ("/bin/true", "no sensible answer"), ("/bin/false", "too much time")):
        monkeypatch.setattr(guard, "sys", SimpleNamespace(executable=program))
        with pytest.raises(guard.Unreadable, match=why):
            guard.parse_guarded(received(WORDS), OwnMarks(), attempt=2)


def test_of_very_much_text_only_the_first_parts_are_read_and_a_person_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_TEXT", 50)
    parts = b"".join(b"--b\r\nContent-Type: text/plain\r\n\r\npart %d says that the sky is grey\r\n" % i for i in range(5))
    message = read(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n")
    assert message.text.count("sky") == 2
    assert any("very much text" in p for p in message.problems)


@pytest.mark.parametrize(
    ("name", "told"),
    [("nested 1000 multiparts", "levels deep"), ("10k attachments", "parts"), ("delivery status of 100k blocks", "delivery status")],
)
def test_what_was_left_out_of_a_mail_without_measure_is_told(name: str, told: str) -> None:
    tamed = bounds.tame(KINDS[name]())
    assert any(told in p for p in tamed.problems)
    assert tamed.mail.count(b"multipart/mixed") <= bounds.MAX_DEPTH + 1
    assert tamed.mail.count(b"\n--") <= bounds.MAX_PARTS * 2
    assert len(tamed.mail) <= 300_000


def test_of_a_mail_beyond_the_size_only_the_first_part_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_SIZE", bounds.MIB)
    tamed = bounds.tame(HEAD + b"\r\n" + b"x" * (2 * bounds.MIB))
    assert len(tamed.mail) == bounds.MIB
    assert tamed.problems == ("only the first 1 MiB were read",)
