"""/healthz: the process answers. /readyz: it can do its work. /csp: what a browser refused to run, into the log."""

from __future__ import annotations

import structlog
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from mailbot.desk.permissions import PUBLIC, Routes
from mailbot.desk.site import Here
from mailbot.errors import Unavailable

log = structlog.get_logger()
routes = Routes()
_REPORT_BYTES = 4000


@routes.get("/healthz", needs=PUBLIC)
def healthz() -> Response:
    return JSONResponse({"ok": True})


@routes.get("/readyz", needs=PUBLIC)
def readyz(visit: Here) -> Response:
    """503 with the parts that do not work: threads, database, sources. No names: the page is public."""
    wrong = []
    if visit.desk.service.stalled:
        wrong.append("threads")
    try:
        if any(state.stale for state in visit.desk.sources()):
            wrong.append("sources")
    except Unavailable:
        wrong.append("database")
    if visit.desk.stopping.is_set():
        wrong.append("stopping")
    return JSONResponse({"ready": not wrong, "wrong": wrong}, status_code=503 if wrong else 200)


@routes.post("/csp", needs=PUBLIC)
async def csp(request: Request) -> Response:
    """A report means that a page of ours is wrong, or that something tried to get in."""
    body = await request.body()
    log.warning("csp_report", report=body[:_REPORT_BYTES].decode("utf-8", "replace"), request_id=request.state.request_id)
    return Response(status_code=204)
