"""Serves the desk by uvicorn, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence

import uvicorn

from mailbot.access import identity_provider
from mailbot.config.settings import DeskSettings
from mailbot.desk.app import make_app
from mailbot.desk.desk import Desk
from mailbot.errors import Unavailable
from mailbot.service import Service

STREAM_SECONDS = 3  # open streams see `stopping` within a second; what is still open then is cut


class DeskServer:
    """Listens from the start, so that a port in use is told before anything else runs. `run` is the body of the thread."""

    def __init__(
        self, service: Service, settings: DeskSettings | None = None, *, taken: socket.socket | None = None, demo: Sequence[str] = ()
    ) -> None:
        """`taken`: a listener that is there already. `demo`: logins as which whoever comes from this machine may sign in.

        Raises Unavailable where the address cannot be used.
        """
        settings = settings or service.settings.desk or DeskSettings()  # type: ignore[call-arg]  # mypy reads Field(default, …) as required
        self._listener: socket.socket | None = taken or listener(settings.listen)
        port = self._listener.getsockname()[1]
        self._again = settings.model_copy(update={"listen": f"{settings.listen.rpartition(':')[0]}:{port}"})
        self.desk = Desk(service, settings, service.secret("desk"), port, demo=tuple(demo), provider=identity_provider(service.settings))
        self.url = f"{self.desk.base_url}/"
        self._app = make_app(self.desk)  # here and not in the thread: FastAPI and pydantic quiet their warnings for the whole process

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set: no new connections then, open streams end, the rest has a few seconds."""
        taken, self._listener = self._listener or listener(self._again.listen), None
        server = uvicorn.Server(
            uvicorn.Config(
                self._app, log_level="critical", access_log=False, http="h11", ws="none", loop="asyncio", lifespan="on",
                server_header=False, proxy_headers=False, timeout_graceful_shutdown=STREAM_SECONDS, timeout_keep_alive=20,
            )
        )  # fmt: skip
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(server, stop, done), name="desk stop", daemon=True)
        watcher.start()
        try:
            server.run(sockets=[taken])
        finally:
            done.set()
            watcher.join()
            taken.close()

    def close(self) -> None:
        """Where it never ran."""
        if self._listener:
            self._listener.close()

    def _watch(self, server: uvicorn.Server, stop: threading.Event, done: threading.Event) -> None:
        while not done.is_set():
            if stop.wait(0.1):
                self.desk.stopping.set()
                server.should_exit = True
                return


def listener(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=512)
    except (OSError, OverflowError) as error:
        because = getattr(error, "strerror", None) or str(error)
        raise Unavailable(f"The desk cannot listen on {listen}: {because}. Choose another address with listen in [desk].") from None
