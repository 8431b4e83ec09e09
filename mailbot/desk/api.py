"""/api/v1: JSON for scripts, by a personal token. Errors are problem+json (RFC 9457). `API` is what other modules of the API use."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from mailbot import __version__
from mailbot.desk.permissions import PUBLIC, Routes
from mailbot.desk.site import Here
from mailbot.model.permission import SCOPES, Permission

PREFIX = "/api/v1"
routes = Routes(PREFIX)


class Value(BaseModel):
    """Base of everything that the API tells."""

    model_config = ConfigDict(frozen=True)


class Me(Value):
    """Who the token speaks for, and what it may."""

    login: str
    name: str
    roles: list[str] = Field(description="the person's roles")
    token: str = Field(description="id of the token")
    permissions: list[str] = Field(description="what both the roles and the token's scopes allow")
    time_zone: str = Field(description="IANA name; the person's, else the company's")


@routes.get("/me", needs=Permission.SEE, response_model=Me, tags=["people"], summary="Who the token speaks for")
def me(visit: Here) -> Me:
    person = visit.person
    return Me(
        login=person.login, name=person.name, roles=sorted(person.roles), token=person.token, time_zone=visit.zone.key,
        permissions=sorted(permission.name.lower() for permission in person.permissions),
    )  # fmt: skip


@routes.get("/openapi.json", needs=PUBLIC, include_in_schema=False)
def openapi(request: Request) -> Response:
    return JSONResponse(schema(request.app))


def schema(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made from the table of routes."""
    made = get_openapi(title="mailbot", version=__version__, description=_ABOUT, routes=app.routes, tags=_TAGS)
    scheme = {"type": "http", "scheme": "bearer", "description": "A token of `mailbot token add` or of your page /me: mbt_<id>_<secret>"}
    made.setdefault("components", {})["securitySchemes"] = {"token": scheme}
    made["security"] = [{"token": []}]
    return made


_ABOUT = f"""Tickets, messages, outbox and figures as the commands tell them (`--json`), and the same acts.

Authentication: `Authorization: Bearer mbt_…`; cookies are not looked at. A token may what both its person's roles and its scopes allow;
scopes are {", ".join(f"`{scope}`" for scope in SCOPES)}. Times are RFC 3339 in UTC. Errors are `application/problem+json`."""
_TAGS = [
    {"name": "people", "description": "Who the token speaks for"},
    {"name": "tickets", "description": "Tickets, and what is done to them"},
    {"name": "messages", "description": "What clients wrote, and how it was understood"},
    {"name": "outbox", "description": "What goes out, and what waits for a person"},
    {"name": "insights", "description": "How the desk is doing"},
]
