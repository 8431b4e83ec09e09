"""What the client newly wrote, without quote, signature, legal footer and our own templates' words (understanding.md).

Each line gets one mark; nothing is thrown away: what is cut goes to `quoted` or `signature`. Where a rule is in doubt the line
stays: a kept quote is a smaller fault than a lost word of the client.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mailbot.model.message import Address
from mailbot.parse import footers, history, marks
from mailbot.parse.lines import PLACE_MARK, Lines

MAX_TEXT = 120_000
MAX_LINES = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """`own`: our own words were found unquoted. `forwarded`: who wrote the mail that was forwarded."""

    text: str
    quoted: str
    signature: str
    forwarded: Address | None = None
    own: bool = False
    cut_long: bool = False


def trim(text: str, phrases: tuple[str, ...] = (), subject: str = "", writer: str = "") -> Trimmed:
    """The new text of a plain mail body (line ends are LF); linear in its lines.

    `writer` is the display name of the sender, with which signatures begin.
    """
    shown, rest = _within_limits(text)
    rest = PLACE_MARK.sub("", rest)
    work = Lines(shown)
    end = history.quote_begins(work)
    work.mark(end, len(work.plain), "quote")
    forwarded = history.forwarded_by(work, end, subject)
    history.quoted_lines(work, end)
    own = _own_words(work, phrases)
    if not work.any_new() and not own and forwarded is None and history.only_quote_marks(work):
        work.mark(0, len(work.plain), "new")
    footers.mark_footers(work, writer)
    return Trimmed(
        text=work.joined("new"),
        quoted="\n".join(p for p in (work.joined("quote"), rest.strip()) if p),
        signature=work.joined("signature"),
        forwarded=forwarded,
        own=own,
        cut_long=bool(rest.strip()),
    )


def _within_limits(text: str) -> tuple[str, str]:
    end = min(len(text), MAX_TEXT)
    at = -1
    for _ in range(MAX_LINES):
        at = text.find("\n", at + 1, end)
        if at < 0:
            return text[:end], text[end:]
    return text[:at], text[at:]


def _own_words(work: Lines, phrases: tuple[str, ...]) -> bool:
    """Marks lines that hold our templates' phrases, also where the mail program wrapped them; True if any stood unquoted.

    The first phrase is the marker line: what follows it is ours as well.
    """
    wanted = _folded(phrases)
    letters = marks.fold("\n".join(work.plain))
    if not any(all(word in letters for word in words.split()) for _, words in wanted):
        return False
    whole = " ".join(marks.fold(" ".join(p for p, m in zip(work.plain, work.marks, strict=True) if m == "new")).split())
    if not any(words in whole for _, words in wanted):
        return False
    index: list[int] = []
    parts: list[str] = []
    for i in work.new():
        folded = " ".join(marks.fold(work.plain[i]).split()) + " "
        parts.append(folded)
        index += [i] * len(folded)
    body = "".join(parts)
    for is_marker, words in wanted:
        at = body.find(words)
        if at >= 0:
            last = len(work.plain) - 1 if is_marker else index[at + len(words) - 1]
            work.mark(index[at], last + 1, "quote")
    return True


@lru_cache(maxsize=8)
def _folded(phrases: tuple[str, ...]) -> tuple[tuple[bool, str], ...]:
    """(whether it is the marker line, the words to look for); very short phrases would hit a client's words."""
    folded = ((number == 0, " ".join(marks.fold(phrase).split())) for number, phrase in enumerate(phrases))
    return tuple((is_marker, words) for is_marker, words in folded if len(words) >= 8)
