"""How big and how twisted a mail is, by a scan linear in its bytes; and a tame copy of one that exceeds the limits.

Python's email package is quadratic in parameters and recursive in nesting (measured: research, MIME section 1c and 1d); so what
exceeds the limits is cut *before* it is parsed, and the cut is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailbot.parse.bulk import Bulk, take_out

MIB = 1 << 20
MAX_SIZE = 40 * MIB
MAX_LINES = 600_000
MAX_HEADER = 256 * 1024
MAX_FIELD = 8192
MAX_PART_FIELD = 2048  # parameters of parts are parsed several times, each time quadratic
MAX_STATUS = 64 * 1024  # every blank line in a delivery status begins a new message object
MAX_FIELDS = 400
MAX_TRACE = 60
MAX_PARTS = 500
MAX_DEPTH = 100
_TRACE = (b"received", b"x-received", b"arc-", b"authentication-results", b"dkim-", b"x-ms-", b"x-microsoft")
NESTING = re.compile(rb"(?i)content-type:\s{0,80}(?:multipart|message)/")
_BLANK_RUN = re.compile(rb"\n[ \t\r\n]{200,}")  # one class, no group: a repeated group keeps a stack of every turn
_LONE_CR = re.compile(rb"\r(?!\n)")
_BLANK_BEFORE_COLON = re.compile(rb"(?m)^([!-9;-~]{1,60})[ \t]{1,20}:")
_SOUND_HEAD = re.compile(rb"(?:[!-9;-~]{1,200}+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)*+\r?\n?")
_UNNAMED = re.compile(
    rb"(?i)(\n)(?![ \t]|[!-9;-~]{1,200}:|\r?\n)([^\r\n]{1,500})(?=\r?\n(?:received|return-path|message-id|mime-version|"
    rb"content-[a-z-]{2,30}|x-[a-z-]{1,60}|dkim-signature|reply-to|references|in-reply-to|from|to|cc|subject|date):)"
)
_CONTENT_FIELD = re.compile(rb"(?i)content-(?:type|disposition|id|transfer-encoding|description)\s*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the scan saw: bytes, lines, parts, containers (an upper bound of depth), encoded words and parameters of headers."""

    size: int
    lines: int
    header_bytes: int
    parts: int
    containers: int
    encoded_words: int
    parameters: int
    wrapped: bool = False  # a winmail.dat, which another project's parser opens

    @property
    def small(self) -> bool:
        """Safe to parse in this process."""
        return (
            self.size <= 16 * MIB
            and self.lines <= 250_000
            and self.header_bytes <= 64 * 1024
            and self.parts <= 200
            and self.containers <= 30
            and self.encoded_words <= 1000
            and self.parameters <= 2000
            and not self.wrapped
        )


def scan(raw: bytes) -> Bounds:
    """Counts only; never an exception, one pass per count. Long base64 bodies count by their size alone."""
    size = len(raw)
    raw, _ = take_out(raw)
    head = raw[: head_end(raw, 0)]
    return Bounds(
        size=size,
        lines=raw.count(b"\n") + raw.count(b"\r") // 2,
        header_bytes=len(head),
        parts=raw.count(b"\n--"),
        containers=sum(1 for _ in _containers(raw)),
        encoded_words=head.count(b"=?"),
        parameters=head.count(b";"),
        wrapped=any(mark in raw for mark in (b"ms-tnef", b"MS-TNEF", b"winmail.dat", b"WINMAIL.DAT")),
    )


@dataclass(frozen=True, slots=True)
class Tamed:
    """The mail within the limits, its long base64 bodies in `bulk`, and what was mended or cut (sentences for a person)."""

    mail: bytes
    bulk: Bulk
    problems: tuple[str, ...]


def tame(raw: bytes) -> Tamed:
    """The mail within the limits; linear in its bytes, never an exception."""
    problems: list[str] = []
    raw = _start(raw, problems)
    if len(raw) > MAX_SIZE:
        raw = raw[:MAX_SIZE]
        problems.append(f"only the first {MAX_SIZE // MIB} MiB were read")
    raw, bulk = take_out(raw)
    if raw.count(b"\n") > MAX_LINES // 20:
        raw = _fewer_lines(raw, problems)
    raw = _short_status(raw, problems)
    cut = _nesting_cut(raw)
    if cut < len(raw):
        raw = raw[:cut]
        problems.append(f"only the first {MAX_PARTS} parts, {MAX_DEPTH} levels deep, were read")
    return Tamed(_tame_headers(raw, problems), bulk, tuple(problems))


def _start(raw: bytes, problems: list[str]) -> bytes:
    """A BOM, blank lines or an mbox line in front would make the whole header part of the body."""
    begun = raw.lstrip(b"\r\n \t\0") if raw[:3] != b"\xef\xbb\xbf" else raw[3:].lstrip(b"\r\n \t")
    if len(begun) != len(raw):
        problems.append("blank lines or a byte order mark before the header were dropped")
    if b"\n" not in begun and b"\r" in begun:
        problems.append("line ends were lone carriage returns")
        return begun.replace(b"\r", b"\n")
    return begun


def _fewer_lines(raw: bytes, problems: list[str]) -> bytes:
    fewer = _BLANK_RUN.sub(b"\n\n", raw)
    if fewer.count(b"\n") > MAX_LINES:
        end = 0
        left = MAX_LINES
        while left > 0:
            count = fewer.count(b"\n", end, end + 65536)
            end, left = end + 65536, left - count
        fewer = fewer[:end]
    if len(fewer) < len(raw):
        problems.append("thousands of lines were left out")
    return fewer


