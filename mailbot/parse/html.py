"""HTML bodies as plain lines: blocks on lines of their own, hidden text dropped, quotes marked with "> ", links remembered.

Where a mail program's container says that the quote begins, a line `lines.HERE_ENDS` stands; behind an anchor's text stands a
link mark (`lines.LINK_MARK`). Depth and size are capped before parsing: parsers are quadratic in nesting.
"""

from __future__ import annotations

import html as entities
import re
from collections import Counter
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailbot.parse import charset, containers, lines

MAX_HTML = 2_000_000
MAX_DEPTH = 400
MAX_NODES = 25_000  # of all HTML bodies of a mail together
MAX_LINKS = 500
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]{0,2000})>")
_ANY_TAG = re.compile(r"<[^<>]{0,4000}>")
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"])
_DROPPED = frozenset(["head", "script", "style", "title", "template", "noscript", "object", "svg", "math", "select", "textarea", "iframe"])
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "h1",
     "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tr", "ul")
)  # fmt: skip # one list
_SPACED = frozenset(("p", "h1", "h2", "h3", "h4", "blockquote", "ul", "ol", "table"))
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)|"
    r"max-height\s*:\s*0(?:px)?\s*(?:;|$)|mso-hide\s*:\s*all",
    re.I,
)
_SPACES = re.compile(" {2,}")
_HREF = re.compile(r"""[hH](?<!\w[hH])(?i:ref\s{0,3}=\s{0,3}["']?(https?://[^\s"'<>]{1,2000}))""")
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")


@dataclass(frozen=True, slots=True)
class HtmlText:
    """`links` are targets of anchors, named by the link marks in `text`; `nodes` how many were read."""

    text: str
    links: tuple[str, ...] = ()
    nodes: int = 0
    problem: str = ""


def to_text(html: str, most: int = MAX_NODES) -> HtmlText:
    """The lines that a person sees, of at most `most` nodes; never an exception, also for what is no HTML."""
    if most <= 0:
        return HtmlText("", problem="the HTML text is very long; only its first part was read")
    cut = len(html) > MAX_HTML
    html = html[:MAX_HTML]
    if _too_deep(html):
        return HtmlText(_stripped(html), nodes=most, problem="the HTML is nested very deep; its tags were only dropped")
    try:
        root = LexborHTMLParser(html).body
    except Exception:  # the C parser's own errors have no common class; the words can still be shown
        return HtmlText(_stripped(html), nodes=most, problem="the HTML could not be read; its tags were only dropped")
    if root is None:
        return HtmlText(_stripped(html))
    writer = _Writer()
    nodes = _walk(root, writer, most)
    problem = "the HTML text is very long; only its first part was read" if cut or nodes >= most else ""
    return HtmlText(charset.clean(writer.text()), tuple(writer.links), nodes, problem)


def hrefs(html: str) -> tuple[str, ...]:
    """Targets of anchors by plain search, to see whether the HTML holds links that the plain text lacks."""
    return tuple(entities.unescape(url) for url in _HREF.findall(html[:MAX_HTML]))


def _too_deep(html: str) -> bool:
    if html.count("<") < MAX_DEPTH:
        return False
    depth = 0
    for hit in _TAG.finditer(html):
        tag = hit[2].lower()
        if tag in _VOID or tag in ("p", "li", "td", "tr", "option") or hit[3].endswith("/"):
            continue
        depth = max(0, depth - 1) if hit[1] else depth + 1
        if depth > MAX_DEPTH:
            return True
    return False


def _stripped(html: str) -> str:
    dropped = re.sub(r"(?is)<(script|style)\b.{0,100000}?</\1\s*>", " ", html) if html.lower().count("<style") < 20 else html
    broken = re.sub(r"(?i)<(?:br|/p|/div|/tr|/li)\b[^<>]{0,200}>", "\n", dropped)
    text = _unforged(charset.clean(entities.unescape(_ANY_TAG.sub("", broken))))
    return "\n".join(filter(None, (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))))


