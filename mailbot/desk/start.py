"""/ until the queue stands here, and signing in and out."""

from __future__ import annotations

from fastapi import Response

from mailbot.desk.permissions import PUBLIC, Routes
from mailbot.desk.site import Here
from mailbot.model.permission import Permission

routes = Routes()


@routes.get("/", needs=Permission.SEE)
def queue(visit: Here) -> Response:
    return visit.page("start.html")


@routes.get("/login", needs=PUBLIC)
def login(visit: Here) -> Response:
    return visit.page("login.html")
