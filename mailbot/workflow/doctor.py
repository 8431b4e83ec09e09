"""Asks everything that mailbot needs whether it works. Changes nothing outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mailbot.errors import BadInput, MailbotError


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `mailbot doctor`; `remedy` is "" where it is ok."""

    name: str
    ok: bool
    what: str
    remedy: str = ""


class Fault(MailbotError):
    """A probe's own answer: what is wrong and how to mend it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}")
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Probe:
    """`ask` answers what is well, or raises MailbotError (Fault where it knows a remedy)."""

    name: str
    ask: Callable[[], str]


def examine(probes: Iterable[Probe]) -> Iterator[Finding]:
    """One finding per probe, in order; none stops the next."""
    for probe in probes:
        try:
            yield Finding(probe.name, True, probe.ask())
        except Fault as fault:
            yield Finding(probe.name, False, fault.what, fault.remedy)
        except BadInput as error:
            yield Finding(probe.name, False, "; ".join(p.what for p in error.problems), error.problems[0].remedy)
        except MailbotError as error:
            yield Finding(probe.name, False, str(error), "Mend it and run `mailbot doctor` again")
