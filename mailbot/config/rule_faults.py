"""What can be wrong in a rule file, told so that a coordinator can mend it."""

from __future__ import annotations

import dataclasses
import difflib
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, get_args, get_type_hints

from pydantic import ValidationError

from mailbot.config.faults import SAID
from mailbot.errors import Problem
from mailbot.model.decision import Trust
from mailbot.model.finding import ClientKind, Question, Request
from mailbot.model.ticket import Flag, Kind
from mailbot.model.words.cues import Cues
from mailbot.model.words.together import Together
from mailbot.model.words.vocabulary import unknown_names

_METHODS = ("round_robin", "least_loaded", "none")
_CLOCK = re.compile(r"([01]\d|2[0-4]):[0-5]\d")
_MEANS: dict[str, tuple[str, ...]] = {
    "content.toml": get_args(ClientKind),
    "requests.toml": get_args(Request),
    "questions.toml": get_args(Question),
}


_AS_WRITTEN = {
    "tuple_type": 'Write it in brackets: ["one phrase", "another"]',
    "string_type": 'Write it in quotes: "one phrase"',
}


def as_problems(errors: ValidationError, file: str, kind: type) -> list[Problem]:
    """One problem per error, its key as written: `cues.3.wieght`."""
    found = []
    for error in errors.errors(include_url=False):
        place = error["loc"][1:]
        key = ".".join(str(step) for step in place)
        if error["type"] == "unexpected_keyword_argument":
            found.append(Problem(file, key, "there is no such key", _suggestion(place, kind)))
        elif error["type"] in ("missing", "missing_keyword_only_argument"):
            found.append(Problem(file, key, "is missing", "Copy it from the shipped file of that name"))
        else:
            what = SAID.get(error["type"]) or error["msg"][:1].lower() + error["msg"][1:]
            found.append(Problem(file, key, what, _AS_WRITTEN.get(error["type"], "See docs/rules.md")))
    return found


def contradictions(values: Mapping[str, Any]) -> list[Problem]:
    """Files that can be read but mean nothing: unknown queues and names, impossible hours, a cue that speaks for nothing known."""
    problems: list[Problem] = []
    for check in (_routing, _shifts, _cues, _names, _times, _detector):
        problems.extend(check(values))
    return problems


def _detector(values: Mapping[str, Any]) -> Iterator[Problem]:
    languages = values["languages.toml"]
    if languages is None:
        return
    remedy = 'Give the codes of the languages to tell apart: ["en", "de", "fr"]'
    if not languages.detector:
        yield Problem("languages.toml", "detector", "is empty", remedy)
    elif set(languages.detector) == {"en"}:
        yield Problem("languages.toml", "detector", "names no language beside English, so every message would be English", remedy)
    profiles = sorted(profile.name for profile in (resources.files("langdetect") / "profiles").iterdir())
    for code in set(languages.detector) - set(profiles):
        yield unknown("languages.toml", "detector", code, profiles)


def _routing(values: Mapping[str, Any]) -> Iterator[Problem]:
    routing = values["routing.toml"]
    if routing is None:
        return
    names = [queue.name for queue in routing.queues]
    if not names:
        yield Problem("routing.toml", "queues", "is empty", "Give at least one queue; the first takes what no route names")
    for queue in routing.queues:
        if queue.method not in _METHODS:
            yield unknown("routing.toml", f"queue {queue.name}: method", queue.method, _METHODS)
    for route in routing.routes:
        if route.queue not in names:
            yield unknown("routing.toml", f"route {route.name}: queue", route.queue, names)
        for key, given, known in (("kinds", route.kinds, Kind), ("flags", route.flags, Flag), ("trusts", route.trusts, Trust)):
            for name in set(given) - set(get_args(known)):
                yield unknown("routing.toml", f"route {route.name}: {key}", name, get_args(known))


