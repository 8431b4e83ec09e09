"""`mailbot run --once` in which one function goes wrong. Arguments: CONFIG MODULE:NAME HOW AT TIMES LEASE

HOW: kill (SIGKILL to itself), pause (SIGSTOP to itself), abort; "abort on WORD": only where the first argument's bytes hold it. AT: before or after the function ran. TIMES: at which call.
LEASE: seconds that claims and sends are held for, 0 for the usual ones.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from mailbot import schedule
from mailbot.config import load
from mailbot.record import claims, outbox
from mailbot.wiring import open_service
from mailbot.workflow import drain

SIGNALS = {"kill": signal.SIGKILL, "pause": signal.SIGSTOP, "abort": signal.SIGABRT}


def make_ill(place: str, how: str, at: str, times: int) -> None:
    """Wraps the function `module:name` or `module:Class.name`."""
    module, _, path = place.partition(":")
    how, _, word = how.partition(" on ")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for step in outer:
        owner = getattr(owner, step)
    healthy = getattr(owner, name)
    calls = 0

    @functools.wraps(healthy)
    def ill(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += not word or word.encode() in args[0].raw
        if calls == times and at == "before" and (not word or word.encode() in args[0].raw):
            os.kill(os.getpid(), SIGNALS[how])
        answer = healthy(*args, **more)
        if calls == times and at == "after":
            os.kill(os.getpid(), SIGNALS[how])
        return answer

    setattr(owner, name, ill)


def main(config: str, place: str, how: str, at: str, times: str, lease: str) -> int:
    make_ill(place, how, at, int(times))
    if float(lease):
        claims.claim.__defaults__ = (float(lease),)
        outbox.begin.__defaults__ = (float(lease),)
        drain.MAY_SEND = float(lease) / 2
    with open_service(load(Path(config), {})) as service:
        return schedule.run_once(service, schedule.ALL, threading.Event())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
