"""What all pages share: who is signed in, the form guard, the frame of a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailbot.reference import store
from mailbot.reference.database import Database
from mailbot.reference.store import Refused, Row

COOKIE = "order_system_key"
HERE = Path(__file__).parent / "templates"
CSP = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {"Content-Security-Policy": CSP, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
Text = Annotated[str, Form(max_length=20000)]
Word = Annotated[str, Form(max_length=300)]


class Site:
    def __init__(self, database: Database, support_address: str, open_login: bool) -> None:
        self.database, self.support, self.open_login = database, support_address, open_login

    def who(self, c: Any, request: Request, role: str = "") -> Row | None:
        """Who is signed in, if of that role ("" = any)."""
        found = store.person_with_key(c, request.cookies.get(COOKIE, ""))
        return found if found and role in ("", found["role"]) else None

    def signed_in(self, c: Any, request: Request, role: str) -> Row:
        found = self.who(c, request, role)
        if found is None:
            raise Refused(403, "Please sign in first: open the start page, or your personal link.")
        return found

    def order_of(self, c: Any, client: Row, order_id: str) -> Row:
        found = store.order(c, order_id)
        if found["client"] != client["id"]:
            raise Refused(404, f"there is no order {order_id!r}")  # the same words as for none: numbers can be guessed
        return found


def same_site(request: Request) -> None:
    """A form of another site is refused (CSRF): Sec-Fetch-Site, or Origin where a browser does not send it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise Refused(403, "this form was not sent from a page of this site")
    elif urlsplit(request.headers.get("origin", "")).netloc != request.headers.get("host"):
        raise Refused(403, "this form was not sent from a page of this site")


def page(name: str, **facts: Any) -> Response:
    return HTMLResponse(TEMPLATES.get_template(name).render(**facts), headers=HEADERS)


def go(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303, headers=HEADERS)


def words(body: str, missing: str = "Please write a comment first.") -> str:
    text = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise Refused(400, missing)
    return text


def error_page(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    text = TEMPLATES.get_template("error.html").render(title=title, detail=detail, who=None)
    return HTMLResponse(text, status_code=status, headers={**HEADERS, **(headers or {})})


TEMPLATES = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
