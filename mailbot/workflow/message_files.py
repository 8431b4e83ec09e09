"""What lies in a message as it came: its source, its files, small pictures of its photos. Each time only of a message on that ticket."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, cast

from mailbot.errors import NotFound, Unreadable
from mailbot.model.file_name import is_picture
from mailbot.model.message import Attachment, ReceivedMessage, Sighting
from mailbot.model.safe_html import SafeHtml
from mailbot.parse.guard import attachment_guarded, thumbnails_guarded
from mailbot.record import journal, message_html
from mailbot.record.database import Connection, Database
from mailbot.record.message_html import Thumbnail
from mailbot.record.views import messages, timeline

AT_ONCE = 12  # pictures of one mail that are made in one go


def source(db: Database, ticket: int, message: int) -> tuple[str, bytes]:
    """(email | order_comment, the bytes as they came)."""
    with db.reading() as c:
        return messages.on_ticket(c, ticket, message), journal.raw(c, message)


def html(db: Database, ticket: int, message: int) -> tuple[SafeHtml | None, str]:
    """The cleaned HTML (None: the mail has none) and the plain text."""
    with db.reading() as c:
        messages.on_ticket(c, ticket, message)
        found = timeline.handled(c, [message])
        return message_html.get(c, message), found[0].text if found else ""


def file(db: Database, ticket: int, message: int, number: int) -> tuple[Attachment, bytes]:
    """NotFound where the mail has no such attachment; Unreadable where it cannot be taken apart any more."""
    with db.reading() as c:
        received = _received(c, ticket, message)
    return attachment_guarded(received, number)


def thumbnail(db: Database, ticket: int, message: int, number: int) -> Thumbnail | None:
    """The small picture of a photo, made when somebody first looks and then kept; None where none can be made.

    One child makes those of the mail's other photos too, so that a mail is taken apart once and not once for each."""
    with db.reading() as c:
        messages.on_ticket(c, ticket, message)
        known = message_html.get_thumbnail(c, message, number)
        wanted = () if known else _wanted(c, message, number)
        received = _received(c, ticket, message) if wanted else None
    if received is not None:
        made = _made(received, wanted, number)
        known = next((t for t in made if t.number == number), None)
        with db.transaction() as c:
            message_html.keep_thumbnails(c, message, made)
    return known if known and known.data else None


def _made(received: ReceivedMessage, wanted: Collection[int], number: int) -> list[Thumbnail]:
    """A mail that cannot be taken apart within the limits is not tried again at every look: the download still works."""
    try:
        return [Thumbnail(n, *picture) for n, picture in thumbnails_guarded(received, wanted).items()]
    except Unreadable:
        return [Thumbnail(number, 0, 0, b"")]


def _wanted(c: Connection, message: int, number: int) -> Collection[int]:
    """This picture and others that nobody tried. NotFound where the mail has no such picture."""
    found = timeline.handled(c, [message])
    files = found[0].parsed.get("attachments", ()) if found else ()
    pictures = [n for n, given in enumerate(files) if is_picture(str(given["name"]), str(given["content_type"]))]
    if number not in pictures:
        raise NotFound(f"Attachment {number} of M-{message} is no picture.")
    tried = message_html.thumbnails_tried(c, message)
    return [number, *(n for n in pictures if n != number and n not in tried)][:AT_ONCE]


def _received(c: Connection, ticket: int, message: int) -> ReceivedMessage:
    kind = messages.on_ticket(c, ticket, message)
    row, raw = journal.message_row(c, message), journal.raw(c, message)
    return ReceivedMessage(
        source=cast(Literal["email", "order_comment"], kind), sighting=Sighting(place=row.place), received_at=row.received_at,
        fingerprint="", raw=raw, size=row.size,
    )  # fmt: skip
