"""pydantic's errors as problems that an operator can mend: the key as written, what is wrong, the key's description."""

from __future__ import annotations

import difflib
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mailbot.config.settings import Settings
from mailbot.errors import Problem

Place = tuple[int | str, ...]
_NOT_A_TABLE = ("model_type", "model_attributes_type", "dict_type")
SAID = {
    "float_parsing": "is no number",
    "float_type": "is no number",
    "int_parsing": "is no whole number",
    "int_type": "is no whole number",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "string_type": "is no text",
    "tuple_type": "is no list",
    "string_pattern_mismatch": "has the wrong form",
    "string_too_short": "is empty",
    "datetime_parsing": "is no time",
    "datetime_from_date_parsing": "is no time",
    "datetime_type": "is no time",
}


def as_problems(errors: ValidationError, file: str, raw: dict[str, Any], from_env: set[tuple[str, ...]]) -> list[Problem]:
    """One problem per error; a fault that came by an environment variable is named by that variable."""
    found = []
    for error in errors.errors(include_url=False):
        place = error["loc"]
        if tuple(str(step) for step in place) in from_env:
            key = "MAILBOT__" + "__".join(str(step).upper() for step in place)
            found.append(_problem(error, "environment", key))
        else:
            found.append(_problem(error, file, written(place, raw)))
    return found


def written(place: Place, raw: Any) -> str:
    """A place as people write it: `smtp.port`, `mailbox "support": host`."""
    if place[:1] == ("mailbox",) and len(place) > 1 and isinstance(place[1], int):
        boxes = raw.get("mailbox") if isinstance(raw, dict) else None
        box = boxes[place[1]] if isinstance(boxes, list) and place[1] < len(boxes) else None
        name = box.get("name") if isinstance(box, dict) else None
        head = f'mailbox "{name}"' if name else f"mailbox {place[1] + 1}"
        return f"{head}: {_dotted(place[2:])}" if place[2:] else head
    return _dotted(place)


def _problem(error: ErrorDetails, file: str, key: str) -> Problem:
    place, kind = error["loc"], error["type"]
    if kind == "extra_forbidden":
        return Problem(file, key, "there is no such key", _suggestion(place))
    if kind == "missing":
        return Problem(file, key, "is missing", _remedy(place))
    if kind in _NOT_A_TABLE:
        return Problem(file, key, "is no table", f"Write [{_dotted(place)}] with its keys on the following lines")
    context = error.get("ctx", {})
    what = SAID.get(kind) or str(context.get("error") or error["msg"][:1].lower() + error["msg"][1:])
    if kind == "literal_error":
        what = f"is {error['input']!r}, not one of {context['expected']}"
    return Problem(file, key, what, _remedy(place))


def _remedy(place: Place) -> str:
    node = _model(place[:-1])
    for name, field in node.model_fields.items() if node else ():
        if place[-1] in (name, field.alias) and field.description:
            return f"Give: {field.description}"
    return "See docs/configuration.md"


def _suggestion(place: Place) -> str:
    node = _model(place[:-1])
    known = [field.alias or name for name, field in node.model_fields.items() if not field.exclude] if node else []
    near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else f"Known keys here: {', '.join(known)}"


def _model(place: Place) -> type[BaseModel] | None:
    node: type[BaseModel] | None = Settings
    for step in place:
        if isinstance(step, int):
            continue
        field = node.model_fields.get(step) if node else None
        node = _inner(field.annotation) if field else None
    return node


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner(part))), None)


def _dotted(place: Place) -> str:
    return ".".join(str(step) for step in place)
