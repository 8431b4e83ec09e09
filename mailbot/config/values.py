"""Kinds of single values in config.toml. Each raises ValueError with what is wrong; the remedy is the key's description."""

from __future__ import annotations

import re
import zoneinfo
from email.utils import parseaddr
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@[A-Za-z0-9\u0080-\U0010ffff-]+(\.[A-Za-z0-9\u0080-\U0010ffff-]+)*")


def split_address(text: str) -> tuple[str, str]:
    """`Name <address>` as (name, lower-case address); ("", text) for a bare address."""
    name, address = parseaddr(text)
    return name, address.lower()


def _mail(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is no mail address")
    return text.lower()


def _mail_or_name(text: str) -> str:
    address = split_address(text)[1]
    if any(c in text for c in "\r\n\0") or not _ADDRESS.fullmatch(address):
        raise ValueError(f"{text!r} is no mail address")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text) if text else None
    if parts is not None and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError(f"{text!r} is no http(s) address")
    return text


def _model_url(text: str) -> str:
    if text and "{order}" not in text:
        raise ValueError(f"{text!r} does not hold {{order}}")
    return _url(text)


def _zone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text!r} is no time zone") from None
    return text


def _one_or_more(given: object) -> object:
    return ([given] if given else []) if isinstance(given, str) else given


Mail = Annotated[str, AfterValidator(_mail)]
MailOrName = Annotated[str, AfterValidator(_mail_or_name)]
Url = Annotated[str, AfterValidator(_url)]
ModelUrl = Annotated[str, AfterValidator(_model_url)]
Zone = Annotated[str, AfterValidator(_zone)]
OneOrMore = Annotated[tuple[Mail, ...], BeforeValidator(_one_or_more)]
