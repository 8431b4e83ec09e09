"""Bytes to text that never holds NUL or lone surrogates, whatever charset a mail claims."""

from __future__ import annotations

import codecs
import re

# What mail programs write, and what they mean by it (measured: research, MIME section).
_MEANT = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "us-ascii": "utf-8", "ascii": "utf-8", "ansi_x3.4-1968": "utf-8", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "iso-8859-8-i": "iso-8859-8", "iso-8859-9": "cp1254",
    "cp-850": "cp850", "cp-1252": "cp1252", "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8", "utf": "utf-8", "iso-2022-jp": "iso2022_jp_ext", "tis-620": "cp874", "iso-8859-11": "cp874",
    "iso-8859-15": "iso-8859-15", "big5": "big5hkscs",
}  # fmt: skip
# Python codecs that are no charset of mail; some of them cost much or run code paths of other kinds.
_NOT_TEXT = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"}
)
_OFTEN_WRONG = frozenset(("cp1252", "iso-8859-15", "cp1254", "cp850", "windows-1252"))
_WINDOWS = ("utf-8", "cp1252")
_LONE = re.compile("[\ud800-\udfff]")


def decode(data: bytes, charset: str | None) -> str:
    """The text of these bytes: by the claimed charset, else UTF-8, else Windows-1252; never an exception."""
    claims = _claimed(data, charset)
    if claims and claims[0] in _OFTEN_WRONG and is_utf8(data):
        claims = ()  # a Western text is no UTF-8 by chance
    for name in (*claims, *_WINDOWS):
        try:
            return clean(data.decode(name))
        except (LookupError, UnicodeError, ValueError):
            continue
    claimed = next(iter(_claimed(data, charset)), "")
    if claimed.replace("-", "") in {"utf8", "gb18030", "cp949", "cp932", "big5hkscs"} and _mostly(data, claimed):
        return clean(data.decode(claimed, "replace"))
    return clean(data.decode("cp1252", "replace"))


def clean(text: str) -> str:
    """Without NUL; lone surrogates become U+FFFD, and a pair of surrogates the character that it means."""
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii() and _LONE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def from_wire(value: str, hint: str = "") -> str:
    """Text of a header value as the email package gives it: raw bytes stand in it as lone surrogates.

    They are UTF-8, else in the charset `hint`, else Windows-1252."""
    if value.isascii():
        return clean(value)
    try:
        data = value.encode("utf-8", "surrogateescape")
        return decode(data, hint if hint and not is_utf8(data) else None)
    except UnicodeEncodeError:
        return clean(value)


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are sound UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def known(charset: str | None) -> bool:
    """Whether the claimed charset (None: none claimed) is one that can be read."""
    return charset is None or bool(tuple(_claimed(b"", charset)))


def _claimed(data: bytes, charset: str | None) -> tuple[str, ...]:
    if data[:3] == codecs.BOM_UTF8:
        return ("utf-8-sig",)
    name = (charset or "").strip().strip("\"'").lower().rpartition("=")[2].partition("*")[0]
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and name.startswith("utf-16"):
        return ("utf-16",)
    name = _MEANT.get(name, name)
    if not name or name in _NOT_TEXT or not name.isascii() or "\0" in name:
        return ()
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ()
    return (name,) if found._is_text_encoding else ()


def _mostly(data: bytes, charset: str) -> bool:
    """Few faults: then the claim is right and the bytes are damaged."""
    return data.decode(charset, "replace").count("\ufffd") * 20 <= len(data)
