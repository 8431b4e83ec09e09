"""Which HTML elements mail programs wrap around quotes and signatures. Names as Gmail, Outlook, Apple Mail, Thunderbird, Yahoo,
Proton, Zoho, GMX, Spark, Zimbra, NetEase and others write them."""

from __future__ import annotations

import re
from typing import Literal

from selectolax.lexbor import LexborNode

Role = Literal["quote", "bare", "indent", "signature", ""]
Attributes = dict[str, str | None]
_QUOTES = re.compile(
    r"(?:^|\s)(?:gmail_attr|moz-cite-prefix|yahoo_quoted|yahoo-quoted-begin|protonmail_quote|tutanota_quote|zmail_extra|mail_quote|"
    r"gmx_quote|mailru-blockquote|missive_quote|history_container|front-blockquote|freshdesk_quote|ntes-mailmaster-quote|"
    r"messageReplySection|quoted-content|isReplyContent|__QUOTED_TEXT__)(?:$|\s)",
    re.I,
)
_SIGNATURES = re.compile(r"(?:^|[\s_-])signature(?:$|[\s_-])|messageSignatureSection|__SIG_POST__|mb_sig\b|data-signature-widget", re.I)
_ENDINGS = re.compile(
    r"(?:^|\s)(?:x_)*(?:divRplyFwdMsg|appendonsend|stopSpelling|OLK_SRC_BODY_SECTION|ms-outlook-mobile-quote|"
    r"mail-editor-reference-message-container|isForwardContent|zwchr|zimbraQuote|__zimbra|OutlookMessageHeader|"
    r"moz-email-headers-table|moz-forward-container|oriMsgHtmlSep)",
    re.I,
)
_OUTLOOK_RULE = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s*#?(?:b5c4df|e1e1e1)|border-top:\s*(?:solid\s*)?#?(?:b5c4df|e1e1e1)\s", re.I
)
_MARKS = (
    "divRplyFwdMsg",
    "appendonsend",
    'type="cite"',
    "gmail_quote",
    "yahoo_quoted",
    "protonmail_quote",
    "solid #E1E1E1",
    "solid #B5C4DF",
)
_CITED_STYLE = re.compile(r"border-left\s*:\s*[^;]{0,40}(?:solid|\dpx|\dpt)", re.I)


def marks_quote(markup: str) -> bool:
    """Whether the HTML seems to hold a quote in a container of a known program; a plain search."""
    return any(mark in markup for mark in _MARKS)


def ends_here(node: LexborNode, tag: str, attributes: Attributes) -> bool:
    """From this element on everything is the mail that is answered or forwarded."""
    named = _names(attributes)
    if named and _ENDINGS.search(named):
        return True
    if named and "gmail_attr" in named and node.text()[:200].lstrip().startswith("---"):
        return True  # Gmail wraps only the first lines of a forwarded mail
    style = attributes.get("style") or ""
    return tag == "div" and bool(style) and bool(_OUTLOOK_RULE.search(style))


def role(node: LexborNode, tag: str, attributes: Attributes) -> Role:
    """What this container holds; a blockquote with a style of its own also indents one's own text, a "bare" one may."""
    if not attributes:
        return "bare" if tag == "blockquote" else ""
    named = _names(attributes)
    if named and (_QUOTES.search(named) or (tag == "div" and attributes.get("name") == "quote")):
        return "quote"
    if tag == "blockquote":
        return "quote" if _is_cited(node, named, attributes) else "indent"
    return "signature" if (named and _SIGNATURES.search(named)) or "data-signature-widget" in attributes else ""


def _names(attributes: Attributes) -> str:
    found = [attributes[key] or "" for key in ("class", "id", "name", "data-marker") if key in attributes]
    return " ".join(found)[:300] if found else ""


def _is_cited(node: LexborNode, named: str, attributes: Attributes) -> bool:
    if (attributes.get("type") or "").lower() == "cite" or "gmail_quote" in named or "cite" in attributes:
        return True
    return bool(_CITED_STYLE.search(attributes.get("style") or "")) or _in_quote(node)


def _in_quote(node: LexborNode) -> bool:
    parent = node.parent
    for _ in range(6):
        if parent is None:
            return False
        if "gmail_quote" in (parent.attributes.get("class") or ""):
            return True
        parent = parent.parent
    return False
