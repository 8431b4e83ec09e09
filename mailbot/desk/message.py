"""/t/N/m/M: a mail's HTML in a frame, its pictures and files, its source. Whatever comes from a client leaves the desk only here.

The frame's pictures are asked for by a page that has no cookies (a sandboxed frame has none: measured), so their addresses are signed
and good for ten minutes. Bytes are taken from mails in two threads of their own: a page of photos never stops the other pages.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

import anyio
import anyio.to_thread
from fastapi import Query, Response
from fastapi.responses import HTMLResponse

from mailbot.desk import frame
from mailbot.desk.permissions import PUBLIC, Routes
from mailbot.desk.site import Here, Visit
from mailbot.errors import NotFound
from mailbot.model.file_name import disposition, shown_name, sniffed
from mailbot.model.permission import Permission
from mailbot.model.safe_html import pictures_in, with_pictures
from mailbot.workflow import audit, message_files

T = TypeVar("T")
routes = Routes()
GOOD_FOR = timedelta(minutes=10)
_INERT = "sandbox; default-src 'none'"
_A_WHILE = "private, max-age=600"
# Shown in place of a photo of which no small picture can be made (a camera's own format, a damaged file).
_NO_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 120"><path fill="none" stroke="#83909a" stroke-width="3" '
    b'd="M50 35h60v50H50zM50 78l18-18 15 15 10-10 17 17"/></svg>'
)


@routes.get("/t/{ticket}/m/{message}", needs=Permission.SEE)
def mail(ticket: int, message: int, visit: Here, pictures: Annotated[str, Query(max_length=10)] = "") -> Response:
    """The frame. `pictures=once` loads those that lie elsewhere, when our own page asks: a link from outside must not make us."""
    found, text = message_files.html(visit.desk.service.db, ticket, message)
    if found is None or found.problem:
        return HTMLResponse(frame.text_document(text), headers=frame.headers("'none'"))
    remote = pictures == "once" and visit.request.headers.get("sec-fetch-site") == "same-origin"
    at = f"/t/{ticket}/m/{message}/cid/"
    addresses = {n: at + signed(visit.desk.secret, ticket, message, n, visit.now + GOOD_FOR) for n in pictures_in(found.html)}
    html = with_pictures(found.html, addresses, dict(enumerate(found.remote)) if remote else {})
    return HTMLResponse(frame.document(html), headers=frame.headers(_origin(visit) + at, remote=remote))


@routes.get("/t/{ticket}/m/{message}/cid/{key}", needs=PUBLIC)
async def picture(ticket: int, message: int, key: str, visit: Here) -> Response:
    """A picture inside a mail, for its frame: the signature is the permission."""
    number = _verified(visit, ticket, message, key)
    _, data = await _apart(visit, lambda: message_files.file(visit.desk.service.db, ticket, message, number))
    kind = sniffed(data)
    if not kind:
        raise NotFound("This is no picture that a browser may show.")
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Content-Security-Policy": _INERT, "Cache-Control": _A_WHILE}
    return Response(data, media_type=kind, headers=headers)


@routes.get("/t/{ticket}/m/{message}/a/{number}", needs=Permission.SEE)
async def file(ticket: int, message: int, number: int, visit: Here) -> Response:
    """Always a download, never shown in the desk's own place."""
    found, data = await _apart(visit, lambda: message_files.file(visit.desk.service.db, ticket, message, number))
    return _download(data, shown_name(found.name, number, found.content_type))


@routes.get("/t/{ticket}/m/{message}/a/{number}/small", needs=Permission.SEE)
async def small(ticket: int, message: int, number: int, visit: Here) -> Response:
    """A photo, small."""
    made = await _apart(visit, lambda: message_files.thumbnail(visit.desk.service.db, ticket, message, number), making=True)
    headers = {"Content-Security-Policy": _INERT, "Cache-Control": _A_WHILE}
    if made is None:
        return Response(_NO_PICTURE, media_type="image/svg+xml", headers=headers)
    return Response(made.data, media_type="image/webp", headers=headers)


@routes.get("/t/{ticket}/m/{message}/raw", needs=Permission.SEE_RAW)
async def raw(ticket: int, message: int, visit: Here, save: Annotated[str, Query(max_length=10)] = "") -> Response:
    """The source as it came, shown as text or saved; who looked is noted."""
    kind, data = await _apart(visit, lambda: message_files.source(visit.desk.service.db, ticket, message))
    await _apart(visit, lambda: audit.note(visit.desk.service.db, visit.origin, "raw_viewed", f"M-{message} on #{ticket}"))
    if save:
        return _download(data, f"M-{message}.{'eml' if kind == 'email' else 'json'}")
    return Response(data, media_type="text/plain; charset=utf-8", headers={"Content-Security-Policy": _INERT})


def signed(secret: bytes, ticket: int, message: int, number: int, until: datetime) -> str:
    """The last part of a picture's address: number, end in seconds, signature."""
    end = int(until.timestamp())
    return f"{number}.{end}.{_signature(secret, ticket, message, number, end)}"


def _verified(visit: Visit, ticket: int, message: int, key: str) -> int:
    """The attachment's number. NotFound for a wrong or old key, without saying which."""
    parts = key.split(".")
    numbers = [int(part) for part in parts[:2] if part.isascii() and part.isdigit() and len(part) < 16]
    if len(parts) != 3 or len(numbers) != 2:
        raise NotFound("There is no such picture.")
    right = _signature(visit.desk.secret, ticket, message, *numbers)
    if not hmac.compare_digest(parts[2].encode("utf-8", "replace"), right.encode()) or visit.now.timestamp() > numbers[1]:
        raise NotFound("There is no such picture, or its address is too old. Open the message again.")
    return numbers[0]


def _signature(secret: bytes, ticket: int, message: int, number: int, end: int) -> str:
    return hmac.new(secret, f"picture:{ticket}:{message}:{number}:{end}".encode(), hashlib.sha256).hexdigest()[:40]


def _download(data: bytes, name: str) -> Response:
    headers = {"Content-Disposition": disposition(name), "Content-Security-Policy": _INERT}
    return Response(data, media_type="application/octet-stream", headers=headers)


def _origin(visit: Visit) -> str:
    """As the browser sees us; the shell has checked the host."""
    return f"{'https' if visit.desk.secure else 'http'}://{visit.request.headers['host']}"


async def _apart(visit: Visit, work: Callable[[], T], *, making: bool = False) -> T:
    """Two at a time take files; small pictures are made one after the other: the second in line finds made what the first was making."""
    state = visit.request.app.state
    if not hasattr(state, "turns"):
        state.turns = (anyio.CapacityLimiter(2), anyio.CapacityLimiter(1))
    return await anyio.to_thread.run_sync(work, limiter=state.turns[making])
