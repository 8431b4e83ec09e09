"""A mail's HTML made safe to show (home of nh3): bounds first, then an allow-list, then every tag that is left is written anew.

Two layers, each of which alone lets no script and no request through: nh3 parses as a browser does and keeps only tags and
attributes of the list; its output, which is well formed, is read once more here, where addresses become numbers and each tag is
written from known values. Whatever does not look as expected is dropped as a whole: the plain text is always there.
"""

from __future__ import annotations

import html as entities
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import nh3

from mailbot.model.message import Attachment, ParsedMessage
from mailbot.model.safe_html import OddLink, SafeHtml
from mailbot.parse import colours, header, hosts
from mailbot.parse.html_bounds import too_hard, words

MAX_OUT = 2_000_000
MAX_REMOTE = 200
MAX_ODD = 20
MAX_PICTURES = 500
MAX_LINKS = 2000  # later ones are only their words; each costs some thirty microseconds to read
TAGS = words(
    "a abbr address article aside b bdi big blockquote br caption center cite code col colgroup dd del dfn div dl dt em "
    "figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main nav ol p pre q rp rt ruby s samp section "
    "small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr"
)
_LEFT_OUT = words("script style title textarea template noscript iframe object svg math select xmp noembed noframes plaintext audio video")
_VOID = frozenset(["br", "col", "hr", "img", "wbr"])
_BLOCKS = frozenset(["p", "div", "li", "td", "th", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"])
_MAY_BE_COLOURED = _BLOCKS | {"span", "font", "b", "strong", "i", "em", "u", "s", "small", "big", "code"}
_TURNED = re.compile("[\u202d\u202e]")  # characters that turn the direction of the rest: "gpj.exe" would read "exe.jpg"
_NUMBER = re.compile(r"\d{1,4}%?")
_WORD = re.compile(r"[a-zA-Z]{1,10}")
# Attributes that are kept as they are, where their value has this form.
_KEPT: dict[str, dict[str, re.Pattern[str]]] = {
    "td": {"colspan": _NUMBER, "rowspan": _NUMBER, "align": _WORD, "valign": _WORD},
    "th": {"colspan": _NUMBER, "rowspan": _NUMBER, "align": _WORD, "valign": _WORD},
    "tr": {"align": _WORD, "valign": _WORD}, "col": {"span": _NUMBER}, "colgroup": {"span": _NUMBER},
    "table": {"width": _NUMBER, "border": _NUMBER, "align": _WORD}, "ol": {"start": _NUMBER, "type": re.compile("[1aAiI]")},
    "img": {"width": _NUMBER, "height": _NUMBER}, "font": {"size": re.compile(r"[+-]?[1-7]")},
    "p": {"align": _WORD}, "div": {"align": _WORD, "dir": _WORD}, "span": {"dir": _WORD},
}  # fmt: skip
_READ: dict[str, set[str]] = {
    tag: set(_KEPT.get(tag, ())) | {"a": {"href"}, "img": {"src", "alt"}}.get(tag, set()) | {"style", "color", "bgcolor"} for tag in TAGS
}
_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(_LEFT_OUT),
    attributes=_READ,
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    url_relative="deny",
    link_rel=None,
    strip_comments=True,
)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]{0,11})((?: [a-z]{1,12}=\"[^\"<>]*\")*)>")
_ATTRIBUTE = re.compile(r" ([a-z]{1,12})=\"([^\"]*)\"")
_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/\s]+={0,2}\s*")
_MAIL = re.compile(r"(?i)mailto:[^\s<>\"'?&%]{1,200}@[^\s<>\"'?&%]{1,200}|tel:[+\d ()/.-]{3,30}")


def safe_html(message: ParsedMessage, known: Collection[str] = ()) -> SafeHtml | None:
    """The mail's HTML as it may be shown; None where it has none. Never an exception. `known`: our own hosts, which links may imitate."""
    if not message.html.strip():
        return None
    hard = too_hard(message.html)
    if hard:
        return SafeHtml(problem=f"The HTML of this mail is not shown: {hard}.")
    try:
        clean = _TURNED.sub("", _CLEANER.clean(message.html))
        if len(clean) > MAX_OUT:
            return SafeHtml(problem="The HTML of this mail is not shown: it grows when it is cleaned.")
        return _Writer(_by_content_id(message.attachments), frozenset(known)).written(clean)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in the library is no Exception; one mail must not end the process, its text is shown
        return SafeHtml(problem=f"The HTML of this mail could not be cleaned ({type(error).__name__.strip('_')}).")


def _by_content_id(attachments: tuple[Attachment, ...]) -> dict[str, int]:
    """Content-ID in lower case -> number; the first wins where two are alike."""
    found: dict[str, int] = {}
    for number, one in enumerate(attachments):
        if one.content_id:
            found.setdefault(one.content_id.lower(), number)
    return found


class _Unexpected(Exception):
    """The cleaned HTML does not look as nh3 writes it."""


@dataclass(slots=True)
class _Open:
    """An element whose end is to come: `end` is written then; `link` leads where its text, from `out[start]` on, may not say."""

    tag: str
    end: str
    link: hosts.Link | None = None
    start: int = 0


