"""Who comes in: the same site, a session or a token, and the permission that the route needs. One place for all routes."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import structlog
from fastapi import Request

from mailbot.desk.desk import Desk
from mailbot.desk.permissions import PUBLIC, Needs
from mailbot.errors import BadInput, MailbotError, NotAllowed, Problem
from mailbot.model.permission import Permission, role_words, roles_with
from mailbot.model.visitor import Origin, Visitor
from mailbot.workflow import audit, sign_in

log = structlog.get_logger()
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
API = "/api/"
NOTED: dict[Permission, audit.What] = {
    Permission.EXPORT: "exported",
    Permission.CONFIGURATION: "configuration_viewed",
}
"""What nobody looks at in secret: the path goes into the audit log, without its query, which may hold what a client wrote. Raw sources
are noted by their page, by message."""


class SignInNeeded(MailbotError):
    """Please sign in."""


class Forged(NotAllowed):
    """This was not sent from a page of the desk. Open the page again and repeat it there."""


class Ambiguous(BadInput):
    """Two proofs of who is asking."""

    def __init__(self, what: str) -> None:
        super().__init__([Problem("request", "", what, "Pages know cookies only, the API knows tokens only.")])


class Lacking(NotAllowed):
    """The person lacks a permission; `permission` names it."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        roles = " or ".join(role_words(role) for role in roles_with(permission))
        super().__init__(f"Your roles do not allow to {permission.value}. It needs the role {roles}; an admin can give it to you.")


class Guard:
    """Called for every request before its body is read; leaves `visitor` in the request's state. Raises what the error pages know."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def __call__(self, request: Request, needs: Needs) -> None:
        request.state.visitor = None
        api = request.url.path.startswith(API)
        if "authorization" in request.headers and self.desk.cookie in request.cookies:
            raise Ambiguous("Send a token or a session cookie, not both.")
        if not api and request.method not in SAFE:
            self._same_site(request)
        if needs is PUBLIC:
            return
        visitor = self._token(request) if api else self._session(request)
        if visitor is None:
            raise SignInNeeded("Please sign in." if not api else "Give a token: Authorization: Bearer mbt_…")
        request.state.visitor = visitor
        if not visitor.may(needs):
            log.warning("not_allowed", login=visitor.login, needs=needs.name.lower(), request_id=request.state.request_id)
            raise Lacking(needs)
        if needs in NOTED:
            audit.note(self.desk.service.db, origin_of(request, self.desk), NOTED[needs], request.url.path)

    def _session(self, request: Request) -> Visitor | None:
        return sign_in.who_has(self.desk.service.db, request.cookies.get(self.desk.cookie, ""))

    def _token(self, request: Request) -> Visitor | None:
        """Never a cookie: a page of another site could use it."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        return sign_in.who_bears(self.desk.service.db, given.strip()) if kind.lower() == "bearer" else None

    def _same_site(self, request: Request) -> None:
        """CSRF: Sec-Fetch-Site tells; where a browser does not send it, Origin must be ours (the rule of Go's CrossOriginProtection)."""
        site = request.headers.get("sec-fetch-site")
        by_origin = site is None and request.headers.get("origin", "") in self.desk.origins
        if site not in ("same-origin", "none") and not by_origin:
            log.warning("forged", site=site or "", ip=_address(request, self.desk), request_id=request.state.request_id)
            raise Forged("This was not sent from a page of the desk. Open the page again and repeat it there.")


def origin_of(request: Request, desk: Desk) -> Origin:
    """Where the request came from; X-Forwarded-For counts only behind a trusted proxy."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    return Origin(
        actor=visitor.login if visitor else "",
        ip=_address(request, desk),
        request_id=getattr(request.state, "request_id", ""),
        agent=request.headers.get("user-agent", "")[:300],
    )


def _address(request: Request, desk: Desk) -> str:
    """The nearest address that is no trusted proxy."""
    at = request.client.host if request.client else ""
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    while hops and _trusted(at, desk):
        at = hops.pop()
    try:
        return str(ipaddress.ip_address(at))
    except ValueError:
        return ""


def _trusted(address: str, desk: Desk) -> bool:
    try:
        at = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(at in network for network in desk.proxies)


def safe_path(path: str) -> str:
    """A path of this site that may be gone to after signing in; "/" for anything else."""
    parts = urlsplit(path)
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain and not parts.scheme and not parts.netloc else "/"