def _shifts(values: Mapping[str, Any]) -> Iterator[Problem]:
    for shift in values["shifts.toml"].shifts if values["shifts.toml"] else ():
        for key, at in (("begins", shift.begins), ("ends", shift.ends)):
            if not _CLOCK.fullmatch(at):
                yield Problem(
                    "shifts.toml", f"shift of {shift.person}: {key}", f"{at!r} is no time of day", 'Write hours and minutes: "08:00"'
                )
        if not all(0 <= day <= 6 for day in shift.weekdays):
            yield Problem("shifts.toml", f"shift of {shift.person}: weekdays", "a weekday is 0 (Monday) to 6 (Sunday)", "Mend the list")
        if not is_zone(shift.time_zone):
            yield Problem(
                "shifts.toml", f"shift of {shift.person}: time_zone", f"{shift.time_zone!r} is no time zone", 'Write "Europe/Stockholm"'
            )


def is_zone(name: str) -> bool:
    """True for a name of the time zone database."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _cues(values: Mapping[str, Any]) -> Iterator[Problem]:
    for file, known in _MEANS.items():
        words = values.get(file)
        for section in ("cues", "unless", "together"):
            for group in getattr(words, section, ()):
                yield from _group(file, f'{section} "{group.name}"', group, known)
        for group in getattr(words, "together", ()):
            yield from _lone(file, group)


def _group(file: str, key: str, group: Cues | Together, known: tuple[str, ...]) -> Iterator[Problem]:
    for name in set(group.means) - set(known):
        yield unknown(file, f"{key}: means", name, known)
    if group.negated not in ("keep", "drop"):
        yield unknown(file, f"{key}: negated", group.negated, ("keep", "drop"))


def _lone(file: str, group: Together) -> Iterator[Problem]:
    key = f'together "{group.name}"'
    if len(group.each) < 2 or not all(group.each):
        yield Problem(file, f"{key}: each", "needs two lists or more, none empty", "Write a single list as the phrases of a [[cues]] group")
    if not 1 <= group.sentences <= 3:
        yield Problem(file, f"{key}: sentences", f"{group.sentences} is not 1 to 3", "Leave it out, or write 2")


def _names(values: Mapping[str, Any]) -> Iterator[Problem]:
    vocabulary = values["vocabulary.toml"]
    for file in (*_MEANS, "keywords.toml"):
        for key, name in unknown_names(values[file], vocabulary) if vocabulary and values[file] else ():
            yield unknown(file, f"{key}: {{{name}}}", name, list(vocabulary.classes))


def _times(values: Mapping[str, Any]) -> Iterator[Problem]:
    escalation = values["escalation.toml"]
    if escalation and list(escalation.minutes) != sorted(set(escalation.minutes)):
        yield Problem("escalation.toml", "minutes", "must rise", "Write each step later than the one before: [10, 15, 20]")
    if escalation and not (escalation.tell and all(escalation.tell)):
        yield Problem("escalation.toml", "tell", "names nobody", 'Give one list for each step, for example [["owner"]]')
    for key in ("agreement_hours", "close_after_days"):
        if escalation and getattr(escalation, key) <= 0:
            yield Problem("escalation.toml", key, "must be more than 0", "Give hours or days, for example 24")


def unknown(file: str, key: str, name: str, known: tuple[str, ...] | list[str]) -> Problem:
    """A name that does not exist, with the nearest that does."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return Problem(file, key, f"there is no {name!r}", f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}")


def _suggestion(place: tuple[int | str, ...], kind: type) -> str:
    node: Any = kind
    for step in place[:-1]:
        if isinstance(step, str):
            node = _inner(get_type_hints(node).get(step))
    known = [f.name for f in dataclasses.fields(node)] if dataclasses.is_dataclass(node) else []
    near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else f"Known keys here: {', '.join(known)}"


def _inner(hint: Any) -> Any:
    return next((a for a in get_args(hint) if dataclasses.is_dataclass(a)), hint)
