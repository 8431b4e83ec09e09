"""Long base64 bodies are taken out of a mail before it is read: they hold no structure, and most of a mail's bytes.

The email package reads a body line by line, and every scan of the bytes would go over them again. In their place stands a mark of
one line, until the parts are known.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator, Sequence
from email.message import Message

LONG = 16 * 1024
_MAX_ENCODINGS = 2000  # mentions of base64 that are looked at; each costs a bounded look around it
_HEAD = 4096  # a part with a longer header is left as it is
_FIELD = re.compile(rb"(?i)\n?content-transfer-encoding:[ \t]*[\"']?")
_INSIDE = re.compile(rb"(?i)content-type:\s*[\"']?(?:multipart|message)/")


class Bulk:
    """The bodies taken out of one mail. Their marks stand nowhere else in it."""

    __slots__ = ("_bodies", "_mark")

    def __init__(self, mark: bytes = b"", bodies: Sequence[bytes] = ()) -> None:
        self._mark = mark
        self._bodies = bodies

    def put_back(self, raw: bytes) -> bytes:
        """The mail, or a piece of it, with the bodies in place of their marks."""
        if not self._bodies:
            return raw
        return re.sub(re.escape(self._mark) + rb"(\d+)=", lambda mark: self._bodies[int(mark[1])], raw)

    def put_back_into(self, message: Message) -> None:
        """The same for the parts of a parsed mail."""
        mark = self._mark.decode()
        for part in message.walk() if self._bodies else ():
            payload: object = part._payload  # type: ignore[attr-defined]  # get_payload() has already replaced 8-bit letters by U+FFFD
            if isinstance(payload, str) and mark in payload:
                whole = self.put_back(payload.encode("ascii", "surrogateescape"))
                part.set_payload(whole.decode("ascii", "surrogateescape"))


def message_of(raw: bytes) -> Message:
    """What `email.message_from_bytes` gives, and its exceptions."""
    rest, bulk = take_out(raw)
    message = email.message_from_bytes(rest)
    bulk.put_back_into(message)
    return message


def take_out(raw: bytes) -> tuple[bytes, Bulk]:
    """The mail with marks, and what they stand for. Linear in the bytes, hardly more than a search for a dash in the long bodies."""
    if len(raw) < LONG:
        return raw, Bulk()
    kept: list[bytes] = []
    bodies: list[bytes] = []
    last = 0
    for begin, end in _bodies(raw):
        kept.append(raw[last:begin])
        bodies.append(raw[begin:end])
        last = end
    if not bodies:
        return raw, Bulk()
    kept.append(raw[last:])
    mark = b"=long-body-"
    while any(mark in piece for piece in kept):
        mark += b"-"
    marks = [b"%s%d=" % (mark, number) for number in range(len(bodies))]
    return b"".join(piece + label for piece, label in zip(kept, [*marks, b""], strict=True)), Bulk(mark, bodies)


def _bodies(raw: bytes) -> Iterator[tuple[int, int]]:
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
                yield begin, begin + len(raw[begin:end].rstrip())
            at = max(at, end - 6)
        at = raw.find(b"base64", at + 6)


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
