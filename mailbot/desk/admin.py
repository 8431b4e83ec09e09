"""/admin: sources and rules in force, people, tokens, the audit log."""

from __future__ import annotations

from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import Form, Query, Response

from mailbot import __version__
from mailbot.desk.me import faults
from mailbot.desk.permissions import Routes
from mailbot.desk.site import Here, Visit
from mailbot.errors import BadInput, Conflict, NotFound
from mailbot.model.lifecycle import ROLES
from mailbot.model.permission import GRANTED, SCOPES, Permission
from mailbot.record.audit import What
from mailbot.record.views import people as views
from mailbot.workflow import audit, people, sign_in, tokens
from mailbot.workflow.explain import explain_text

routes = Routes("/admin")
Text = Annotated[str, Form(max_length=300)]
Several = Annotated[list[str], Form()]
PAGE = 100
_NOBODY = {"login": "", "name": "", "email": "", "order_system_id": "", "roles": ()}
LONGEST_PASTE = 1024 * 1024


@routes.get("", needs=Permission.CONFIGURATION)
def overview(visit: Here) -> Response:
    service = visit.desk.service
    live = service.parts.live
    return visit.page("admin.html", sources=visit.desk.sources(), live=live, broken=service.broken, stalled=sorted(service.stalled),
                      version=__version__, database=service.db.address, settings=service.settings)  # fmt: skip


# --- rules and templates ------------------------------------------------------------------------------------------------------------


@routes.get("/rules", needs=Permission.CONFIGURATION)
def rules(visit: Here) -> Response:
    return _rules(visit)


@routes.post("/rules/try", needs=Permission.CONFIGURATION)
def rules_try(visit: Here, mail: Annotated[str, Form(max_length=LONGEST_PASTE)] = "") -> Response:
    """Sends and stores nothing."""
    if not mail.strip():
        return _rules(visit, status=422, error="Paste a mail first: its whole source, header and text.")
    return _rules(visit, mail=mail, found=explain_text(mail, visit.desk.service.parts.live, visit.now))


def _rules(visit: Visit, status: int = 200, mail: str = "", found: object = None, error: str = "") -> Response:
    live = visit.desk.service.parts.live
    return visit.page("admin_rules.html", status, live=live, broken=visit.desk.service.broken, mail=mail, found=found, error=error)


# --- people -------------------------------------------------------------------------------------------------------------------------


@routes.get("/people", needs=Permission.PEOPLE)
def everybody(visit: Here) -> Response:
    return _people(visit)


@routes.post("/people", needs=Permission.PEOPLE)
def person_add(
    visit: Here, login: Text = "", name: Text = "", email: Text = "", order_system_id: Text = "", role: Several = []  # noqa: B006 - FastAPI copies it
) -> Response:  # fmt: skip
    db, login = visit.desk.service.db, login.strip().casefold()
    given = {"login": login, "name": name.strip(), "email": email.strip(), "order_system_id": order_system_id.strip(), "roles": role}
    with visit.reading() as c:
        known = {person.login for person in views.everybody(c, visit.now)}
    if login in known:
        return _people(visit, 409, given=given, error=f"There is a person {login} already.")
    try:
        people.add(
            db, login, name=name.strip(), email=email.strip(), roles=role, order_system_id=order_system_id.strip(), origin=visit.origin
        )
    except BadInput as error:
        return _people(visit, 422, given=given, error=faults(error))
    return _link(visit, login)


@routes.get("/people/{login}", needs=Permission.PEOPLE)
def person(visit: Here, login: str) -> Response:
    return _person(visit, login)


@routes.post("/people/{login}", needs=Permission.PEOPLE)
def person_change(
    visit: Here, login: str, name: Text = "", email: Text = "", order_system_id: Text = "", role: Several = []  # noqa: B006 - FastAPI copies it
) -> Response:  # fmt: skip
    try:
        people.change(
            visit.desk.service.db, login, name=name.strip(), email=email.strip(), roles=role, order_system_id=order_system_id.strip(),
            origin=visit.origin,
        )  # fmt: skip
    except (BadInput, Conflict) as error:
        said = faults(error) if isinstance(error, BadInput) else str(error)
        return _person(visit, login, 422, error=said)
    return visit.go(f"/admin/people/{login}", "Saved.")


@routes.post("/people/{login}/link", needs=Permission.PEOPLE)
def person_link(visit: Here, login: str) -> Response:
    return _link(visit, login)


@routes.post("/people/{login}/disable", needs=Permission.PEOPLE)
def person_disable(visit: Here, login: str) -> Response:
    people.disable(visit.desk.service.db, login, visit.origin)
    return visit.go(f"/admin/people/{login}", f"{login} may not come in any more; sessions and tokens ended.")


@routes.post("/people/{login}/enable", needs=Permission.PEOPLE)
def person_enable(visit: Here, login: str) -> Response:
    people.enable(visit.desk.service.db, login, visit.origin)
    return visit.go(f"/admin/people/{login}", f"{login} may come in again.")


