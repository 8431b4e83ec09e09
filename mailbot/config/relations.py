"""What must hold between keys, and between keys and files. Reads the raw tables, so that it is told beside single faults."""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mailbot.config.faults import written
from mailbot.config.paths import FILES, SECRET_FILES, tables
from mailbot.config.settings import Settings
from mailbot.errors import Problem
from mailbot.model.lifecycle import ROLES

Raw = dict[str, Any]
ADAPTERS = "mailbot.order_systems"
_CREDENTIALS = ("password_file", "password", "token_command", "oauth")
_FORMS = "password_file, password, token_command or oauth"


def problems(raw: Raw, file: str) -> list[Problem]:
    """All faults between keys, in the order of the file's sections."""
    return [
        Problem(file, key, what, remedy)
        for part in (_sources, _logins, _oauth, _files, _order_system, _urls, _sent_copies, _desk)
        for key, what, remedy in part(raw)
    ]


def warnings(settings: Settings) -> tuple[str, ...]:
    """What works but should not stay so."""
    found = []
    logins = [*((f'mailbox "{b.name}"', b) for b in settings.mailbox), *((("smtp", settings.smtp),) if settings.smtp else ())]
    for name, login in logins:
        if login.password:
            found.append(f"{name}: the password stands in the configuration; put it into a file and name that with password_file")
        if login.password_file and stat.S_IMODE(Path(login.password_file).stat().st_mode) & stat.S_IROTH:
            found.append(f"{name}: {login.password_file} can be read by every user of this machine; run `chmod 600` on it")
    system = settings.order_system
    if system and system.token_file and system.url.startswith("http:") and not is_loopback(urlsplit(system.url).hostname or ""):
        found.append("order_system.url: the token travels unencrypted; use an https address")
    return (*found, *_not_yet(settings))


def _not_yet(settings: Settings) -> Iterator[str]:
    """Keys that are read and checked, but that nothing acts on in this version: said, never silently ignored."""
    smtp, system = settings.smtp, settings.order_system
    given = {
        "blobs.url": settings.blobs.url != "database",
        "retention": settings.retention.raw_mail_days is not None or settings.retention.closed_ticket_days is not None,
        "smtp.save_sent_in": bool(smtp and smtp.save_sent_in),
        "smtp.proof": bool(smtp and smtp.proof != "none"),
        "order_system.webhook_secret_file": bool(system and system.webhook_secret_file),
    }
    yield from (f"{key}: has no effect in this version" for key, is_given in given.items() if is_given)


