"""Parsing that a hostile mail can neither stall nor crash: small mails here, all others in a child with limits.

The child gets the raw bytes and what it needs of OwnMarks by stdin and answers JSON by stdout; it never sees the secret's use
elsewhere, the database or the network.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mailbot.errors import NotFound, Unreadable
from mailbot.model.message import (
    Address,
    Attachment,
    CommentFacts,
    DeliveryReport,
    Link,
    OwnMarks,
    ParsedMessage,
    ReceivedMessage,
    Sighting,
)
from mailbot.parse import parse
from mailbot.parse.bounds import scan
from mailbot.parse.mime import attached

SECONDS = 5
PICTURE_SECONDS = 15
MEMORY = 600 * 1024 * 1024
_REMEDY = "Open the original on the desk and book it by hand; `mailbot replay` tries it again."
_NESTED: dict[str, type[Any]] = {
    "sender": Address, "forwarded": Address, "from_all": Address, "reply_to": Address, "to": Address, "cc": Address, "links": Link,
    "attachments": Attachment, "report": DeliveryReport, "comment": CommentFacts,
}  # fmt: skip


def parse_guarded(message: ReceivedMessage, own: OwnMarks, attempt: int) -> ParsedMessage:
    """`parse`, in this process when the scan says small and it is the first attempt; raises only `Unreadable`."""
    if attempt == 1 and message.raw_path is None and scan(message.raw).small:
        try:
            return parse(message, own)
        except (Unreadable, MemoryError):
            raise
        except Exception as error:
            raise Unreadable(f"The message could not be read ({type(error).__name__}). {_REMEDY}") from error
    return _in_child(message, own)


def attachment_guarded(message: ReceivedMessage, number: int) -> tuple[Attachment, bytes]:
    """Attachment `number` (its place in `ParsedMessage.attachments`, from 0) and its decoded bytes, under the same limits.

    Raises `NotFound` where the mail has fewer, `Unreadable` where it cannot be read. The content type is the sender's claim."""
    if message.raw_path is None and scan(message.raw).small:
        try:
            return attached(message.raw, number)
        except (Unreadable, NotFound, MemoryError):
            raise
        except Exception as error:
            raise Unreadable(f"The message could not be read ({type(error).__name__}). {_REMEDY}") from error
    head, _, data = _ask_child(message, OwnMarks(), number).partition(b"\n")
    told = json.loads(head)
    if "missing" in told:
        raise NotFound(told["missing"])
    return Attachment(**told), data


def thumbnails_guarded(message: ReceivedMessage, numbers: Collection[int]) -> dict[int, tuple[int, int, bytes]]:
    """Small pictures of these attachments: number -> (width, height, WebP). Without bytes: none can be made. Always in the child.

    A picture on which the child died counts as one of which none can be made; those after it are missing and may be asked for again."""
    done = _run_child(message, OwnMarks(), PICTURE_SECONDS, thumbnails=sorted(numbers))
    if done.returncode == 3:
        raise Unreadable(done.stdout.decode("utf-8", "replace")[:300])
    made = dict(_read_thumbnails(done.stdout))
    for number in sorted(numbers):
        if number not in made:
            made[number] = (0, 0, b"")
            if done.returncode != 0:
                break
    return made


def _read_thumbnails(out: bytes) -> Iterator[tuple[int, tuple[int, int, bytes]]]:
    """Whole answers only: the last one may be torn."""
    while b"\n" in out:
        line, _, out = out.partition(b"\n")
        number, width, height, size = json.loads(line)
        if len(out) < size:
            return
        yield number, (width, height, out[:size])
        out = out[size:]


def _in_child(message: ReceivedMessage, own: OwnMarks) -> ParsedMessage:
    try:
        return message_from_json(json.loads(_ask_child(message, own, None)))
    except (ValueError, KeyError, TypeError):
        raise Unreadable(f"The message's reading gave no sensible answer. {_REMEDY}") from None


def _ask_child(message: ReceivedMessage, own: OwnMarks, number: int | None) -> bytes:
    """What the child wrote; `number` asks for an attachment instead of the whole reading."""
    done = _run_child(message, own, SECONDS, attachment=number)
    if done.returncode == 0:
        return done.stdout
    told = done.stdout.decode("utf-8", "replace")[:300] if done.returncode == 3 else ""
    raise Unreadable(told or f"The message asks for too much time or memory to be read (exit {done.returncode}). {_REMEDY}")


def _run_child(message: ReceivedMessage, own: OwnMarks, seconds: int, **asked: object) -> subprocess.CompletedProcess[bytes]:
    """`seconds` of CPU time; thrice as long on the clock."""
    raw = message.raw if message.raw_path is None else b""
    head = json.dumps({"message": _message_json(message), "own": _own_json(own), "seconds": seconds, **asked}).encode()
    try:
        return subprocess.run(
            [sys.executable, "-m", "mailbot.parse.child"],
            input=len(head).to_bytes(8, "big") + head + raw,
            capture_output=True,
            timeout=seconds * 3,
            check=False,
            cwd=Path(__file__).resolve().parents[2],
            env={"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise Unreadable(f"The message took too long to read ({type(error).__name__}). {_REMEDY}") from None


def message_to_json(parsed: ParsedMessage) -> dict[str, Any]:
    """All fields as plain JSON values."""
    data = asdict(parsed)
    data["date"] = parsed.date.isoformat() if parsed.date else None
    return data


def message_from_json(data: dict[str, Any]) -> ParsedMessage:
    """What `message_to_json` gave, as the same value."""
    values: dict[str, Any] = {}
    for field in fields(ParsedMessage):
        value = data[field.name]
        if field.name == "date":
            value = datetime.fromisoformat(value) if value else None
        elif field.name == "headers":
            value = tuple((str(k), str(v)) for k, v in value)
        elif field.name in _NESTED and value is not None:
            value = _nested(_NESTED[field.name], value)
        elif isinstance(value, list):
            value = tuple(value)
        values[field.name] = value
    return ParsedMessage(**values)


def request_from_json(data: dict[str, Any], raw: bytes) -> tuple[ReceivedMessage, OwnMarks]:
    """The child's side of the request."""
    told = dict(data["message"])
    own = dict(data["own"])
    message = ReceivedMessage(
        **{**told, "sighting": Sighting(place=told["sighting"]), "received_at": datetime.fromisoformat(told["received_at"]), "raw": raw}
    )
    marks = OwnMarks(
        **{
            **own,
            "secret": base64.b64decode(own["secret"]),
            "addresses": frozenset(own["addresses"]),
            "phrases": tuple(own["phrases"]),
            "trusted_authserv_ids": tuple(own["trusted_authserv_ids"]),
        }
    )
    return message, marks


def _nested(kind: type[Any], value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_nested(kind, one) for one in value)
    assert is_dataclass(kind)  # noqa: S101 - tells mypy; _NESTED holds dataclasses only
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in value.items()})


def _message_json(message: ReceivedMessage) -> dict[str, Any]:
    return {
        "source": message.source,
        "sighting": message.sighting.place,
        "received_at": message.received_at.isoformat(),
        "fingerprint": message.fingerprint,
        "size": message.size,
        "raw_path": message.raw_path,
    }


def _own_json(own: OwnMarks) -> dict[str, Any]:
    return {
        "domain": own.domain,
        "secret": base64.b64encode(own.secret).decode(),
        "addresses": sorted(own.addresses),
        "phrases": list(own.phrases),
        "trusted_authserv_ids": list(own.trusted_authserv_ids),
        "auth_profile": own.auth_profile,
    }
