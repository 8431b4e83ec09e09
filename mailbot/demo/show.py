"""Starts the demo's servers, runs mailbot between them, and tells on the terminal what happens: one line for each event."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.policy import default as policy
from pathlib import Path

from mailbot import schedule
from mailbot.config import load
from mailbot.demo.clients import Clients, seed_orders
from mailbot.demo.mail_server import MailServer
from mailbot.demo.samples import SAMPLES
from mailbot.desk.server import DeskServer, listener
from mailbot.errors import Unavailable
from mailbot.model.visitor import Origin
from mailbot.reference import serve as serve_orders
from mailbot.service import Service
from mailbot.wiring import open_service
from mailbot.workflow import people

SUPPORT = "support@studio.example"
WRITING_SECONDS = 60
INTERRUPTED = 130  # as a shell says it
CONFIG = """# The configuration of `mailbot demo`: everything on loopback.
[company]
name = "Studio North"
support_address = "support@studio.example"
desk_name = "Studio North support"
order_url = "{orders}/orders/{{order}}"
help_url = "{orders}/"
account_manager = {{ name = "Maria Lind", email = "maria@studio.example" }}

[database]
url = "sqlite:///mailbot.db"

[[mailbox]]
name = "support"
host = "127.0.0.1"
port = {imap}
tls = "none"
user = "support@studio.example"
password_file = "mailbox-password"
poll_seconds = 5

