"""The child of guard.py: limits first, then one message from stdin, its JSON on stdout. Exit 3: `Unreadable`, told on stdout."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict

from mailbot.errors import NotFound, Unreadable
from mailbot.model.message import ReceivedMessage
from mailbot.parse import guard, mime, parse, raw_bytes


def main() -> int:
    """Memory and CPU limits hold before a byte is read."""
    resource.setrlimit(resource.RLIMIT_AS, (guard.MEMORY, guard.MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (guard.SECONDS, guard.PICTURE_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    end = 8 + int.from_bytes(data[:8], "big")
    asked = json.loads(data[8:end])
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"], asked["seconds"] + 1))
    message, own = guard.request_from_json(asked, data[end:])
    del data
    try:
        if "thumbnails" in asked:
            _write_thumbnails(message, set(asked["thumbnails"]))
        elif asked["attachment"] is None:
            sys.stdout.write(json.dumps(guard.message_to_json(parse(message, own))))
        else:
            _write_attachment(message, asked["attachment"])
    except Unreadable as error:
        sys.stdout.write(str(error))
        return 3
    return 0


def _write_attachment(message: ReceivedMessage, number: int) -> None:
    """A line of JSON that says what it is, then its bytes."""
    try:
        found, content = mime.attached(raw_bytes(message), number)
    except NotFound as error:
        found, content = None, str(error).encode()
    line = json.dumps(asdict(found) if found else {"missing": content.decode()})
    sys.stdout.buffer.write(line.encode() + b"\n" + (content if found else b""))


def _write_thumbnails(message: ReceivedMessage, numbers: set[int]) -> None:
    """For each a line of JSON (number, width, height, bytes) and its bytes, at once: a picture that kills us leaves the ones before."""
    from mailbot.parse.thumbnail import thumbnail  # brings Pillow with it

    def take(number: int, data: bytes) -> None:
        if number in numbers:
            width, height, small = thumbnail(data) or (0, 0, b"")
            sys.stdout.buffer.write(json.dumps([number, width, height, len(small)]).encode() + b"\n" + small)
            sys.stdout.buffer.flush()

    mime.read(raw_bytes(message), take)


if __name__ == "__main__":
    sys.exit(main())
