"""/clients/…: one client with addresses, tickets, share of corrections and notes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Response

from mailbot.desk import charts, words
from mailbot.desk.permissions import Routes
from mailbot.desk.queue import countdown, last_step
from mailbot.desk.site import Here
from mailbot.model.permission import Permission
from mailbot.record.views.client import client as client_view
from mailbot.workflow import clients, people

routes = Routes()


@routes.get("/clients/{client:path}", needs=Permission.SEE)
def client(visit: Here, client: str, before: str = "") -> Response:
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    with visit.reading() as c:
        view = client_view(c, client, visit.now, visit.zone, last_step(visit), before=number)
    return visit.page(
        "client.html", client=view, share=charts.share(view.corrected), months=charts.months(view.months), address=words.client_url(client),
        rows=[(row, countdown(row, visit.now)) for row in view.tickets], later=number is not None,
        names=people.names(people.everybody(visit.desk.service.db)),
    )  # fmt: skip


@routes.post("/clients/{client:path}", needs=Permission.WORK)
def note(visit: Here, client: str, note: Annotated[str, Form()] = "") -> Response:
    clients.add_note(visit.desk.service.parts, client, note, visit.person.login)
    return visit.go(f"{words.client_url(client)}#notes", "The note is kept.")