def is_loopback(host: str) -> bool:
    """True for this machine's own addresses and `localhost`."""
    if host.lower().rstrip(".") in ("localhost", "localhost.localdomain", "ip6-localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _sources(raw: Raw) -> Iterator[tuple[str, str, str]]:
    boxes, system = _boxes(raw), _table(raw, "order_system")
    if not raw.get("mailbox") and ("order_system" not in raw or system.get("adapter") == "none"):
        yield "mailbox", "there is neither a mailbox nor an order system to read", "Add a [[mailbox]] or an [order_system] section"
    if raw.get("mailbox") and "smtp" not in raw:
        yield "smtp", "is missing", "Add [smtp] with host and from: a mailbox needs a way to answer"
    seen: set[str] = set()
    for number, box in enumerate(boxes):
        name = box.get("name")
        if isinstance(name, str) and name in seen:
            yield f"mailbox {number + 1}: name", f'"{name}" is used twice', "Give each mailbox a name of its own"
        seen.add(str(name))


def _logins(raw: Raw) -> Iterator[tuple[str, str, str]]:
    for place, login in [*((("mailbox", n), box) for n, box in enumerate(_boxes(raw))), (("smtp",), _table(raw, "smtp"))]:
        host = login.get("host")
        if (
            isinstance(host, str)
            and host
            and login.get("tls") == "none"
            and not _true(login.get("allow_plaintext"))
            and not is_loopback(host)
        ):
            remedy = 'Use "tls" or "starttls", or set allow_plaintext = true if the network itself is protected'
            yield written((*place, "tls"), raw), f'"none" would send passwords and mail unencrypted to {host}', remedy
        given = [key for key in _CREDENTIALS if login.get(key)]
        if len(given) > 1:
            yield written((*place, given[1]), raw), f"{' and '.join(given)} are given together", f"Keep one of {_FORMS}"
        elif login.get("user") and not given:
            yield written((*place, "password_file"), raw), "there is no way to log in", f"Give one of {_FORMS}"
        elif given and not login.get("user") and place == ("smtp",):
            yield "smtp.user", f"is missing beside {given[0]}", "Give: user name of the account"


def _oauth(raw: Raw) -> Iterator[tuple[str, str, str]]:
    needs = {
        "microsoft365": ("tenant", "Give: directory (tenant) id"),
        "google": ("refresh_token_file", "Give a file with the refresh token, or use token_command for a service account"),
        "custom": ("token_url", "Give: address of the token endpoint"),
    }
    for place, table in tables(raw):
        if place[-1] != "oauth":
            continue
        key, remedy = needs.get(str(table.get("provider")), ("", ""))
        if key and not table.get(key):
            yield written((*place, key), raw), f'is needed for provider "{table["provider"]}"', remedy
        if not table.get("client_secret_file"):
            yield written((*place, "client_secret_file"), raw), "is missing", "Give: file that holds the client secret"


def _files(raw: Raw) -> Iterator[tuple[str, str, str]]:
    for place, table in tables(raw):
        for key in FILES:
            if isinstance(table.get(key), str) and table[key]:
                what = _unusable(Path(table[key]), secret=key in SECRET_FILES)
                if what:
                    remedy = "Create it, readable by the user that runs mailbot only (chmod 600), or change the path"
                    yield written((*place, key), raw), f"{table[key]} {what}", remedy
    for section in ("rules", "templates"):
        path = _table(raw, section).get("path")
        if isinstance(path, str) and not Path(path).is_dir():
            yield f"{section}.path", f"{path} is no folder", "Create it (`mailbot init` writes one), or remove the key"


def _order_system(raw: Raw) -> Iterator[tuple[str, str, str]]:
    system = _table(raw, "order_system")
    adapter = system.get("adapter", "http")
    if "order_system" not in raw or adapter == "none" or not isinstance(adapter, str):
        return
    if adapter != "http" and adapter not in {e.name for e in entry_points(group=ADAPTERS)}:
        yield "order_system.adapter", f'there is no adapter "{adapter}" installed', 'Use "http" or "none", or install its package'
    if not system.get("url"):
        yield "order_system.url", "is missing", "Give: address of the order system's API, such as https://orders.company.example/api"


def _urls(raw: Raw) -> Iterator[tuple[str, str, str]]:
    url = _table(raw, "database").get("url")
    if isinstance(url, str) and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")):
        yield "database.url", "has an unknown form", "Write sqlite:///var/mailbot.db or postgresql://user@host/database"
    blobs = _table(raw, "blobs").get("url", "database")
    if isinstance(blobs, str) and blobs != "database" and not blobs.startswith(("file:///", "s3://")):
        yield "blobs.url", "has an unknown form", 'Write "database", file:///FOLDER or s3://bucket/prefix'


def _sent_copies(raw: Raw) -> Iterator[tuple[str, str, str]]:
    smtp = _table(raw, "smtp")
    copies = smtp.get("save_sent_in")
    if isinstance(copies, str) and copies:
        box, _, folder = copies.partition("/")
        if not folder or box not in {b.get("name") for b in _boxes(raw)}:
            yield "smtp.save_sent_in", f'"{copies}" names no mailbox and folder', 'Write the name of a [[mailbox]], "/" and a folder'
    elif smtp.get("proof") == "archive":
        yield "smtp.save_sent_in", 'is missing beside proof = "archive"', 'Give: the folder that gets a copy, such as "support/Sent"'


def _desk(raw: Raw) -> Iterator[tuple[str, str, str]]:
    desk = _table(raw, "desk")
    listen, base = desk.get("listen", ""), desk.get("base_url", "")
    if not isinstance(listen, str) or not isinstance(base, str):
        return  # told by the schema
    host = listen.rpartition(":")[0]
    if host and not is_loopback(host) and not base:
        yield "desk.base_url", f"is missing beside listen = {listen}", "Give: address by which people reach the desk"
    parts = urlsplit(base)
    if base and (parts.path.strip("/") or parts.query or parts.fragment):
        yield "desk.base_url", f'"{base}" holds more than scheme, host and port', "The desk needs a host name of its own; drop the path"
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        remedy = "Give an https address and put a proxy with TLS before the desk (docs/operations.md)"
        yield "desk.base_url", "passwords and sessions would travel unencrypted", remedy
    for number, proxy in enumerate(desk.get("trusted_proxies", ()) if isinstance(desk.get("trusted_proxies", ()), list) else ()):
        try:
            ipaddress.ip_network(str(proxy), strict=False)
        except ValueError:
            yield (
                f"desk.trusted_proxies {number + 1}",
                f'"{proxy}" is no address or network',
                'Write addresses such as "10.0.0.5" or "10.0.0.0/24"',
            )
    yield from _role_map(desk)


def _role_map(desk: Raw) -> Iterator[tuple[str, str, str]]:
    oidc = desk.get("oidc")
    roles = oidc.get("role_map") if isinstance(oidc, dict) else None
    for group, role in (roles if isinstance(roles, dict) else {}).items():
        if role not in ROLES:
            yield f"desk.oidc.role_map.{group}", f'"{role}" is no role', f"Use one of {', '.join(ROLES)}"


def _unusable(path: Path, *, secret: bool) -> str:
    if not path.is_file():
        return "does not exist" if not path.exists() else "is no file"
    if not os.access(path, os.R_OK):
        return "cannot be read"
    return "is empty" if secret and path.stat().st_size == 0 else ""


def _true(value: object) -> bool:
    return value is True or str(value).lower() in ("true", "1", "yes", "on")


def _table(raw: Raw, section: str) -> Raw:
    value = raw.get(section)
    return value if isinstance(value, dict) else {}


def _boxes(raw: Raw) -> list[Raw]:
    value = raw.get("mailbox")
    return [box for box in value if isinstance(box, dict)] if isinstance(value, list) else []
