"""/ until the queue stands here."""

from __future__ import annotations

from fastapi import Response

from mailbot.desk.permissions import Routes
from mailbot.desk.site import Here
from mailbot.model.permission import Permission

routes = Routes()


@routes.get("/", needs=Permission.SEE)
def queue(visit: Here) -> Response:
    return visit.page("start.html")
