"""Where the quoted history begins: titles over copied mails, header blocks, "On ..., X wrote:", quote signs.

Where a rule is in doubt the line stays: a kept quote is a smaller fault than a lost word of the client.
"""

from __future__ import annotations

import re

from mailbot.model.message import Address
from mailbot.parse import quotes
from mailbot.parse.lines import HERE_ENDS, Lines
from mailbot.parse.phrases import Line

_MAX_ATTRIBUTION = 320  # characters, over at most 7 lines
_ENDS = (":", "：")
_DASHES = re.compile("[‐-―]{2}")


def quote_begins(work: Lines) -> int:
    """Index of the first line from which on everything is quoted; the number of lines where nothing says so.

    Attributions above answers ("On ..., X wrote:" at the top) are marked on the way.
    """
    begun = False
    for i, line in enumerate(work.plain):
        if not line or line.isspace() or work.marks[i] != "new":
            continue
        if line == HERE_ENDS:
            return i
        quoted = quotes.QUOTED.match(line) is not None
        if not quoted and quotes.HINT.search(line):
            if quotes.title(work.line(i)) or (_header_block(work.plain, i) and not _stands_above_another(work.plain, i)):
                return i
            if width := _attribution(work, i):
                if begun and not _quote_follows(work, i + width):
                    return i
                work.mark(i, i + width, "quote")
                continue
        begun = begun or not quoted
    return len(work.plain)


def quoted_lines(work: Lines, end: int) -> None:
    """Lines that carry a quote mark; bars and bare indents count only right under an attribution."""
    below = False
    for i in range(end):
        line = work.plain[i]
        if work.marks[i] == "quote":
            below = True
        elif quotes.QUOTED.match(line) or (below and (i in work.indented or quotes.BAR_QUOTED.match(line))):
            work.marks[i] = "quote"
        elif line.strip():
            below = False


def only_quote_marks(work: Lines) -> bool:
    """Every line carries a mark and none an attribution: nobody else is quoted, so these are the client's words."""
    lines = [x for x in work.plain if x.strip()]
    return (
        bool(lines)
        and all(x.startswith(">") and not x.startswith(">>") for x in lines)
        and not any((_ends(x) and (quotes.wrote(Line(x)) or "@" in x)) or quotes.label(x) == "sender" for x in lines)
    )


def forwarded_by(work: Lines, end: int, subject: str) -> Address | None:
    """The sender named by the header block of a forwarded mail."""
    titled = (i for i, x in enumerate(work.plain[: end + 1]) if _may_be_title(x) and quotes.title(work.line(i)) == "forwarded")
    begin = next(titled, end if quotes.FORWARD_SUBJECT.match(subject) else len(work.plain))
    for line in work.plain[begin : begin + 14]:
        if quotes.label(line) == "sender" and (hit := quotes.ADDRESS.search(line)):
            before = re.split(r"[:：]", line[: hit.start()], maxsplit=1)[-1]
            name = before.replace("mailto:", "").strip(" <>[]()*_\"'\t")
            return Address(name[:200], hit[0].rstrip(".").lower())
    return None


def _may_be_title(line: str) -> bool:
    """It is ruled, or ends as a title does."""
    ruled = "--" in line or "__" in line or "==" in line or (not line.isascii() and _DASHES.search(line) is not None)
    return ruled or line.rstrip().endswith(_ENDS)


def _header_block(lines: list[str], at: int) -> bool:
    """From/Sent/To/Subject as mail programs write them: three labels, or two under a ruled line or with an address.

    An address, or a time beside a subject, must stand among them: clients write "From: beige, To: grey", too.
    """
    if not quotes.label(lines[at]):
        return False
    labels: list[str] = []
    block: list[str] = []
    for line in [x for x in lines[at : at + 16] if x.strip()][:9]:
        label = quotes.label(line)
        if not label and block and not quotes.label(block[-1]):
            break  # two lines without a label: the block is over
        block.append(line)
        if label:
            labels.append(label)
    if "sender" not in labels[:4]:
        return False
    timed = any(quotes.TIME.search(x) for x in block if quotes.label(x) == "other")
    if not any(quotes.ADDRESS.search(x) for x in block) and not (timed and "subject" in labels):
        return False
    if len(labels) >= 3:
        return True
    above = any(quotes.RULE.match(x) for x in lines[max(0, at - 2) : at]) or labels[0] == "sender"
    return len(labels) == 2 and above and (timed or "subject" in labels)


