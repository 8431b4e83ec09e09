"""The child of guard.py: limits first, then one message from stdin, its JSON on stdout. Exit 3: `Unreadable`, told on stdout."""

from __future__ import annotations

import json
import resource
import sys

from mailbot.errors import Unreadable
from mailbot.parse import guard, parse


def main() -> int:
    """Memory and CPU limits hold before a byte is read."""
    resource.setrlimit(resource.RLIMIT_AS, (guard.MEMORY, guard.MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (guard.SECONDS, guard.SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    end = 8 + int.from_bytes(data[:8], "big")
    message, own = guard.request_from_json(json.loads(data[8:end]), data[end:])
    del data
    try:
        answer = json.dumps(guard.message_to_json(parse(message, own)))
    except Unreadable as error:
        sys.stdout.write(str(error))
        return 3
    sys.stdout.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
