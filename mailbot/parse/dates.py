"""Dates as mail programs write them, also those that no library reads: with dots, named zones, months of other languages, ISO 8601."""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime, timedelta

from mailbot.parse import header

# Zones that RFC 5322 section 4.3 does not name; the stdlib takes them for UTC.
_ZONES = {
    "cet": "+0100", "mez": "+0100", "met": "+0100", "cest": "+0200", "mesz": "+0200", "mest": "+0200", "bst": "+0100", "wet": "+0000",
    "west": "+0100", "eet": "+0200", "eest": "+0300", "msk": "+0300", "trt": "+0300", "sast": "+0200", "gst": "+0400", "pkt": "+0500",
    "wib": "+0700", "ict": "+0700", "hkt": "+0800", "sgt": "+0800", "awst": "+0800", "jst": "+0900", "kst": "+0900", "aest": "+1000",
    "aedt": "+1100", "acst": "+0930", "nzst": "+1200", "nzdt": "+1300", "brt": "-0300", "art": "-0300", "akst": "-0900", "hst": "-1000",
}  # fmt: skip
_MONTHS = {
    "janv": "Jan", "ene": "Jan", "gen": "Jan", "févr": "Feb", "fév": "Feb", "fev": "Feb", "mrz": "Mar", "mär": "Mar", "märz": "Mar",
    "mrt": "Mar", "mars": "Mar", "avr": "Apr", "abr": "Apr", "mai": "May", "mei": "May", "maj": "May", "mag": "May", "juin": "Jun",
    "giu": "Jun", "juil": "Jul", "lug": "Jul", "août": "Aug", "ago": "Aug", "set": "Sep", "okt": "Oct", "out": "Oct", "ott": "Oct",
    "déc": "Dec", "dez": "Dec", "dic": "Dec",
}  # fmt: skip
# As most programs write it; the stdlib takes ten times as long.
_PLAIN = re.compile(r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})", re.ASCII)
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = re.compile(r"(?<=\d[ -])([^\W\d_]{3,5})\.?(?=[ -])")
_DAY = re.compile(r"^[^\W\d_]{1,12}\.?,?\s+(?=\d)")
_DAY_DOT = re.compile(r"^(\d{1,2})\.\s")
_ZONE = re.compile(r"(?i)\s([a-z]{3,4})$")
_COLON_ZONE = re.compile(r"([+-]\d\d):(\d\d)(?=$|\s)")


def read(value: str) -> datetime | None:
    """Aware UTC; without a zone the time is taken as UTC; None where nothing sensible (1970 to 2200) can be read."""
    line = header.text_of(value)[:100]
    return _usual(line) or _unusual(line)


def _usual(line: str) -> datetime | None:
    hit = _PLAIN.fullmatch(line)
    if not hit or hit[2] not in _ENGLISH:
        return None
    day, year, hour, minute, second, zone_hours, zone_minutes = map(int, hit.group(1, 3, 4, 5, 6, 8, 9))
    if not 1971 <= year < 2200 or zone_hours > 23 or zone_minutes > 59:
        return None
    try:
        local = datetime(year, _ENGLISH.index(hit[2]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    offset = timedelta(hours=zone_hours, minutes=zone_minutes)
    return local - offset if hit[7] == "+" else local + offset


def _unusual(line: str) -> datetime | None:
    plain = _plain(line)
    for words in dict.fromkeys((plain, plain.replace(".", ":"), line)):
        found = _parsed(words)
        if found and 1970 <= found.year <= 2200:
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def _parsed(words: str) -> datetime | None:
    try:
        return email.utils.parsedate_to_datetime(words)
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        return None


def _plain(line: str) -> str:
    """English months, no weekday, offsets as RFC 5322 has them."""
    without_day = _DAY_DOT.sub(r"\1 ", _DAY.sub("", line))
    named = _MONTH.sub(lambda m: _MONTHS.get(m[1].lower(), m[1]), without_day)
    zoned = _ZONE.sub(lambda m: f" {_ZONES.get(m[1].lower(), m[1])}", _COLON_ZONE.sub(r"\1\2", named).partition(" (")[0])
    return zoned.strip()
