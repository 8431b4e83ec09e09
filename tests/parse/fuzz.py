"""Mails that nobody would write, from a seed: damaged ones of the corpora, and grown ones.

By hand:  python -m tests.parse.fuzz --seconds 600 --seed 7     (prints each input that breaks a promise, as seed:number)
          python -m tests.parse.fuzz --show 7:1234 > mail.eml
"""

from __future__ import annotations

import argparse
import base64
import binascii
import gc
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple
from typing import Any

from mailbot.errors import Unreadable
from mailbot.parse import guard, lines, mime, parse
from tests.parse.mails import DATA, OWN, received

SLOWEST = 1.0  # CPU seconds of one input
LARGEST = 400_000  # bytes of one input; larger ones are the hostile mails' matter
Random = random.Random

FIELDS = (
    "From: Ann <a@b.example>", "From: =?utf-8?q?J=C3=B6rg?= <j@b.example>, b@c.example", "From: g: a@b.example, c@d.example;", "From: a at b",
    "To: undisclosed-recipients:;", "Subject: Correction: sky", "Subject: =?gb2312?B?xOO6ww==?= =?utf-8?q?=C3?= =?utf-8?q?=A4?=", "Date: Tue, 03 Mar 2026 10.00.00",
    "Date: 2026-03-03", "Message-ID: <x@y.example>", "Message-ID: x@y", "References: <a@b> <c@d>", "In-Reply-To: <a@b>", "MIME-Version: 1.0", "Auto-Submitted: auto-replied",
    "Received: from a by b; Tue, 03 Mar 2026 10:00:00 +0000", "Return-Path: <>", "X-Odd: \u00e4\ud83d\ude00", "List-Id: <x>", "Content-ID: <i@b>", "Reply-To: <r@b.example>",
)  # fmt: skip
TYPES = (
    "text/plain", "text/plain; charset=utf-8", "text/plain; charset=iso-8859-1; format=flowed; delsp=yes", "text/html; charset=utf-8", "text/html", "text/plain; charset=utf-7",
    "text/plain; charset=utf-16", "text/plain; charset=iso-2022-jp", "text/plain; charset=x-none", "image/jpeg; name=roof.jpg", "image/png; name*0*=utf-8''H%C3%A4; name*1=u.png",
    "application/ms-tnef; name=winmail.dat", "message/rfc822", "message/delivery-status", "text/rfc822-headers", "application/pdf; name=\"=?utf-8?q?a=2Epdf?=\"", "text/calendar", "nonsense", "", "/",
)  # fmt: skip
MULTIPARTS = ("mixed", "alternative", "related", "report; report-type=delivery-status", "digest", "signed", "form-data", "x")
ENCODINGS = ("7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "binary", "BASE64 ", "nonsense", "")
DISPOSITIONS = (
    "",
    "inline",
    "attachment; filename=a.jpg",
    "attachment; filename*=utf-8''%E2%82%AC.pdf",
    "=?utf-8?q?x?=",
    'inline; filename="../../x"',
    "form-data",
)
SAID = (
    "The sky on image 4589 is grey.", "Correction: roof", "https://x.example/a_(b)?c=1.", "Kind regards\nAnn Berg\n+44 20 1234567", "-- \nAnn", "--", "____________________",
    "On Mon, Mar 3, 2026 at 10:00 AM S <s@m.example> wrote:", "On 3 March 2026 you wrote:", "Am 03.03.26 um 10:00 schrieb S:", "2026\u5e743\u67083\u65e5(\u706b) 10:00 S <s@m.example>:",
    "From: S <s@m.example>\nSent: Monday 10:00\nTo: A\nSubject: x", "-----Original Message-----", "---------- Forwarded message ---------", "> quoted", ">> twice", "| bar", "&gt; odd",
    "Sent from my iPhone", "Get Outlook for iOS<https://aka.ms/o0ukef>", "This email is confidential and intended only for you. If you are not the intended recipient delete it.",
    "=== Please write above this line ===", "\u202eabc\u200bdef\u2066", "a\u0301" * 40, "\ue000", "\ue0011\ue002", "begin 644 a.jpg\n#0V%T\n`\nend", "=ybegin line=1 size=1 name=a\nx\n=yend size=1",
    "=long-body-0-0=", "\u4f60\u597d\uff0c\u7b2c3\u5f20", "\u041f\u0440\u0438\u0432\u0435\u0442", "\t\t", " " * 300, "a" * 500, "\x00\x07\x1b[31m", "\U0010ffff\ufffe", "1 2 3 4 5 6 7 8 9", "=?utf-8?q?in_the_text?=",
)  # fmt: skip
MARKUP = (
    "<div>", "</div>", "<blockquote type=cite>", "</blockquote>", "<blockquote>", "<div class=gmail_quote>", "<div class=gmail_attr>-----", "<p style='display:none'>", "<a href='https://x.example/a'>",
    "</a>", "<br>", "<table><tr><td>", "</table>", "<pre>", "</pre>", "<div id=divRplyFwdMsg>", "<div id=Signature>", "<style>p{}", "<!--", "-->", "<![CDATA[", "&nbsp;", "&#xE000;", "&#55296;", "<hr>",
    "<li>", "<div style='border:none;border-top:solid #E1E1E1 1.0pt'>", "<meta charset=utf-16>", "<img src=cid:i@b>", "<svg>", "<", ">", "</", "<div hidden>", "<b",
)  # fmt: skip
BYTES = (
    b"\r\n\r\n", b"\n", b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"--b\r\n", b"--b--\r\n", b"=?utf-8?b?", b"?=", b";" * 40, b"\"", b"boundary=", b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n\r\n", b"Content-Transfer-Encoding: base64\r\n", b"charset=\"", b"From ", b"=\r\n", b"> ", b"\xe4\xf6", b"\xf0\x9f\x98", b"*0*=''%", b"(" * 30, b"<" * 30, b"base64", b"\x1a",
)  # fmt: skip


def corpus() -> list[bytes]:
    """Mails and replies of the repository, small ones."""
    files = sorted(p for folder in ("mails", "replies", "replies_own", "replies_second") for p in (DATA / folder).iterdir())
    return [p.read_bytes() for p in files if p.suffix in (".eml", ".txt", ".html") and 0 < p.stat().st_size < 60_000]


def make(seed: int, number: int, seeds: list[bytes]) -> bytes:
    """Input `number` of a seed; the same bytes for the same corpus."""
    chance = Random(f"{seed}:{number}")
    raw = _grown(chance) if chance.random() < 0.5 else _sent(chance, chance.choice(seeds))
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
        raw = chance.choice(DAMAGES)(chance, raw, seeds)
    return raw[:LARGEST]


def broken(raw: bytes) -> str:
    """The promise that this input breaks, "" for none."""
    begun = time.thread_time()  # of this thread: a test worker may have servers in others
    try:
        message = parse(received(raw), OWN)
    except Unreadable:
        return ""
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:300]
    if (took := time.thread_time() - begun) > SLOWEST:
        return f"took {took:.1f} s"
    return _texts(message) or _spans(message) or _bytes(raw, message) or _round_trip(message)