@dataclass(slots=True)
class _Writer:
    """Collects lines; `inside` counts the containers open now."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    inside: Counter[containers.Role] = field(default_factory=Counter)
    pre: int = 0
    anchor_from: int = 0

    def put(self, text: str) -> None:
        if self.pre:
            head, *more = text.split("\n")
            self.line.append(head)
            for one in more:
                self.end_line(keep_blank=True)
                self.line.append(one)
            return
        words = text if text.isprintable() and "  " not in text else _BLANKS.sub(" ", text)
        if words == " " and not self.line:
            return
        self.line.append(words)

    def end_line(self, *, keep_blank: bool = False) -> None:
        if not self.line and not keep_blank:
            return
        text = "".join(self.line)
        self.line.clear()
        text = text.rstrip() if self.pre else _SPACES.sub(" ", text).strip() if "  " in text else text.strip()
        if text or keep_blank:
            self.lines.append(f"{self._mark()}{text}".rstrip() if text or self.inside["quote"] else "")

    def blank(self) -> None:
        self.end_line()
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._mark() if self.inside["quote"] else "")

    def _mark(self) -> str:
        if self.inside["quote"]:
            return "> " * min(self.inside["quote"], 10)
        if self.inside["signature"]:
            return lines.SIGNED
        return lines.INDENTED if self.inside["indent"] else ""

    def introduces(self) -> bool:
        """What stands above goes on in what follows ("The owner asked for:"), or in the same line; a quote begins anew."""
        above = next((line for line in reversed(self.lines) if line.strip("> ")), "")
        return bool(self.line) or above.endswith((":", ",", "：", "，"))

    def link(self, url: str, shown: str) -> None:
        if len(self.links) < MAX_LINKS and not shown.strip().rstrip("/").endswith(url.rstrip("/")):
            self.line.append(f"\ue001{len(self.links)}\ue002")
            self.links.append(url)

    def text(self) -> str:
        self.end_line()
        while self.lines and not self.lines[-1].strip("> "):
            self.lines.pop()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip("\n")


def _walk(root: LexborNode, writer: _Writer, most: int) -> int:
    """Depth first without recursion: (node, None) opens, (node, what it holds) closes. How many nodes were read, at most `most`."""
    stack: list[tuple[LexborNode, containers.Role | None]] = [(root, None)]
    seen = 0
    while stack and seen < most:
        node, role = stack.pop()
        if role is not None:
            _close(node, role, writer)
            continue
        seen += 1
        if node.is_text_node:
            writer.put(_unforged(node.text_content or ""))
        elif node.is_element_node and (role := _open(node, writer)) is not None:
            stack.append((node, role))
            child = node.last_child
            while child is not None:
                stack.append((child, None))
                child = child.prev
    return seen


def _unforged(text: str) -> str:
    return text if text.isascii() else lines.RESERVED.sub("", text)


def _open(node: LexborNode, writer: _Writer) -> containers.Role | None:
    """What the element holds; None: it and all in it is left out."""
    tag = node.tag or ""
    if tag in _DROPPED:
        return None
    attributes = node.attributes
    style = attributes.get("style") or ""
    if (style and _HIDDEN.search(style)) or "hidden" in attributes:
        return None
    if tag == "br":
        writer.end_line(keep_blank=True)
        return None
    if tag in ("td", "th") and writer.line:
        writer.put(" ")
    introduced = tag == "blockquote" and writer.introduces()
    if tag in _BLOCKS:
        writer.blank() if tag in _SPACED else writer.end_line()
    if attributes and containers.ends_here(node, tag, attributes):
        writer.end_line()
        writer.lines.append(lines.HERE_ENDS)
    role = containers.role(node, tag, attributes)
    if role == "bare":
        role = "indent" if introduced else "quote"
    if role:
        writer.end_line()
        writer.inside[role] += 1
    if tag == "li":
        writer.put("- ")
    elif tag == "pre":
        writer.pre += 1
    elif tag == "a":
        writer.anchor_from = len(writer.line)
    elif tag == "hr":
        writer.put("_" * 20)
    return role


def _close(node: LexborNode, role: containers.Role, writer: _Writer) -> None:
    tag = node.tag or ""
    if tag == "a":
        url = (node.attributes.get("href") or "").strip()
        if url.lower().startswith(("http://", "https://")):
            writer.link(url[:2000], "".join(writer.line[writer.anchor_from :]))
    if tag in _BLOCKS:
        writer.blank() if tag in _SPACED else writer.end_line()
    if tag == "pre":
        writer.pre = max(0, writer.pre - 1)
    if role:
        writer.end_line()
        writer.inside[role] -= 1
