"""Files that old mail programs and news readers write into the text itself: uuencode and yEnc."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable

from mailbot.parse import charset, header

MAX_FILES = 20
MARK = re.compile(rb"\n(?:begin |=ybegin )")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?$", re.M)
_UU_END = re.compile(rb"^end[ \t]*\r?$", re.M)
_Y_BEGIN = re.compile(rb"^=ybegin [^\r\n]{0,200}?name=([^\r\n]{1,200})\r?$", re.M)
_Y_END = re.compile(rb"^=yend [^\r\n]{0,200}$", re.M)
_Y_ESCAPE = re.compile(rb"=(.)", re.S)
_Y_BACK = bytes((i - 42) % 256 for i in range(256))

Files = list[tuple[str, bytes]]


def cut(data: bytes) -> tuple[bytes, Files]:
    """The text without such files, and their names and bytes; a beginning without an end is text."""
    files: Files = []
    if b"begin " not in data:
        return data, files
    for begin, end, decode in ((_UU_BEGIN, _UU_END, uudecode), (_Y_BEGIN, _Y_END, _ydecode)):
        data = _cut(data, begin, end, decode, files)
    return data, files


def uudecode(body: bytes) -> bytes | None:
    """The bytes of the lines between "begin" and "end"; None where most are no uuencode. A line is read as far as its count says."""
    out: list[bytes] = []
    lines = [line for line in body.splitlines() if line.strip()]
    for line in lines:
        for piece in (line, line[: (((line[0] - 32) & 63) * 4 + 5) // 3]):
            try:
                out.append(binascii.a2b_uu(piece))
                break
            except binascii.Error:
                continue
    return b"".join(out) if len(out) * 2 > len(lines) else None


def _cut(data: bytes, begin: re.Pattern[bytes], end: re.Pattern[bytes], decode: Callable[[bytes], bytes | None], files: Files) -> bytes:
    kept: list[bytes] = []
    last = 0
    while len(files) < MAX_FILES and (top := begin.search(data, last)):
        bottom = end.search(data, top.end())
        found = decode(data[top.end() : bottom.start()]) if bottom else None
        if bottom is None:
            break
        if found is None:
            kept.append(data[last : bottom.end()])
        else:
            kept.append(data[last : top.start()])
            files.append((header.file_name(charset.decode(top[1], None)), found))
        last = bottom.end()
    return b"".join((*kept, data[last:]))


def _ydecode(body: bytes) -> bytes | None:
    lines = [x for x in body.splitlines() if not x.startswith(b"=y")]
    escaped = _Y_ESCAPE.sub(lambda m: bytes([(m[1][0] - 64) % 256]), b"".join(lines))
    return escaped.translate(_Y_BACK) or None
