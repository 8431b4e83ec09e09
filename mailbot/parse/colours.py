"""What colour says in a client's mail ("see my remarks in red"): kept as values that cannot hide anything on white paper."""

from __future__ import annotations

import re

_DECLARED = re.compile(r"(?i)(?:^|[;\s])(color|background(?:-color)?)\s{0,5}:\s{0,5}([^;!]{1,60})")
_TINY = re.compile(r"(?i)(?:^|[;\s])(?:max-)?(?:width|height)\s{0,5}:\s{0,5}[01](?:px)?\s{0,5}(?:;|!|$)")
_HEX = re.compile(r"#(?:([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})|([0-9a-f])([0-9a-f])([0-9a-f]))(?![0-9a-f])")
_RGB = re.compile(r"rgba?\(\s{0,5}(\d{1,3})\s{0,5}[, ]\s{0,5}(\d{1,3})\s{0,5}[, ]\s{0,5}(\d{1,3})\b[^)]{0,20}\)", re.I)
_NAMES = {
    "red": "ff0000", "darkred": "8b0000", "crimson": "dc143c", "blue": "0000ff", "navy": "000080", "darkblue": "00008b",
    "green": "008000", "darkgreen": "006400", "lime": "00ff00", "purple": "800080", "magenta": "ff00ff", "fuchsia": "ff00ff",
    "orange": "ffa500", "yellow": "ffff00", "aqua": "00ffff", "cyan": "00ffff", "teal": "008080", "maroon": "800000",
    "brown": "a52a2a", "pink": "ffc0cb", "gray": "808080", "grey": "808080",
}  # fmt: skip
_Rgb = tuple[int, int, int]


def declared(style: str) -> dict[str, str]:
    """The values of color and background in a style attribute."""
    return {name.lower().partition("-")[0]: value.strip() for name, value in _DECLARED.findall(style[:2000])}


def text_colour(value: str) -> str:
    """`#rrggbb`, or "" for black and for what could not be read on white."""
    rgb = _read(value)
    return "#{:02x}{:02x}{:02x}".format(*rgb) if rgb and 0 < _light(rgb) < 0.75 else ""


def is_marker(value: str) -> bool:
    """Whether a background is meant to mark words, as a text marker does: a light colour, no grey."""
    rgb = _read(value)
    return rgb is not None and max(rgb) - min(rgb) > 60 and _light(rgb) > 0.4


def is_tiny(style: str) -> bool:
    """A picture of at most one pixel is there to tell that the mail was opened."""
    return bool(_TINY.search(style[:2000]))


def _read(value: str) -> _Rgb | None:
    value = value.strip().lower()
    first = value.partition(" ")[0]
    value = f"#{_NAMES[first]}" if first in _NAMES else value
    if hit := _HEX.match(value):
        r, g, b = (int(x * (3 - len(x)), 16) for x in hit.groups() if x)
        return r, g, b
    if hit := _RGB.match(value):
        r, g, b = (min(255, int(x)) for x in hit.groups())
        return r, g, b
    return None


def _light(rgb: _Rgb) -> float:
    r, g, b = rgb
    return (0.299 * r + 0.587 * g + 0.114 * b) / 255
