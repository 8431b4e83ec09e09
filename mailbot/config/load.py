"""Reads config.toml and MAILBOT__SECTION__KEY. Tells all faults at once; a file that loads can be used as it stands."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mailbot.config import relations
from mailbot.config.faults import as_problems
from mailbot.config.paths import absolute
from mailbot.config.settings import Settings
from mailbot.errors import BadConfig, Problem

PREFIX = "MAILBOT__"
Raw = dict[str, Any]


def load(path: Path | None, env: Mapping[str, str]) -> Settings:
    """`path`, else MAILBOT_CONFIG, else ./config.toml. Raises BadConfig with every fault.

    Relative files are looked for in CREDENTIALS_DIRECTORY (systemd's LoadCredential), then beside config.toml.
    """
    file = path or Path(env.get("MAILBOT_CONFIG") or "config.toml")
    raw = _read(file, may_miss=path is None and any(name.startswith(PREFIX) for name in env))
    from_env = _merge_env(raw, env, str(file))
    credentials = Path(env["CREDENTIALS_DIRECTORY"]) if env.get("CREDENTIALS_DIRECTORY") else None
    absolute(raw, file.absolute().parent, credentials)
    problems = relations.problems(raw, str(file))
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as e:
        problems = [*as_problems(e, str(file), raw, from_env), *problems]
    if problems:
        raise BadConfig(_once_per_place(problems))
    return settings.model_copy(update={"file": file.absolute(), "warnings": relations.warnings(settings)})


def _read(file: Path, *, may_miss: bool) -> Raw:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        if may_miss:
            return {}
        remedy = "Write one with `mailbot init`, or name yours with --config FILE or MAILBOT_CONFIG"
        raise BadConfig([Problem(str(file), "", "there is no such file", remedy)]) from None
    except tomllib.TOMLDecodeError as e:
        raise BadConfig([Problem(str(file), "", f"is not valid TOML: {e}", "Mend that line; texts stand in double quotes")]) from None
    except UnicodeDecodeError as e:
        raise BadConfig([Problem(str(file), "", f"is not UTF-8 (byte {e.start})", "Save the file as UTF-8")]) from None
    except OSError as e:
        remedy = "Make it readable for the user that runs mailbot"
        raise BadConfig([Problem(str(file), "", f"cannot be read: {e.strerror}", remedy)]) from None


def _merge_env(raw: Raw, env: Mapping[str, str], file: str) -> set[tuple[str, ...]]:
    """Puts MAILBOT__SECTION__KEY over the file's values; MAILBOT__MAILBOX__0__HOST is the first [[mailbox]]. Returns those places."""
    places = set()
    for name in sorted(n for n in env if n.startswith(PREFIX)):
        place = tuple(name[len(PREFIX) :].lower().split("__"))
        if not _put(raw, place, _value(env[name])):
            what = "leads nowhere in the configuration"
            raise BadConfig([Problem(file, name, what, "Write MAILBOT__SECTION__KEY, such as MAILBOT__SMTP__HOST")])
        places.add(place)
    return places


def _put(node: Any, place: tuple[str, ...], value: Any) -> bool:
    for step, following in zip(place[:-1], [*place[1:]], strict=True):
        if isinstance(node, list):
            if not step.isdigit() or int(step) > len(node):
                return False
            if int(step) == len(node):
                node.append({})
            node = node[int(step)]
        elif isinstance(node, dict):
            node = node.setdefault(step, [] if following.isdigit() else {})
        else:
            return False
    if not isinstance(node, dict) or len(place) < 2 or not all(place):
        return False
    node[place[-1]] = value
    return True


def _value(text: str) -> Any:
    """Lists and tables are written as JSON; everything else is text that the key's kind converts."""
    if text[:1] in "[{" and text:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _once_per_place(problems: list[Problem]) -> list[Problem]:
    """The first fault of a place is the most precise one."""
    seen: dict[tuple[str, str, str], Problem] = {}
    for problem in problems:
        seen.setdefault((problem.file, problem.key, problem.what), problem)
    return list(seen.values())
