"""Run as a program: parses each hostile mail in a forked child under limits and prints JSON {name: [exit, cpu s, MiB]}."""

from __future__ import annotations

import json
import os
import resource
import sys
from datetime import UTC, datetime

from mailbot.errors import Unreadable
from mailbot.model.message import OwnMarks, ReceivedMessage, Sighting
from mailbot.parse import parse
from tests.parse.hostile import KINDS


def child(raw: bytes) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (6, 6))
    message = ReceivedMessage(
        source="email", sighting=Sighting(place="x"), received_at=datetime(2026, 1, 1, tzinfo=UTC), fingerprint="", raw=raw, size=len(raw)
    )
    try:
        parsed = parse(message, OwnMarks(phrases=("-- mailbot marker line --",)))
    except Unreadable:
        return 0
    words = repr(parsed)
    words.encode("utf-8")
    return 0 if "\\x00" not in words else 9


def main() -> None:
    results = {}
    for name in sys.argv[1:] or KINDS:
        raw = KINDS[name]()
        pid = os.fork()
        if pid == 0:
            before = resource.getrusage(resource.RUSAGE_SELF)
            code = 8
            try:
                code = child(raw)
            except BaseException as error:
                print(name, repr(error)[:300], file=sys.stderr)
            after = resource.getrusage(resource.RUSAGE_SELF)
            del before, after
            os._exit(code)
        _, status, used = os.wait4(pid, 0)
        results[name] = [status, round(used.ru_utime + used.ru_stime, 2), used.ru_maxrss // 1024]
    print(json.dumps(results))


if __name__ == "__main__":
    main()
