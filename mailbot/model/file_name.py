"""Names of attached files as people see them. The name a client gave is never used for a file of ours."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 120
PICTURES = frozenset(["image/jpeg", "image/png", "image/gif", "image/webp"])
_ENDINGS = frozenset(["jpg", "jpeg", "png", "gif", "webp"])
# Cc and Cf hold control, zero-width and direction characters; "gpj.exe" turned round would read "exe.jpg".
_FOREIGN = re.compile(r'[/\\:*?"<>|]+')
_PROGRAMS = frozenset(
    [
        "exe", "com", "scr", "bat", "cmd", "pif", "msi", "msp", "js", "jse", "vbs", "vbe", "wsf", "hta", "ps1", "jar", "lnk", "reg", "dll",
        "cpl", "app", "command", "sh", "iso", "img", "vhd", "html", "htm", "svg", "xhtml", "docm", "xlsm", "pptm", "one", "chm", "apk",
    ]
)  # fmt: skip
_DOCUMENTS = frozenset(
    ["jpg", "jpeg", "png", "gif", "webp", "heic", "tif", "tiff", "dng", "pdf", "doc", "docx", "xls", "xlsx", "txt", "zip", "mov", "mp4"]
)


def shown_name(name: str, number: int, content_type: str = "") -> str:
    """Composed, on one line, without folders, control and direction characters, at most 120 characters with its ending kept."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(
        " " if c.isspace() else c for c in plain if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    plain = " ".join(_FOREIGN.sub("_", plain).split()).strip(". ")
    if not plain:
        return f"{'picture' if content_type.startswith('image/') else 'file'} {number + 1}"
    if len(plain) <= LONGEST:
        return plain
    stem, dot, ending = plain.rpartition(".")
    ending = f"{dot}{ending}" if dot and len(ending) <= 10 else ""
    return (stem if ending else plain)[: LONGEST - len(ending) - 1] + "…" + ending


def name_warning(name: str) -> str:
    """In a sentence why this file should not be opened lightly; "" for usual ones."""
    *before, ending = name.lower().split(".")
    if not before or ending.strip() not in _PROGRAMS:
        return ""
    if len(before) > 1 and before[-1].strip() in _DOCUMENTS:
        return f"its name pretends to be a .{before[-1].strip()}, but it is a .{ending} that may run as a program"
    return f"a .{ending} may run as a program"


def size_words(size: int) -> str:
    """`512 bytes`, `24 KB`, `3.1 MB`."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    return f"{size / 1000:.0f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def is_picture(name: str, content_type: str) -> bool:
    """Whether a small picture may be tried: by the claimed type, or by the ending where the type says nothing."""
    vague = content_type in ("application/octet-stream", "image/jpg", "image/pjpeg", "image/x-png", "")
    return content_type in PICTURES or (vague and name.lower().rpartition(".")[2] in _ENDINGS)


def sniffed(data: bytes) -> str:
    """The type of a picture by its first bytes, one of PICTURES; "" for everything else (so never SVG or HTML)."""
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def disposition(name: str) -> str:
    """Content-Disposition of a download (RFC 6266): a plain name for old browsers, the whole one in UTF-8 (RFC 8187)."""
    ascii_name = re.sub(r'[^\w .()+,=@#-]|[\\"]', "_", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()) or "file"
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
