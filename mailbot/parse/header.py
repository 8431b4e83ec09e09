"""Header values as people read them: encoded words (RFC 2047), raw 8-bit bytes, folding, file names, ids."""

from __future__ import annotations

import binascii
import re

from mailbot.parse import charset, marks

VALUE_CAP = 8192  # characters of one value; longer ones are cut before any decoding
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^\r\n]*?)\?=")
_FOLD = re.compile(r"\r?\n[ \t]*|\r")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ID = re.compile(r"<[^<>\s\x00-\x1f]{1,998}>")
_FOLDED_ID = re.compile(r"<[^<>\s]{1,500}\s{1,8}[^<>\s]{1,500}>")
_BARE_ID = re.compile(r"[^<>\s@]{1,200}@[^<>\s@]{1,250}")


def text_of(value: str, hint: str = "") -> str:
    """One line without control, direction and invisible characters; encoded words decoded, at most VALUE_CAP characters read.

    `hint` is the charset of raw 8-bit letters that are no UTF-8."""
    if value.isascii() and value.isprintable() and "=?" not in value:
        return value[:VALUE_CAP].strip()  # as most are
    plain = charset.from_wire(_FOLD.sub(" ", value[:VALUE_CAP]), hint)
    return tidy(_decode_words(plain) if "=?" in plain else plain)


def tidy(text: str) -> str:
    """Fit for showing on one line: no control or direction characters, blanks at the ends dropped."""
    return marks.without_invisible(_CONTROL.sub(" ", text) if not text.isprintable() else text).strip()


def ids_of(*values: str) -> tuple[str, ...]:
    """Message-IDs of References and In-Reply-To, in order, each once, the newest 100, with their angle brackets."""
    found: dict[str, None] = {}
    for value in values:
        for one in _ID.findall(_unfolded_ids(charset.from_wire(value))):
            found.setdefault(charset.clean(one))
    return tuple(found)[-100:]


def id_of(value: str) -> str:
    """The Message-ID with its angle brackets, "" where there is none; one written without brackets gets them."""
    line = text_of(value)
    hit = _ID.search(line) or _ID.search(_unfolded_ids(line))
    if hit:
        return hit[0]
    bare = _BARE_ID.search(line)
    return f"<{bare[0]}>" if bare else ""


def _unfolded_ids(value: str) -> str:
    """Some programs fold inside a long id."""
    return _FOLDED_ID.sub(lambda m: "".join(m[0].split()), value)


def file_name(raw: str) -> str:
    """A name for display: decoded, without folders and control characters, at most 200 characters, its ending kept; "" for none."""
    name = text_of(raw).replace("\\", "/").rsplit("/", 1)[-1].strip(" \"'")
    name = name if len(name) <= 200 else f"{name[:180]}{name[-20:]}"
    return "" if name in {".", ".."} else name


def _decode_words(text: str) -> str:
    """Neighbouring words of one charset are joined before decoding: a letter may be split between them."""
    out: list[str] = []
    held: list[tuple[str, bytes]] = []
    last = 0
    for hit in _WORD.finditer(text):
        between = text[last : hit.start()]
        if between.strip() or not held:
            _flush(held, out)
            out.append(between)
        held.append((hit[1].partition("*")[0].lower(), _word_bytes(hit[2], hit[3])))
        last = hit.end()
    _flush(held, out)
    out.append(text[last:])
    return "".join(out)


def _flush(held: list[tuple[str, bytes]], out: list[str]) -> None:
    at = 0
    while at < len(held):
        name, data = held[at]
        at += 1
        parts = [data]
        while at < len(held) and held[at][0] == name:
            parts.append(held[at][1])
            at += 1
        out.append(charset.decode(b"".join(parts), name))
    held.clear()


def _word_bytes(code: str, body: str) -> bytes:
    raw = body.encode("utf-8", "replace")
    if code in "qQ":
        return binascii.a2b_qp(raw.replace(b" ", b"_"), header=True)
    return base64_bytes(raw)


def base64_bytes(raw: bytes | memoryview) -> bytes:
    """Decoded leniently: foreign characters are skipped, a torn end is dropped."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
