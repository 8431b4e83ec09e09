"""What the client newly wrote, without quote, signature, legal footer and our own templates' words (understanding.md).

Each line gets one mark; nothing is thrown away: what is cut goes to `quoted` or `signature`. Where a rule is in doubt the line
stays: a kept quote is a smaller fault than a lost word of the client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from mailbot.model.message import Address
from mailbot.parse import marks, quotes

Mark = Literal["new", "quote", "signature"]
HERE_ENDS = "\ue000"  # a line that html.py puts where a mail program's own container says that the quote begins
LINK_MARK = re.compile("\ue001([0-9]{1,6})\ue002")  # html.py puts it after an anchor's text; the number names the link
_HINT = re.compile(r"[@\d:：]")  # an attribution has one of these; most lines have none
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
    work = _Lines(shown)
    end = _quote_begins(work)
    work.mark(end, len(work.plain), "quote")
    forwarded = _forwarded(work, end, subject)
    _quoted_lines(work, end)
    own = _own_words(work, phrases)
    if not work.any_new() and not own and forwarded is None and _only_quote_marks(work):
        work.mark(0, len(work.plain), "new")
    _footers(work, writer)
    return Trimmed(
        text=work.joined("new"),
        quoted="\n".join(p for p in (work.joined("quote"), rest.strip()) if p),
        signature=work.joined("signature"),
        forwarded=forwarded,
        own=own,
        cut_long=bool(rest.strip()),
    )


class _Lines:
    """The lines as written, the same without link marks for comparing, and a mark for each."""

    def __init__(self, text: str) -> None:
        self.raw = [line.rstrip() for line in text.split("\n")]
        self.plain = [LINK_MARK.sub("", line)[:400] if "\ue001" in line else line[:400] for line in self.raw]
        self.marks: list[Mark] = ["new"] * len(self.raw)

    def mark(self, begin: int, end: int, mark: Mark) -> None:
        self.marks[begin:end] = [mark] * (end - begin)

    def any_new(self) -> bool:
        return any(m == "new" and p.strip() for m, p in zip(self.marks, self.plain, strict=True))

    def new(self) -> list[int]:
        """Indexes of the lines still new that are not blank."""
        return [i for i, m in enumerate(self.marks) if m == "new" and self.plain[i].strip()]

    def joined(self, mark: Mark) -> str:
        kept = "\n".join(line for line, m in zip(self.raw, self.marks, strict=True) if m == mark and line != HERE_ENDS)
        return re.sub(r"\n{3,}", "\n\n", kept).strip("\n").rstrip()


def _within_limits(text: str) -> tuple[str, str]:
    end = min(len(text), MAX_TEXT)
    at = -1
    for _ in range(MAX_LINES):
        at = text.find("\n", at + 1, end)
        if at < 0:
            return text[:end], text[end:]
    return text[:at], text[at:]


def _quote_begins(work: _Lines) -> int:
    """Index of the first line from which on everything is quoted; the number of lines where nothing says so."""
    lines = work.plain
    begun = False
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        if line == HERE_ENDS or quotes.ORIGINAL.match(line) or quotes.FORWARDED.match(line) or _header_block(lines, i):
            return i
        if not quotes.QUOTED.match(line) and work.marks[i] == "new" and (width := _attribution(lines, i)):
            if begun and not _quote_follows(lines, i + width):
                return i
            work.mark(i, i + width, "quote")
            continue
        begun = begun or (work.marks[i] == "new" and not quotes.QUOTED.match(line))
    return len(lines)


def _header_block(lines: list[str], at: int) -> bool:
    """From/Sent/To/Subject lines as Outlook writes them: three within eight, or two under a ruled line or with an address."""
    line = lines[at]
    first = quotes.HEADER_FROM.match(line)
    if not first and not quotes.HEADER_OTHER_FIRST.match(line):
        return False
    near = [x for x in lines[at : at + 10] if x.strip()][:8]
    count = 0
    for one in near:
        if quotes.HEADER_LINE.match(one):
            count += 1
        elif count == 0 or not one.strip():
            break
    if not any(quotes.HEADER_FROM.match(x) for x in near[:4]):
        return False
    if not any(quotes.ADDRESS.search(x) or quotes.DATE.search(x) for x in near):
        return False
    ruled = any(quotes.RULE.match(x) for x in lines[max(0, at - 2) : at])
    addressed = bool(first and quotes.ADDRESS.search(line))
    return count >= 3 or (count >= 2 and (ruled or addressed))


def _attribution(lines: list[str], at: int) -> int:
    """How many lines the "On ..., X wrote:" line takes (it may be broken); 0 for none."""
    first = lines[at]
    if len(first) > 300 or not _HINT.search(first):
        return 0
    if not (quotes.DATE.search(first) or "@" in first or quotes.WROTE_COLON.search(first)):
        return 0
    width = _attribution_width(lines, at)
    later = range(at + 1, at + width)
    # The client's own last line may stand right above: the shortest run of lines that says it all is the attribution.
    return 0 if any(_says_all(lines, begin, at + width) for begin in later) else width


def _says_all(lines: list[str], begin: int, end: int) -> bool:
    joined = " ".join(x.strip() for x in lines[begin:end])
    return bool(quotes.WROTE_START.match(joined)) and bool(quotes.DATE.search(joined)) and _wrote(joined, lines, end)


def _attribution_width(lines: list[str], at: int) -> int:
    joined = ""
    for width in range(1, 8):
        if at + width > len(lines):
            return 0
        piece = lines[at + width - 1].strip()
        if width > 1 and not piece and joined.count("<") <= joined.count(">") and not _open_line(lines, at + width):
            return 0
        joined = f"{joined} {piece}".strip()
        if len(joined) > 320:
            return 0
        if piece and _wrote(joined, lines, at + width):
            return width
    return 0


def _open_line(lines: list[str], at: int) -> bool:
    """After a blank inside an attribution a mail program goes on with the bare address."""
    return at < len(lines) and lines[at].strip().startswith(("<", "mailto:"))


def _wrote(joined: str, lines: list[str], after: int) -> bool:
    ends = joined.rstrip(" *_>")[-1:] in (":", "：")
    if not ends and not _quote_follows(lines, after):
        return False
    dated, addressed = bool(quotes.DATE.search(joined)), "@" in joined
    if ends and quotes.WROTE_COLON.search(joined):
        return addressed or (dated and bool(quotes.WROTE_START.match(joined)))
    return dated and addressed and bool(quotes.WROTE_END.search(joined) or quotes.ADDRESS_END.search(joined))


def _quote_follows(lines: list[str], at: int) -> bool:
    following = next((x for x in lines[at : at + 4] if x.strip()), "")
    if quotes.WROTE_COLON.search(following):
        return False
    return bool(quotes.QUOTED.match(following) or quotes.BAR_QUOTED.match(following))


def _quoted_lines(work: _Lines, end: int) -> None:
    """Lines that carry a quote mark; bars count only right under an attribution (a client's table has bars, too)."""
    bars = False
    for i in range(end):
        line = work.plain[i]
        if work.marks[i] == "quote":
            bars = True
        elif quotes.QUOTED.match(line) or (bars and quotes.BAR_QUOTED.match(line)):
            work.marks[i] = "quote"
        elif line.strip():
            bars = False


def _only_quote_marks(work: _Lines) -> bool:
    """Every line carries a mark and none an attribution: nobody else is quoted, so these are the client's words."""
    lines = [x for x in work.plain if x.strip()]
    return (
        bool(lines)
        and all(x.startswith(">") and not x.startswith(">>") for x in lines)
        and not any(quotes.WROTE_COLON.search(x) or quotes.HEADER_FROM.match(x) for x in lines)
    )


def _own_words(work: _Lines, phrases: tuple[str, ...]) -> bool:
    """Marks lines that hold our templates' phrases, also where the mail program wrapped them; True if any stood unquoted.

    The first phrase is the marker line: what follows it is ours as well.
    """
    wanted = _folded(phrases)
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


def _footers(work: _Lines, writer: str) -> None:
    for i in work.new()[:6]:
        if quotes.BANNER.search(work.plain[i]):
            work.marks[i] = "quote"
    for i in work.new():
        line = work.plain[i]
        if quotes.MOBILE.match(line) and quotes.DEVICE.search(line) and not quotes.NAMES_WORK.search(line):
            work.marks[i] = "signature"
    _legal(work)
    before = work.marks.count("new")
    _delimited(work)
    _closed(work, writer)
    if work.marks.count("new") != before:
        _legal(work)


def _legal(work: _Lines) -> None:
    """A legal paragraph among the last three of the mail, and what stands below it."""
    new = work.new()
    paragraphs: list[list[int]] = []
    for i in new:
        if paragraphs and i == paragraphs[-1][-1] + 1:
            paragraphs[-1].append(i)
        else:
            paragraphs.append([i])
    for paragraph in paragraphs[-3:]:
        at = _legal_begins(work, paragraph)
        if at is not None and not (paragraph is paragraphs[0] and at == paragraph[0] and len(paragraph) == len(new) == 1):
            for i in (i for i in paragraph if i >= at):
                work.marks[i] = "signature"


def _legal_begins(work: _Lines, paragraph: list[int]) -> int | None:
    """The line where a legal text begins: wrapped lines are joined in pairs."""
    for i in paragraph:
        pair = f"{work.plain[i]} {work.plain[i + 1] if i + 1 in paragraph else ''}"
        if len(pair) >= 25 and quotes.LEGAL.search(pair):
            return i
    return None


def _delimited(work: _Lines) -> None:
    """What stands below a signature line ("-- ") near the end; a longer rule counts only above contact lines."""
    new = work.new()
    for place, i in enumerate(new):
        below = new[place + 1 :]
        if quotes.DELIMITER.match(work.plain[i]) and len(below) <= 18 and place:
            work.mark(i, len(work.marks), "signature")
            return
        if quotes.LINE_DELIMITER.match(work.plain[i]) and place and _is_signature(work, i, below):
            for j in (i, *below):
                work.marks[j] = "signature"
            return


def _is_signature(work: _Lines, rule: int, below: list[int]) -> bool:
    """Clients also part their points by rules, so contact lines must stand below, or underscores above a line or two."""
    if len(below) > 10 or not _no_sentences(work, below):
        return False
    underscores = work.plain[rule].strip().startswith("_") and len(below) <= 2
    return not below or underscores or any(quotes.CONTACT.search(work.plain[j]) for j in below)


def _closed(work: _Lines, writer: str) -> None:
    """A closing ("Kind regards") with contact lines below; a closing with a bare name stays, it harms nothing."""
    new = work.new()
    for place in range(max(0, len(new) - 14), len(new)):
        below = new[place + 1 :]
        if not below or not place or not _closes(work.plain[new[place]], writer):
            continue
        if any(quotes.CONTACT.search(work.plain[j]) or "\ue001" in work.raw[j] for j in below) and _no_sentences(work, below):
            for j in (new[place], *below):
                work.marks[j] = "signature"
            return


def _closes(line: str, writer: str) -> bool:
    """A closing, or the writer's full name alone."""
    return bool(quotes.CLOSING.match(line)) or (" " in writer and line.strip(" ,*_").casefold() == writer.casefold())


def _no_sentences(work: _Lines, indexes: list[int]) -> bool:
    """Short lines that are no sentence: names, firms, numbers."""
    for i in indexes:
        line = LINK_MARK.sub("", work.plain[i]).strip()
        words = line.split()
        if (
            quotes.NAMES_WORK.search(line)
            or len(line) > 100
            or re.match(r"(?i)p\.?\s?s\b", line)
            or (len(words) > 8 and not quotes.CONTACT.search(line))
        ):
            return False
        if len(words) > 4 and line.endswith(("?", "!")):
            return False
    return True


def _forwarded(work: _Lines, end: int, subject: str) -> Address | None:
    """The sender named by the header block of a forwarded mail."""
    if end >= len(work.plain):
        return None
    if not (quotes.FORWARDED.match(work.plain[end]) or quotes.FORWARD_SUBJECT.match(subject)):
        return None
    for line in work.plain[end : end + 14]:
        if quotes.HEADER_FROM.match(line) and (hit := quotes.ADDRESS.search(line)):
            before = re.split(r"[:：]", line[: hit.start()], maxsplit=1)[-1]
            name = before.replace("mailto:", "").strip(" <>[]()*_\"'\t")
            return Address(name[:200], hit[0].rstrip(".").lower())
    return None