[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
from = "Studio North <support@studio.example>"

[order_system]
adapter = "http"
url = "{orders}/api/v1"
token_file = "order-token"
poll_seconds = 1

[desk]
listen = "127.0.0.1:{desk}"
"""
PEOPLE = (
    ("kim", "Kim Larsson", ("coordinator",)),
    ("ida", "Ida Holm", ("coordinator",)),
    ("sam", "Sam Okafor", ("quality_supervisor",)),
    ("maria", "Maria Lind", ("account_manager",)),
    ("alex", "Alex Berg", ("admin", "viewer")),
)
"""Whoever opens the desk is the first; /login offers the others."""
USUAL_PORT = 8080


def main(*, once: bool = False, as_json: bool = False, port: int | None = None, keep: Path | None = None) -> int:
    """Runs until Ctrl-C, or with `once` until every sample is handled.

    `port`: of the desk; 0 takes a free one, None the usual one or a free one. `keep`: the folder to work in, which then stays.
    """
    folder = keep or Path(tempfile.mkdtemp(prefix="mailbot-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    teller = Teller(as_json)
    try:
        code = _in_folder(folder, teller, once, port)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if not once:
        teller.note("\nStopped. " + ("Nothing is left behind." if keep is None else f"Everything stays in {folder}."))
    return code


@dataclass(slots=True)
class Teller:
    """Says what happens: a line for people, or a JSON object for scripts."""

    as_json: bool
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: dict[str, list[str]] = field(default_factory=dict)

    def tell(self, event: str, facts: Mapping[str, object]) -> None:
        with self.lock:
            if self.as_json:
                print(json.dumps({"event": event, **facts}, ensure_ascii=False, default=str), flush=True)
            elif line := _line(event, facts):
                print(f"{datetime.now().astimezone():%H:%M:%S}  {line}", flush=True)

    def note(self, text: str) -> None:
        print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)


def _in_folder(folder: Path, teller: Teller, once: bool, port: int | None) -> int:
    stop = threading.Event()
    schedule.stop_on_signals(stop)
    with ExitStack() as stack:
        listening = stack.enter_context(contextlib.closing(_desk_port(port)))
        clients_mail = Inbox()
        server = stack.enter_context(MailServer({SUPPORT: _secret(folder / "mailbox-password")}, clients_mail.receive))
        orders = seed_orders(folder / "orders.db")
        url = _start_orders(stack, folder)
        ports = {"imap": server.imap_port, "smtp": server.smtp_port, "desk": listening.getsockname()[1]}
        (folder / "config.toml").write_text(CONFIG.format(orders=url, **ports))
        settings = load(folder / "config.toml", {})
        service = stack.enter_context(open_service(settings, tell=teller.tell))
        clients = Clients(server, orders, SUPPORT, clients_mail.message_ids)
        clients.choose()
        if once:
            return _once(service, clients, stop)
        desk = _desk(service, listening)
        _welcome(teller, desk.url, url, folder)
        threading.Thread(target=_script, args=(clients, teller, stop), name="demo clients", daemon=True).start()
        return schedule.serve(service, schedule.ALL, stop, {"desk": desk.run})


def _desk_port(port: int | None) -> socket.socket:
    """Listens before anything else starts. Raises Unavailable where the wished port is taken."""
    for wanted in (USUAL_PORT, 0) if port is None else (port,):
        try:
            return listener(f"127.0.0.1:{wanted}")
        except Unavailable as error:
            problem = error
    raise Unavailable(f"The desk cannot use port {port}: {problem} In the demo: mailbot demo --port 0 takes a free one.")


def _desk(service: Service, listening: socket.socket) -> DeskServer:
    """The desk and its people."""
    for login, name, roles in PEOPLE:
        email = f"{login}@studio.example"
        people.add(service.db, login, name=name, email=email, roles=roles, order_system_id="", origin=Origin(actor="the demo"))
    return DeskServer(service, taken=listening, demo=[login for login, _, _ in PEOPLE])


@dataclass(slots=True)
class Inbox:
    """The clients' mailboxes: they remember the Message-IDs of what they got, so that they can answer."""

    message_ids: dict[str, list[str]] = field(default_factory=dict)

    def receive(self, _sender: str, recipients: list[str], raw: bytes) -> None:
        message_id = str(message_from_bytes(raw, policy=policy)["Message-ID"] or "")
        for address in recipients:
            self.message_ids.setdefault(address, []).append(message_id)


def _once(service: Service, clients: Clients, stop: threading.Event) -> int:
    """All samples, then passes until nothing is left to do: the answers to our questions come after the questions."""
    for sample in SAMPLES:
        if stop.is_set():
            return INTERRUPTED
        if sample.subject.startswith("Re:"):
            schedule.run_once(service, schedule.ALL, stop)
        clients.write(sample)
    code = schedule.run_once(service, schedule.ALL, stop)
    return INTERRUPTED if stop.is_set() else code


def _script(clients: Clients, teller: Teller, stop: threading.Event) -> None:
    stop.wait(2)
    clients.write_all(1.2, stop)
    clients.keep_writing(WRITING_SECONDS - len(SAMPLES) * 1.2, stop)
    if not stop.is_set():
        teller.note(
            "The scripted clients have written all they had. Now it is your turn: comment on an order at the link above. Ctrl-C ends."
        )


def _start_orders(stack: ExitStack, folder: Path) -> str:
    """The reference order system in a thread; returns its address."""
    ready = threading.Event()
    found: list[int] = []
    problems: list[OSError] = []
    stop = threading.Event()
    token = _secret(folder / "order-token")

    def is_ready(number: int) -> None:
        found.append(number)
        ready.set()

    def serve() -> None:
        try:
            serve_orders(0, folder / "orders.db", token, SUPPORT, is_ready, stop)
        except OSError as problem:
            problems.append(problem)
            ready.set()

    thread = threading.Thread(target=serve, name="order system", daemon=True)
    thread.start()
    stack.callback(thread.join, 5)
    stack.callback(stop.set)
    ready.wait(20)
    if not found:
        because = f" ({problems[0].strerror})" if problems else ""
        raise Unavailable(f"the demo's order system did not start{because}.")
    time.sleep(0.2)  # the listener is open; give the server a moment to accept
    return f"http://127.0.0.1:{found[0]}"


def _secret(path: Path) -> str:
    secret = secrets.token_urlsafe(24)
    path.write_text(secret)
    path.chmod(0o600)
    return secret


def _welcome(teller: Teller, desk: str, url: str, folder: Path) -> None:
    teller.note(
        "mailbot demo: a mail server, an order system, clients that write, and mailbot in between. Everything is on this machine.\n"
        f"  desk            {desk}\n"
        f"                  you are {PEOPLE[0][1]}, a coordinator; sign out to come in as a quality supervisor, account manager or admin\n"
        f"  clients         {url}/\n"
        "                  choose a client, open an order, press Comment and reopen; or a member of staff, to place and deliver orders\n"
        f"  database        {folder / 'mailbot.db'}\n"
        f"  look inside     {_program()} --config {folder / 'config.toml'} tickets\n"
        "Ctrl-C ends it.\n"
    )


def _program() -> str:
    """mailbot as this shell can call it: `make demo` leaves the virtual environment off the PATH."""
    here = shutil.which("mailbot")
    if here and Path(here).resolve().parent == Path(sys.executable).parent.resolve():
        return "mailbot"
    python = Path(sys.executable)
    return f"{python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python} -m mailbot"


def _line(event: str, facts: Mapping[str, object]) -> str:
    """One clear line for an event; "" for what people need not see."""
    if event == "handled":
        return "" if facts["writer"] == "own" else _handled(facts)
    if event == "sent":
        return _sent(facts)
    if event == "source_down":
        return f"! {facts['source']}: {facts['because']}"
    if event == "source_back":
        return f"  {facts['source']}: answers again"
    return ""


def _sent(facts: Mapping[str, object]) -> str:
    order = f"order {str(facts['to']).removeprefix('o')}"  # the sample orders' ids are their numbers with an o
    what = {
        "email": f"mail {facts['template']} to {facts['to']}",
        "order_comment": f"comment {facts['template']} on {order}",
        "notify": f"notice {facts['template']} to {facts['to'] or 'the desk'}",
    }.get(str(facts["kind"]), f"{facts['kind']} {order}")
    because = f" ({facts['because']})" if facts["because"] else ""
    outcome = {"sent": "done"}.get(str(facts["outcome"]), str(facts["outcome"])) if facts["kind"] == "reopen" else facts["outcome"]
    return f"          {outcome!s:<6} {what}, ticket #{facts['ticket']}{because}"


def _handled(facts: Mapping[str, object]) -> str:
    way = "mail" if facts["source"] == "email" else "comment"
    subject = " ".join(str(facts["subject"]).split())
    head = f"{way:<8}  {facts['from'] or 'nobody'}: {subject:.60}"
    under = "\n" + " " * 20
    if facts["outcome"] == "record_only":
        return f"{head}{under}recorded, no reply: {facts['writer'] if facts['writer'] != 'person' else facts['because']}"
    if facts["outcome"] == "set_aside":
        return f"{head}{under}set aside: {facts['because']}"
    asks = f", asks for {', '.join(map(str, facts['asks']))}" if facts["asks"] else ""  # type: ignore[call-overload]  # a list
    verb = "opens" if facts["outcome"] == "open_ticket" else "joins"
    return f"{head}{under}{verb} ticket #{facts['ticket']}: {facts['kind']}, queue {facts['queue']}{asks}"
