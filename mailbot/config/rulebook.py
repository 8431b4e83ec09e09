"""rules/*.toml -> one frozen RuleBook named by the hash of its contents, or every fault at once (X6)."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from mailbot.config import delivery_times
from mailbot.config.delivery_times import DeliveryTimes
from mailbot.config.rule_faults import as_problems, contradictions
from mailbot.errors import BadRules, Problem
from mailbot.model.rulebook import EscalationStep, Limits, Queue, Route, RuleBook, Shift
from mailbot.model.words import WordLists
from mailbot.model.words.vocabulary import spelt_out

_KEY_BY_KEY = "limits.toml"  # a deployment's file overrides single keys of this one (interface.md)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """rules/routing.toml."""

    queues: tuple[Queue, ...]
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifts:
    """rules/shifts.toml."""

    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """rules/escalation.toml."""

    minutes: tuple[float, ...]
    tell: tuple[tuple[str, ...], ...] = (("owner",), ("owner", "supervisors"), ("supervisors", "account_manager"))
    answer_minutes: tuple[int, int]
    busy_waiting: int
    agreement_hours: float = 24
    close_after_days: float = 14


_POLICY: dict[str, type] = {
    "routing.toml": Routing,
    "limits.toml": Limits,
    "shifts.toml": Shifts,
    "escalation.toml": Escalation,
    "delivery_times.toml": DeliveryTimes,
}


def load_rules(paths: Sequence[Path]) -> RuleBook:
    """The rules of several folders; per file the last folder that has it wins. BadRules lists every fault of every file.

    What that file needs and lacks comes from the folder before it: a copy made for an older version goes on working.
    """
    problems = [p for folder in paths for p in _unknown_files(folder)]
    values: dict[str, Any] = {}
    digest = hashlib.sha256()
    for name, kind in sorted(files().items()):
        raw = _used(name, kind, paths)
        for _, content in raw:
            digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
        values[name] = _value(name, kind, raw, problems)
    problems += [*contradictions(values), *delivery_times.problems(values["delivery_times.toml"])]
    if problems:
        raise BadRules(problems)
    return _rule_book(digest.hexdigest(), values)


def files() -> dict[str, type]:
    """Every rule file and the dataclass that it fills."""
    words = {f"{name}.toml": kind for name, kind in get_type_hints(WordLists).items()}
    return {**words, **_POLICY}


def lacking(paths: Sequence[Path]) -> tuple[str, ...]:
    """One line for each file that lacks what a folder before it has to give."""
    told = []
    for name, kind in sorted(files().items()):
        *before, (path, content) = _used(name, kind, paths)
        missing = _needed(kind) - tomllib.loads(content.decode()).keys()
        if before and missing and name != _KEY_BY_KEY:
            told.append(f"{path} lacks {', '.join(sorted(missing))}; taken from {before[-1][0]}")
    return tuple(told)


def _used(name: str, kind: type, paths: Sequence[Path]) -> list[tuple[Path, bytes]]:
    """The files of that name that count, the one that wins last."""
    raw = [(path, path.read_bytes()) for folder in paths if (path := folder / name).is_file()]
    if name == _KEY_BY_KEY:
        return raw
    try:
        whole = all(_needed(kind) <= tomllib.loads(content.decode()).keys() for _, content in raw[-1:])
    except ValueError:  # it is no TOML, which is told where it is read
        whole = True
    return raw[-1:] if whole else raw


def _needed(kind: type) -> set[str]:
    return {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}


def _value(name: str, kind: type, raw: list[tuple[Path, bytes]], problems: list[Problem]) -> Any:
    """The file's value, or None with the problems told."""
    if not raw:
        problems.append(Problem(name, "", "is missing", "Copy it from the shipped rules (mailbot init writes them)"))
        return None
    tables: dict[str, Any] = {}
    for path, content in raw:
        kept = tables if name == _KEY_BY_KEY else {key: tables[key] for key in _needed(kind) & tables.keys()}
        try:
            tables = kept | tomllib.loads(content.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(Problem(str(path), "", f"is no TOML: {error}", "Mend that place; TOML is described at toml.io"))
            return None
    try:
        # In a tuple, because pydantic passes its configuration to plain dataclasses only from a container.
        return TypeAdapter(tuple[kind], config=ConfigDict(extra="forbid")).validate_python((tables,))[0]  # type: ignore[valid-type]  # mypy knows no type held in a variable
    except ValidationError as error:
        problems.extend(as_problems(error, str(raw[-1][0]), kind))
        return None


def _unknown_files(folder: Path) -> list[Problem]:
    known = list(files())
    strange = sorted(p for p in folder.glob("*.toml") if p.name not in known)
    return [Problem(str(path), "", "is no rule file", _did_you_mean(path.name, known)) for path in strange]


def _did_you_mean(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else f"Known files: {', '.join(known)}"


def _rule_book(digest: str, values: dict[str, Any]) -> RuleBook:
    routing, escalation, vocabulary = values["routing.toml"], values["escalation.toml"], values["vocabulary.toml"]
    return RuleBook(
        hash=digest,
        words=WordLists(**{f.name: spelt_out(values[f"{f.name}.toml"], vocabulary) for f in fields(WordLists)}),
        routes=routing.routes,
        queues=routing.queues,
        limits=values["limits.toml"],
        shifts=values["shifts.toml"].shifts,
        escalation=tuple(
            EscalationStep(minutes=minutes, tell=escalation.tell[min(at, len(escalation.tell) - 1)])
            for at, minutes in enumerate(escalation.minutes)
        ),
        agreement_hours=escalation.agreement_hours,
        close_after_days=escalation.close_after_days,
        answer_minutes=escalation.answer_minutes,
        busy_waiting=escalation.busy_waiting,
        delivery=delivery_times.rules(values["delivery_times.toml"]),
    )
