"""The web application: the contract's API, the pages of clients and staff, previews."""

from __future__ import annotations

import hmac

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from mailbot.reference import api, faults, pages, previews, shapes, store
from mailbot.reference.api import Server
from mailbot.reference.faults import FaultyServer
from mailbot.reference.site import error_page
from mailbot.reference.store import Refused

TITLES = {
    400: "Bad request", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 405: "Method not allowed", 409: "Conflict",
    410: "Gone", 412: "Changed meanwhile", 413: "Too large", 422: "Key used otherwise",
}  # fmt: skip
HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
MAX_BODY = 1024 * 1024


def build(server: Server, support_address: str, with_faults: bool, open_login: bool) -> ASGIApp:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(api.routes(server))
    app.include_router(pages.routes(server.database, support_address, open_login))
    _previews(app, server)
    _problems(app)
    if not with_faults:
        return app
    app.include_router(faults.routes(server))
    return FaultyServer(app, server.faults)


def _previews(app: FastAPI, server: Server) -> None:
    @app.get("/previews/{seal}/{order_id}/{image_id}.svg")
    def preview(seal: str, order_id: str, image_id: str) -> Response:
        path = shapes.preview_path(server.database.secret, order_id, image_id)
        if not hmac.compare_digest(f"/previews/{seal}/{order_id}/{image_id}.svg".encode(), path.encode()):
            raise Refused(404, "there is no such preview")
        with server.database.reading() as c:
            svg = previews.draw(store.order(c, order_id), image_id)
        headers = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return Response(svg, media_type="image/svg+xml", headers=headers)


def _problems(app: FastAPI) -> None:
    """Every error is RFC 9457 under /api and a plain page elsewhere."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return problem(request, error.status, error.detail)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"])
        return problem(request, 400, f"{place}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return problem(request, error.status_code, str(error.detail), dict(error.headers or {}))

    @app.middleware("http")
    async def guard(request: Request, call_next: object) -> Response:
        if request.url.hostname not in HOSTS:
            return problem(request, 400, "this server is only for this machine")  # DNS rebinding
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY or "transfer-encoding" in request.headers:
            return problem(request, 413, "at most 1 MB, with its length told")
        response: Response = await call_next(request)  # type: ignore[operator]  # Starlette's callable, untyped here
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response


def problem(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    title = TITLES.get(status, "Error")
    if status == 401:
        headers = {**(headers or {}), "WWW-Authenticate": "Bearer"}
    if not request.url.path.startswith(("/api/", "/test/")):
        return error_page(status, title, detail, headers)
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(content, status_code=status, media_type="application/problem+json", headers=headers)
