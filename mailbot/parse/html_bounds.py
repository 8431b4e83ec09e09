"""How hard a piece of HTML is on a parser, told in linear time before any parser sees it.

HTML parsers are quadratic in nesting, in the attributes of one tag and in formatting that is never closed (200,000 nested tags did
not end in 90 s). So the scan counts what may be open, and never less than a parser has open: an end tag closes an element only where
nothing but formatting and elements with optional end tags was opened since, because then every parser closes it, too. What is left
open by careless HTML counts as nesting. Names of sections are those of the HTML standard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_SIZE = 1 << 20
MAX_TAGS = 20_000
MAX_ENTITIES = 30_000
MAX_DEPTH = 256
MAX_ATTRIBUTES = 100
MAX_REOPENED = 50_000  # times that a parser opens formatting anew which was not closed in its block
SHORT = 8000  # characters, in which neither nesting nor attributes can cost much
# 13.2.5 Tokenization. Possessive, so that no text makes it turn back; ASCII blanks only.
_VALUE = r"""\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+)?+"""
_TOKEN = re.compile(
    rf"""<(?:
        !--(?:-?>|.*?(?:--!?>|\Z))
      | [!?][^>]*+>?
      | /[^a-zA-Z][^>]*+>?
      | (?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[\s/]++|[^\s/>][^\s/>=]*+(?:{_VALUE})?+)*+)>?
    )""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(rf"[^\s/>][^\s/>=]*+(?:{_VALUE})?+", re.ASCII)


def words(text: str) -> frozenset[str]:
    """Names written as one text."""
    return frozenset(text.split())


_VOID = words("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
_ROOTS = frozenset(["html", "head", "body"])  # never nested
_TEXT = frozenset(["script", "style", "title", "textarea"])  # no tags inside
_OTHER_RULES = re.compile(r"(?i)<(?:svg|math|noscript|template|select|frameset|plaintext|xmp|noembed|noframes|iframe)\b")
_FORMATTING = words("a b big code em font i nobr s small strike strong tt u")  # 13.2.4.3
# End tags are optional. One of them is in another of its kind only with an element between that counts.
_OPTIONAL = words("p li dd dt option optgroup rb rp rt rtc td th tr tbody thead tfoot caption colgroup")

# What ends paragraphs, list items and cells that are still open in it (13.2.6.4.7 and the table modes).
_ENDS_OPTIONAL = _OPTIONAL | words(
    "address article aside blockquote button center details dialog dir div dl fieldset figcaption figure footer form header hgroup "
    "listing main menu nav object ol pre search section summary table ul applet marquee h1 h2 h3 h4 h5 h6"
)


def too_hard(html: str) -> str:
    """A sentence that says why no HTML parser shall get this, "" where it is harmless."""
    if len(html) > MAX_SIZE:
        return "it is very long"
    tags = html.count("<")
    if tags > MAX_TAGS or html.count("&") > MAX_ENTITIES:
        return "it holds tens of thousands of tags"
    if tags > MAX_DEPTH * 4 and _OTHER_RULES.search(html):
        return "it mixes drawings or forms into thousands of tags"
    return _Scan().over(html.replace("\v", "_")) if tags > MAX_DEPTH or len(html) > SHORT else ""


@dataclass(slots=True)
class _Scan:
    """`open` are the elements that may be open, outermost first; `formatting` and `optional` how many of them are of these kinds."""

    open: list[str] = field(default_factory=list)
    formatting: int = 0
    optional: int = 0
    reopened: int = 0

    @property
    def depth(self) -> int:
        return len(self.open) - self.optional

    def over(self, html: str) -> str:
        at = 0
        while hit := _TOKEN.search(html, at):
            at = hit.end()
            name = (hit["name"] or "").lower()
            if not name or name in _ROOTS:
                continue
            if hit["end"]:
                self._end(name)
                continue
            if len(hit["attributes"]) > MAX_ATTRIBUTES and len(_ATTRIBUTE.findall(hit["attributes"])) > MAX_ATTRIBUTES:
                return "one of its tags has hundreds of attributes"
            if name in _TEXT:
                at = _after(html, name, at)
            elif name not in _VOID:
                self._begin(name)
                if self.depth > MAX_DEPTH:
                    return "it is nested very deep"
                if self.reopened > MAX_REOPENED or self.optional > MAX_DEPTH * 4:
                    return "it leaves hundreds of tags open"
        return ""

    def _begin(self, name: str) -> None:
        self.reopened += self.formatting
        if name in _OPTIONAL:
            if self.open and self.open[-1] == name:
                return  # it ends the one before
            self.optional += 1
        self.open.append(name)
        self.formatting += name in _FORMATTING

    def _end(self, name: str) -> None:
        for at in range(len(self.open) - 1, -1, -1):
            found = self.open[at]
            if found == name:
                del self.open[at]
                self.formatting -= name in _FORMATTING
                self.optional -= name in _OPTIONAL
                return
            if found not in _FORMATTING and (found not in _OPTIONAL or name in _FORMATTING or name not in _ENDS_OPTIONAL):
                return


def _after(html: str, name: str, at: int) -> int:
    """Where the text element that begins before `at` ends; without an end tag it takes all."""
    hit = re.compile(rf"</{name}(?=[\s/>])", re.ASCII | re.IGNORECASE).search(html, at)
    return hit.start() if hit else len(html)
