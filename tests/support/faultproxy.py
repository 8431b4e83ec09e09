"""A TCP proxy that fails on purpose: refuses, falls silent, delays, cuts, swallows. Directions: "up" to the server, "down" from it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time


class FaultProxy:
    """Set the attributes at any time; `chunk` counts for connections made afterwards."""

    def __init__(self, target_port: int) -> None:
        self.refuse = False  # accept, then reset at once
        self.blackhole = False  # forward nothing, close nothing
        self.chunk = {"up": 65536, "down": 65536}
        self.delay = {"up": 0.0, "down": 0.0}  # seconds before each chunk
        self.cut_after: dict[str, int | None] = {"up": None, "down": None}  # bytes that still pass
        self.cut_when: dict[str, bytes | None] = {"up": None, "down": None}  # these bytes do not pass, once
        self.swallow_when: dict[str, bytes | None] = {"up": None, "down": None}  # silence from these bytes on
        self.passed = {"up": 0, "down": 0}
        self.connections = 0
        self._target = ("127.0.0.1", target_port)
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_all(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for a, b in pairs:
            _reset(a, b)

    def close(self) -> None:
        self._closed = True
        self.blackhole = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.refuse:
                _reset(client)
                continue
            try:
                server = socket.create_connection(self._target, 5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._pairs.append((client, server))
            threading.Thread(target=self._pump, args=(client, server, "up"), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, "down"), daemon=True).start()

    def _pump(self, a: socket.socket, b: socket.socket, way: str) -> None:
        with contextlib.suppress(OSError):
            self._carry(a, b, way)
        for s in (a, b):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def _carry(self, a: socket.socket, b: socket.socket, way: str) -> None:
        swallowed = False
        tail = b""
        while data := a.recv(self.chunk[way]):
            while self.blackhole:
                time.sleep(0.02)
            swallow, cut, left = self.swallow_when[way], self.cut_when[way], self.cut_after[way]
            if swallowed or (swallow and swallow in tail + data):
                swallowed = True
                continue
            if cut and cut in tail + data:
                self.cut_when[way] = None
                _reset(a, b)
                return
            tail = (tail + data)[-64:]
            if left is not None and len(data) >= left:
                b.sendall(data[:left])
                self.cut_after[way] = None
                time.sleep(0.05)
                _reset(a, b)
                return
            if left is not None:
                self.cut_after[way] = left - len(data)
            if self.delay[way]:
                time.sleep(self.delay[way])
            b.sendall(data)
            self.passed[way] += len(data)


def _reset(*socks: socket.socket) -> None:
    """Closes with RST; shutdown first wakes a thread that waits in recv."""
    for s in socks:
        with contextlib.suppress(OSError):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            s.shutdown(socket.SHUT_RDWR)
        s.close()
