"""What can go wrong, named by what the caller does next. The text given is the user's message and holds the remedy.

EXIT_CODES and HTTP_STATUS are the one table of both faces.
"""

from __future__ import annotations

from dataclasses import dataclass


class MailbotError(Exception):
    """Something failed and is named."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file of the operator: where it is, what is wrong, how to mend it."""

    file: str
    key: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        return f"{place}: {self.what}. {self.remedy}"


class BadInput(MailbotError):
    """Several faults of one kind of file, all told at once."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class BadConfig(BadInput):
    """The configuration cannot be used; every fault is listed with file, key and remedy."""


class BadRules(BadInput):
    """Rules or templates cannot be used; the set in force stays in force."""


class Unreadable(MailbotError):
    """These bytes are no message; set it aside with the reason."""


class NotFound(MailbotError):
    """There is no such thing."""


class NotAllowed(MailbotError):
    """This person may not do that."""


class Conflict(MailbotError):
    """Somebody else changed it since it was read; look again."""


class TooMany(MailbotError):
    """Too many attempts; wait."""


class Unavailable(MailbotError):
    """A server cannot be reached now; try again later. `retry_after`: seconds, where the server named them."""

    retry_after: float | None = None


EXIT_CODES: dict[type[MailbotError], int] = {
    BadConfig: 2, BadRules: 2, BadInput: 2, Unreadable: 1, NotFound: 1, NotAllowed: 1, Conflict: 1, TooMany: 1, Unavailable: 1,
    MailbotError: 1,
}  # fmt: skip
HTTP_STATUS: dict[type[MailbotError], int] = {
    BadInput: 422, Unreadable: 422, NotFound: 404, NotAllowed: 403, Conflict: 409, TooMany: 429, Unavailable: 503, MailbotError: 500,
}  # fmt: skip
