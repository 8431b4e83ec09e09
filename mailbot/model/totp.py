"""Second factor: time-based one-time passwords (RFC 6238: SHA-1, 30 s, 6 digits, what every authenticator app speaks)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote

SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20  # RFC 4226 section 4, R6: 160 bits
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def step_at(now: datetime) -> int:
    return int((now - _EPOCH).total_seconds()) // SECONDS


def code(secret: bytes, step: int) -> str:
    """RFC 4226 section 5.3."""
    mac = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = mac[-1] & 0x0F
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def accepted(secret: bytes, given: str, now: datetime, last_step: int) -> int | None:
    """The step whose code was given: this one or a neighbour (clocks differ), never one that was used before. None: wrong."""
    typed = "".join(given.split())
    if len(typed) != DIGITS or not typed.isascii() or not typed.isdigit():
        return None
    here = step_at(now)
    for step in (here, here - 1, here + 1):
        if step > last_step and hmac.compare_digest(code(secret, step), typed):
            return step
    return None


def words(secret: bytes) -> str:
    """The secret to be typed in: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(secret: bytes, login: str, company: str) -> str:
    """otpauth: address that an app takes (Key Uri Format of Google Authenticator)."""
    key = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(company)}:{quote(login)}?secret={key}&issuer={quote(company)}"
