"""Messages from files, for `explain` and imports: .eml, directories of them, mbox, order comments as .json, standard input."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from mailbot.errors import NotFound, Unreadable
from mailbot.model.fingerprint import fingerprint
from mailbot.model.message import ReceivedMessage, Sighting

LARGEST_FILE = 256 << 20  # bytes of one mail
_FROM_LINE = re.compile(rb"From [^\r\n]*\d{4}[^\r\n]*\r?\n")  # the separator ends in a date (RFC 4155)
_QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")


def read_any(path: Path, received_at: datetime) -> Iterator[ReceivedMessage]:
    """Directory, mbox or single file, told apart by what it is. Raises NotFound, Unreadable."""
    if path.is_dir():
        yield from read_folder(path, received_at)
    elif _is_mbox(path):
        yield from read_mbox(path, received_at)
    else:
        yield read_file(path, received_at)


def read_folder(path: Path, received_at: datetime) -> Iterator[ReceivedMessage]:
    """All .eml files below a directory, in order of their names. Raises NotFound, Unreadable."""
    if not path.is_dir():
        raise NotFound(f"{path}: there is no such directory.")
    for file in sorted(p for p in path.rglob("*") if p.suffix.lower() == ".eml" and p.is_file()):
        yield read_file(file, received_at)


def read_file(path: Path, received_at: datetime) -> ReceivedMessage:
    """One mail, or one order comment where the name ends in .json. Raises NotFound, Unreadable."""
    raw = _bytes_of(path)
    if path.suffix.lower() == ".json":
        return read_comment(raw, received_at, str(path))
    return read_bytes(raw, received_at, str(path))


def read_bytes(raw: bytes, received_at: datetime, place: str = "-") -> ReceivedMessage:
    """One mail, or an order comment where the bytes are a JSON object (standard input). Raises Unreadable for empty input."""
    if not raw.strip():
        raise Unreadable(f"{place}: there is nothing in it. Give a mail (.eml), an mbox or an order comment (.json).")
    if raw.lstrip()[:1] == b"{":
        return read_comment(raw, received_at, place)
    return _mail(raw, received_at, place, 0)


def read_comment(raw: bytes, received_at: datetime, place: str) -> ReceivedMessage:
    """The contract's Comment as JSON. Raises Unreadable."""
    try:
        comment = json.loads(raw)
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"{place}: this is not JSON ({fault}). An order comment is the contract's Comment object.") from None
    if not isinstance(comment, dict) or not isinstance(comment.get("id"), str | int):
        raise Unreadable(f"{place}: this is no order comment: an object with `id`, `order_id`, `author`, `body` is wanted.")
    seen = Sighting(place=place, comment_id=str(comment["id"]))
    return ReceivedMessage(
        source="order_comment", sighting=seen, received_at=received_at, fingerprint=fingerprint(raw), raw=raw, size=len(raw)
    )


def read_mbox(path: Path, received_at: datetime) -> Iterator[ReceivedMessage]:
    """The mails of an mbox in order, one in memory at a time; `>From ` is unquoted (mboxrd). Raises NotFound, Unreadable."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(_split_mbox(file), start=1):
                yield _mail(raw, received_at, str(path), number)
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file.") from None
    except OSError as fault:
        raise Unreadable(f"{path}: cannot be read: {fault.strerror}.") from None


def _split_mbox(file: BinaryIO) -> Iterator[bytes]:
    lines: list[bytes] = []
    size = 0
    after_blank = True
    inside = False
    for line in file:
        if after_blank and _FROM_LINE.fullmatch(line):
            if inside:
                yield _unquoted(lines)
            lines, size, inside, after_blank = [], 0, True, False
            continue
        after_blank = line in (b"\n", b"\r\n")
        size += len(line)
        if inside and size <= LARGEST_FILE:
            lines.append(line)
    if inside:
        yield _unquoted(lines)


def _unquoted(lines: list[bytes]) -> bytes:
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines = lines[:-1]  # the blank line before the next separator belongs to the mbox
    return _QUOTED_FROM.sub(rb"\1", b"".join(lines))


def _is_mbox(path: Path) -> bool:
    if path.suffix.lower() == ".mbox":
        return True
    try:
        with path.open("rb") as file:
            return _FROM_LINE.fullmatch(file.readline(1000)) is not None
    except OSError:
        return False


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Unreadable(f"{path}: larger than {LARGEST_FILE >> 20} MiB, that is no mail.")
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file.") from None
    except OSError as fault:
        raise Unreadable(f"{path}: cannot be read: {fault.strerror}.") from None


def _mail(raw: bytes, received_at: datetime, place: str, number: int) -> ReceivedMessage:
    seen = Sighting(place=place, uid=number)
    return ReceivedMessage(source="email", sighting=seen, received_at=received_at, fingerprint=fingerprint(raw), raw=raw, size=len(raw))
