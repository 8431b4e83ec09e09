"""Long text that is no base64 is taken out of a mail as well, where much is left: so a mail of 40 MB of words is not copied five times.

A stretch taken out never holds a boundary of the mail, so the parts come out the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.parse.bounds import NESTING, head_end
from mailbot.parse.bulk import Bulk, without

MUCH = 64 * 1024  # bytes of a mail that is worth it
SMALLEST = 4096  # bytes of a body that is taken out
_MAX_ATTACHED = 4  # mails in mails
_MAIL = re.compile(rb"(?i)content-type:\s{0,80}message/rfc822")
_BASE64 = re.compile(rb"(?i)transfer-encoding:\s{0,20}base64")
_FIELD = re.compile(rb"From |[!-9;-~]{0,200}:|[\t \r\n]")
_NAMED = re.compile(rb"""(?i)boundary\s{0,5}=\s{0,5}(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))""")


def take_out_text(raw: bytes, inner: Bulk) -> tuple[bytes, Bulk]:
    """The mail with marks in place of its long text, and what the marks stand for; `inner` is what was taken out before."""
    return without(raw, _bodies(raw), inner) if len(raw) >= MUCH else (raw, inner)


def _bodies(raw: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of each body worth it, in order: below a header that is no container, up to the next boundary."""
    top = head_end(raw, 0)
    if not NESTING.search(raw, 0, top):
        yield from _worth(_below(raw, top), len(raw))
        return
    marks = tuple({next(g for g in hit.groups() if g) for hit in _names(raw)})
    digest = b"digest" in raw
    at = _delimiter(raw, max(0, top - 1), marks)
    while at < len(raw):
        following = _delimiter(raw, at + 3, marks)
        if following - at > SMALLEST and (line := raw.find(b"\n", at + 1, following)) >= 0:
            end = following - (raw[following - 1 : following] == b"\r")
            yield from _worth(_body(raw, line, following, digest=digest), end)
        at = following


def _body(raw: bytes, begin: int, end: int, *, digest: bool) -> int:
    """Where the body begins below the header at `begin` (its line feed); inside an attached mail that one's; the mail's end for none."""
    if not _FIELD.match(raw, begin + 1):
        return end if digest else begin + 1  # a part without a header
    for _ in range(_MAX_ATTACHED):
        stop = head_end(raw, begin, end)
        if stop >= end:
            break
        head = raw[begin:stop]
        if not NESTING.search(head):
            typed = b"ontent-" in head or b"ONTENT-" in head or not digest
            return _below(raw, stop) if typed else len(raw)
        if not _MAIL.search(head):
            break  # a multipart has boundaries of its own; a delivery status is many headers
        if _BASE64.search(head):
            return _below(raw, stop)
        begin = _below(raw, stop) - 1
    return len(raw)


def _names(raw: bytes) -> list[re.Match[bytes]]:
    found: list[re.Match[bytes]] = []
    for spelling in (b"oundary", b"OUNDARY"):
        at = raw.find(spelling)
        while at > 0 and len(found) < 500:
            if hit := _NAMED.match(raw, at - 1):
                found.append(hit)
            at = raw.find(spelling, at + 7)
    return found


def _delimiter(raw: bytes, begin: int, marks: tuple[bytes, ...]) -> int:
    """Where the next line begins (its line feed) that starts like a boundary; the end of the mail for none."""
    at = raw.find(b"\n--", begin)
    while at >= 0 and not raw.startswith(marks, at + 3):
        at = raw.find(b"\n--", at + 3)
    return at if at >= 0 else len(raw)


def _below(raw: bytes, stop: int) -> int:
    """Where the body begins, below the blank line at the end of a header block."""
    line = raw.find(b"\n", stop)
    return line + 1 if line >= 0 else len(raw)


def _worth(begin: int, end: int) -> list[tuple[int, int]]:
    return [(begin, end)] if end - begin >= SMALLEST else []
