"""A mail body as lines, each with one mark: new words, quoted, or signature. Nothing is thrown away."""

from __future__ import annotations

import re
from typing import Literal

from mailbot.parse.phrases import Line

Mark = Literal["new", "quote", "signature"]
# html.py puts these into its text; __init__ takes them out of what mails bring along, so that nobody can forge them.
HERE_ENDS = "\ue000"  # a line of its own: a mail program's container says that the quote begins here
LINK_MARK = re.compile("\ue001([0-9]{1,6})\ue002")  # after an anchor's text; the number names the link
INDENTED = "\ue003"  # before a line of a bare blockquote: a quote where an attribution stands above, else one's own words
SIGNED = "\ue004"  # before a line of a signature's container
PLACE_MARK = re.compile(f"[{HERE_ENDS}{INDENTED}{SIGNED}]")
RESERVED = re.compile("[\ue000-\ue004]")
WIDTH = 400  # characters of a line that are looked at


class Lines:
    """`raw` as written, `plain` without link marks for comparing, `marks` one for each line.

    `delimiters`, `indented`, `signed`: lines that are "-- " (RFC 3676), of a bare blockquote, of a signature's container.
    """

    def __init__(self, text: str) -> None:
        found = (text.replace("&nbsp;", " ") if "&nbsp;" in text else text).split("\n")  # QQ Mail writes it into plain text
        self.delimiters = {i for i, line in enumerate(found) if line == "-- "} if "-- \n" in text else set()
        found = [line.rstrip() for line in found]
        self.indented = {i for i, line in enumerate(found) if line.startswith(INDENTED)} if INDENTED in text else set()
        self.signed = {i for i, line in enumerate(found) if line.startswith(SIGNED)} if SIGNED in text else set()
        self.raw = [line.lstrip(INDENTED + SIGNED) for line in found] if self.indented or self.signed else found
        self.plain = [LINK_MARK.sub("", line)[:WIDTH] if "\ue001" in line else line[:WIDTH] for line in self.raw]
        self.marks: list[Mark] = ["new"] * len(self.raw)
        self._read: dict[int, Line] = {}

    def line(self, at: int) -> Line:
        """The words of a line, read when first asked for."""
        found = self._read.get(at)
        if found is None:
            found = self._read[at] = Line(self.plain[at])
        return found

    def mark(self, begin: int, end: int, mark: Mark) -> None:
        self.marks[begin:end] = [mark] * (end - begin)

    def any_new(self) -> bool:
        return any(m == "new" and p.strip() for m, p in zip(self.marks, self.plain, strict=True))

    def new(self) -> list[int]:
        """Indexes of the lines still new that are not blank."""
        return [i for i, m in enumerate(self.marks) if m == "new" and self.plain[i].strip()]

    def joined(self, mark: Mark) -> str:
        kept = "\n".join(line for line, m in zip(self.raw, self.marks, strict=True) if m == mark and line != HERE_ENDS)
        fewer = re.sub(r"\n{3,}", "\n\n", kept) if "\n\n\n" in kept else kept
        return fewer.strip("\n").rstrip()
