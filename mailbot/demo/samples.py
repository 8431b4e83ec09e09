"""What the demo's clients write: every kind of mail and comment that a support mailbox sees in a week.

`order` 0, 1, 2 ... counts the orders of that `status` that the writer really has in the reference order system (newest first).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING, Literal

from mailbot.demo.photos import photo

if TYPE_CHECKING:
    from datetime import datetime

Channel = Literal["email", "comment", "comment_and_reopen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One message. `{order}` and `{image}` in subject and body become those of the writer's order. `what` says what it shows."""

    what: str
    channel: Channel = "email"
    client: int = 0
    order: int = 0
    status: str = "delivered"
    subject: str = ""
    body: str = ""
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    photos: tuple[str, ...] = ()
    sender: str = ""
    raw: bytes = b""


SAMPLES: tuple[Sample, ...] = (
    Sample(what="a correction by mail", subject="Correction: order {order}", body="Hello,\n\nthe windows in image {image} are blown out and the walls look yellow. Please correct.\n\nKind regards,\nAnna\n"),
    Sample(what="a correction by Comment and reopen", channel="comment_and_reopen", client=1, body="Correction: the lawn in image {image} is still brown, we ordered a green lawn."),
    Sample(what="an amendment with a reference link", client=2, subject="Amendment, order {order}", body="Amendment: please add a blue sky in image {image}, I forgot it in the order.\nLike here: https://pictures.example/reference/sky.jpg\n"),
    Sample(what="feedback", channel="comment", client=3, body="Feedback: the twilight pictures are wonderful, the sellers loved them. Thank you!"),
    Sample(what="no keyword", client=4, subject="Order {order}", body="Hi team,\n\nthe floor plan of order {order} shows the kitchen on the wrong side.\n\nBest,\nTom\n"),
    Sample(what="the answer to our question: a bare keyword", client=4, subject="Re: Order {order}", body="Correction\n"),
    Sample(what="photos of what is wrong", client=0, order=1, subject="Correction: order {order}", body="Correction: the sky on image {image} is far too purple, see the two photos. We ordered the natural style.\n\nKind regards\n", photos=("{image}.jpg", "{image} from the garden.jpg")),
    Sample(what="two keywords", client=5, subject="Order {order}", body="Correction: image {image} is tilted.\nAmendment: please remove the cars in the driveway as well.\n"),
    Sample(what="German, with a keyword", client=6, subject="Correction: Auftrag {order}", body="Guten Tag,\n\ndie Wände im Wohnzimmer sind viel zu dunkel geworden und die Fenster sind überstrahlt. Bitte korrigieren Sie das.\n\nMit freundlichen Grüßen\nJana\n"),
    Sample(what="a question the help page answers", client=7, subject="Correction: order {order}", body="Correction: image {image} has a crooked door frame.\nIs this correction free of charge?\n"),
    Sample(what="a status question", client=0, status="in_production", subject="Order {order}", body="When will order {order} be ready?\n"),
    Sample(what="a cancellation", client=4, status="ordered", subject="Order {order}", body="Please cancel order {order}, the house is sold.\n"),
    Sample(what="an update of an order in production", channel="comment", client=6, status="in_production", body="Please use the style Scandinavian instead of Modern for the staging."),
    Sample(what="redistribution asked for", client=3, order=1, subject="Correction for order {order}", body="Correction: image {image} misses the lamp.\nPlease redistribute the new files to the portal when they are done.\n"),
    Sample(what="the same request by mail and ...", client=5, order=1, subject="Correction: order {order}", body="Correction: the sky in image {image} is grey, we ordered blue.\n"),
    Sample(what="... as a comment on the order", channel="comment_and_reopen", client=5, order=1, body="Correction: the sky in image {image} is grey, we ordered blue."),
    Sample(what="HTML from a mail program", client=6, order=1, subject="Amendment: order {order}", body="", html="<div>Amendment: could you remove the <b>garden hose</b> in image {image}?<br>See <a href='https://pictures.example/hose'>this picture</a>.</div><div>-- <br>Jana, Agentur Nord</div>"),
    Sample(what="an out-of-office reply", client=7, subject="Automatic reply: your order", body="I am out of the office until Monday.\n", headers=(("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"))),
    Sample(what="an old out-of-office without the standard header", client=0, subject="Out of office", body="I am away, colleagues help you.\n", headers=(("Precedence", "auto_reply"), ("X-Autoreply", "yes"))),
    Sample(what="a newsletter", sender="Property News <news@portal.example>", subject="This week's listings", body="Ten houses you will love.\n", headers=(("List-Id", "<news.portal.example>"), ("List-Unsubscribe", "<https://portal.example/u>"), ("Precedence", "bulk"))),
    Sample(what="an unknown sender", sender="Sam Stranger <sam@nobody.example>", subject="Correction: order 10231", body="Correction: please send me all pictures of this order, the sky is wrong.\n"),
    Sample(what="a number that is not the sender's order", client=1, subject="Correction: order 99999", body="Correction: the hallway is too dark in order 99999.\n"),
    Sample(what="a refund is asked for", channel="comment", client=4, order=1, body="This is not what we ordered, we want our money back for image {image}."),
    Sample(what="the account manager is wanted", client=2, order=1, subject="Please call me", body="Could my account manager give me a call about order {order}?\n"),
    Sample(what="thanks, no keyword", client=3, order=1, subject="Re: order {order}", body="Thank you, great work as always!\n"),
    Sample(what="almost empty", channel="comment", client=7, order=1, body="OK"),
    Sample(what="bytes that are hardly a mail", sender="x@broken.example", raw=b"\x00\xff\xfe no headers at all, just \x93bytes\x94\r\n"),
)  # fmt: skip


def mail(sample: Sample, sender: str, to: str, at: datetime, *, order: str, image: str, answers: Sequence[str] = ()) -> bytes:
    """The sample as the bytes of a mail. `answers`: Message-IDs of the thread."""
    if sample.raw:
        return sample.raw
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = _filled(sample.subject, order, image)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    if answers:
        message["In-Reply-To"] = answers[-1]
        message["References"] = " ".join(answers)
    for name, value in sample.headers:
        message[name] = value
    if sample.html:
        message.set_content(_filled(sample.html, order, image), subtype="html")
    else:
        message.set_content(_filled(sample.body, order, image))
    for number, name in enumerate(sample.photos):
        message.add_attachment(photo(number), maintype="image", subtype="jpeg", filename=_filled(name, order, image))
    return message.as_bytes()


def comment(sample: Sample, *, order: str, image: str) -> str:
    """The sample as the text of an order comment."""
    return _filled(sample.body, order, image)


def _filled(text: str, order: str, image: str) -> str:
    return text.replace("{order}", order).replace("{image}", image)
