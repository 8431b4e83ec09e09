"""Files that config.toml names, as absolute paths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

Raw = dict[str, Any]
SECRET_FILES = ("password_file", "client_secret_file", "refresh_token_file", "token_file", "webhook_secret_file")
FILES = (*SECRET_FILES, "ca_file")
_SQLITE = "sqlite:///"


def absolute(raw: Raw, folder: Path, credentials: Path | None) -> None:
    """Changes `raw`: relative files are looked for in `credentials`, then in `folder` (where config.toml lies)."""
    for _, table in tables(raw):
        for key in FILES:
            if isinstance(table.get(key), str) and table[key]:
                table[key] = str(_found(table[key], folder, credentials))
    for section in ("rules", "templates"):
        chosen = raw.get(section)
        if isinstance(chosen, dict) and isinstance(chosen.get("path"), str):
            chosen["path"] = str(folder / Path(chosen["path"]).expanduser())
    database = raw.setdefault("database", {})
    if isinstance(database, dict):
        url = database.setdefault("url", f"{_SQLITE}var/mailbot.db")
        if isinstance(url, str) and url.startswith(_SQLITE) and url[len(_SQLITE) :] not in ("", ":memory:"):
            database["url"] = _SQLITE + str(folder / Path(url[len(_SQLITE) :]).expanduser())


def tables(raw: Raw) -> Iterator[tuple[tuple[int | str, ...], Raw]]:
    """Every table of the configuration with its place, the mailboxes one by one."""
    for section, value in raw.items():
        for number, table in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(table, dict):
                place: tuple[int | str, ...] = (section,) if number is None else (section, number)
                yield place, table
                for inner in ("oauth", "oidc"):
                    if isinstance(table.get(inner), dict):
                        yield (*place, inner), table[inner]


def _found(name: str, folder: Path, credentials: Path | None) -> Path:
    path = Path(name).expanduser()
    if credentials and not path.is_absolute() and (credentials / path).is_file():
        return credentials / path
    return folder / path
