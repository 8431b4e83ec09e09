"""One walk over the parts of a mail: bodies are returned, everything else is noted on the mail."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from email.message import Message

from mailbot.model.message import Attachment
from mailbot.parse import boundary, bounds, header, inline_files, tnef
from mailbot.parse.bulk import Bulk
from mailbot.parse.mail import Body, Mail
from mailbot.parse.part import Part, part_of

MAX_ATTACHMENTS = 500
MAX_TEXT = 3_000_000  # bytes; the part that goes beyond is still read
MAX_MENDED = 5  # each mending parses its body once more


class Walk:
    """`spare` is text that some programs send as an attachment; it is read where there is no other."""

    def __init__(self, mail: Mail, bulk: Bulk) -> None:
        self.mail = mail
        self.bulk = bulk
        self.spare: list[Body] = []
        self.mended = 0
        self.length = 0  # bytes of text so far

    def bodies(self, message: Message) -> list[Body]:
        """All text of the mail, in order."""
        whole = part_of(message, self.bulk)
        self.mail.content_type = whole.content_type
        found = [b for b in self._of(whole, 0) if b.plain or b.html]
        return found or [b for b in self.spare if b.plain or b.html][:1]

    def _of(self, part: Part, depth: int) -> list[Body]:
        message = part.message
        if part.content_type.startswith("message/"):
            self._embedded(part)
            return []
        if part.content_type.startswith("multipart/") and not message.is_multipart() and self.mended < MAX_MENDED:
            self.mended += 1
            if mended := boundary.mended(part):
                return self._mended(part, *mended, depth)
        if message.is_multipart():
            return self._container(part, part.children, depth)
        if part.is_body or (part.content_type.startswith("multipart/") and not part.name):
            return [self._text(part)]
        self._attach(part)
        return []

    def _mended(self, part: Part, message: Message, bulk: Bulk, depth: int) -> list[Body]:
        self.mail.tell("the mail's parts had no proper boundary; they were found by their looks")
        outer, self.bulk = self.bulk, bulk
        found = self._container(part, part_of(message).children, depth)
        self.bulk = outer
        return found

    def _container(self, part: Part, inside: list[Message], depth: int) -> list[Body]:
        if depth > bounds.MAX_DEPTH:
            return []
        children = [b for child in inside for b in self._of(part_of(child, self.bulk), depth + 1)]
        if part.content_type != "multipart/alternative" or len(children) < 2:
            return children
        return [Body("\n".join(b.plain for b in children if b.plain), "\n".join(b.html for b in children if b.html))]

    def _text(self, part: Part) -> Body:
        data = part.text_bytes()
        self.length += len(data)
        if self.length - len(data) > MAX_TEXT:
            self.mail.tell("the mail holds very much text; only its first parts were read")
            return Body()
        data, files = inline_files.cut(data)
        text, problem = part.text(data)
        self.mail.tell(problem)
        for name, content in files:
            self._note(Attachment(name=name, content_type=tnef.type_of(name), size=0, sha256="", inline=False), content)
        return Body(html=text) if part.content_type == "text/html" else Body(plain=text)

    def _attach(self, part: Part) -> None:
        data = part.data()
        if part.content_type.startswith("text/") and not part.detached and len(data) < bounds.MIB:
            self.spare.append(self._text(part))
        if tnef.opens(part.content_type, part.name) and self._unwrapped(data):
            return
        self._note_part(part, data)

    def _unwrapped(self, data: bytes) -> bool:
        """Whether the files of a winmail.dat stand in its place now."""
        opened = tnef.unwrap(data)
        self.mail.tell(opened.problem)
        self.spare.append(Body(plain=opened.plain, html=opened.html))
        for file in opened.files:
            self._note(Attachment(name=file.name, content_type=file.content_type, size=0, sha256="", inline=False), file.data)
        return bool(opened.files)

    def _embedded(self, part: Part) -> None:
        """An attached mail or report is an attachment, never the client's words; its header says what it is about."""
        for head in part.embedded_headers()[:50]:
            fields = tuple((k.lower(), header.text_of(str(v))) for k, v in head.raw_items())
            self.mail.embedded.append((part.content_type, fields))
        self._note_part(part, part.embedded_bytes())

    def _note_part(self, part: Part, data: bytes) -> None:
        self._note(
            Attachment(name=part.name, content_type=part.content_type, size=0, sha256="", inline=part.inline, content_id=part.content_id),
            data,
        )

    def _note(self, attachment: Attachment, data: bytes) -> None:
        """Adds the attachment with its true size and hash."""
        if len(self.mail.attachments) >= MAX_ATTACHMENTS:
            self.mail.tell(f"only the first {MAX_ATTACHMENTS} attachments are listed")
            return
        if self.mail.take:
            self.mail.take(len(self.mail.attachments), data)
        self.mail.attachments.append(replace(attachment, size=len(data), sha256=hashlib.sha256(data).hexdigest()))
