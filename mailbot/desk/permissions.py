"""The table of routes. Every route declares what it needs: a Permission, or PUBLIC. `app.make_app` takes no other routes.

routes = Routes()

@routes.get("/outbox", needs=Permission.SEE)
def outbox(visit: Here) -> Response: ...
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from mailbot.model.permission import Permission

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Admit = Callable[[Request, "Needs"], None]


class Public(Enum):
    """Needs no one to be signed in."""

    PUBLIC = "public"


PUBLIC: Final = Public.PUBLIC
Needs = Permission | Literal[Public.PUBLIC]


@dataclass(frozen=True, slots=True)
class Declared:
    """One row of the table. `options` go to FastAPI (response_model, responses, ...)."""

    method: str
    path: str
    endpoint: Callable[..., Any]
    needs: Needs
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


class Routes:
    """What one module of pages adds to the table."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.declared: list[Declared] = []

    def get(self, path: str, *, needs: Needs, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._add("GET", path, needs, options)

    def post(self, path: str, *, needs: Needs, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._add("POST", path, needs, options)

    def delete(self, path: str, *, needs: Needs, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """For the API only: forms of pages know GET and POST."""
        return self._add("DELETE", path, needs, options)

    def _add(self, method: str, path: str, needs: Needs, options: Mapping[str, Any]) -> Callable[[Endpoint], Endpoint]:
        if not isinstance(needs, Permission | Public):
            raise TypeError(f"{method} {path} declares no permission: give needs=Permission.… or needs=PUBLIC")

        def declare(endpoint: Endpoint) -> Endpoint:
            self.declared.append(Declared(method, self.prefix + path, endpoint, needs, options))
            return endpoint

        return declare


class ProblemDetails(BaseModel):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str
    permission: str | None = None


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails, "description": what, "content": {"application/problem+json": {}}}
    for status, what in {
        400: "cannot be understood",
        401: "no token, or one that is not valid any more",
        403: "roles or scopes do not allow it",
        404: "there is no such thing, or it is not for this person",
        409: "changed meanwhile, or not possible now",
        413: "too large",
        422: "a value cannot be",
        503: "a server cannot be reached now",
    }.items()
}
"""What every operation of the API may answer besides what it declares."""


class GuardedRoute(APIRoute):
    """Asks `admit` before anything of the request's body is read."""

    def __init__(self, row: Declared, admit: Admit) -> None:
        self.needs, self.admit = row.needs, admit
        shown: dict[str, Any] = {"operation_id": row.endpoint.__name__, "responses": PROBLEMS} if row.is_api else {}
        options: dict[str, Any] = {"include_in_schema": row.is_api, "response_model": None, **shown, **row.options}
        super().__init__(row.path, row.endpoint, methods=[row.method], **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await run_in_threadpool(self.admit, request, self.needs)
            return await handle(request)

        return guarded


def mount(app: FastAPI, modules: list[Routes], admit: Admit) -> None:
    """Puts the table's rows into the app, in order."""
    for module in modules:
        for row in module.declared:
            app.router.routes.append(GuardedRoute(row, admit))


def undeclared(routes: list[BaseRoute]) -> list[str]:
    """Routes that came by another way than the table: each is a hole. The app does not start with one."""
    return [str(getattr(route, "path", route)) for route in routes if not isinstance(route, GuardedRoute)]