def _stands_above_another(lines: list[str], at: int) -> bool:
    """A client's "From: beige" right above the quote: neither address nor time, a blank line, and then a program's block."""
    for later in range(at + 1, min(at + 8, len(lines) - 1)):
        if quotes.ADDRESS.search(lines[later - 1]) or quotes.TIME.search(lines[later - 1]):
            return False
        if not lines[later].strip():
            below = next((i for i in range(later, min(later + 4, len(lines))) if quotes.label(lines[i])), None)
            return below is not None and _header_block(lines, below)
    return False


def _attribution(work: Lines, at: int) -> int:
    """How many lines the "On ..., X wrote:" line takes (it may be broken); 0 for none."""
    first = work.plain[at]
    if len(first) > 300 or not (_ends(first) or "@" in first or quotes.dated(first) or quotes.undashed(first)):
        return 0
    width = _width(work, at)
    if width < 2:
        return width
    # The client's own last line may stand right above: a shorter run of lines that says it all is the attribution.
    begins = quotes.starts(work.line(at))
    for later in range(at + 1, at + width):
        start = quotes.starts(work.line(later))
        if (start == "word" or begins != "word") and _says_all(work, later, at + width):
            return 0
    return width


def _says_all(work: Lines, begin: int, end: int) -> bool:
    joined = " ".join(x.strip() for x in work.plain[begin:end])
    return quotes.dated(joined) and _wrote(work, joined, end)


def _width(work: Lines, at: int) -> int:
    lines = work.plain
    joined = ""
    for width in range(1, 8):
        if at + width > len(lines):
            return 0
        piece = lines[at + width - 1].strip()
        if width > 1 and not piece and joined.count("<") <= joined.count(">") and not _open_line(lines, at + width):
            return 0
        joined = f"{joined} {piece}".strip()
        if len(joined) > _MAX_ATTRIBUTION:
            return 0
        if piece and _wrote(work, joined, at + width):
            return width
    return 0


def _open_line(lines: list[str], at: int) -> bool:
    """After a blank inside an attribution a mail program goes on with the bare address."""
    return at < len(lines) and lines[at].strip().startswith(("<", "mailto:"))


def _ends(text: str) -> bool:
    return text.rstrip(" *_>").endswith(_ENDS)


def _wrote(work: Lines, joined: str, after: int) -> bool:
    """Whether these joined lines say who wrote what follows; `after` is the index of the line below."""
    inside = quotes.undashed(joined)
    text = inside or joined
    ends = _ends(text) or bool(inside)
    follows = _quote_follows(work, after)
    if not (ends or follows):
        return False
    dated, addressed = quotes.dated(text), "@" in text
    if ends and addressed and dated and quotes.BRACKETED.search(text):
        return True
    if not ends:
        return dated and addressed and (quotes.wrote(Line(text[-60:])) or bool(quotes.ADDRESS_END.search(text)))
    line = Line(text)
    if not quotes.wrote(line):
        return follows and addressed and quotes.starts(line) == "word"
    if addressed:
        return dated or follows or bool(inside or quotes.BRACKETED.search(text))
    if dated:
        return bool(quotes.starts(line)) and (follows or quotes.by_a_program(line))
    return follows and len(text) <= 80 and not quotes.speaks(line)


def _quote_follows(work: Lines, at: int) -> bool:
    near = range(at, min(at + 4, len(work.plain)))
    following = next((i for i in near if work.plain[i].strip()), -1)
    if following < 0:
        return False
    line = work.plain[following]
    if len(line) < 30 and _ends(line) and quotes.wrote(work.line(following)):
        return False  # "> wrote:" is the end of a broken attribution, no quote
    return following in work.indented or bool(quotes.QUOTED.match(line) or quotes.BAR_QUOTED.match(line))
