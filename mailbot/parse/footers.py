"""Signatures, mobile signatures, legal footers and gateway banners around the client's words."""

from __future__ import annotations

import re

from mailbot.parse import quotes
from mailbot.parse.lines import LINK_MARK, Lines
from mailbot.parse.phrases import Line

_LONGEST_SIGNATURE = 18  # lines
_LONGEST_FOOTER = 60


def mark_footers(work: Lines, writer: str) -> None:
    """Marks banners as quoted, and signatures; `writer` is the display name of the sender."""
    for i in work.new()[:6]:
        if quotes.banner(work.line(i)):
            work.marks[i] = "quote"
    _contained(work)
    for i in work.new():
        if quotes.mobile(work.line(i)):
            work.marks[i] = "signature"
    _legal(work)
    before = work.marks.count("new")
    _delimited(work)
    _closed(work, writer)
    if work.marks.count("new") != before:
        _legal(work)


def _contained(work: Lines) -> None:
    """Lines of the mail program's own signature container, unless the client wrote of the work in it."""
    lines = [i for i in sorted(work.signed) if work.marks[i] == "new"]
    if lines and not any(quotes.NAMES_WORK.search(work.plain[i]) for i in lines) and len(lines) < len(work.new()):
        for i in lines:
            work.marks[i] = "signature"


def _legal(work: Lines) -> None:
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


def _legal_begins(work: Lines, paragraph: list[int]) -> int | None:
    """The line where a legal text begins: wrapped lines are joined in pairs."""
    for i in paragraph[-_LONGEST_FOOTER:]:
        pair = Line(f"{work.plain[i]} {work.plain[i + 1]}") if i + 1 in paragraph else work.line(i)
        if len(pair.text) >= 25 and quotes.legal(pair):
            return i
    return None


def _delimited(work: Lines) -> None:
    """What stands below a signature line ("-- ") near the end; a longer rule counts only above contact lines."""
    new = work.new()
    for place, i in enumerate(new):
        below = new[place + 1 :]
        if not place or len(below) > _LONGEST_SIGNATURE:
            continue
        line = work.plain[i]
        if quotes.DELIMITER.match(line) and _signs(work, i, below):
            work.mark(i, len(work.marks), "signature")
            return
        if quotes.LINE_DELIMITER.match(line) and _is_signature(work, i, below):
            for j in (i, *below):
                work.marks[j] = "signature"
            return


def _signs(work: Lines, at: int, below: list[int]) -> bool:
    """Clients part their points by "--", too: without the blank of RFC 3676 a name, a closing or contact lines must stand below."""
    if any(quotes.NAMES_WORK.search(work.plain[i]) for i in below):
        return False
    if at in work.delimiters or not below:
        return True
    first = work.line(below[0])
    return len(first.words) <= 4 or quotes.greets(first) or any(_contact(work, i) for i in below)


def _is_signature(work: Lines, rule: int, below: list[int]) -> bool:
    """Clients also part their points by rules, so contact lines must stand below, or underscores above a line or two."""
    if len(below) > 10 or not _no_sentences(work, below):
        return False
    underscores = work.plain[rule].strip().startswith("_") and len(below) <= 2
    return not below or underscores or any(_contact(work, j) for j in below)


def _closed(work: Lines, writer: str) -> None:
    """A closing ("Kind regards") or the writer's full name with contact lines below; a closing with a bare name stays: it harms nothing."""
    new = work.new()
    for place in range(max(1, len(new) - 14), len(new)):
        at, below = new[place], new[place + 1 :]
        named = _is_writer(work.plain[at], writer)
        if not below or not (named or quotes.greets(work.line(at))):
            continue
        if any(_contact(work, j) or (named and "\ue001" in work.raw[j]) for j in below) and _no_sentences(work, below):
            for j in (at, *below):
                work.marks[j] = "signature"
            return


def _is_writer(line: str, writer: str) -> bool:
    return " " in writer and line.strip(" ,*_").casefold() == writer.casefold()


def _contact(work: Lines, at: int) -> bool:
    """A phone number, an address, or a link that does not stand in a sentence."""
    if quotes.CONTACT.search(work.plain[at]):
        return True
    return len(work.line(at).words) <= 4 and ("\ue001" in work.raw[at] or quotes.LINKED.search(work.plain[at]) is not None)


def _no_sentences(work: Lines, indexes: list[int]) -> bool:
    """Short lines that are no sentence: names, firms, numbers."""
    for i in indexes:
        line = LINK_MARK.sub("", work.plain[i]).strip()
        words = line.split()
        if (
            quotes.NAMES_WORK.search(line)
            or len(line) > 100
            or re.match(r"(?i)p\.?\s?s\b", line)
            or (len(words) > 8 and not _contact(work, i))
        ):
            return False
        if len(words) > 4 and line.endswith(("?", "!")):
            return False
    return True
