"""Every error as a page, or as problem+json (RFC 9457) under /api. The status of each is in errors.HTTP_STATUS."""

from __future__ import annotations

import contextlib
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from mailbot.desk.guard import API, Forged, Lacking, SignInNeeded
from mailbot.desk.site import draw, visit_of
from mailbot.errors import HTTP_STATUS, MailbotError
from mailbot.workflow import sign_in

TITLES = {
    400: "This cannot be understood", 401: "Please sign in", 403: "Not allowed", 404: "Not found", 405: "Not possible this way",
    409: "Changed meanwhile", 413: "Too large", 422: "Please check what you entered", 429: "Please wait", 500: "Something failed here",
    503: "Not available now",
}  # fmt: skip
WORDS = {
    404: "There is no such page, or it is not for you.",
    405: "This address does not work this way.",
    500: "It is our fault, and it was written down. Try again; if it stays, tell your admin the number below.",
}


def register(app: FastAPI) -> None:
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(MailbotError, _of_ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _unexpected)


def problem(request: Request, status: int, detail: str, **more: object) -> Response:
    """The one shape of errors."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 and request.url.path.startswith(API) else None
    if request.url.path.startswith(API):
        content = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail}
        content["request_id"] = getattr(request.state, "request_id", "")
        return JSONResponse(content | more, status_code=status, media_type="application/problem+json", headers=headers)
    visit = visit_of(request)
    name = "error_part.html" if visit.is_htmx else "error.html"
    text = draw(visit, name, status=status, title=TITLES.get(status, "Error"), detail=detail)
    return HTMLResponse(text, status_code=status, headers=headers)


async def _sign_in(request: Request, error: Exception) -> Response:
    """A page is asked for again after signing in. A form is not: what was typed is still in the browser."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    door = "/demo?to=" if request.app.state.desk.demo else "/login?next="
    login = "/login" if path == "/" and door.startswith("/login") else f"{door}{quote(path, safe='')}"
    if request.url.path.startswith(API):
        return problem(request, 401, str(error))
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": login})
    if request.method in ("GET", "HEAD"):
        return RedirectResponse(login, status_code=303)
    return problem(request, 401, "Your session is over. Sign in in another tab, come back here and send it again: nothing typed is lost.")


async def _of_ours(request: Request, error: Exception) -> Response:
    status = next(HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS)
    more = {"permission": error.permission.name.lower()} if isinstance(error, Lacking) else {}
    if isinstance(error, Forged):
        more = {"forged": "yes"}
    return problem(request, status, str(error), **more)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - by the registration
    faults = [f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}" for fault in error.errors()]
    return problem(request, 422, "; ".join(faults[:10]))


async def _of_http(request: Request, error: Exception) -> Response:
    """Of no route: nobody asked yet who it is, and whoever is signed in keeps the way back."""
    assert isinstance(error, HTTPException)  # noqa: S101 - by the registration
    if not hasattr(request.state, "visitor") and not request.url.path.startswith(API):
        desk = request.app.state.desk
        with contextlib.suppress(MailbotError):
            request.state.visitor = await run_in_threadpool(sign_in.who_has, desk.service.db, request.cookies.get(desk.cookie, ""))
    return problem(request, error.status_code, WORDS.get(error.status_code, str(error.detail)))


async def _unexpected(request: Request, _error: Exception) -> Response:
    return problem(request, 500, WORDS[500])
