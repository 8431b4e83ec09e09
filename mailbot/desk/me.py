"""/me: what a person sees and changes of themselves."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from fastapi import Form, Response

from mailbot.desk.permissions import Routes
from mailbot.desk.site import Here, Visit
from mailbot.errors import BadInput, MailbotError, NotAllowed, Problem, TooMany
from mailbot.model import totp
from mailbot.model.permission import SCOPES, Permission
from mailbot.model.visitor import Preferences
from mailbot.record.views import people as views
from mailbot.workflow import people, sign_in, tokens

routes = Routes("/me")
OWN = Permission.OWN
Text = Annotated[str, Form(max_length=300)]
Tick = Annotated[str, Form(max_length=10)]
ZONES = (
    "UTC", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Paris", "Europe/Berlin", "Europe/Madrid", "Europe/Rome",
    "Europe/Amsterdam", "Europe/Brussels", "Europe/Zurich", "Europe/Vienna", "Europe/Warsaw", "Europe/Prague", "Europe/Stockholm",
    "Europe/Oslo", "Europe/Copenhagen", "Europe/Helsinki", "Europe/Athens", "Europe/Bucharest", "Europe/Kyiv", "Europe/Istanbul",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Toronto", "America/Sao_Paulo",
    "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Manila", "Asia/Singapore",
    "Asia/Hong_Kong", "Asia/Tokyo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
"""Offered while typing; any IANA name is taken."""


@routes.get("", needs=OWN)
def me(visit: Here) -> Response:
    return _page(visit)


@routes.post("/shift", needs=OWN)
def shift(visit: Here, available: Tick = "") -> Response:
    people.set_available(visit.desk.service.db, visit.person, available == "yes")
    said = "You are on shift: new tickets may come to you." if available == "yes" else "You are off shift: no new tickets come to you."
    return visit.go("/me", said)


@routes.post("/preferences", needs=OWN)
def preferences(
    visit: Here,
    time_zone: Text = "",
    theme: Annotated[Literal["auto", "light", "dark"], Form()] = "auto",
    shortcuts: Tick = "",
    notices: Tick = "",
) -> Response:
    if time_zone and time_zone not in available_timezones():
        return _page(visit, error=f"{time_zone} is no time zone. Write it as in Europe/Stockholm.", place="preferences", status=422)
    wanted = Preferences(time_zone=time_zone, theme=theme, shortcuts=shortcuts == "yes", notices=notices == "yes")
    people.prefer(visit.desk.service.db, visit.person, wanted)
    return visit.go("/me", "Saved.")


@routes.post("/password", needs=OWN)
def password(visit: Here, old: Text = "", new: Text = "", again: Text = "") -> Response:
    if new != again:
        return _page(visit, error="The two new passwords differ.", place="password", status=422)
    try:
        sign_in.change_password(visit.desk.service.db, visit.person, old, new, visit.origin, visit.desk.service.settings.company.name)
    except (NotAllowed, TooMany) as error:
        return _page(visit, error=str(error), place="password", status=_status(error))
    return visit.go("/me", "Your password is changed. All your other sessions ended.")


@routes.post("/second-factor", needs=OWN)
def second_factor(visit: Here, password: Text = "") -> Response:
    """Shows the secret, once."""
    try:
        secret = sign_in.begin_second_factor(visit.desk.service.db, visit.person, password, visit.origin)
    except (NotAllowed, TooMany) as error:
        return _page(visit, error=str(error), place="second-factor", status=_status(error))
    address = totp.address(secret, visit.person.login, visit.desk.service.settings.company.name)
    return visit.page("second_factor.html", words=totp.words(secret), address=address, error="")


@routes.post("/second-factor/confirm", needs=OWN)
def second_factor_confirm(visit: Here, code: Text = "") -> Response:
    try:
        sign_in.confirm_second_factor(visit.desk.service.db, visit.person, code, visit.origin)
    except (NotAllowed, TooMany) as error:
        return visit.page("second_factor.html", _status(error), words="", address="", error=str(error))
    return visit.go("/me", "Your second factor is on. All your other sessions ended.")


@routes.post("/second-factor/drop", needs=OWN)
def second_factor_drop(visit: Here, password: Text = "") -> Response:
    try:
        sign_in.drop_second_factor(visit.desk.service.db, visit.person, password, visit.origin)
    except (NotAllowed, TooMany) as error:
        return _page(visit, error=str(error), place="second-factor", status=_status(error))
    return visit.go("/me", "Your second factor is off.")


@routes.post("/sessions/end-others", needs=OWN)
def end_others(visit: Here) -> Response:
    ended = sign_in.end_sessions(visit.desk.service.db, visit.person.login, visit.origin, keep=visit.person.session)
    return visit.go("/me", f"Sessions ended: {ended}.")


@routes.post("/sessions/{session}/end", needs=OWN)
def end_session(visit: Here, session: int) -> Response:
    sign_in.end_session(visit.desk.service.db, session, visit.origin, login=visit.person.login)
    return visit.go("/me", "The session ended.")


@routes.post("/tokens", needs=OWN)
def token(visit: Here, name: Text = "", scope: Annotated[list[str], Form()] = [], days: Annotated[int, Form()] = 90) -> Response:  # noqa: B006 - FastAPI copies it
    try:
        made = tokens.make(visit.desk.service.db, visit.person.login, name=name, scopes=scope, days=days, origin=visit.origin)
    except BadInput as error:
        return _page(visit, error=faults(error), place="tokens", status=422)
    return visit.page("shown_once.html", title="Your new token", secret=made, back="/me", what="It acts for you within its scopes.")


@routes.post("/tokens/{token_id}/revoke", needs=OWN)
def token_revoke(visit: Here, token_id: str) -> Response:
    tokens.revoke(visit.desk.service.db, token_id, visit.origin, login=visit.person.login)
    return visit.go("/me", "The token is revoked.")


def faults(error: BadInput) -> str:
    """Without the file and key of a configuration fault."""
    return " ".join(_fault(problem) for problem in error.problems)


def _fault(problem: Problem) -> str:
    return f"{problem.key.capitalize()}: {problem.what}. {problem.remedy}."


def _page(visit: Visit, *, error: str = "", place: str = "", status: int = 200) -> Response:
    login = visit.person.login
    with visit.reading() as c:
        person = next(p for p in views.everybody(c, visit.now, login))
        sessions, own = views.sessions(c, visit.now, login), views.tokens(c, login)
    return visit.page(
        "me.html", status, person=person, sessions=sessions, tokens=own, scopes=tuple(SCOPES), zones=ZONES, error=error, place=place,
        company_zone=visit.desk.service.settings.company.time_zone,
    )  # fmt: skip


def _status(error: MailbotError) -> int:
    return 429 if isinstance(error, TooMany) else 422
