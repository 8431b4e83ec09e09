"""winmail.dat: files and text that Outlook wrapped into TNEF ([MS-OXTNEF]), by the optional extra `outlook`.

The library is LGPL, so it is never in the core, and it copies what is left of the data at every object; so it gets one small stream for
each attached file, with counts clamped. bounds.py sends mails with TNEF to the child with limits.
"""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mailbot.parse import charset, header

MISSING = "winmail.dat was kept but not opened: install the extra `outlook` (pip install 'mailbot[outlook]') to see the files in it"
_DAMAGED = "winmail.dat is damaged; only a part of it was read"
_MAX_DATA = 25 << 20
_MAX_OBJECTS = 2000
_MAX_PROPERTIES = 500
_SIGNATURE = b"\x78\x9f\x3e\x22"
_NEW_FILE, _CODEPAGE, _MESSAGE_PROPERTIES, _FILE_PROPERTIES, _BODY = 0x9002, 0x9007, 0x9003, 0x9005, 0x800C
_OF_FILES = frozenset((_NEW_FILE, 0x8010, 0x800F, _FILE_PROPERTIES))
_MAX_VALUES = 200  # of one property
_SIZED = frozenset((0x0000, 0x000D, 0x001E, 0x001F, 0x0102))  # each value begins with its length
_FIXED = {0x0002: 2, 0x000B: 2, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8, 0x0048: 16}
_TYPES = mimetypes.MimeTypes()  # its own table only, no files of the machine


@dataclass(frozen=True, slots=True)
class File:
    """One file in the wrapping; the content type follows from its name."""

    name: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Opened:
    """`files` in order; `plain` and `html` the text in the wrapping, which most mails also carry outside."""

    files: list[File]
    plain: str = ""
    html: str = ""
    problem: str = ""


def opens(content_type: str, name: str) -> bool:
    """Whether an attachment is such a wrapping."""
    return content_type in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat"


def type_of(name: str) -> str:
    """The content type that a file's name stands for."""
    return _TYPES.guess_type(name)[0] or "application/octet-stream"


def unwrap(data: bytes) -> Opened:
    """What can be read; never an exception."""
    try:
        import tnefparse
    except ImportError:
        return Opened([], problem=MISSING)
    logging.getLogger("tnefparse").setLevel(logging.CRITICAL)  # it reports what we tell in `problem`
    opened = Opened([])
    if data[:4] != _SIGNATURE or len(data) > _MAX_DATA:
        opened.problem = _DAMAGED
        return opened
    for stream in _streams(data):
        try:
            _read(tnefparse.TNEF(stream, do_checksum=False), opened)
        except Exception:  # the library raises many kinds on damaged data
            opened.problem = _DAMAGED
    return opened


def _read(tnef: Any, opened: Opened) -> None:
    for one in tnef.attachments:
        name = header.file_name(_text(_long_name(one)))
        opened.files.append(File(name, type_of(name), bytes(one.data or b"")))
    opened.plain = opened.plain or _text(tnef.body)
    opened.html = opened.html or _text(tnef.htmlbody)


def _long_name(attachment: Any) -> Any:
    try:
        return attachment.long_filename()
    except (UnicodeError, ValueError, IndexError):
        return attachment._name


def _text(value: Any) -> str:
    value = value[0] if isinstance(value, list) and value else value
    return charset.decode(value, None) if isinstance(value, bytes) else charset.clean(value) if isinstance(value, str) else ""


def _streams(data: bytes) -> Iterator[bytes]:
    """The message's own objects as one stream, then one for each file."""
    begin = data[:6]
    groups: list[list[bytes]] = [[]]
    for kind, piece in _objects(data):
        if kind == _CODEPAGE:
            begin += piece
        elif kind in _OF_FILES:
            if kind == _NEW_FILE or len(groups) == 1:
                groups.append([])
            groups[-1].append(piece)
        else:
            groups[0].append(piece)
    for group in groups:
        if group:
            yield begin + b"".join(group) + bytes(12)  # the library stops 12 bytes before the end


def _objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The objects that hold files or text; level, id, type, size, data, checksum (section 2.1.3.1)."""
    at = 6
    for _ in range(_MAX_OBJECTS):
        size = int.from_bytes(data[at + 5 : at + 9], "little")
        end = at + 9 + size + 2
        if len(data) < at + 11 or end > len(data):
            return
        kind = int.from_bytes(data[at + 1 : at + 3], "little")
        if kind in (_MESSAGE_PROPERTIES, _FILE_PROPERTIES):
            count = _sound_properties(data[at + 9 : end - 2])
            yield kind, data[at : at + 9] + count.to_bytes(4, "little") + data[at + 13 : end]
        elif kind in _OF_FILES or kind in (_CODEPAGE, _BODY):
            yield kind, data[at:end]
        at = end


def _sound_properties(data: bytes) -> int:
    """How many MAPI properties from the first on stay within the data; the library takes every count and length on trust."""
    at = 4
    for number in range(min(_number(data, 0), _MAX_PROPERTIES)):
        kind, name = _number(data, at, 2), _number(data, at + 2, 2)
        at += 4
        if name >= 0x8000:  # named: a GUID, then a number or a text
            at += 20 + (4 if _number(data, at + 16) == 0 else 4 + _padded(_number(data, at + 20)))
        many, kind = bool(kind & 0x1000), kind & ~0x1000
        sized = kind in _SIZED
        count = _number(data, at) if many or sized else 1
        at += 4 if many or sized else 0
        if count > _MAX_VALUES or (not sized and kind not in _FIXED):
            return number
        for _ in range(count):
            at += 4 + _padded(_number(data, at)) if sized else _FIXED[kind]
        at += (-at) % 4
        if at > len(data):
            return number
    return min(_number(data, 0), _MAX_PROPERTIES)


def _number(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _padded(size: int) -> int:
    return size + (-size) % 4
