"""A strict SMTP server in a thread that goes wrong once, at one step of one mail, and knows which mails it took.

Steps: RSET, MAIL, RCPT, DATA, CONTENT (the first line of the mail), DOT. How: "close" and "reset" end the line instead of an answer,
"taken, close" and "taken, silence" only after the mail was taken; "silence" never answers; "twice" answers well, two times, as no
server should; anything else is the answer, "421 ... and close" with the end of the line behind it. At CONTENT the answer comes before
the dot, and the rest is read without another.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import Counter
from io import BufferedReader

GOOD = {
    "RSET": "250 reset",
    "MAIL": "250 sender",
    "RCPT": "250 recipient",
    "DATA": "354 go on",
    "DOT": "250 taken",
    "EHLO": "250 here",
    "QUIT": "221 bye",
}
GOES_ON = ("silence", "taken, silence")


class ScriptedSmtp:
    """`step` goes wrong at its `nth` time, `how` says in which way. `took` counts the mails taken, by recipient."""

    def __init__(self, step: str, nth: int, how: str) -> None:
        self.step, self.nth, self.how = step, nth, how
        self.took: Counter[str] = Counter()
        self.connections = 0
        self.read_as_mail: list[bytes] = []
        self._steps: Counter[str] = Counter()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> ScriptedSmtp:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._open:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError), line, line.makefile("rb") as words:
            line.sendall(b"220 scripted.test\r\n")
            self._talk(line, words)

    def _talk(self, line: socket.socket, words: BufferedReader) -> None:
        begun, recipient = False, ""
        while command := words.readline().decode().strip():
            step = command.partition(" ")[0].upper()
            if step == "MAIL" and begun:
                line.sendall(b"503 5.5.1 another mail is begun\r\n")
                continue
            if step == "RCPT":
                recipient = command.partition("<")[2].partition(">")[0]
            if not (said := self._answers(line, step)):
                return
            begun = (begun or step == "MAIL") and step != "RSET"
            if step == "DATA" and said.startswith("354"):
                if not self._content(line, words, recipient):
                    return
                begun = False

    def _content(self, line: socket.socket, words: BufferedReader, recipient: str) -> bool:
        """False: the line is over."""
        if not (first := words.readline()):
            return False
        self.read_as_mail.append(first)
        said = self._answers(line, "CONTENT")
        while said and (text := words.readline()) != b".\r\n":
            if not text:
                return False
            self.read_as_mail.append(text)
        if said != "goes on":
            return bool(said)
        return bool(self._answers(line, "DOT", recipient))

    def _answers(self, line: socket.socket, step: str, recipient: str = "") -> str:
        """What it said; "" where the line is over, "goes on" where nothing is to be said."""
        self._steps[step] += 1
        good = GOOD.get(step, "goes on")
        goes_well = (step, self._steps[step]) != (self.step, self.nth)
        if step == "DOT" and (goes_well or self.how.startswith(("taken", "twice", "250"))):
            self.took[recipient] += 1  # before the answer: whoever reads it may look here at once
        if goes_well:
            if good != "goes on":
                line.sendall(f"{good}\r\n".encode())
            return good
        if self.how in GOES_ON:
            return "silence"
        if self.how == "twice":
            line.sendall(f"{good}\r\n{good}\r\n".encode())
            return good
        return self._breaks_off(line)

    def _breaks_off(self, line: socket.socket) -> str:
        if self.how.endswith("reset"):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif not self.how.endswith("close") or self.how[0].isdigit():
            line.sendall(f"{self.how.removesuffix(' and close')}\r\n".encode())
        return "" if self.how.endswith(("close", "reset")) else self.how