@routes.post("/people/{login}/end-sessions", needs=Permission.PEOPLE)
def person_out(visit: Here, login: str) -> Response:
    ended = sign_in.end_sessions(visit.desk.service.db, login, visit.origin)
    return visit.go(f"/admin/people/{login}", f"Sessions ended: {ended}.")


@routes.post("/people/{login}/drop-second-factor", needs=Permission.PEOPLE)
def person_factor(visit: Here, login: str) -> Response:
    people.drop_second_factor(visit.desk.service.db, login, visit.origin)
    return visit.go(f"/admin/people/{login}", f"The second factor of {login} is off.")


@routes.post("/sessions/{session}/end", needs=Permission.PEOPLE)
def session_end(visit: Here, session: int) -> Response:
    sign_in.end_session(visit.desk.service.db, session, visit.origin)
    return visit.go("/admin/people", "The session ended.")


def _people(visit: Visit, status: int = 200, given: object = None, error: str = "") -> Response:
    with visit.reading() as c:
        found, sessions = views.everybody(c, visit.now), views.sessions(c, visit.now)
    return visit.page("admin_people.html", status, people=found, sessions=sessions, roles=ROLES, given=given or _NOBODY, error=error)


def _person(visit: Visit, login: str, status: int = 200, error: str = "") -> Response:
    with visit.reading() as c:
        found = views.everybody(c, visit.now, login)
        if not found:
            raise NotFound(f"There is no person {login!r}.")
        sessions, own, log = views.sessions(c, visit.now, login), views.tokens(c, login), views.audit(c, actor=login, limit=20)
    return visit.page(
        "admin_person.html", status, person=found[0], sessions=sessions, tokens=own, log=log, roles=ROLES, granted=GRANTED, error=error
    )


def _link(visit: Visit, login: str) -> Response:
    secret = people.make_link(visit.desk.service.db, login, visit.origin)
    what = f"{login} sets a password by it and is signed in. It works once, within 24 hours; earlier links ended."
    address = f"{visit.desk.base_url}/welcome/{secret}"
    return visit.page("shown_once.html", title=f"One-time link for {login}", secret=address, back=f"/admin/people/{login}", what=what)


# --- tokens -------------------------------------------------------------------------------------------------------------------------


@routes.get("/tokens", needs=Permission.TOKENS)
def all_tokens(visit: Here) -> Response:
    return _tokens(visit)


@routes.post("/tokens", needs=Permission.TOKENS)
def token_make(
    visit: Here, login: Text = "", name: Text = "", scope: Several = [], days: Annotated[int, Form()] = 90  # noqa: B006 - FastAPI copies it
) -> Response:  # fmt: skip
    try:
        made = tokens.make(visit.desk.service.db, login, name=name, scopes=scope, days=days, origin=visit.origin)
    except (BadInput, Conflict, NotFound) as error:
        return _tokens(visit, 422, error=faults(error) if isinstance(error, BadInput) else str(error))
    return visit.page(
        "shown_once.html", title=f"New token of {login}", secret=made, back="/admin/tokens", what=f"It acts for {login} within its scopes."
    )


@routes.post("/tokens/{token_id}/revoke", needs=Permission.TOKENS)
def token_revoke(visit: Here, token_id: str) -> Response:
    tokens.revoke(visit.desk.service.db, token_id, visit.origin)
    return visit.go("/admin/tokens", "The token is revoked.")


def _tokens(visit: Visit, status: int = 200, error: str = "") -> Response:
    with visit.reading() as c:
        found, everyone = views.tokens(c), [p for p in views.everybody(c, visit.now) if p.active]
    return visit.page("admin_tokens.html", status, tokens=found, people=everyone, scopes=tuple(SCOPES), error=error)


# --- the audit log ------------------------------------------------------------------------------------------------------------------


@routes.get("/audit", needs=Permission.AUDIT)
def audit_log(visit: Here, before: Annotated[int | None, Query(ge=1)] = None, actor: str = "", what: str = "") -> Response:
    with visit.reading() as c:
        rows = views.audit(c, before=before, actor=actor.strip(), what=what, limit=PAGE + 1)
    chosen = {key: value for key, value in (("actor", actor.strip()), ("what", what)) if value}
    older = f"/admin/audit?{urlencode({**chosen, 'before': rows[PAGE - 1].id})}" if len(rows) > PAGE else ""
    newest = f"/admin/audit?{urlencode(chosen)}" if before else ""
    return visit.page("admin_audit.html", rows=rows[:PAGE], older=older, newest=newest, actor=actor.strip(), what=what, acts=get_args(What))


@routes.post("/audit/verify", needs=Permission.AUDIT)
def audit_verify(visit: Here) -> Response:
    found = audit.verify(visit.desk.service.db)
    if found.broken:
        return visit.go("/admin/audit", f"Row {found.broken}: {found.why}. The {found.rows} rows before it are whole.", "stop")
    return visit.go("/admin/audit", f"{found.rows} rows, all whole. Last row {found.last}, hash {found.hash}")
