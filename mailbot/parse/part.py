"""One part of a mail: its type, name, bytes and text, each read with tolerance for what mail programs get wrong."""

from __future__ import annotations

import binascii
import email
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message

from mailbot.parse import charset, header, inline_files
from mailbot.parse.bulk import Bulk

_NONE = Bulk()
MAX_TEXT_BYTES = 3_000_000
_TYPE = re.compile(r"\s*([a-z0-9!#$&^_.+-]{1,100})\s{0,3}/\s{0,3}([a-z0-9!#$&^_.+-]{1,100})")
_TORN = re.compile(
    r"(?i)^(?:utf-8|us-ascii|iso-8859-\d{1,2}|windows-\d{4})'(?:[a-z-]{0,8}')?(?=.)"
)  # the start of RFC 2231 where it is broken
# A field as most are: the email package takes a hundred times as long. Nothing quoted inside quotes, no RFC 2231.
_SIMPLE = re.compile(
    r"[\w!#$&^.+-]{1,80}(?:/[\w!#$&^.+-]{1,80})?"
    r"(?:;\s{0,9}[A-Za-z-]{1,40}=(?:\"[\w /.:+=?'()-]{1,200}\"|[\w.:+/-]{1,200})){0,9}",
    re.ASCII,
)
_SIMPLE_PARAMETER = re.compile(r";\s*([A-Za-z-]+)=(?:\"([^\"]+)\"|([^\s;\"]+))")
_META = re.compile(rb"""(?i)<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?\s{0,5}([A-Za-z0-9_.:-]{2,40})""")


@dataclass(frozen=True, slots=True)
class Part:
    """`content_type` is lower case without parameters; `name` the file name for display, "" without one.

    `fields`: the first value of each header field as it came, by its name in lower case."""

    message: Message
    fields: Mapping[str, str]
    bulk: Bulk
    content_type: str
    name: str
    disposition: str
    content_id: str

    def field(self, name: str) -> str:
        """The first field of that name on one line, "" where it is absent."""
        return _one_line(self.fields, name)

    @property
    def children(self) -> list[Message]:
        payload = self.message.get_payload()
        return [p for p in payload if isinstance(p, Message)] if isinstance(payload, list) else []

    @property
    def detached(self) -> bool:
        return self.disposition == "attachment"

    @property
    def inline(self) -> bool:
        return not self.detached and (self.disposition == "inline" or bool(self.content_id))

    @property
    def is_body(self) -> bool:
        return self.content_type in ("text/plain", "text/html") and not self.detached and not self.name

    def data(self, cap: int | None = None) -> bytes:
        """The decoded bytes (of the first `cap` as sent); an unknown or broken transfer encoding gives what can be had."""
        raw = self._wire()[:cap]
        encoding = self.field("content-transfer-encoding").strip(" \"';").partition(" ")[0].lower()
        if encoding == "base64":
            return header.base64_bytes(raw)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(raw)
        if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
            return _uudecoded(bytes(raw))
        return bytes(raw)

    @property
    def _is_base64(self) -> bool:
        return self.field("content-transfer-encoding").strip().lower() == "base64"

    def _wire(self) -> bytes | memoryview:
        return self._restored(_payload(self.message))

    def _restored(self, wire: bytes) -> bytes | memoryview:
        return self.bulk.restore(wire)

    def text_bytes(self) -> bytes:
        """The bytes of a text part; of a very long one the first part, unless it holds a file."""
        wire = self._wire()
        whole = len(wire) <= MAX_TEXT_BYTES or inline_files.MARK.search(wire) is not None
        return self.data(None if whole else MAX_TEXT_BYTES)

    def text(self, data: bytes) -> tuple[str, str]:
        """The text of these bytes with plain line ends, and what was wrong with it ("" for nothing)."""
        claimed = _parameter(self.fields, "charset")
        if not claimed and self.content_type == "text/html":
            meta = _META.search(data[:4096])
            claimed = meta[1].decode("ascii") if meta else ""
        text = charset.decode(data, claimed or None).replace("\r\n", "\n").replace("\r", "\n")
        if self.content_type == "text/plain" and _parameter(self.fields, "format").lower() == "flowed":
            text = _unflowed(text, delete=_parameter(self.fields, "delsp").lower() == "yes")
        problem = (
            "" if charset.known(claimed or None) else f"the charset {header.tidy(claimed)[:40]!r} is unknown; the text was read by trial"
        )
        return text, problem

    def embedded_headers(self) -> list[Message]:
        """Header blocks inside a message/* part: of the attached mail, or one per recipient of a delivery status."""
        if self.children and not self._is_base64:
            return self.children
        return [email.message_from_bytes(self.embedded_bytes()[:65536])]

    def embedded_bytes(self) -> bytes:
        """The attached mail as bytes (written anew by the email package; base64 undone)."""
        try:
            if self.children and self._is_base64:
                return header.base64_bytes(self._restored(_payload(self.children[0])))
            _name_boundaries(self.children)
            return bytes(self._restored(b"".join(child.as_bytes() for child in self.children))) or self.data()
        except Exception:  # writing a damaged mail can fail in many ways (RecursionError, KeyError, UnicodeError)
            return b""


