"""Multiparts whose boundary the email package does not find: folded, unquoted, without a semicolon, in base64, or not named at all."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.message import Message

from mailbot.parse import bounds
from mailbot.parse.bulk import Bulk
from mailbot.parse.part import Part

_NAMED = re.compile(r"""(?i)boundary\s{0,5}=\s{0,5}(?:"([^"]{1,200})"|'([^']{1,200})'|([^\s;"]{1,200}))""")
_BEGINS = re.compile(rb"^--(?=[^\s\-])([^\r\n]{1,70}?)[ \t]*\r?\n(?:[!-9;-~]{1,60}:|\r?\n)", re.M)


def mended(part: Part) -> tuple[Message, Bulk] | None:
    """The multipart taken apart after all, and its long bodies; None where its body has no parts."""
    body = part.data()
    for name in _candidates(part, body):
        if b"--" + name in body:
            head = b'Content-Type: multipart/mixed; boundary="' + name + b'"\n\n'
            tamed = bounds.tame(head + body)
            found = email.message_from_bytes(tamed.mail)
            if found.is_multipart():
                return found, tamed.bulk
    return None


def _candidates(part: Part, body: bytes) -> Iterator[bytes]:
    if named := _NAMED.search(part.field("content-type")):
        yield next(g for g in named.groups() if g).encode("utf-8", "replace")
    if (first := _BEGINS.search(body[: bounds.MIB])) and b'"' not in first[1] and b"\\" not in first[1]:
        yield first[1]
