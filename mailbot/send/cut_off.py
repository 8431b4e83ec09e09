"""Cuts a connection at its deadline: a server that drips its answers outlives every socket timeout.

One thread watches all deadlines, as a `threading.Timer` would be a thread for each mail. It sleeps until the earliest deadline that it
knows, so a mail that is done in time costs it nothing; it ends when nothing was watched at its last look.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator


class CutOff:
    """Deadlines of connections. Any thread may use it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: dict[object, tuple[float, socket.socket]] = {}
        self._looks_at = float("inf")  # when the thread looks next; inf: there is none

    @contextlib.contextmanager
    def at(self, end: float, sock: socket.socket | None) -> Iterator[None]:
        """While the block runs: at `end` (monotonic) both ways of the connection are shut, so whoever waits for it fails at once."""
        mark = object()
        try:
            if sock is not None:
                with self._changed:
                    self._watched[mark] = end, sock
                    self._see_to(end)
            yield
        finally:
            with self._changed:  # behind it nothing is cut any more: the socket may already serve the next mail
                self._watched.pop(mark, None)

    def _see_to(self, end: float) -> None:
        """The thread looks at `end` or before. The lock is held."""
        if self._looks_at == float("inf"):
            # Before the time is noted: where no thread can be had, this mail fails, and the next one asks again.
            threading.Thread(target=self._watch, name="cut-off", daemon=True).start()
            self._looks_at = end
        elif end < self._looks_at:
            self._looks_at = end
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while True:
                left = self._looks_at - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                self._cut_late(time.monotonic())
                if not self._watched:
                    self._looks_at = float("inf")
                    return
                self._looks_at = min(end for end, _ in self._watched.values())

    def _cut_late(self, now: float) -> None:
        for mark in [mark for mark, (end, _) in self._watched.items() if end <= now]:
            _, sock = self._watched.pop(mark)
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # a TLS socket's own would have its owner go on in the clear until then
