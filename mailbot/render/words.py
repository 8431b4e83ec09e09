"""What templates do with words: cleaning, subjects, local times, money, paragraphs of HTML.

The home of Babel, which is imported when first used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup, escape

from mailbot.model.reply import ReplyFacts

# C0 and C1 controls but tab and newline, lone surrogates, bidi marks and overrides, zero-width letters, line separators
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|fwd?|aw|sv|antw|vs|odp)\s*(?:\[\d+\])?\s*:)+", re.IGNORECASE)
TICKET_TAG = re.compile(r"\s*\[#\d+\]")
SUBJECT_LENGTH = 120
NAME_LENGTH = 80
LOCALE = "en"  # clients are answered in English (P13)
LONG_DAY = "EEEE d MMMM y"


def clean(text: str) -> str:
    """One line without control characters and bidi overrides."""
    return " ".join(UNSAFE.sub(" ", text).split())


def clean_lines(text: str) -> str:
    """The same for text of several lines."""
    return UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def safe(facts: ReplyFacts) -> ReplyFacts:
    """Every string of the facts that somebody outside could have written, cleaned."""
    changed: dict[str, Any] = {f.name: cleaned for f in fields(facts) if (cleaned := _cleaned(f.name, getattr(facts, f.name))) is not None}
    return replace(facts, **changed)


def answer_subject(subject: str) -> str:
    """The client's subject without `Re:` and ticket tags; empty where nothing is left."""
    bare = TICKET_TAG.sub("", REPLY_PREFIX.sub("", clean(subject))).strip()
    return bare if len(bare) <= SUBJECT_LENGTH else bare[: SUBJECT_LENGTH - 1].rstrip() + "…"


def local_time(at: datetime, zone: str) -> str:
    """`Tuesday 24 November 2026 at 15:30 (Stockholm time, CET)`; UTC where the zone is unknown."""
    from babel.dates import format_datetime

    there = _there(at, zone)
    return f"{format_datetime(there, LONG_DAY, locale=LOCALE)} at {there:%H:%M} ({_zone_name(there)})"


def local_day(at: datetime, zone: str) -> str:
    """`Tuesday 24 November 2026`: the date by the clock of that zone."""
    from babel.dates import format_datetime

    return format_datetime(_there(at, zone), LONG_DAY, locale=LOCALE)


def by_time(at: datetime, zone: str, precision: str = "minute") -> str:
    """A promise: `by Tuesday 24 November 2026 at 15:30 (...)`, or of an order system that knows days only `by the end of Tuesday ...`."""
    return f"by the end of {local_day(at, zone)}" if precision == "day" else f"by {local_time(at, zone)}"


def money(amount: Decimal, currency: str) -> str:
    """`EUR 1,240.00`, `JPY 4,000`: ISO 4217 code and its number of decimals, for `$` alone says too little."""
    from babel.numbers import format_currency

    return format_currency(amount, currency, "¤¤ #,##0.00", locale=LOCALE)


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def paragraphs(text: str) -> Markup:
    """Plain text as HTML: blank lines part paragraphs, lines with `- ` become a list, links can be clicked."""
    blocks = [b.strip() for b in re.split(r"\n\s*\n", str(text)) if b.strip()]
    return Markup("\n").join(_block(b) for b in blocks)


def tidy(text: str) -> str:
    """No trailing blanks, never two blank lines, one newline at the end."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _there(at: datetime, zone: str) -> datetime:
    try:
        return at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return at.astimezone(ZoneInfo("UTC"))


def _zone_name(there: datetime) -> str:
    """`Stockholm time, CET`; `Istanbul time, UTC+03:00` where the zone has no letters; `UTC`."""
    from babel.dates import get_timezone_location

    zone, letters = str(there.tzinfo), there.tzname() or "UTC"
    offset = there.strftime("%z")
    name = letters if letters.isalpha() else f"UTC{offset[:3]}:{offset[3:]}"
    city = get_timezone_location(zone, locale=LOCALE, return_city=True) if "/" in zone and not zone.startswith("Etc/") else ""
    return f"{city.rpartition('/')[2]} time, {name}" if city else name


def _cleaned(name: str, value: object) -> object:
    if isinstance(value, str):
        text = clean_lines(value) if name in ("message", "text", "quote") else clean(value)
        return text[:NAME_LENGTH] if name == "name" else text
    if isinstance(value, tuple) and value and all(isinstance(v, str) for v in value):
        return tuple(clean(v) for v in value)
    return None


def _block(block: str) -> Markup:
    lines = block.splitlines()
    points = [line[2:] for line in lines if line.startswith("- ")]
    if not points:
        return Markup("<p>{}</p>").format(Markup("<br>\n").join(_linked(line) for line in lines))
    before = [line for line in lines if not line.startswith("- ")]
    items = Markup("").join(Markup("<li>{}</li>").format(_linked(p)) for p in points)
    head = Markup("<p>{}</p>\n").format(Markup("<br>\n").join(_linked(line) for line in before)) if before else Markup("")
    return head + Markup("<ul>{}</ul>").format(items)


def _linked(line: str) -> Markup:
    parts, at = [], 0
    for link in LINK.finditer(line):
        parts += [escape(line[at : link.start()]), Markup('<a href="{0}">{0}</a>').format(link.group())]
        at = link.end()
    return Markup("").join([*parts, escape(line[at:])])
