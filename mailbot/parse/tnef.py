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
            count = min(int.from_bytes(data[at + 9 : at + 13], "little"), _MAX_PROPERTIES)
            yield kind, data[at : at + 9] + count.to_bytes(4, "little") + data[at + 13 : end]
        elif kind in _OF_FILES or kind in (_CODEPAGE, _BODY):
            yield kind, data[at:end]
        at = end
