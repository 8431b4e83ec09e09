"""What the order system's parts hand to each other."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Row = sqlite3.Row
OPEN = ("ordered", "in_production", "reopened")


class Refused(Exception):
    """The order system does not do that: an RFC 9457 problem with this status."""

    def __init__(self, status: int, detail: str) -> None:
        self.status, self.detail = status, detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """`author` is a person's id; None for the company's own system. `rejects`, `charge_answer` and `redistribution`: which button
    the client pressed; `charge` is the charge as the client saw it.
    """

    order_id: str
    role: str
    body: str
    visibility: str
    author: str | None = None
    rejects: bool = False
    charge_answer: str | None = None
    charge: str = ""
    redistribution: bool = False
    external_id: str | None = None
    in_reply_to: str | None = None
    form_token: str | None = None
