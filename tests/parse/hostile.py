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
}
