"""/events: tells open pages that something changed (ids only), /poll: the same for browsers without a stream.

One task of each process looks for the newest ids while anybody listens; every stream waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from weakref import WeakKeyDictionary

from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from mailbot.desk.desk import Desk
from mailbot.desk.permissions import Routes
from mailbot.desk.site import Here
from mailbot.errors import Unavailable
from mailbot.model.permission import Permission
from mailbot.workflow import sign_in

routes = Routes()
LOOK_SECONDS = 1.0
PING_SECONDS = 15.0
_HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}


class Watch:
    """What is known of the newest ids. Lives in one event loop."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.mark = ""
        self._changed = asyncio.Condition()
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Watch:
        self._listeners += 1
        if self._task is None:
            self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._listeners -= 1
        if not self._listeners and self._task:
            self._task.cancel()
            self._task = None

    async def change(self, seen: str, seconds: float) -> str:
        """The newest mark as soon as it differs from `seen`; "" where that did not happen in time."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self.mark not in ("", seen))
                return self.mark
        except TimeoutError:
            return ""

    async def _look(self) -> None:
        while True:
            with contextlib.suppress(Unavailable):  # the page's banner tells; the streams stay
                newest = await run_in_threadpool(_newest, self.desk)
                async with self._changed:
                    if newest != self.mark:
                        self.mark = newest
                        self._changed.notify_all()
            await asyncio.sleep(LOOK_SECONDS)


_WATCHES: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


@routes.get("/events", needs=Permission.SEE)
async def events(request: Request, visit: Here) -> Response:
    """Server-sent events: `id` and `data` are the mark. A page that comes back with Last-Event-ID is told at once what it missed."""
    loop = asyncio.get_running_loop()
    watch = _WATCHES.get(loop)
    if watch is None or watch.desk is not visit.desk:
        watch = _WATCHES[loop] = Watch(visit.desk)
    seen = request.headers.get("last-event-id", "")[:100]
    secret = request.cookies.get(visit.desk.cookie, "")
    return StreamingResponse(_stream(watch, seen, secret), media_type="text/event-stream", headers=_HEADERS)


@routes.get("/poll", needs=Permission.SEE)
def poll(visit: Here) -> Response:
    return JSONResponse({"mark": _newest(visit.desk)})


async def _stream(watch: Watch, seen: str, secret: str) -> AsyncIterator[str]:
    """Ends with the session and with the desk."""
    yield "retry: 3000\n\n"
    waited = 0.0
    async with watch:
        while not watch.desk.stopping.is_set():
            newest = await watch.change(seen, LOOK_SECONDS)
            if newest:
                seen, waited = newest, 0.0
                yield f"id: {seen}\nevent: change\ndata: {seen}\n\n"
                continue
            waited += LOOK_SECONDS
            if waited >= PING_SECONDS:
                waited = 0.0
                if await run_in_threadpool(_gone, watch.desk, secret):
                    return
                yield ": still here\n\n"


def _newest(desk: Desk) -> str:
    with desk.service.db.reading() as c:
        return desk.mark(c)


def _gone(desk: Desk, secret: str) -> bool:
    try:
        return sign_in.who_has(desk.service.db, secret) is None
    except Unavailable:
        return False
