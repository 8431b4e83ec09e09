"""Mails with HTML, pictures and files, handled by the running service, so that the desk has something to show."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, datetime
from email.message import EmailMessage

from PIL import Image
from sqlalchemy import select

from mailbot.model.fingerprint import fingerprint
from mailbot.model.message import ReceivedMessage, Sighting
from mailbot.record import journal, mailboxes
from mailbot.record.tables import ticket_message
from mailbot.service import Service

_UIDS = itertools.count(1)
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), colour: str = "red", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **more)
    return out.getvalue()


def mail(
    *,
    text: str = "Correction: the sky on image 4589 is too dark.",
    html: str = "",
    subject: str = "Correction for order 10231",
    sender: str = "ann@client.example",
) -> EmailMessage:
    made = EmailMessage()
    made["From"] = f"Ann <{sender}>"
    made["To"] = "support@studio.example"
    made["Subject"] = subject
    made["Message-ID"] = "<m1@client.example>"
    made["Date"] = "Mon, 23 Nov 2026 10:00:00 +0100"
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    return made


def with_related(made: EmailMessage, data: bytes, content_id: str, subtype: str = "png") -> EmailMessage:
    """A picture inside the HTML."""
    body = made.get_body(("html",))
    assert isinstance(body, EmailMessage)
    body.add_related(
        data, maintype="image", subtype=subtype, cid=f"<{content_id}>", disposition="inline", filename=f"{content_id}.{subtype}"
    )
    return made


def arrived(service: Service, made: EmailMessage | bytes, at: datetime = AT) -> tuple[int, int]:
    """(ticket, message) after the service has handled it."""
    raw = made if isinstance(made, bytes) else made.as_bytes()
    received = ReceivedMessage(
        source="email",
        sighting=Sighting(place="support", uidvalidity=7, uid=next(_UIDS)),
        received_at=at,
        fingerprint=fingerprint(raw),
        raw=raw,
        size=len(raw),
    )
    with service.db.transaction() as c:
        mailboxes.go_live(c, "support", datetime(2026, 1, 1, tzinfo=UTC))
        [kept] = journal.keep(c, [received], at)
    while service.handle():
        pass
    with service.db.reading() as c:
        return c.execute(select(ticket_message.c.ticket).where(ticket_message.c.message == kept.id)).scalar_one(), kept.id
