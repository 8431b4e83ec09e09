"""The files that a browser gets from the desk: read once, named by their content, so that they may be kept for a year."""

from __future__ import annotations

import functools
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Header, Response

from mailbot.desk.permissions import PUBLIC, Routes
from mailbot.errors import NotFound

STATIC = Path(__file__).parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png"}
_A_YEAR = "public, max-age=31536000, immutable"
routes = Routes()


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes
    media_type: str
    version: str


@functools.cache
def assets() -> dict[str, Asset]:
    """Every file below `static` that a browser can use, by its name there."""
    found = {}
    for file in sorted(STATIC.rglob("*")):
        if file.suffix in TYPES:
            body = file.read_bytes()
            version = hashlib.sha256(body).hexdigest()[:12]
            found[file.relative_to(STATIC).as_posix()] = Asset(body, gzip.compress(body, 9, mtime=0), TYPES[file.suffix], version)
    return found


def url(name: str) -> str:
    """Its address with the version in it. KeyError where there is no such file."""
    return f"/static/{name}?v={assets()[name].version}"


@routes.get("/static/{name:path}", needs=PUBLIC)
def static(name: str, v: str = "", accept_encoding: Annotated[str, Header()] = "") -> Response:
    known = assets().get(name)
    if known is None:
        raise NotFound("There is no such file.")
    headers = {"Cache-Control": _A_YEAR if v == known.version else "no-cache", "ETag": f'"{known.version}"', "Vary": "Accept-Encoding"}
    if "gzip" in accept_encoding and len(known.packed) < len(known.body):
        return Response(known.packed, media_type=known.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(known.body, media_type=known.media_type, headers=headers)
