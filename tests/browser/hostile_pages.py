"""Shows the hostile vectors in one page of frames and tells what got out: scripts that ran, requests that left."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from tests.browser.hostile_html import VECTORS, Vector

Document = Callable[[Vector, str], str]
# It speaks only when the canary has answered it: by then every request that was made before has reached the canary too.
_LAST = """<script>onload = () => setTimeout(() => {
  const image = new Image(); image.onload = image.onerror = () => console.log('/ran-last/'); image.src = 'http://CANARY/last'
}, 250)</script>"""


class Canary:
    """A server that nobody may ask: it keeps the paths that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []


@contextlib.contextmanager
def serving(answer: Callable[[str], tuple[str, dict[str, str]] | None]) -> Iterator[str]:
    """A server on loopback; `answer` gives body and headers for a path, None for 404. Yields `127.0.0.1:port`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = answer(self.path)
            body = found[0].encode("utf-8", "replace") if found else b""
            self.send_response(200 if found else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **(found[1] if found else {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def what_got_out(
    context: BrowserContext, document: Document, *, sandbox: str | None, headers: dict[str, str], vectors: Sequence[Vector] = VECTORS
) -> dict[int, str]:
    """Number of the vector -> "runs" or "asks", for those of which a sign was seen. The last frame's own signs must be seen."""
    canary = Canary()
    signs: dict[int, str] = {}

    def page_of(path: str) -> tuple[str, dict[str, str]] | None:
        if path == "/":
            return _frames(vectors, sandbox), {}
        if path == "/last":
            return _LAST.replace("CANARY", where), {}
        hit = re.fullmatch(r"/frame/(\d+)", path)
        if hit is None:
            canary.asked.append(path)
            return None
        return document(VECTORS[int(hit[1])], where), headers

    def asked(path: str) -> tuple[str, dict[str, str]]:
        canary.asked.append(path)
        return "", {}

    with serving(asked) as where, serving(page_of) as desk:
        page = context.new_page()
        requests: list[Request] = []
        context.on("request", lambda request: _noted(requests, request))
        context.on("console", lambda message: _ran(message, signs))
        context.on("dialog", lambda dialog: dialog.dismiss())
        page.goto(f"http://{desk}/", wait_until="load")
        _press(page, vectors)
        with context.expect_event("console", lambda message: "ran-last" in message.text, timeout=20_000):
            page.evaluate("document.body.append(Object.assign(document.createElement('iframe'), {src: '/last'}))")
        _close(context)
    assert any("/last" in path for path in canary.asked), "the probe does not notice requests"
    left = [request.url for request in requests if request.failure != "csp"]  # the browser tells those, too, that it held back
    for address in (*left, *canary.asked):
        for number in map(int, re.findall(r"/v(\d+)(?!\d)", address)):
            signs.setdefault(number, "asks")
    return signs


def _frames(vectors: Sequence[Vector], sandbox: str | None) -> str:
    attribute = "" if sandbox is None else f' sandbox="{sandbox}"'
    return "<!doctype html><body>" + "".join(f'<iframe name=f{v.number}{attribute} src="/frame/{v.number}"></iframe>' for v in vectors)


def _press(page: Page, vectors: Sequence[Vector]) -> None:
    """What a person would press, where it is there and still can be pressed."""
    for vector in vectors:
        frame = page.frame(name=f"f{vector.number}") if vector.click else None
        if frame is not None:
            for element in frame.query_selector_all(vector.click)[:1]:
                element.dispatch_event("click")


def _ran(message: ConsoleMessage, signs: dict[int, str]) -> None:
    """Only what a script said: the browser's own messages quote what it refused."""
    hit = re.fullmatch(r"/ran(\d+)/", message.text) if message.type == "log" else None
    if hit:
        signs[int(hit[1])] = "runs"


def _noted(requests: list[Request], request: Request) -> None:
    requests.append(request)


def _close(context: BrowserContext) -> None:
    for page in context.pages:
        page.close()
