"""/login/sso: to the identity provider by a link (a form may not leave the site, by our own CSP), and back."""

from __future__ import annotations

import base64
import json
from dataclasses import astuple
from typing import TYPE_CHECKING

import structlog
from fastapi import Response
from fastapi.responses import RedirectResponse

from mailbot.desk.come_in import enter
from mailbot.desk.guard import safe_path
from mailbot.desk.permissions import PUBLIC, Routes
from mailbot.desk.site import Here, Visit
from mailbot.errors import NotAllowed, NotFound
from mailbot.workflow.single_sign_on import come_in

if TYPE_CHECKING:  # an extra
    from mailbot.identity import Provider, Started

log = structlog.get_logger()
routes = Routes("/login/sso")
COOKIE = "mailbot-sso"
LIVES = 600  # seconds for signing in there


@routes.get("", needs=PUBLIC)
def to_provider(visit: Here, next: str = "/") -> Response:
    provider = _provider(visit)
    started = provider.start(_back(visit))
    response = RedirectResponse(started.url, status_code=303)
    kept = _packed(visit, started, safe_path(next))
    response.set_cookie(COOKIE, kept, max_age=LIVES, path="/login/sso", httponly=True, samesite="lax", secure=visit.desk.secure)
    return response


@routes.get("/callback", needs=PUBLIC)
def from_provider(visit: Here) -> Response:
    from mailbot.identity import Refused

    provider, oidc = _provider(visit), visit.desk.settings.oidc
    try:
        started, path = _unpacked(visit)
        found = provider.finish(_back(visit), dict(visit.request.query_params), started)
        secret = come_in(visit.desk.service.db, found, oidc.role_map if oidc else {}, visit.origin)
    except NotAllowed as error:
        why = error.why if isinstance(error, Refused) else str(error)
        log.warning("sso_refused", because=why, request_id=visit.request.state.request_id)
        response = visit.go("/login", str(error), "stop")
    else:
        response = enter(visit, visit.go(path), secret)
    response.delete_cookie(COOKIE, path="/login/sso")
    return response


def _provider(visit: Visit) -> Provider:
    if visit.desk.provider is None:
        raise NotFound("This desk has no identity provider.")
    return visit.desk.provider


def _back(visit: Visit) -> str:
    return f"{visit.desk.base_url}/login/sso/callback"


def _packed(visit: Visit, started: Started, path: str) -> str:
    kept = [*astuple(started)[1:], path, visit.now.timestamp() + LIVES]
    body = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    return f"{body}.{visit.desk.seal(f'sso:{body}')}"


def _unpacked(visit: Visit) -> tuple[Started, str]:
    """What this browser was sent with. Raises Refused where it was not sent, or too long ago."""
    from mailbot.identity import Refused, Started

    body, _, seal = visit.request.cookies.get(COOKIE, "").partition(".")
    if not body or not visit.desk.has_sealed(f"sso:{body}", seal):
        raise Refused("this browser did not begin to sign in")
    state, nonce, verifier, path, until = json.loads(base64.urlsafe_b64decode(body))
    if visit.now.timestamp() > until:
        raise Refused("signing in took too long")
    return Started("", state, nonce, verifier), path