def _containers(raw: bytes) -> Iterator[int]:
    """Where Content-Type fields of multiparts and attached mails begin; found by plain search, so long base64 costs nothing."""
    for spelling in (b"ontent-", b"ONTENT-"):
        at = raw.find(spelling)
        while at > 0:
            if NESTING.match(raw, at - 1):
                yield at - 1
            at = raw.find(spelling, at + 7)


def _nesting_cut(raw: bytes) -> int:
    cuts = [len(raw)]
    containers = sorted(_containers(raw))
    if len(containers) > MAX_DEPTH:
        cuts.append(containers[MAX_DEPTH])
    if raw.count(b"\n--") > MAX_PARTS * 2:
        at = 0
        for _ in range(MAX_PARTS * 2):
            at = raw.find(b"\n--", at + 1)
        cuts.append(at)
    return min(cuts)


def _tame_headers(raw: bytes, problems: list[str]) -> bytes:
    """The mail's own header, and the content fields of its parts, each within the limits."""
    end = head_end(raw, 0)
    out = [_tame_head(raw[:end], problems)]
    last = end
    for begin, stop in _part_heads(raw, end):
        if stop - begin > MAX_PART_FIELD * 2:
            out += [raw[last:begin], _tame_part_head(raw[begin:stop])]
            last = stop
            problems.append("a part's overlong header was cut")
    if last == end and out[0] is raw:
        return raw
    return b"".join((*out, raw[last:]))


def _tame_head(head: bytes, problems: list[str]) -> bytes:
    if _LONE_CR.search(head):
        problems.append("a carriage return inside a header line was taken as a blank")
        head = _LONE_CR.sub(b" ", head)
    if len(head) > MAX_FIELD or head.count(b"\n") > MAX_FIELDS:
        head = _short_head(head, problems)
    return _mended_lines(head, problems)


def _short_head(head: bytes, problems: list[str]) -> bytes:
    kept: list[bytes] = []
    size = trace = 0
    whole = True
    for field in _fields(head):
        mechanical = field[:32].lower().startswith(_TRACE)
        trace += mechanical
        if (mechanical and trace > MAX_TRACE) or len(kept) >= MAX_FIELDS or size > MAX_HEADER:
            whole = False
            continue
        if len(field) > MAX_FIELD:
            whole = False
            field = field[:MAX_FIELD].rstrip(b"\r\n") + b"\n"  # noqa: PLW2901 - the cut field takes the place of the long one
        kept.append(field)
        size += len(field)
    if not whole:
        problems.append("overlong or too many header fields were cut")
    return b"".join(kept)


def _mended_lines(head: bytes, problems: list[str]) -> bytes:
    """The email package ends the header at the first line that is no field, and all fields below it would be text."""
    if _SOUND_HEAD.fullmatch(head):
        return head
    mended = _BLANK_BEFORE_COLON.sub(rb"\1:", head)
    mended = _UNNAMED.sub(rb"\1X-Unnamed: \2", mended)
    if mended != head:
        problems.append("a line of the header that is no field was mended")
    return mended


def _fields(head: bytes) -> Iterator[bytes]:
    begin = 0
    for hit in re.finditer(rb"\n(?![ \t])", head):
        yield head[begin : hit.end()]
        begin = hit.end()
    if begin < len(head):
        yield head[begin:]


def _part_heads(raw: bytes, begin: int) -> Iterator[tuple[int, int]]:
    """Header blocks after boundary lines and, for attached mails, the block after that one."""
    done = begin
    stop = -1
    at = raw.find(b"\n--", max(0, begin - 2))
    while at >= 0:
        line = raw.find(b"\n", at + 1)
        if line < 0:
            return
        done = max(done, line + 1)
        stop = stop if stop > done else head_end(raw, done)  # lines before one blank line have it in common
        while stop > done and _CONTENT_FIELD.search(raw, done, min(stop, done + 8192)):
            yield done, stop
            attached = NESTING.search(raw, done, stop)
            done = stop + 1
            if attached is None:
                break
            stop = head_end(raw, min(len(raw), done + 1))
        at = raw.find(b"\n--", max(at + 1, done - 2))


def _tame_part_head(head: bytes) -> bytes:
    cap = MAX_PART_FIELD
    return b"".join(f if len(f) <= cap else f[:cap].rstrip(b"\r\n") + b"\n" for f in _fields(head))[: 32 * cap]


def _short_status(raw: bytes, problems: list[str]) -> bytes:
    at = raw.find(b"message/delivery-status")
    while at >= 0:
        stop = raw.find(b"\n--", at)
        stop = len(raw) if stop < 0 else stop
        if stop - at > MAX_STATUS:
            raw = raw[: at + MAX_STATUS] + raw[stop:]
            problems.append("only the first part of a long delivery status was read")
        at = raw.find(b"message/delivery-status", at + 23)
    return raw


def head_end(raw: bytes, begin: int, end: int | None = None) -> int:
    """Offset of the first blank line's line end (the end of the header block), or `end` (the mail's end) where there is none before it.

    Most blank lines are near; the whole rest is searched for both spellings only when they are not."""
    last = len(raw) if end is None else end
    for window in (begin + 4096, begin + MAX_HEADER * 2, last):
        ends = [at for mark in (b"\n\n", b"\n\r\n") if (at := raw.find(mark, begin, min(window, last))) >= 0]
        if ends:
            return min(ends) + 1
    return last
