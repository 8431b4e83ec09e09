"""What proves to a mail server who we are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Credential:
    """`secret` is the password, or the access token of `oauth_bearer` (RFC 7628) and `xoauth2`; it never shows in a repr."""

    kind: Literal["password", "oauth_bearer", "xoauth2"]
    secret: str = field(repr=False)
