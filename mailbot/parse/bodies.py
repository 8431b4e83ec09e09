"""The bodies of a mail as one text to read, with the links behind its anchors."""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass, field

from mailbot.model.message import Link
from mailbot.parse import containers, html, lines, marks, reply
from mailbot.parse.mail import Body, Mail

_STUB = re.compile(
    r"(?is)^\s*(?:\W{0,5}(?:your|this|the|to view|please|if you)\b[^\n]{0,80}"
    r"\b(?:html|does not support|doesn't support|compatible)\b[^\n]{0,200}\s*){1,3}$"
)
MAX_URLS = 200
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKUP = re.compile(r"(?i)^\s*<(?:!doctype html|html|head|body)\b")


@dataclass(slots=True)
class Words:
    """`shown` is the text in pieces, with link marks that name `targets`; `beside` that of HTML twins, read only for links that the plain
    text lacks. `nodes` and `urls` count what HTML has cost so far."""

    shown: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    nodes: int = 0
    urls: int = 0

    def read(self, markup: str) -> str:
        """The text of an HTML body, its link marks counted on from those of the bodies before."""
        read = html.to_text(markup, html.MAX_NODES - self.nodes)
        self.nodes += read.nodes
        by = len(self.targets)
        marked = lines.LINK_MARK.sub(lambda m: f"\ue001{int(m[1]) + by}\ue002", read.text) if by else read.text
        self.targets += read.links
        self.problems += [read.problem] if read.problem else []
        return _tidy(marked)

    def lacks_links(self, plain: str, markup: str) -> bool:
        """Whether the HTML holds links that its plain twin lacks; every link is a search, so a mail has a number of them."""
        if self.urls > MAX_URLS:
            return False
        urls = dict.fromkeys(html.hrefs(markup))
        self.urls += len(urls)
        near = plain[: reply.MAX_TEXT]
        return any(url not in near for url in itertools.islice(urls, MAX_URLS))


@dataclass(frozen=True, slots=True)
class NewText:
    """`text`: the client's new words without link marks; `links` all in them; `cut` what was cut; `whole` the body before cutting."""

    cut: reply.Trimmed
    text: str
    links: tuple[Link, ...]
    whole: str
    problems: tuple[str, ...]


def new_text(mail: Mail, phrases: tuple[str, ...], subject: str) -> NewText:
    """What the client newly wrote. `phrases` are those of our own templates."""
    writer = mail.from_all[0].name if mail.from_all else ""
    found = _trimmed(_words(mail.bodies), phrases, subject, writer)
    if not found.cut.quoted and (twin := _marked(mail.bodies)):
        other = _trimmed(twin, phrases, subject, writer)
        if other.cut.quoted and other.text:
            return other
    return found


def unmarked(text: str) -> str:
    """The text without link marks."""
    return lines.LINK_MARK.sub("", text)


def _trimmed(found: Words, phrases: tuple[str, ...], subject: str, writer: str) -> NewText:
    whole = "\n".join(found.shown)
    cut = reply.trim(whole, phrases, subject, writer)
    seen, text = _links(cut.text, found.targets)
    if found.beside:
        beside = reply.trim("\n".join(found.beside), phrases, subject, writer).text
        seen += tuple(Link(url=link.url) for link in _links(beside, found.targets)[0])  # their places are in another text
    return NewText(cut, text, _each_once(seen), whole, tuple(found.problems))


def _words(bodies: list[Body]) -> Words:
    """The plain form of each body; its HTML form where the plain one is missing, empty, or only says to use another program."""
    found = Words()
    for body in bodies:
        plain, markup = _tidy(body.plain), body.html
        plain = plain if plain.isascii() else lines.RESERVED.sub("", plain)
        if _MARKUP.match(plain):
            plain, markup = "", plain
        wanted = not plain.strip() or (len(plain) < 600 and bool(_STUB.match(plain)))
        if markup and wanted:
            found.shown.append(found.read(markup))
            continue
        if markup and found.lacks_links(plain, markup):
            found.beside.append(found.read(markup))
        if plain.strip():
            found.shown.append(plain)
    return found


def _marked(bodies: list[Body]) -> Words | None:
    """The HTML forms instead, where they mark a quote in a way that needs no language; None where they do not."""
    if not any(body.plain.strip() and containers.marks_quote(body.html) for body in bodies):
        return None
    found = Words()
    for body in bodies:
        if body.html:
            found.shown.append(found.read(body.html))
    return found


def _links(text: str, targets: list[str]) -> tuple[tuple[Link, ...], str]:
    """Links in order, and the text without link marks."""
    found: list[Link] = []
    out: list[str] = []
    length = last = 0
    for hit in (*lines.LINK_MARK.finditer(text), None):
        piece = text[last : hit.start() if hit else len(text)]
        found += [Link(url=s.words, start=s.start + length, end=s.end + length) for s in marks.links(piece)]
        out.append(piece)
        length += len(piece)
        if hit:
            last = hit.end()
            if int(hit[1]) < len(targets):
                found.append(Link(url=targets[int(hit[1])]))
    return tuple(found), "".join(out)


def _each_once(found: tuple[Link, ...]) -> tuple[Link, ...]:
    """Two spellings with and without a last slash are one link."""
    first: dict[str, Link] = {}
    for link in found:
        first.setdefault(link.url.rstrip("/"), link)
    return tuple(first.values())[:200]


def _tidy(text: str) -> str:
    """Composed letters, no invisible ones, no control characters but line ends and tabs."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    plain = _CONTROL.sub(" ", text)
    return plain if plain.isascii() else marks.without_invisible(unicodedata.normalize("NFC", plain)).replace("\u2028", "\n")
