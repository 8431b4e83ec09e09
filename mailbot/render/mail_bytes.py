"""A rendered mail as fixed bytes (RFC 5322, 2047, 2045).

Built by hand because EmailMessage costs 1.7 ms a mail; the tests read every result back with the standard parser.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Literal

from mailbot.model.reply import RenderedMail
from mailbot.render.words import clean

MOST_REFERENCES = 20
LINE = 76
WORD_BYTES = 39  # base64 of 39 bytes is 52 letters: an encoded word of 64, below 75 (RFC 2047, 2)
ID = re.compile(r"<[!-;=?-~]{1,900}>")
PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")
NOT_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f<>()\[\],;:\\\"]")

Automatic = Literal["auto-replied", "auto-generated", ""]


def compose(  # noqa: PLR0913 - the fields of a mail, all by name
    mail: RenderedMail,
    *,
    sender: str,
    to: tuple[str, str],
    message_id: str,
    date: datetime,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    automatic: Automatic,
    ticket: int,
    loop_id: str,
    reply_to: str = "",
) -> bytes:
    """CRLF bytes, the same for the same arguments. `sender`: `Name <address>` or an address; `to`: (name, address).

    `automatic` is the Auto-Submitted value (RFC 3834, 5), empty for what a person wrote. Ids that are none are left out.
    """
    headers = [
        ("From", _own_address(sender)),
        ("To", _address(*to)),
        ("Reply-To", _own_address(reply_to) if reply_to else ""),
        ("Subject", _text("Subject", mail.subject)),
        ("Date", format_datetime(date)),
        ("Message-ID", _ids([message_id])),
        ("In-Reply-To", _ids([in_reply_to])),
        ("References", _ids(_trimmed([*references, in_reply_to]))),
        ("Auto-Submitted", automatic),
        ("X-Auto-Response-Suppress", "All" if automatic else ""),
        ("X-Mailbot-Ticket", str(ticket)),
        ("X-Mailbot-Loop", clean(loop_id).encode("ascii", "replace").decode()),
        ("MIME-Version", "1.0"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers if value)
    return head.encode("utf-8", "replace") + _content(mail, message_id)


def _content(mail: RenderedMail, message_id: str) -> bytes:
    if not mail.html:
        return _part("plain", mail.text)
    # quoted-printable text never holds "=_": the boundary cannot occur in a part
    boundary = "=_mb_" + hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()[:24]
    mark = f"--{boundary}".encode()
    kind = f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode()
    return kind + mark + b"\r\n" + _part("plain", mail.text) + mark + b"\r\n" + _part("html", mail.html) + mark + b"--\r\n"


def _part(subtype: str, text: str) -> bytes:
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    body = binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True, quotetabs=False).replace(b"\n", b"\r\n")
    return head.encode() + body + (b"" if body.endswith(b"\r\n") else b"\r\n")


@lru_cache(maxsize=16)  # the company's few: reading the two takes as long as the rest of a mail
def _own_address(mailbox: str) -> str:
    return _address(*parseaddr(clean(mailbox)))


def _address(name: str, address: str) -> str:
    """`name <address>`, the name quoted or encoded; empty where there is no address."""
    bare = NOT_IN_ADDRESS.sub("", address)
    local, _, domain = bare.rpartition("@")
    bare = f"{local}@{_ascii_domain(domain)}" if local else bare
    name = clean(name)
    if not bare or not name:
        return bare
    if not name.isascii() or "=?" in name or len(name) > 60:
        return f"{_encoded(name)}\r\n <{bare}>"
    if PLAIN_NAME.fullmatch(name):
        return f"{name}\r\n <{bare}>" if len(name) + len(bare) > 60 else f"{name} <{bare}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"\r\n <{bare}>' if len(name) + len(bare) > 60 else f'"{quoted}" <{bare}>'


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _text(name: str, value: str) -> str:
    """Unstructured text, folded at blanks; encoded where it is not plain ASCII or a word is too long to fold."""
    value = clean(value)
    words = value.split(" ")
    if not value.isascii() or "=?" in value or any(len(w) > LINE - 14 for w in words):
        return _encoded(value)
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > LINE and line:
            lines.append(line)
            line = ""
        line += " " + word
    return "\r\n".join([*lines, line]).removeprefix(f"{name}: ")


def _encoded(value: str) -> str:
    """Encoded words in base64, cut between letters (RFC 2047, 5)."""
    chunks, chunk = [], b""
    for letter in value:
        data = letter.encode("utf-8", "replace")
        if len(chunk) + len(data) > WORD_BYTES:
            chunks.append(chunk)
            chunk = b""
        chunk += data
    return "\r\n ".join(f"=?utf-8?B?{b64encode(c).decode()}?=" for c in (*chunks, chunk))


def _ids(ids: Iterable[str]) -> str:
    return "\r\n ".join(i for i in ids if ID.fullmatch(i))


def _trimmed(ids: Sequence[str]) -> list[str]:
    """Each id once, the answered one last; at most twenty, of which the first begins the thread (RFC 5322, 3.6.4)."""
    answered = ids[-1] if ids else ""
    once = [*dict.fromkeys(i for i in ids if ID.fullmatch(i) and i != answered), answered]
    return [once[0], *once[1 - MOST_REFERENCES :]] if len(once) > MOST_REFERENCES else once
