"""What a password must be: long, and not one that is guessed first. No rules about kinds of characters (ASVS 5.0, 6.2.5)."""

from __future__ import annotations

import re

from mailbot.model.words.passwords import COMMON

SHORTEST = 12
LONGEST = 256
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i"})
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "1234567890" * 3,
    "0123456789" * 3,
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
_OWN_LETTERS = 4  # what must be left of a password without login, name and company


def fault(password: str, *, login: str, name: str, company: str) -> str:
    """Why this cannot be a password, with the remedy; "" where it can."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; a few words in a row are good."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if _is_common(password):
        return "This password is among those that are guessed first. Use a few words that have nothing to do with each other."
    if _is_about(password, (login, company, *name.split(), *company.split(), "mailbot")):
        return "This password is made of your name or the company's. Use other words."
    return ""


def _is_common(password: str) -> bool:
    plain = password.casefold()
    read = plain.translate(_LEET)
    return (
        any(form in COMMON for form in _cores(plain) | _cores(read))
        or re.fullmatch(r"(.{1,6}?)\1+.{0,5}", plain, re.S) is not None  # one piece again and again
        or any(plain in run or plain in run[::-1] for run in _RUNS)
    )


def _cores(text: str) -> set[str]:
    """The word in the middle of `password2024!!` and in `PasswordPassword`."""
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    joined = re.sub(r"[\W\d_]+", "", text)
    half = joined[: len(joined) // 2]
    return {text, core, joined} | ({half} if half * 2 == joined else set())


def _is_about(password: str, names: tuple[str, ...]) -> bool:
    rest = password.casefold()
    for name in sorted({n.casefold() for n in names if len(n) > 2}, key=len, reverse=True):
        rest = rest.replace(name, "")
    rest = re.sub(r"[\W\d_]+", "", rest)
    return len(rest) < _OWN_LETTERS and len(rest) < len(re.sub(r"[\W\d_]+", "", password))