def part_of(message: Message, bulk: Bulk = _NONE) -> Part:
    """Read once per part; every value is bounded and decoded. `bulk` holds the long bodies."""
    fields = {key.lower(): str(value) for key, value in reversed(list(message.raw_items()))}  # the first of each name
    told = _TYPE.match(_one_line(fields, "content-type").lower())
    kind = f"{told[1]}/{told[2]}" if told else message.get_default_type()
    name = _file_name(fields)
    disposition = _one_line(fields, "content-disposition").partition(";")[0].strip().lower()
    if disposition not in ("", "inline", "attachment"):
        # RFC 2183 section 2.8: an unknown type is an attachment; but words shall be read
        disposition = "" if kind in ("text/plain", "text/html") and not name else "attachment"
    return Part(
        message=message,
        fields=fields,
        bulk=bulk,
        content_type=kind,
        name=name,
        disposition=disposition,
        content_id=_one_line(fields, "content-id").strip().strip("<>")[:300],
    )


def _one_line(fields: Mapping[str, str], name: str) -> str:
    """The field on one line, "" where it is absent."""
    return header.text_of(fields[name]) if name in fields else ""


def _file_name(fields: Mapping[str, str]) -> str:
    return header.file_name(_parameter(fields, "filename", "content-disposition") or _parameter(fields, "name"))


def _parameter(fields: Mapping[str, str], name: str, field: str = "content-type") -> str:
    """A parameter, RFC 2231 continuations and charsets undone; that form wins over a plain one. "" where it is absent."""
    value = fields.get(field, "")
    if name not in value.lower():
        return ""  # the package parses all parameters anew for each question
    if _SIMPLE.fullmatch(value):
        return next((quoted or plain for key, quoted, plain in _SIMPLE_PARAMETER.findall(value) if key.lower() == name), "")
    again = Message()
    again[field] = charset.from_wire(value)  # the package would replace raw 8-bit letters by U+FFFD
    try:
        pairs = again.get_params(failobj=[], header=field)
    except Exception:  # the email package raises many kinds on hostile parameters
        return ""
    named = [found for key, found in pairs if key.lower() == name]
    found = next((x for x in named if isinstance(x, tuple)), named[0] if named else "")
    if not isinstance(found, tuple):
        return str(found or "")
    claimed, _, text = found
    try:
        return _TORN.sub("", charset.decode(text.encode("raw-unicode-escape", "surrogateescape"), claimed or None))
    except UnicodeError:
        return charset.clean(text)


def _payload(message: Message) -> bytes:
    payload: object = message._payload  # type: ignore[attr-defined]  # get_payload() has already replaced 8-bit letters by U+FFFD
    if isinstance(payload, list):
        return b""
    wire = str(payload or "")
    try:
        return wire.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return wire.encode("utf-8", "replace")


def _name_boundaries(mails: list[Message]) -> None:
    """The package would make up a random boundary where none is named, and the bytes would differ each time."""
    for number, part in enumerate(part for mail in mails for part in mail.walk()):
        if part.is_multipart() and part.get_content_maintype() == "multipart" and not part.get_boundary():
            part.set_boundary(f"=_part-{number}")


def _uudecoded(raw: bytes) -> bytes:
    """What stands below the first "begin" line; the bytes as they are where nothing can be decoded."""
    begun = raw.find(b"begin ")
    first = raw.find(b"\n", begun) + 1
    if begun < 0 or not first:
        return raw
    last = raw.find(b"\nend", first)
    return inline_files.uudecode(raw[first : last + 1 if last >= 0 else len(raw)]) or raw


def _unflowed(text: str, *, delete: bool) -> str:
    """Paragraphs of format=flowed in one line each (RFC 3676 section 4); quoted lines of one depth likewise."""
    out: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        if open_depth == depth and body != "-- ":
            out[-1].append(body)
        else:
            out.append([">" * depth + (" " if depth else ""), body])
        open_depth = depth if body.endswith(" ") and body != "-- " else -1
        if open_depth >= 0 and delete:
            out[-1][-1] = body[:-1]
    return "\n".join("".join(pieces) for pieces in out)
