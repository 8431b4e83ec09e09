"""Mails that attack the parser, made here so that nothing large lies in the repository. `KINDS` maps a name to the bytes."""

from __future__ import annotations

import base64
from collections.abc import Callable

HEAD = b"From: Ann <ann@client.example>\r\nTo: support@mailbot.example\r\nSubject: Correction: sky\r\nMessage-ID: <h@client.example>\r\n"
PLAIN = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
TEXT = b"The sky is missing on image 4589.\r\n"


def _html(body: bytes) -> bytes:
    return HEAD + b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body


def _nested(depth: int) -> bytes:
    out = [HEAD]
    out += [b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(depth)]
    return b"".join(out) + b"Content-Type: text/plain\r\n\r\n" + TEXT


def _field(name: bytes, value: bytes) -> bytes:
    return HEAD + name + b": " + value + b"\r\n" + PLAIN + TEXT


def _multipart(parts: bytes) -> bytes:
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + parts + b"--b--\r\n"


def _winmail(objects: bytes) -> bytes:
    data = b"\x78\x9f\x3e\x22\x01\x00" + objects
    head = b"--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return _multipart(b"--b\r\nContent-Type: text/plain\r\n\r\n" + TEXT + head + base64.encodebytes(data))


def _base64_nested(depth: int) -> bytes:
    body = b"Content-Type: text/plain\r\n\r\n" + TEXT * 5000
    for i in range(depth):
        parts = b"--b%d\r\n" % i + body + b"\r\n--b%d--\r\n" % i
        head = b"Content-Type: multipart/mixed; boundary=b%d\r\nContent-Transfer-Encoding: base64\r\n\r\n" % i
        body = head + base64.encodebytes(parts)
    return body


def _twins(plain: bytes, markup: bytes, number: int) -> bytes:
    one = (
        b"--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\n" + plain
        + b"\r\n--c\r\nContent-Type: text/html\r\n\r\n" + markup + b"\r\n--c--\r\n"
    )  # fmt: skip
    return _multipart(one * number)


