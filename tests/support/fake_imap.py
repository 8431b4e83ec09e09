"""A scripted IMAP server for answers that no real server gives. It knows just enough of the protocol; `on_fetch` makes the odd ones."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable

Answer = bytes | None  # None: close the connection without a word


class FakeImap:
    """`mails` maps UIDs to bytes. `on_fetch(uids, items)` may return the whole untagged answer instead of the honest one, or b"" to leave it."""

    def __init__(self, mails: dict[int, bytes], capabilities: str = "IMAP4rev1 MOVE UIDPLUS IDLE") -> None:
        self.mails = mails
        self.capabilities = capabilities
        self.uidvalidity = 7
        self.tells_uidnext = True
        self.on_fetch: Callable[[list[int], str], bytes | None] = lambda _uids, _items: b""
        self.notice = b""  # what IDLE is told
        self.refuse: dict[str, str] = {}  # command -> text of NO
        self.seen: list[str] = []  # command lines without tags
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> FakeImap:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(conn,), daemon=True).start()

    def _talk(self, conn: socket.socket) -> None:
        with conn, conn.makefile("rb") as lines, contextlib.suppress(OSError, ValueError):
            conn.sendall(b"* OK fake\r\n")
            for line in lines:
                tag, _, rest = line.decode().strip().partition(" ")
                self.seen.append(rest)
                if rest == "IDLE":
                    conn.sendall(b"+ idling\r\n")
                    time.sleep(0.2)  # a packet of its own
                    conn.sendall(self.notice)
                    continue
                answer = self._answer(rest)
                if answer is None:
                    conn.shutdown(socket.SHUT_RDWR)
                    return
                word = rest.removeprefix("UID ").split(" ")[0].upper()
                verdict = f"NO {self.refuse[word]}" if word in self.refuse else "OK done"
                conn.sendall(answer + f"{tag} {verdict}\r\n".encode())

    def _answer(self, rest: str) -> Answer:
        words = rest.removeprefix("UID ").split(" ")
        command = words[0].upper()
        if command in self.refuse:
            return b""
        if command == "CAPABILITY":
            return f"* CAPABILITY {self.capabilities}\r\n".encode()
        if command == "SELECT":
            following = f"* OK [UIDNEXT {max(self.mails, default=0) + 1}] next\r\n" if self.tells_uidnext else ""
            return f"* {len(self.mails)} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {self.uidvalidity}] ok\r\n{following}".encode()
        if command == "LIST":
            return b'* LIST () "/" Processed\r\n'
        if command == "SEARCH":
            found = [u for u in _uids(words[-1].strip('"'), max(self.mails, default=0)) if u in self.mails]
            return f"* SEARCH {' '.join(map(str, found))}\r\n".encode()
        if command == "FETCH":
            return self._fetch([u for u in _uids(words[1], max(self.mails, default=0)) if u in self.mails], " ".join(words[2:]))
        if command in ("MOVE", "EXPUNGE"):
            for uid in _uids(words[1], max(self.mails, default=0)):
                self.mails.pop(uid, None)
        return b""

    def _fetch(self, uids: list[int], items: str) -> Answer:
        odd = self.on_fetch(uids, items)
        if odd is None or odd:
            return odd
        return b"".join(self.honest(uid, items) for uid in uids)

    def honest(self, uid: int, items: str) -> bytes:
        """The right answer for one mail."""
        raw, number = self.mails[uid], sorted(self.mails).index(uid) + 1
        if "SIZE" in items:
            date = "01-Feb-2026 10:11:12 +0100"
            return f'* {number} FETCH (UID {uid} RFC822.SIZE {len(raw)} INTERNALDATE "{date}")\r\n'.encode()
        piece = re.search(r"<(\d+)\.(\d+)>", items)
        if piece:
            offset, length = int(piece[1]), int(piece[2])
            raw = raw[offset : offset + length]
            return f"* {number} FETCH (UID {uid} BODY[]<{offset}> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
        return f"* {number} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"


def _uids(text: str, last: int) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        begin, _, end = part.replace("*", str(last)).partition(":")
        low, high = sorted((int(begin), int(end or begin)))
        found += range(low, high + 1)
    return found