@dataclass(slots=True)
class _Writer:
    """Writes nh3's output anew, tag by tag."""

    pictures: Mapping[str, int]
    known: Collection[str]
    out: list[str] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    remote: list[str] = field(default_factory=list)
    trackers: int = 0
    odd: list[OddLink] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def written(self, clean: str) -> SafeHtml:
        at = 0
        for hit in _TAG.finditer(clean):
            self._text(clean[at : hit.start()])
            at = hit.end()
            if hit[1]:
                self._end(hit[2])
            else:
                self._begin(hit[2], {name: entities.unescape(value) for name, value in _ATTRIBUTE.findall(hit[3])})
        self._text(clean[at:])
        if self.open:
            raise _Unexpected
        return SafeHtml(
            html="".join(self.out), remote=tuple(self.remote), blocked=len(self.remote), trackers=self.trackers, odd_links=tuple(self.odd)
        )

    def _text(self, text: str) -> None:
        if "<" in text or ">" in text:
            raise _Unexpected
        self.out.append(text)

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag not in TAGS:
            raise _Unexpected
        self.seen[tag] += 1
        if tag == "img":
            if self.seen[tag] <= MAX_PICTURES:
                self._picture(attributes)
        elif tag == "a":
            self._link(attributes.get("href", "") if self.seen[tag] <= MAX_LINKS else "")
        elif tag in _VOID:
            self.out.append(_start(tag, attributes))
        else:
            self._element(tag, attributes)

    def _element(self, tag: str, attributes: dict[str, str]) -> None:
        """With its colours as elements of their own: our pages allow no style attributes."""
        style = colours.declared(attributes.get("style", "")) if "style" in attributes else {}
        colour = colours.text_colour(style.get("color") or attributes.get("color", ""))
        begin, end = _start(tag, attributes), f"</{tag}>"
        if tag in _MAY_BE_COLOURED:
            if "background" in style and tag not in _BLOCKS and colours.is_marker(style["background"]):
                begin, end = f"{begin}<mark>", f"</mark>{end}"
            if colour:
                begin, end = f'{begin}<font color="{colour}">', f"</font>{end}"
        self.out.append(begin)
        self.open.append(_Open(tag, end))

    def _end(self, tag: str) -> None:
        if not self.open or self.open[-1].tag != tag:
            raise _Unexpected
        ended = self.open.pop()
        self.out.append(ended.end)
        if ended.link:
            self._note(ended.link, "".join(self.out[ended.start :]))

    def _link(self, href: str) -> None:
        """A link that is no web, mail or telephone address is only its words."""
        link = hosts.read_link(href, self.known)
        address = link.url if link else href.strip() if _MAIL.fullmatch(href.strip()) else ""
        if not address:
            self.open.append(_Open("a", ""))
            return
        title = f' title="{_escaped(link.shown)}"' if link else ""
        self.out.append(f'<a href="{_escaped(address)}"{title} target="_blank" rel="noopener noreferrer nofollow">')
        self.open.append(_Open("a", "</a>", link, len(self.out)))

    def _note(self, link: hosts.Link, inside: str) -> None:
        """Behind the link stands where it leads, when its words say otherwise or its host is odd."""
        said = header.tidy(entities.unescape(_TAG.sub("", inside)))
        named = hosts.named_host(said)
        because = link.warning or (f"says {named}" if named and not hosts.same_place(named, link.shown) else "")
        if because and len(self.odd) < MAX_ODD:
            self.odd.append(OddLink(said[:80], link.shown, because))
        if because or link.shown != link.host:
            kind = "odd" if link.warning else "host"
            self.out.append(f' <span class="{kind}">[{_escaped(link.shown)}{": " + _escaped(because) if link.warning else ""}]</span>')

    def _picture(self, attributes: dict[str, str]) -> None:
        source = attributes.get("src", "").strip()
        alt = header.tidy(attributes.get("alt", ""))[:200]
        kept = "".join(f' {k}="{v}"' for k, v in attributes.items() if k in _KEPT["img"] and _NUMBER.fullmatch(v))
        rest = f'{kept} alt="{_escaped(alt)}">'
        remote = hosts.read_link(source)
        if source[:4].lower() == "cid:":
            number = self.pictures.get(unquote(source[4:])[:300].strip("<> ").lower())
            missing = f'<span class="missing">[{_escaped(alt) or "picture missing"}]</span>'
            self.out.append(missing if number is None else f'<img data-picture="{number}"{rest}')
        elif remote and _tiny(attributes):
            self.trackers += 1
        elif remote and len(self.remote) < MAX_REMOTE:
            self.out.append(f'<img data-remote="{len(self.remote)}"{rest}')
            self.remote.append(f"https{remote.url[remote.url.index(':') :]}")
        elif _DATA.fullmatch(source):
            self.out.append(f'<img src="{"".join(source.split())}"{rest}')
        elif alt:
            self.out.append(_escaped(alt))


def _start(tag: str, attributes: Mapping[str, str]) -> str:
    forms = _KEPT.get(tag, {})
    kept = "".join(f' {name}="{value}"' for name, value in attributes.items() if name in forms and forms[name].fullmatch(value))
    return f"<{tag}{kept}>"


def _tiny(attributes: Mapping[str, str]) -> bool:
    return bool({"0", "1"} & {attributes.get("width", ""), attributes.get("height", "")}) or colours.is_tiny(attributes.get("style", ""))


def _escaped(text: str) -> str:
    return entities.escape(text, quote=True)
