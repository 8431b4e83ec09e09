"""Sign-in by an identity provider: OpenID Connect, authorization code flow with PKCE (S256) and nonce. The only home of Authlib."""

from __future__ import annotations

import contextlib
import hmac
import importlib.util
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from mailbot.errors import NotAllowed, Unavailable
from mailbot.model.visitor import Identity

SECONDS = 10.0
LEEWAY = 60  # clocks differ
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures with the provider's key pair. Never `none`, never HS256: a client secret is no signing key of the provider."""
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Account:
    """What the provider knows the desk by."""

    issuer: str
    client_id: str
    client_secret_file: Path
    role_claim: str


@dataclass(frozen=True, slots=True)
class Started:
    """Where the browser goes, and what must be kept until it comes back (in that browser only)."""

    url: str
    state: str
    nonce: str
    verifier: str


class Refused(NotAllowed):
    """The provider's answer cannot be believed. `why` is for the log; the person only learns to try again."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__("Signing in did not work. Please try again; if it stays, tell your admin.")


@dataclass(slots=True)
class Provider:
    """One identity provider. What it tells of itself is asked for when it is first needed, its keys again when an unknown one is used."""

    account: Account
    _metadata: dict[str, Any] = field(default_factory=dict)
    _keys: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if importlib.util.find_spec("authlib") is None or importlib.util.find_spec("joserfc") is None:
            raise Unavailable("Sign-in by an identity provider needs its packages. Run: pip install 'mailbot[oidc]'")

    def start(self, redirect_uri: str) -> Started:
        """Raises Unavailable where the provider does not answer."""
        from authlib.common.security import generate_token  # imported when first used (architecture.md, Memory)

        nonce, verifier = generate_token(43), generate_token(64)
        with self._client(redirect_uri) as client:
            url, state = client.create_authorization_url(self._told()["authorization_endpoint"], nonce=nonce, code_verifier=verifier)
        return Started(url, state, nonce, verifier)

    def finish(self, redirect_uri: str, given: Mapping[str, str], kept: Started) -> Identity:
        """`given`: the query of the callback. Raises Refused, Unavailable."""
        if not hmac.compare_digest(given.get("state", "").encode(), kept.state.encode()):
            raise Refused("the state is not the one that this browser was sent with")
        if given.get("error"):
            raise Refused(f"the provider says {given['error']}")
        if given.get("iss", self.account.issuer) != self.account.issuer:  # RFC 9207
            raise Refused("the answer is of another issuer")
        token = self._token(redirect_uri, given.get("code", ""), kept.verifier)
        claims = self._claims(token, kept.nonce)
        if self.account.role_claim not in claims or "email" not in claims:
            claims = {**self._userinfo(token, str(claims["sub"])), **claims}
        return self._identity(claims)

    def _token(self, redirect_uri: str, code: str, verifier: str) -> dict[str, Any]:
        from authlib.common.errors import AuthlibBaseError

        with self._client(redirect_uri) as client:
            try:
                return dict(client.fetch_token(self._told()["token_endpoint"], code=code, code_verifier=verifier))
            except (AuthlibBaseError, ValueError) as fault:
                raise Refused(f"no token for the code: {fault}") from None

    def _claims(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """The ID token's, once signature, issuer, audience, times, nonce and at_hash are right (OpenID Connect Core, 3.1.3.7)."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        text = token.get("id_token")
        if not isinstance(text, str):
            raise Refused("there is no ID token in the answer")
        wanted = {
            "iss": {"essential": True, "value": self.account.issuer},
            "aud": {"essential": True, "value": self.account.client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        try:
            decoded = self._decoded(text)
            params = {"nonce": nonce, "client_id": self.account.client_id, "access_token": token.get("access_token")}
            claims = CodeIDToken(decoded.claims, decoded.header, wanted, params)
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, TypeError) as fault:
            raise Refused(f"the ID token is not right: {fault}") from None
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise Refused("the ID token names nobody")
        return dict(claims)

    def _decoded(self, text: str) -> Any:
        """A provider that changed its keys is asked for the new ones, once."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError
        from joserfc.jwk import KeySet

        try:
            return jwt.decode(text, KeySet.import_key_set(self._jwks()), algorithms=list(ALGORITHMS))  # type: ignore[arg-type]  # plain JSON
        except InvalidKeyIdError:
            return jwt.decode(text, KeySet.import_key_set(self._jwks(anew=True)), algorithms=list(ALGORITHMS))  # type: ignore[arg-type]  # as above

    def _userinfo(self, token: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """Some providers put only the subject into the ID token. What is told of somebody else does not count (Core, 5.3.2)."""
        url = self._told().get("userinfo_endpoint")
        if not url or not token.get("access_token"):
            return {}
        told = self._ask(url, {"Authorization": f"Bearer {token['access_token']}"})
        if told.get("sub") != subject:
            raise Refused("the userinfo is of somebody else")
        return told

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        groups = claims.get(self.account.role_claim)
        many = groups if isinstance(groups, list) else [groups] if isinstance(groups, str) else []
        email = str(claims.get("email") or "").lower() if claims.get("email_verified") is True else ""
        return Identity(
            issuer=self.account.issuer, subject=str(claims["sub"]), login=str(claims.get("preferred_username") or email.partition("@")[0]),
            name=str(claims.get("name") or ""), email=email, groups=frozenset(str(group) for group in many),
        )  # fmt: skip

    def _told(self) -> dict[str, Any]:
        """The provider's metadata (OpenID Connect Discovery, 4.3: its issuer must be the configured one)."""
        with self._lock:
            if not self._metadata:
                told = self._ask(f"{self.account.issuer.rstrip('/')}/.well-known/openid-configuration")
                if told.get("issuer") != self.account.issuer:
                    raise Unavailable(f"{self.account.issuer} calls itself {told.get('issuer')!r}. Write that into [desk.oidc] issuer.")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    _safe(str(told.get(name, "")), name)
                self._metadata = told
            return self._metadata

    def _jwks(self, *, anew: bool = False) -> dict[str, Any]:
        url = self._told()["jwks_uri"]
        with self._lock:
            if anew or not self._keys:
                self._keys = self._ask(url)
            return self._keys

    def _ask(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        _safe(url, "address")
        try:
            answer = httpx2.get(url, headers=dict(headers or {}), timeout=SECONDS, follow_redirects=False)
            answer.raise_for_status()
            told = answer.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as fault:
            raise Unavailable(
                f"The identity provider gave no usable answer at {url}: {fault}. Try again, or sign in by password."
            ) from None
        if not isinstance(told, dict):
            raise Unavailable(f"The identity provider gave no usable answer at {url}: no JSON object.")
        return told

    @contextlib.contextmanager
    def _client(self, redirect_uri: str) -> Iterator[Any]:
        from authlib.integrations.httpx_client import OAuth2Client

        secret = self.account.client_secret_file.read_text(encoding="utf-8").strip()
        known = self._told().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"
        client = OAuth2Client(
            self.account.client_id, secret, scope="openid profile email", redirect_uri=redirect_uri, code_challenge_method="S256",
            token_endpoint_auth_method=method, timeout=SECONDS, follow_redirects=False,
        )  # fmt: skip
        try:
            with client:
                yield client
        except httpx2.HTTPError as fault:
            raise Unavailable(f"The identity provider does not answer: {fault}. Try again, or sign in by password.") from None


def _safe(url: str, name: str) -> None:
    """Codes and tokens travel over TLS; plain HTTP is for this machine only (tests)."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise Unavailable(f"The identity provider's {name} is {url!r}: it must be an https address.")
