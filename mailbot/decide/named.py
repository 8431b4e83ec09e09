"""What the message names beside the order's own facts: images, style, variables, specification (P16)."""

from __future__ import annotations

import unicodedata

from mailbot.decide.case import Case, Matched
from mailbot.decide.kinds import unknown_images
from mailbot.decide.orders import is_image
from mailbot.model.decision import Named
from mailbot.model.finding import NamedVariable
from mailbot.model.order import Order


def named(case: Case, matched: Matched) -> tuple[Named, ...]:
    """Each with the order's own value; `fits` is None where the order's facts are not known or say nothing of it."""
    order = matched.main
    found = case.found
    things = (
        *_images(case, matched),
        *(_style(name, order) for name in found.style.styles),
        *(_variable(variable, order) for variable in found.style.variables),
        *((_specification(order),) if found.style.specifications else ()),
    )
    for thing in things:
        case.trail.add("policy P16", _said(thing))
    return things


def _images(case: Case, matched: Matched) -> tuple[Named, ...]:
    unknown = set(unknown_images(case, matched))
    listed = [image for order in matched.orders for image in order.images]
    return tuple(
        Named("image", number, next((i.name or i.id for i in listed if is_image(i, number)), ""), number not in unknown if listed else None)
        for number in case.found.images.numbers
    )


def _style(name: str, order: Order | None) -> Named:
    own = order.style if order else ""
    return Named("style", name, own, _same(name, own) if own else None)


def _variable(variable: NamedVariable, order: Order | None) -> Named:
    name = f"{variable.name} {variable.level}".strip()
    if order is None or not order.variables:
        return Named("variable", name, "", None)
    names = {_plain(n) for n in (variable.name, *variable.also)}
    own = next(((key, value) for key, value in order.variables if _plain(key) in names), None)
    return Named("variable", name, f"{own[0]}: {_level(own[1])}" if own else "", own is not None)


def _specification(order: Order | None) -> Named:
    said = order.specifications if order else ""
    return Named("specification", "", said, bool(said) if order else None)


def _level(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _said(thing: Named) -> str:
    name = f"{thing.what} {thing.name}".strip()
    if thing.fits is None:
        return f"{name} is named; the order's facts say nothing of it"
    if thing.fits:
        return f"{name} is named; on the order: {thing.on_order}"
    return f"{name} is named; the order's is {thing.on_order}" if thing.on_order else f"{name} is named; the order has none"


def _same(one: str, other: str) -> bool:
    """`Bright & Airy` is `bright and airy style`."""
    a, b = _plain(one).split(), _plain(other).split()
    return bool(a) and (set(a) <= set(b) or set(b) <= set(a))


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c if c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    return " ".join(word for word in letters.split() if word not in ("and", "style", "stil"))
