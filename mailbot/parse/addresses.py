"""Address fields of a header, as people and programs write them; what `mime.py` gives to mail-parser is only the rest."""

from __future__ import annotations

import email.utils
import re

from mailbot.model.message import Address
from mailbot.parse import header

# One mailbox with or without a name: most mails have it, and the libraries lose names with a comma, in encoded words, or before "mailto:".
_NAMED = re.compile(
    r'(?P<name>"[^"\\<>@]{0,200}"|[^"<>@:;()\\]{0,200})<\s?(?:mailto:)?(?P<address>[^<>@\s,;:"()]{1,64}@[^<>@\s,;:"()]{1,255})>?'
)
_BARE = re.compile(r"(?P<address>[A-Za-z0-9_.+=-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)")
_ANYWHERE = re.compile(r"(?<![\w.+@-])[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w@-])")
_WORDS = re.compile(r"=\?[^?\s]{1,80}\?[bBqQ]\?[^?\s]{0,400}\?=(?:\s{1,3}=\?[^?\s]{1,80}\?[bBqQ]\?[^?\s]{0,400}\?=){0,20}")


def one(value: str) -> tuple[Address, ...]:
    """The mailbox of a field that holds exactly one, () for lists, groups and comments. `value` is on one line."""
    if value.count("@") != 1:
        return ()
    hit = _NAMED.fullmatch(value) or _BARE.fullmatch(value)
    return from_pairs([(hit.groupdict().get("name") or "", hit["address"])]) if hit else ()


def separable(value: str) -> str:
    """The value with encoded words in quotes, so that a comma inside them parts nothing."""
    return _WORDS.sub(lambda m: f'"{m[0]}"', value) if "=?" in value and '"' not in value else value


def from_pairs(pairs: list[tuple[str, str]], *, receivers: bool = False) -> tuple[Address, ...]:
    """Decoded and tidied. `receivers`: nobody answers to them, so a local name beside a display name counts, or what has an @."""
    found = []
    for name, address in pairs[:200]:
        plain = header.text_of(str(address)).lower().strip("<>'\" ")
        user, at, domain = plain.rpartition("@")
        sound = bool(user and domain and "@" not in user) or (receivers and bool(at or (name and plain)))
        if sound and " " not in plain and len(plain) <= 320:
            shown = header.text_of(str(name)).strip("\"' ")
            found.append(Address("" if shown.lower() == plain else shown[:200], plain))
    return tuple(found)


def by_stdlib(value: str, *, receivers: bool) -> tuple[Address, ...]:
    """What the stdlib reads, else the only thing in the field that looks like an address."""
    try:
        found = from_pairs(email.utils.getaddresses([value[:2000]]), receivers=receivers)
    except (ValueError, IndexError, TypeError, RecursionError):
        found = ()
    if found:
        return found
    seen = set(_ANYWHERE.findall(value[:2000]))
    return from_pairs([("", seen.pop())]) if len(seen) == 1 else ()