def _texts(message: Any) -> str:
    for text in _strings(astuple(message)):
        if "\0" in text or (not text.isascii() and not _encodes(text)):
            return f"a text cannot be stored: {text[:60]!r}"
        if not text.isascii() and lines.RESERVED.search(text) and text in (message.text, message.quoted, message.signature):
            return "a mark of ours is left in the text"
    return ""


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _spans(message: Any) -> str:
    wrong = [x for x in message.links if x.start >= 0 and message.text[x.start : x.end] != x.url]
    return f"a link's place is wrong: {wrong[0]}" if wrong else ""


def _bytes(raw: bytes, message: Any) -> str:
    for number, attachment in list(enumerate(message.attachments))[:3]:
        data = mime.attached(raw, number)[1]
        if (len(data), hashlib.sha256(data).hexdigest()) != (attachment.size, attachment.sha256):
            return f"attachment {number} gives other bytes"
    return ""


def _round_trip(message: Any) -> str:
    again = guard.message_from_json(json.loads(json.dumps(guard.message_to_json(message))))
    return "" if again == message else "the child's answer reads otherwise"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _strings(one)


def _sent(chance: Random, body: bytes) -> bytes:
    if b"\n\n" in body[:4000] and b":" in body[:40]:
        return body
    return f"{_head(chance)}Content-Type: {chance.choice(TYPES)}\r\n\r\n".encode("utf-8", "surrogatepass") + body


def _grown(chance: Random) -> bytes:
    return _head(chance).encode("utf-8", "surrogatepass") + _part(chance, chance.choice((0, 1, 1, 2, 3, 5)))


def _head(chance: Random) -> str:
    return "".join(f"{chance.choice(FIELDS)}\r\n" for _ in range(chance.randrange(8)))


def _part(chance: Random, depth: int) -> bytes:
    if depth == 0 or chance.random() < 0.2:
        return _leaf(chance)
    mark = chance.choice(("b", "b", f"b{depth}", "foo bar", "=_x-'()+_,./:=?", ""))
    named = chance.choice(
        (f'boundary="{mark}"', f"boundary={mark}", f'boundary="{mark}"', "", 'boundary="other"', f"\r\n\tboundary='{mark}'")
    )
    field = f"Content-Type: multipart/{chance.choice(MULTIPARTS)}; {named}\r\n\r\n".encode()
    between = f"--{mark}\r\n".encode()
    parts = [between + _part(chance, depth - 1) + b"\r\n" for _ in range(chance.randrange(4))]
    return field + b"".join(parts) + chance.choice((f"--{mark}--\r\n".encode(), b""))