KINDS: dict[str, Callable[[], bytes]] = {
    "100k encoded words in the subject": lambda: b"From: a@b.example\r\nSubject: " + b"=?utf-8?q?a?= " * 100_000 + b"\r\n\r\n" + TEXT,
    "encoded word that never ends": lambda: b"From: a@b.example\r\nSubject: =?utf-8?q?" + b"a" * 500_000 + b"\r\n\r\n" + TEXT,
    "subject of equals signs": lambda: b"From: a@b.example\r\nSubject: " + b"=?" * 300_000 + b"\r\n\r\n" + TEXT,
    "100k quotes in From": lambda: b"Subject: x\r\nFrom: " + b'"' * 100_000 + b"\r\n\r\n" + TEXT,
    "50k parentheses in From": lambda: b"Subject: x\r\nFrom: " + b"(" * 50_000 + b"\r\n\r\n" + TEXT,
    "100k addresses in To": lambda: b"From: a@b.example\r\nTo: " + b"x@y.example, " * 100_000 + b"\r\n\r\n" + TEXT,
    "addresses of angle brackets": lambda: b"From: " + b"<" * 100_000 + b"\r\n\r\n" + TEXT,
    "groups in groups": lambda: b"From: " + b"g:" * 50_000 + b";" * 50_000 + b"\r\n\r\n" + TEXT,
    "20k content type parameters": lambda: HEAD + b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\r\n\r\n" + TEXT,
    "20k RFC 2231 pieces": lambda: (
        HEAD + b"Content-Disposition: attachment" + b"".join(b"; filename*%d*=a" % i for i in range(20_000)) + b"\r\n\r\n" + TEXT
    ),
    "200k semicolons": lambda: HEAD + b"Content-Type: text/plain" + b";" * 200_000 + b"\r\n\r\n" + TEXT,
    "semicolons inside quotes": lambda: HEAD + b'Content-Type: text/plain; a="' + b';"' * 100_000 + b"\r\n\r\n" + TEXT,
    "semicolons in a part": lambda: _multipart(b"--b\r\nContent-Type: text/plain" + b";" * 200_000 + b"\r\n\r\n" + TEXT),
    "semicolons in 400 parts": lambda: _multipart((b"--b\r\nContent-Type: text/plain" + b'; a="b' * 1300 + b"\r\n\r\n" + TEXT) * 400),
    "semicolons in an attached mail": lambda: _multipart(
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: text/plain" + b";" * 200_000 + b"\r\n\r\n" + TEXT
    ),
    "10k attachments": lambda: _multipart(b"--b\r\nContent-Type: image/png; name=a.png\r\n\r\nx\r\n" * 10_000),
    "100k empty parts": lambda: _multipart(b"--b\r\n\r\n" * 100_000),
    "20k Received fields": lambda: b"Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n" * 20_000 + HEAD + PLAIN + TEXT,
    "20k field names": lambda: b"".join(b"X-%d: a\r\n" % i for i in range(20_000)) + HEAD + PLAIN + TEXT,
    "nested 1000 multiparts": lambda: _nested(1000),
    "nested 20k multiparts": lambda: _nested(20_000),
    "nested 1000 attached mails": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1000 + TEXT,
    "nested 20k attached mails": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 20_000 + TEXT,
    "nested in odd spelling": lambda: HEAD + b"CoNtEnT-tYpE: mEssage/rfc822\r\n\r\n" * 5000 + TEXT,
    "5 million line ends": lambda: HEAD + PLAIN + b"\n" * 5_000_000,
    "2 million short lines": lambda: HEAD + PLAIN + b"a\n" * 2_000_000,
    "2 million quoted lines": lambda: HEAD + PLAIN + b"> a\n" * 2_000_000,
    "one line of 20 million letters": lambda: HEAD + PLAIN + b"a" * 20_000_000,
    "50k nested div": lambda: _html(b"<div>" * 50_000 + b"sky"),
    "50k nested tables": lambda: _html(b"<table><tr><td>" * 50_000 + b"sky"),
    "50k nested blockquotes": lambda: _html(b"<blockquote type=cite>" * 50_000 + b"sky"),
    "50k nested bold": lambda: _html(b"<b>" * 50_000 + b"sky"),
    "50k nested paragraphs in lists": lambda: _html(b"<ul><li><p>" * 50_000 + b"sky"),
    "50k nested anchors": lambda: _html(b"<a href=https://x.example>" * 50_000 + b"sky"),
    "50k mixed formatting": lambda: _html(b"<b><i><p>" * 50_000 + b"sky"),
    "HTML of less-than signs": lambda: _html(b"<" * 2_000_000),
    "HTML tag that never ends": lambda: _html(b"<div " + b"a=b " * 500_000),
    "HTML of styles": lambda: _html(b"<style>" * 100_000 + b"sky"),
    "HTML comments": lambda: _html(b"<!--" * 300_000 + b"sky"),
    "HTML entities": lambda: _html(b"&#x10FFFF;&amp" * 200_000),
    "200k anchors": lambda: _html(b"<a href='https://x.example/1'>x</a>" * 200_000),
    "20 MB of HTML": lambda: _html(b"<p>sky is grey</p>" * 1_200_000),
    "hidden text without end": lambda: _html(b"<div style='" + b"display:" * 100_000 + b"'>sky</div>"),
    "charset with NUL": lambda: HEAD + b'Content-Type: text/plain; charset="utf\0-8"\r\n\r\n' + TEXT,
    "charset idna": lambda: HEAD + b"Content-Type: text/plain; charset=idna\r\n\r\n" + b"a" * 300_000,
    "charset punycode": lambda: HEAD + b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-" * 300_000,
    "charset hex": lambda: HEAD + b"Content-Type: text/plain; charset=hex\r\n\r\n" + b"61" * 300_000,
    "charset zlib": lambda: HEAD + b"Content-Type: text/plain; charset=zlib\r\n\r\n" + b"61" * 3000,
    "charset of a file path": lambda: HEAD + b"Content-Type: text/plain; charset=../../../etc/passwd\r\n\r\n" + TEXT,
    "lone surrogates in UTF-16": lambda: (
        HEAD
        + b"Content-Type: text/plain; charset=utf-16-le\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(b"\x00\xd8a\x00" * 50_000)
    ),
    "surrogates in UTF-7": lambda: HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + b"+2D3eAA- +2D0-" * 20_000,
    "NUL everywhere": lambda: (HEAD + PLAIN + TEXT).replace(b"a", b"a\0"),
    "broken base64": lambda: HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"=A=" * 300_000,
    "broken quoted-printable": lambda: (
        HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 3_000_000
    ),
    "broken uuencode": lambda: (
        HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n" + b"M~~\x80~\r\n" * 100_000
    ),
    "References of a megabyte": lambda: _field(b"References", b"<a@b.example> " * 80_000),
    "References of angle brackets": lambda: _field(b"References", b"<" * 500_000),
    "header injection by carriage return": lambda: b"From: a@b.example\r\nSubject: Corr\rBcc: evil@x.example\r\n\r\n" + TEXT,
    "folded 100k times": lambda: b"From: a@b.example\r\nSubject: a" + b"\r\n b" * 100_000 + b"\r\n\r\n" + TEXT,
    "control and direction characters": "From: \u202egro.elpmaxe@x <a@b.example>\r\nSubject: \u2066\x07\x1b[31mhi\u202e\r\n\r\n\u200bCorr\u200bection".encode,
    "boundary that never comes": lambda: HEAD + b"Content-Type: multipart/mixed; boundary=zzz\r\n\r\n" + TEXT * 20_000,
    "boundary missing": lambda: HEAD + b"Content-Type: multipart/mixed\r\n\r\n" + TEXT,
    "boundary of 100k letters": lambda: HEAD + b"Content-Type: multipart/mixed; boundary=" + b"z" * 100_000 + b"\r\n\r\n" + TEXT,
    "boundaries that are prefixes": lambda: HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bb\r\n" * 100_000 + TEXT,
    "date of year 99999": lambda: _field(b"Date", b"Mon, 1 Jan 99999 00:00:00 +9999"),
    "date of digits": lambda: _field(b"Date", b"1" * 100_000),
    "attributions without end": lambda: HEAD + PLAIN + b"On 1 Jan 2026 10:00 a@b.example\n" * 3000,
    "wrote lines without end": lambda: HEAD + PLAIN + b"On 1 Jan 2026 at 10:00 a@b.example wrote:\n" * 30_000,
    "header blocks without end": lambda: HEAD + PLAIN + b"From: a\nDate: b\n\n" * 30_000,
    "signatures without end": lambda: HEAD + PLAIN + b"-- \nSent from my iPhone\n" * 50_000,
    "links without end": lambda: HEAD + PLAIN + b"https://x.example/" * 100_000,
    "parentheses in a link": lambda: HEAD + PLAIN + b"https://x.example/" + b"(" * 50_000 + b")" * 50_000,
    "a million combining marks": lambda: HEAD + PLAIN + ("a" + "\u0301" * 500_000).encode(),
    "nothing but a header": lambda: HEAD + b"\r\n",
    "nothing but a colon": lambda: b":",
    "random bytes": lambda: bytes((i * 7919 + (i >> 3)) % 256 for i in range(200_000)),
    "all bytes 255": lambda: b"\xff" * 1_000_000,
    "carriage returns only": lambda: (HEAD + PLAIN + TEXT).replace(b"\r\n", b"\r"),
    "delivery status of 100k blocks": lambda: (
        HEAD
        + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\n" * 100_000
        + b"--b--\r\n"
    ),
    "base64 attached mail": lambda: _multipart(
        b"--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(HEAD + TEXT) + b"\r\n"
    ),
    "CDATA and processing": lambda: _html(b"<![CDATA[" * 50_000 + b"<?xml " * 50_000),
    "flowed without end": lambda: HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \r\n" * 300_000,
    "quote signs without end": lambda: HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b">" * 1_000_000,
    "40 MB in base64": lambda: (
        HEAD + b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + (b"QUJD" * 19 + b"\r\n") * 520_000
    ),
    "60 MB of text": lambda: HEAD + PLAIN + b"the sky is grey\r\n" * 3_600_000,
    "30 MB attached mail": lambda: _multipart(
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + HEAD + b"\r\n" + b"the sky is grey\r\n" * 1_700_000
    ),
    "400 attachments of 60 KB": lambda: _multipart(
        (b"--b\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 15_000 + b"\r\n") * 400
    ),
    "15 MB of quoted-printable": lambda: (
        HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=41=42=43=\r\n" * 1_250_000
    ),
    "20 MB of 8-bit letters": lambda: HEAD + PLAIN + "ü".encode() * 10_000_000,
    "words that stand for bodies kept apart": lambda: HEAD + PLAIN + b"=long-body-0-0=" * 60_000,
    "all words for bodies kept apart": lambda: (
        HEAD + PLAIN + b"".join(b"=long-body-%d-0= " % i for i in range(6)) * 3000 + b"x" * 9_000_000
    ),
    "winmail.dat of a million objects": lambda: _winmail(b"\x01\x0c\x80\x02\x00\x00\x00\x00\x00\x00\x00" * 900_000),
    "winmail.dat of endless properties": lambda: _winmail(
        b"\x01\x03\x90\x06\x00\x40\x00\x00\x00" + b"\xff" * 4 + b"\x02\x10\x01\x30" + b"\xff\xff\xff\x7f" + bytes(52) + b"\0\0"
    ),
    "winmail.dat of 2000 files": lambda: _winmail((b"\x02\x02\x90\x06\x00\x0e\x00\x00\x00" + bytes(14) + b"\0\0") * 2000),
    "winmail.dat that is none": lambda: _winmail(b"\xff" * 5_000_000),
    "uuencode without end": lambda: HEAD + PLAIN + b"begin 644 a.jpg\r\n" * 200_000,
    "100k uuencoded files": lambda: HEAD + PLAIN + b"begin 644 a\r\n#0V%T\r\n`\r\nend\r\n" * 100_000,
    "uuencode of 12 MB": lambda: (
        HEAD + PLAIN + b"begin 644 a\r\n" + b"M" + b"'" * 60 + b"\r\n" * 1 + (b"M" + b"'" * 60 + b"\r\n") * 200_000 + b"end\r\n"
    ),
    "yEnc of 10 MB": lambda: HEAD + PLAIN + b"=ybegin line=128 size=1 name=a\r\n" + b"=}" * 5_000_000 + b"\r\n=yend size=1\r\n",
    "folded boundaries in each other": lambda: (
        HEAD
        + b"".join(b'Content-Type: multipart/mixed; boundary="a\r\n %d"\r\n\r\n--a %d\r\n' % (i, i) for i in range(90))
        + b"Content-Type: text/plain\r\n\r\n"
        + TEXT * 20_000
    ),
    "a multipart in base64 full of parts": lambda: (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(b"--b\r\n\r\nx\r\n" * 400_000)
    ),
    "multiparts in base64 in each other": lambda: HEAD + _base64_nested(6),
    "a boundary to guess among 300k lines": lambda: (
        HEAD + b"Content-Type: multipart/mixed\r\n\r\n" + b"--guess\r\nno header here\r\n" * 150_000
    ),
    "500 boundaries named": lambda: (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"".join(b"--b\r\nContent-Type: text/plain; boundary=b%d\r\n\r\nx\r\n" % i for i in range(450))
        + b"--b--" * 100_000
    ),
    "a header without an end": lambda: HEAD + b"X: " + b"a" * 30_000_000,
    "header fields of 30 MB": lambda: HEAD + b"X-A: a\r\n" * 3_500_000 + b"\r\n" + TEXT,
    "lines of words that begin an attribution": lambda: (
        HEAD + PLAIN + b"On 1 Jan 2026 10:00 Am Le El Il wrote schrieb a@b.example:\n\n" * 15_000
    ),
    "one line of a million words": lambda: HEAD + PLAIN + b"on am le el " * 400_000,
    "labels without end": lambda: HEAD + PLAIN + b"Sent: 10:00\nTo: a\nSubject: b\n\n" * 20_000,
    "legal words without end": lambda: HEAD + PLAIN + b"this message if you this email the information " * 20_000,
    "closings without end": lambda: HEAD + PLAIN + b"Kind regards\nAnn\n+44 20 1234567\n\n" * 20_000,
    "dashes without end": lambda: HEAD + PLAIN + b"---- On wrote ----\n" * 40_000,
    "quotes in quotes in HTML": lambda: _html(
        b"<div class=gmail_quote><blockquote class=gmail_quote>" * 390 + b"sky" + b"</blockquote></div>" * 390
    ),
    "bare quotes in HTML without end": lambda: _html(b"<blockquote>sky</blockquote>" * 90_000),
    "signatures in HTML without end": lambda: _html(b"<div class=gmail_signature>sky</div>" * 60_000),
    "Gmail headings with long text": lambda: _html((b"<div class=gmail_attr>" + b"a" * 3000 + b"</div>") * 600),
    "classes of a million letters": lambda: _html(b"<div class='" + b"gmail_ " * 280_000 + b"'>sky</div>"),
    "marks of our own in the text": lambda: HEAD + PLAIN + "\ue000\ue0011\ue002\ue003\ue004\n".encode() * 100_000,
    "a base64 attached mail of 20 MB": lambda: _multipart(
        b"--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(HEAD + TEXT * 400_000)
    ),
    "100k encoded words in a file name": lambda: _multipart(
        b'--b\r\nContent-Type: image/png; name="' + b"=?utf-8?q?a?= " * 100_000 + b'"\r\n\r\nx\r\n'
    ),
    "html in 200 parts": lambda: _multipart((b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<p>sky</p>" * 2000 + b"\r\n") * 200),
    "text in 400 parts": lambda: _multipart((b"--b\r\nContent-Type: text/plain\r\n\r\n" + b"the sky is grey\r\n" * 600) * 400),
    "1000 boundary lines and never a blank one": lambda: b"From: a@b.example\n" + (b"--b\n" + b"x" * 20_000 + b"\n") * 990,
    "1000 true boundaries and never a blank line": lambda: (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\n" + b"x" * 36_000 + b"\n") * 990
    ),
    "1000 part headers in one": lambda: (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\nContent-Type: text/plain\n" + b"X: x\n" * 4000) * 990
    ),
    "60k links that stand at the end of a long text": lambda: _twins(
        b"x" * 2_900_000 + b"https://x.example/a", b"<a href=https://x.example/a>x</a>" * 60_000, 1
    ),
    "200 twins full of links": lambda: _twins(
        b"x" * 90_000 + b"".join(b"https://x.example/%d " % i for i in range(150)),
        b"".join(b"<a href=https://x.example/%d>x</a>" % i for i in range(150)),
        200,
    ),
}
