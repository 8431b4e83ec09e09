"""How one mail is recognised when it is seen twice (invariant I2)."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

_NAMES = (b"message-id", b"from", b"date", b"subject")
_PIECE = 1 << 20


def fingerprint(raw: bytes) -> str:
    """Sha256 (hex) over the raw Message-ID, From, Date and Subject values and the body bytes; never fails.

    Transport fields (Received, Delivered-To) and the kind of line ends differ between two sightings of one mail, so they do not
    count. Without any usable field it is the hash of all bytes.
    """
    head, body = _split(raw)
    fields = _fields(head)
    if not any(value for _, value in fields):
        return hashlib.sha256(raw).hexdigest()
    digest = hashlib.sha256()
    for name, value in fields:
        digest.update(b"%s %d:%s\n" % (name, len(value), value))
    digest.update(body.replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def fingerprint_of_file(file: BinaryIO) -> str:
    """The same for a large mail in an open file, 1 MiB at a time."""
    piece = file.read(_PIECE)
    head, body = _split(piece)
    fields = _fields(head)
    if not body or not any(value for _, value in fields):
        return fingerprint(piece + file.read())  # no end of the header in sight: no mail of this world
    digest = hashlib.sha256()
    for name, value in fields:
        digest.update(b"%s %d:%s\n" % (name, len(value), value))
    while body:
        following = file.read(_PIECE)
        if following and body.endswith(b"\r"):  # a line end may lie across the seam
            body, following = body[:-1], b"\r" + following
        digest.update(body.replace(b"\r\n", b"\n"))
        body = following
    return digest.hexdigest()


def _split(raw: bytes) -> tuple[bytes, bytes]:
    start = len(raw) - len(raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
    ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n", b"\r\r") if (at := raw.find(mark, start)) >= 0]
    if not ends:
        return raw[start:], b""
    at, width = min(ends)
    return raw[start:at], raw[at + width :]


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """All fields of `_NAMES` in a fixed order of names, unfolded by dropping line ends only."""
    found: list[tuple[bytes, list[bytes]]] = []
    for line in head.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if found:
                found[-1][1].append(line)
            continue
        name, colon, value = line.partition(b":")
        found.append((name.strip().lower() if colon else b"", [value]))
    wanted = [(name, b"".join(parts).strip()) for name, parts in found if name in _NAMES]
    return sorted(wanted, key=lambda field: _NAMES.index(field[0]))