def _leaf(chance: Random) -> bytes:
    kind, encoding = chance.choice(TYPES), chance.choice(ENCODINGS)
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\nContent-Disposition: {chance.choice(DISPOSITIONS)}\r\n\r\n"
    body = _markup(chance) if "html" in kind else _said(chance)
    if "rfc822" in kind and chance.random() < 0.7:
        body = _grown(chance) if chance.random() < 0.5 else body
    if "tnef" in kind:
        body = b"\x78\x9f\x3e\x22\x01\x00" + chance.randbytes(chance.randrange(200))
    return head.encode() + _encoded(chance, encoding.strip().lower(), body)


def _encoded(chance: Random, encoding: str, body: bytes) -> bytes:
    if chance.random() < 0.15:
        return body
    if encoding == "base64":
        return base64.encodebytes(body)
    if encoding == "quoted-printable":
        return binascii.b2a_qp(body)
    return body


def _said(chance: Random) -> bytes:
    said = [chance.choice(SAID) for _ in range(chance.choice((1, 3, 8, 20)))]
    code = chance.choice(("utf-8", "utf-8", "utf-16", "cp1252", "gb18030", "iso2022_jp", "utf-7"))
    return chance.choice(("\n", "\r\n", "\n\n")).join(said).encode(code, "replace") if chance.random() < 0.9 else chance.randbytes(80)


def _markup(chance: Random) -> bytes:
    pieces = [chance.choice(MARKUP) if chance.random() < 0.6 else chance.choice(SAID) for _ in range(chance.choice((3, 12, 60)))]
    return "".join(pieces).encode("utf-8", "replace")


def _at(chance: Random, raw: bytes) -> int:
    return chance.randrange(len(raw) + 1)


def _insert(chance: Random, raw: bytes, _: list[bytes]) -> bytes:
    at = _at(chance, raw)
    return raw[:at] + chance.choice(BYTES) + raw[at:]


def _cut_out(chance: Random, raw: bytes, _: list[bytes]) -> bytes:
    at = _at(chance, raw)
    return raw[:at] + raw[at + chance.choice((1, 2, 10, 100, 1000)) :]


def _flip(chance: Random, raw: bytes, _: list[bytes]) -> bytes:
    out = bytearray(raw)
    for _ in range(chance.choice((1, 4, 30))):
        if out:
            out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out)


def _repeat(chance: Random, raw: bytes, _: list[bytes]) -> bytes:
    at = _at(chance, raw)
    piece = raw[at : at + chance.choice((1, 5, 40, 400))]
    return raw[:at] + piece * min(chance.choice((2, 50, 2000)), LARGEST // (len(piece) or 1) + 1) + raw[at:]


def _splice(chance: Random, raw: bytes, seeds: list[bytes]) -> bytes:
    other = chance.choice(seeds)
    return raw[: _at(chance, raw)] + other[_at(chance, other) :]


def _line_ends(chance: Random, raw: bytes, _: list[bytes]) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", chance.choice((b"\r", b"\r\n", b"\n\n", b"\r\r\n")))


def _swap_lines(chance: Random, raw: bytes, _: list[bytes]) -> bytes:
    found = raw.split(b"\n")
    if len(found) > 1:
        a, b = chance.randrange(len(found)), chance.randrange(len(found))
        found[a], found[b] = found[b], found[a]
    return b"\n".join(found)


DAMAGES: tuple[Callable[[Random, bytes, list[bytes]], bytes], ...] = (
    _insert, _insert, _cut_out, _cut_out, _flip, _repeat, _splice, _line_ends, _swap_lines,
)  # fmt: skip


def run(seed: int, *, cpu_seconds: float, most: int, begin: int = 0) -> tuple[int, list[str]]:
    """How many inputs were tried, and what broke ("seed:number promise"), within the CPU time."""
    seeds = corpus()
    gc.freeze()  # a test worker holds half a GiB by then; a collection of that is not the input's cost
    until = time.process_time() + cpu_seconds
    found: list[str] = []
    number = begin
    while number < begin + most and time.process_time() < until:
        if why := broken(make(seed, number, seeds)):
            found.append(f"{seed}:{number} {why}")
            print(found[-1], file=sys.stderr, flush=True)
        number += 1
    gc.unfreeze()
    return number - begin, found


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--show", help="write the input seed:number to standard output")
    given = asked.parse_args()
    if given.show:
        seed, number = map(int, given.show.split(":"))
        sys.stdout.buffer.write(make(seed, number, corpus()))
        return 0
    tried, found = run(given.seed, cpu_seconds=given.seconds, most=10**9)
    print(f"{tried} inputs, {len(found)} broke a promise")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
