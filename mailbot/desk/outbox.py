"""/outbox: what goes out, what waits for a person and why. /aside: messages that could not be handled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, get_args

from fastapi import Form, Response

from mailbot.desk.permissions import Routes
from mailbot.desk.site import Here, Visit
from mailbot.model.permission import Permission
from mailbot.model.ticket import ActionState
from mailbot.record.views.outbox import COUNTED, UNSETTLED, aside, outbox
from mailbot.workflow.settle import Verb

routes = Routes()
STATES: tuple[ActionState, ...] = get_args(ActionState)
TELLING: dict[ActionState, tuple[Literal["ok", "wait", "stop", "plain", "info"], str]] = {
    "queued": ("info", "clock"), "sending": ("info", "out"), "sent": ("ok", "ok"), "held": ("wait", "lock"), "suppressed": ("wait", "lock"),
    "uncertain": ("stop", "stop"), "gave_up": ("stop", "stop"), "cancelled": ("plain", "undo"),
}  # fmt: skip
"""Colour and icon of a state; the words stand beside it."""
MEANINGS: dict[ActionState, str] = {
    "queued": "Goes out by itself.", "sending": "Is on the wire now.", "sent": "Was accepted by the other side.",
    "held": "Waits until a person releases it.", "suppressed": "Was not sent, for the reason given; a person can release it.",
    "uncertain": "Nobody knows whether it was accepted. Look in the Sent folder, then retry or cancel.",
    "gave_up": "Will not be tried again by itself. Mend the reason, then retry.", "cancelled": "Will not be sent.",
}  # fmt: skip
VERBS: dict[Verb, tuple[ActionState, ...]] = {
    "release": ("held", "suppressed"), "retry": ("gave_up", "uncertain"),
    "cancel": ("queued", "held", "suppressed", "uncertain", "gave_up"),
}  # fmt: skip
ASIDE_ROWS = 200
OLD = "before_go_live"
_MOST = 200  # ids of one form
Ticked = Annotated[list[str], Form()]


@routes.get("/outbox", needs=Permission.SEE)
def outbox_page(visit: Here, state: str = "", before: str = "") -> Response:
    """Without a state: what is not settled."""
    wanted = next((s for s in STATES if s == state), None)
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    with visit.reading() as c:
        seen = visit.desk.mark(c)
        page = outbox(c, [wanted] if wanted else (), before=number)
    return visit.page(
        "outbox_part.html" if visit.is_htmx else "outbox.html", page=page, state=wanted or "", unsettled=UNSETTLED, telling=TELLING,
        meanings=MEANINGS, verbs=VERBS, counted=COUNTED, later=number is not None, mark=seen,
    )  # fmt: skip


@routes.get("/aside", needs=Permission.SEE)
def aside_page(visit: Here, view: str = "") -> Response:
    """`view=before_go_live`: what was only kept, being older than the go-live time (P9)."""
    old = view == OLD
    with visit.reading() as c:
        rows = aside(c, limit=ASIDE_ROWS, before_go_live=old)
        page = outbox(c, limit=1)
    return visit.page(
        "aside.html", rows=rows, page=page, most=ASIDE_ROWS, unsettled=UNSETTLED, counted=COUNTED, state=OLD if old else "aside", old=old
    )


@routes.post("/outbox", needs=Permission.RELEASE)
def decide(visit: Here, id: Ticked = [], one: Annotated[str, Form()] = "", verb: Annotated[str, Form()] = "") -> Response:  # noqa: B006 - a form's field, which FastAPI makes anew
    """`one`: the button of a row, such as `release O-17`; else `verb` for every `id` that is ticked."""
    if one:
        verb, _, name = one.partition(" ")
        return _decided(visit, verb, [name], "/outbox")
    return _decided(visit, verb, id, "/outbox")


@routes.post("/aside", needs=Permission.RELEASE)
def retry(visit: Here, id: Ticked = [], view: str = "") -> Response:  # noqa: B006 - as above
    return _decided(visit, "retry", id, f"/aside?view={OLD}" if view == OLD else "/aside")


def _decided(visit: Visit, verb: str, ids: Sequence[str], back: str) -> Response:
    state = visit.request.query_params.get("state", "")
    path = f"{back}?state={state}" if state in STATES else back
    chosen = next((v for v in VERBS if v == verb), None)
    if chosen is None or not ids:
        return visit.go(path, "Nothing was done: tick the rows first, then press a button.", "wait")
    done = visit.desk.service.settle(chosen, list(ids)[:_MOST], visit.person.login)
    wrong = [f"{one.id}: {one.problem}" for one in done if one.problem]
    well = [one for one in done if not one.problem]
    said = f"{', '.join(one.id for one in well[:5])}{' and more' if len(well) > 5 else ''}: {well[0].what}. " if well else ""
    return visit.go(path, said + " ".join(wrong[:5]), "stop" if wrong else "ok")
