"""Where passwords and access tokens come from: files, commands and OAuth token servers. Secrets are never logged."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx2

from mailbot.errors import Unavailable
from mailbot.model.credential import Credential

FRESH_SECONDS = 300.0  # a token that ends sooner is not used for a new login
COMMAND_SECONDS = 30.0
COMMAND_TOKEN_SECONDS = 600.0  # how long a command's token is used; it tells no end
_PROVIDERS = {
    "microsoft365": ("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token", "https://outlook.office365.com/.default"),
    "google": ("https://oauth2.googleapis.com/token", "https://mail.google.com/"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """An OAuth 2 account. With `refresh_token` that grant is used (Google), else client credentials (Microsoft 365 app-only).

    `token_url` and `scope` are needed for provider custom only. The secrets are files, read at each use.
    """

    provider: Literal["microsoft365", "google", "custom"]
    client_id: str
    client_secret_file: Path
    tenant: str = ""
    token_url: str = ""
    scope: str = ""
    refresh_token_file: Path | None = None
    mechanism: Literal["oauth_bearer", "xoauth2"] = "xoauth2"


def password(value: str) -> Callable[[], Credential]:
    """A password written in the configuration (discouraged)."""
    return lambda: Credential("password", value)


def password_file(path: Path) -> Callable[[], Credential]:
    """The first line of a file, read at every login, so that a changed password needs no restart. Raises Unavailable when called."""
    return lambda: Credential("password", _first_line(path))


def token_command(
    command: Sequence[str], mechanism: Literal["oauth_bearer", "xoauth2"] = "xoauth2", clock: Callable[[], float] = time.monotonic
) -> TokenSource:
    """A program that prints an access token. Raises Unavailable when called."""
    return TokenSource(lambda: (_run(command), COMMAND_TOKEN_SECONDS + FRESH_SECONDS), mechanism, clock)


def oauth(account: OAuth, clock: Callable[[], float] = time.monotonic) -> TokenSource:
    """Tokens from the provider's token server by HTTPS POST (RFC 6749 sections 4.4 and 6). Raises Unavailable when called."""
    return TokenSource(lambda: _ask_token_server(account), account.mechanism, clock)


@dataclass(slots=True)
class TokenSource:
    """Keeps a token until it is nearly over; shared by mailbox and sender threads. `ask` gives token and seconds of life."""

    ask: Callable[[], tuple[str, float]] = field(repr=False)
    mechanism: Literal["oauth_bearer", "xoauth2"]
    clock: Callable[[], float]
    _token: str = field(default="", repr=False)
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self) -> Credential:
        with self._lock:
            if not self._token or self.clock() > self._until - FRESH_SECONDS:
                self._token, seconds = self.ask()
                self._until = self.clock() + max(seconds, FRESH_SECONDS + 1)
            return Credential(self.mechanism, self._token)

    def refused(self) -> bool:
        """The server did not take the token: forget it. True: asking again gives another, one more login is worth it."""
        with self._lock:
            self._token = ""
        return True


def _first_line(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise Unavailable(
            f"The secret in {path} cannot be read: {fault}. Make the file readable for the user that runs mailbot."
        ) from fault
    line = text.partition("\n")[0].strip("\r")
    if not line:
        raise Unavailable(f"The file {path} holds no secret: write it into the first line.")
    return line


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # the operator's own command from config.toml, no shell
            list(command), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as fault:
        why = "it took more than 30 s" if isinstance(fault, subprocess.TimeoutExpired) else str(fault)
        raise Unavailable(f"token_command {command[0]!r} failed: {why}. Run it by hand to see why.") from None
    token = done.stdout.strip()
    if done.returncode or not token:
        said = " ".join(done.stderr.split())[:200] or "it printed no token"
        raise Unavailable(f"token_command {command[0]!r} failed (exit {done.returncode}): {said}. Run it by hand to see why.")
    return token


def _ask_token_server(account: OAuth) -> tuple[str, float]:
    url, scope = _PROVIDERS.get(account.provider, ("", ""))
    url, scope = account.token_url or url.format(tenant=account.tenant), account.scope or scope
    form = {"client_id": account.client_id, "client_secret": _first_line(account.client_secret_file), "scope": scope}
    if account.refresh_token_file is not None:
        form |= {"grant_type": "refresh_token", "refresh_token": _first_line(account.refresh_token_file)}
    else:
        form |= {"grant_type": "client_credentials"}
    try:
        answer = httpx2.post(url, data=form, timeout=20, follow_redirects=False)
        told = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as fault:
        raise Unavailable(f"The token server {url} gave no usable answer: {fault}. Check `oauth` and the network.") from fault
    return _token_in(told, answer.status_code, url)


def _token_in(told: Any, status: int, url: str) -> tuple[str, float]:
    token = told.get("access_token") if isinstance(told, dict) else None
    if status != 200 or not isinstance(token, str) or not token:
        why = told.get("error_description") or told.get("error") if isinstance(told, dict) else None
        said = " ".join(str(why or "no access_token in the answer").split())[:300]
        raise Unavailable(f"The token server {url} refused (HTTP {status}): {said}. Check client id, secret, tenant and consent.")
    seconds = told.get("expires_in", 3600)
    return token, float(seconds) if isinstance(seconds, int | float) or str(seconds).isdigit() else 3600.0
