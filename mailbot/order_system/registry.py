"""Which adapter an operator's word names. A third party adds one by the entry-point group `mailbot.order_systems`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points

from mailbot.errors import BadConfig, Problem
from mailbot.order_system.contract import OrderSystem
from mailbot.order_system.http import HttpOrderSystem

GROUP = "mailbot.order_systems"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How an order system is reached: `name` is its stable place, `options` whatever else a third party's adapter reads."""

    name: str
    url: str
    token: str = field(repr=False)
    options: tuple[tuple[str, str], ...] = ()


def make(adapter: str, access: Access) -> OrderSystem:
    """Raises BadConfig where nothing of that name is installed. An entry point is a callable `(Access) -> OrderSystem`."""
    if adapter in SHIPPED:
        return SHIPPED[adapter](access)
    for point in entry_points(group=GROUP):
        if point.name == adapter:
            made: OrderSystem = point.load()(access)
            return made
    known = ", ".join(adapters())
    problem = Problem("config", "order_system.adapter", f"there is no adapter {adapter!r}", f"Known are: none, {known}.")
    raise BadConfig([problem])


def adapters() -> tuple[str, ...]:
    """Names that `make` takes; shipped ones first and never overridden."""
    return (*SHIPPED, *sorted({p.name for p in entry_points(group=GROUP)} - SHIPPED.keys()))


def _http(access: Access) -> OrderSystem:
    return HttpOrderSystem(access.name, access.url, access.token)


SHIPPED: dict[str, Callable[[Access], OrderSystem]] = {"http": _http}
