"""A mail's HTML after cleaning: what the desk may show, and what it keeps from being loaded."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Mapping
from dataclasses import dataclass

VERSION = 1  # of the cleaning; stored with its result, so that an older result can be told
# Cleaning escapes < and > everywhere else, also in attributes, so nothing that a client wrote can look like one of these.
_PICTURE = re.compile(r'<img data-(picture|remote)="(\d{1,4})"')


@dataclass(frozen=True, slots=True)
class OddLink:
    """A link that is not what it seems: its text, the host it leads to, and in a sentence what is odd."""

    text: str
    host: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeHtml:
    """`html` is a fragment without scripts, styles or addresses to load: pictures stand in it as numbers.

    `<img data-picture="2">` is attachment 2 of the mail (counted from 0); `<img data-remote="0">` is `remote[0]`, an https address.
    `blocked` counts the pictures that wait elsewhere, `trackers` those of one pixel, which are never shown.
    `problem` says why there is nothing to show, or what is missing."""

    html: str = ""
    remote: tuple[str, ...] = ()
    blocked: int = 0
    trackers: int = 0
    odd_links: tuple[OddLink, ...] = ()
    problem: str = ""


def pictures_in(html: str) -> tuple[int, ...]:
    """The attachments that the fragment shows, each once, in order."""
    return tuple(dict.fromkeys(int(number) for kind, number in _PICTURE.findall(html) if kind == "picture"))


def with_pictures(html: str, pictures: Mapping[int, str], remote: Mapping[int, str]) -> str:
    """The fragment with addresses put in for those pictures that may be loaded; the others stay numbers, which load nothing."""

    def placed(hit: re.Match[str]) -> str:
        address = (pictures if hit[1] == "picture" else remote).get(int(hit[2]))
        return hit[0] if address is None else f'<img src="{entities.escape(address)}"'

    return _PICTURE.sub(placed, html)
