"""Long bodies are taken out of a mail before it is read: they hold no structure, and most of a mail's bytes.

The email package reads a body line by line and copies it several times, and every scan of the bytes would go over it again. In its
place stands a mark of one line, until somebody asks for the bytes of the part. Base64 is taken out first, by plain search; other long
text only where much is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

LONG = 16 * 1024
_MAX_ENCODINGS = 2000  # mentions of base64 that are looked at; each costs a bounded look around it
_HEAD = 4096  # a part with a longer header is left as it is
_FIELD = re.compile(rb"(?i)\n?content-transfer-encoding:[ \t]*[\"']?")
_INSIDE = re.compile(rb"(?i)content-type:\s*[\"']?(?:multipart|message)/")


class Bulk:
    """The bodies taken out of one mail, as views. Their marks stand nowhere else in it; `inner` holds what was taken out before."""

    __slots__ = ("_bodies", "_inner", "_mark")

    def __init__(self, mark: bytes = b"", bodies: Sequence[memoryview] = (), inner: Bulk | None = None) -> None:
        self._mark = mark
        self._bodies = bodies
        self._inner = inner

    def restore(self, wire: bytes) -> bytes | memoryview:
        """The mail, or a piece of it, with the bodies in place of their marks; one whole body without a copy."""
        found: bytes | memoryview = wire
        if self._bodies and self._mark in wire:
            pieces = re.split(re.escape(self._mark) + rb"(\d{1,6})=", wire)
            whole = [self._bodies[int(piece)] if place % 2 else piece for place, piece in enumerate(pieces) if piece]
            found = whole[0] if len(whole) == 1 else b"".join(whole)
        if self._inner and self._inner._bodies:
            return self._inner.restore(bytes(found))
        return found


def take_out(raw: bytes) -> tuple[bytes, Bulk]:
    """The mail with marks, and what they stand for. Linear in the bytes, hardly more than a search for a dash in the long bodies."""
    return without(raw, _base64(raw)) if len(raw) >= LONG else (raw, Bulk())


def without(raw: bytes, bodies: Iterable[tuple[int, int]], inner: Bulk | None = None) -> tuple[bytes, Bulk]:
    """The mail with marks in place of these stretches (begin, end), which stand in order."""
    view = memoryview(raw)
    kept: list[bytes] = []
    taken: list[memoryview] = []
    last = 0
    for begin, end in bodies:
        kept.append(raw[last:begin])
        taken.append(view[begin:end])
        last = end
    kept.append(raw[last:])
    mark = next((m for i in range(5) if not any((m := b"=long-body-%d-" % i) in piece for piece in kept)), b"")
    if not taken or not mark:  # a mail that uses all marks is read as it is
        return raw, inner or Bulk()
    marks = [b"%s%d=" % (mark, number) for number in range(len(taken))]
    return b"".join(piece + label for piece, label in zip(kept, [*marks, b""], strict=True)), Bulk(mark, taken, inner)


def _base64(raw: bytes) -> Iterator[tuple[int, int]]:
    """(begin, end) of each long body whose part says that it is base64. None of them holds a dash, so no boundary."""
    at = raw.find(b"base64")
    for _ in range(_MAX_ENCODINGS):
        if at < 0:
            return
        begin = _body_begins(raw, at)
        if begin:
            dash = raw.find(b"-", begin)
            end = len(raw) if dash < 0 else dash
            if end - begin > LONG:
                yield begin, _without_blanks(raw, begin, end)
            at = max(at, end - 6)
        at = raw.find(b"base64", at + 6)


def _without_blanks(raw: bytes, begin: int, end: int) -> int:
    """Where the last letter ends, of the last few thousand."""
    tail = raw[max(begin, end - _HEAD) : end]
    return end - len(tail) + len(tail.rstrip())


def _body_begins(raw: bytes, at: int) -> int:
    """Where the body of the part begins whose encoding is named at `at`; 0 where that is no such field or a container's."""
    line = raw.rfind(b"\n", max(0, at - 80), at) + 1
    if not _FIELD.fullmatch(raw, line, at):
        return 0
    ends = [found + len(blank) for blank in (b"\n\n", b"\n\r\n") if (found := raw.find(blank, at, at + _HEAD)) >= 0]
    begins = max(raw.rfind(blank, max(0, line - _HEAD), line) for blank in (b"\n\n", b"\n\r\n", b"\n--"))
    if not ends or (begins < 0 and line > _HEAD):
        return 0
    begin = min(ends)
    return 0 if _INSIDE.search(raw, max(begins, 0), begin) else begin
