"""Signing in and out: /login, /login/code, /welcome/<one-time link>, /logout."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Form, Response

from mailbot.desk.desk import is_loopback
from mailbot.desk.guard import safe_path
from mailbot.desk.permissions import PUBLIC, Routes
from mailbot.desk.site import Here, Visit
from mailbot.errors import HTTP_STATUS, MailbotError, NotAllowed, NotFound, TooMany
from mailbot.model.permission import Permission
from mailbot.record.sessions import LONGEST
from mailbot.record.views.people import PersonView, everybody
from mailbot.workflow import sign_in

routes = Routes()
HALF_LIVES = timedelta(minutes=5)  # between password and code
Short = Annotated[str, Form(max_length=300)]
Long = Annotated[str, Form(max_length=2000)]


@routes.get("/login", needs=PUBLIC)
def login(visit: Here, next: str = "/") -> Response:
    cookie = visit.request.cookies.get(visit.desk.cookie, "")
    if sign_in.who_has(visit.desk.service.db, cookie):
        return visit.go(safe_path(next))
    return _form(visit, safe_path(next))


@routes.post("/login", needs=PUBLIC)
def login_sent(visit: Here, login: Short = "", password: Short = "", next: Long = "/") -> Response:
    try:
        found = sign_in.by_password(visit.desk.service.db, login, password, visit.origin)
    except (NotAllowed, TooMany) as error:
        return _form(visit, safe_path(next), login, error)
    if isinstance(found, sign_in.Half):
        return _code_form(visit, found.login, safe_path(next))
    return _entered(visit, found, safe_path(next))


@routes.post("/login/code", needs=PUBLIC)
def code_sent(visit: Here, login: Short = "", until: Short = "", seal: Short = "", code: Short = "", next: Long = "/") -> Response:
    if not visit.desk.has_sealed(f"half:{login}:{until}", seal) or visit.now.timestamp() > float(until):
        return _form(visit, safe_path(next), login, NotAllowed("This took too long. Please start again."))
    try:
        secret = sign_in.by_code(visit.desk.service.db, login, code, visit.origin)
    except (NotAllowed, TooMany) as error:
        return _code_form(visit, login, safe_path(next), error)
    return _entered(visit, secret, safe_path(next))


@routes.get("/welcome/{link}", needs=PUBLIC)
def welcome(visit: Here, link: str) -> Response:
    return visit.page("welcome.html", login=sign_in.link_login(visit.desk.service.db, link), error="")


@routes.post("/welcome/{link}", needs=PUBLIC)
def welcome_sent(visit: Here, link: str, password: Short = "", again: Short = "") -> Response:
    db, company = visit.desk.service.db, visit.desk.service.settings.company.name
    login = sign_in.link_login(db, link)
    if password != again:
        return visit.page("welcome.html", 422, login=login, error="The two passwords differ.")
    try:
        found = sign_in.by_link(db, link, password, visit.origin, company)
    except NotAllowed as error:
        return visit.page("welcome.html", 422, login=login, error=str(error))
    if isinstance(found, sign_in.Half):
        return _code_form(visit, found.login, "/")
    return _entered(visit, found, "/", "Welcome. Your password is set.")


@routes.post("/logout", needs=Permission.OWN)
def logout(visit: Here) -> Response:
    sign_in.sign_out(visit.desk.service.db, visit.person, visit.origin)
    response = visit.go("/login", "You are signed out.")
    response.delete_cookie(visit.desk.cookie, path="/", secure=visit.desk.secure, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@routes.get("/demo", needs=PUBLIC)
def demo(visit: Here, to: str = "/", who: str = "") -> Response:
    """Signs in without proof: only in `mailbot demo`, only on loopback, only as one of its people."""
    desk = visit.desk
    login = who or next(iter(desk.demo), "")
    if login not in desk.demo or not desk.is_local or not is_loopback(visit.origin.ip):
        raise NotFound("There is no such page, or it is not for you.")
    return enter(visit, visit.go(safe_path(to)), sign_in.begin(desk.service.db, login, "demo", visit.origin))


def enter(visit: Visit, response: Response, secret: str) -> Response:
    """Gives the browser its session, and ends the one that it had."""
    sign_in.forget(visit.desk.service.db, visit.request.cookies.get(visit.desk.cookie, ""))
    response.set_cookie(
        visit.desk.cookie, secret, max_age=int(LONGEST.total_seconds()), path="/", httponly=True, samesite="lax", secure=visit.desk.secure
    )
    return response


def _entered(visit: Visit, secret: str, path: str, said: str = "") -> Response:
    return enter(visit, visit.go(path, said), secret)


def _form(visit: Visit, path: str, login: str = "", error: MailbotError | None = None) -> Response:
    oidc = visit.desk.settings.oidc if visit.desk.provider else None
    sso = {"host": urlsplit(oidc.issuer).hostname, "address": f"/login/sso?next={quote(path, safe='')}"} if oidc else None
    status = _status(error)
    return visit.page("login.html", status, next=path, login=login, error=str(error or ""), sso=sso, demo=_demo_people(visit))


def _demo_people(visit: Visit) -> list[PersonView]:
    if not visit.desk.demo:
        return []
    with visit.reading() as c:
        known = {person.login: person for person in everybody(c, visit.now)}
    return [known[login] for login in visit.desk.demo if login in known]


def _code_form(visit: Visit, login: str, path: str, error: MailbotError | None = None) -> Response:
    until = str((visit.now + HALF_LIVES).timestamp())
    seal = visit.desk.seal(f"half:{login}:{until}")
    return visit.page("login_code.html", _status(error), next=path, login=login, until=until, seal=seal, error=str(error or ""))


def _status(error: MailbotError | None) -> int:
    """A wrong password is 401, as for everything that needs one."""
    if error is None:
        return 200
    return 401 if isinstance(error, NotAllowed) else HTTP_STATUS[type(error)]
