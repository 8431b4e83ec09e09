"""Passwords and access tokens, fetched when a connection is made; never logged, never kept in settings."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mailbot.config.settings import Login, MailboxSettings, OAuth, SmtpSettings
from mailbot.errors import Unavailable

TOKEN_COMMAND_SECONDS = 30
TOKEN_REQUEST_SECONDS = 20
SPARE_SECONDS = 300
"""A token is renewed when less than this is left."""

_TOKEN_URLS = {
    "microsoft365": "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    "google": "https://oauth2.googleapis.com/token",
}
_APP_SCOPES = {"microsoft365": "https://outlook.office365.com/.default", "google": "https://mail.google.com/"}
_USER_SCOPES = {
    "microsoft365": "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    "google": "https://mail.google.com/",
}


def read_secret(path: str | Path) -> str:
    """The first line of a secret's file, without line end. Raises Unavailable where the file is gone."""
    try:
        return Path(path).read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as e:
        raise Unavailable(f"{path} cannot be read: {e}. Restore the file; mailbot tries again by itself") from None


@dataclass(slots=True)
class Credential:
    """How to log in to one server. `kind` is "none" (no login), "password" or "token" (XOAUTH2). Safe to use from threads."""

    login: Login
    _token: str = field(default="", repr=False)
    _good_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def kind(self) -> Literal["none", "password", "token"]:
        if self.login.token_command or self.login.oauth:
            return "token"
        return "password" if self.login.password or self.login.password_file else "none"

    @property
    def user(self) -> str:
        return self.login.user if isinstance(self.login, MailboxSettings | SmtpSettings) else ""

    def secret(self, *, fresh: bool = False) -> str:
        """The password or a token that is good for five minutes; `fresh` asks for a new one after a refusal. Raises Unavailable."""
        if self.login.password_file:
            return read_secret(self.login.password_file)
        if self.login.password:
            return self.login.password
        with self._lock:
            if fresh or not self._token or time.monotonic() > self._good_until:
                self._token, seconds = self._new_token()
                self._good_until = time.monotonic() + seconds - SPARE_SECONDS
            return self._token

    def _new_token(self) -> tuple[str, float]:
        if self.login.token_command:
            # How long it is good is unknown: the program is asked for each connection.
            return _from_command(self.login.token_command), 0.0
        return _from_endpoint(self.login.oauth) if self.login.oauth else ("", 0.0)


def _from_command(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=TOKEN_COMMAND_SECONDS, check=False, text=True)  # noqa: S603  # the operator's own program, without a shell
    except (OSError, subprocess.TimeoutExpired) as e:
        raise Unavailable(f"token_command {command[0]} did not answer: {e}") from None
    token = done.stdout.strip()
    if done.returncode or not token:
        said = done.stderr.strip().splitlines()[-1:] or ["it printed nothing"]
        raise Unavailable(f"token_command {command[0]} gave no token (exit {done.returncode}): {said[0]}")
    return token


def _from_endpoint(oauth: OAuth) -> tuple[str, float]:
    """RFC 6749 section 4.4 (client credentials) or 6 (refresh token)."""
    url = oauth.token_url or _TOKEN_URLS.get(oauth.provider, "").format(tenant=urllib.parse.quote(oauth.tenant, safe=""))
    answer = _post(url, _form(oauth))
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise Unavailable(f"{url} gave no access token: {answer.get('error_description') or answer.get('error') or 'no reason given'}")
    renewed = answer.get("refresh_token")
    if oauth.refresh_token_file and isinstance(renewed, str) and renewed and renewed != read_secret(oauth.refresh_token_file):
        _keep_renewed(Path(oauth.refresh_token_file), renewed)
    return token, float(answer.get("expires_in") or 3600)


def _form(oauth: OAuth) -> dict[str, str]:
    form = {"client_id": oauth.client_id}
    if oauth.client_secret_file:
        form["client_secret"] = read_secret(oauth.client_secret_file)
    if oauth.refresh_token_file:
        scope = oauth.scope or _USER_SCOPES.get(oauth.provider, "")
        form |= {"grant_type": "refresh_token", "refresh_token": read_secret(oauth.refresh_token_file)}
    else:
        scope = oauth.scope or _APP_SCOPES.get(oauth.provider, "")
        form |= {"grant_type": "client_credentials"}
    return form | ({"scope": scope} if scope else {})


def _post(url: str, form: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), {"Accept": "application/json"})  # noqa: S310  # http(s) only: checked when the configuration is loaded
    try:
        with urllib.request.urlopen(request, timeout=TOKEN_REQUEST_SECONDS) as answer:  # noqa: S310  # as above
            body = answer.read(1_000_000)
    except urllib.error.HTTPError as e:
        with e:
            body = e.read(1_000_000)
    except OSError as e:
        raise Unavailable(f"{url} cannot be reached: {e}") from None
    try:
        parsed = json.loads(body)
    except ValueError:
        raise Unavailable(f"{url} did not answer with JSON") from None
    return parsed if isinstance(parsed, dict) else {}


def _keep_renewed(path: Path, token: str) -> None:
    """Providers that rotate refresh tokens accept only the newest one: losing it would lock the mailbox."""
    part = path.with_name(path.name + ".new")
    try:
        part.touch(mode=0o600)
        part.write_text(token + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as e:
        raise Unavailable(f"the renewed refresh token cannot be written to {path}: {e}. Make its folder writable") from None
