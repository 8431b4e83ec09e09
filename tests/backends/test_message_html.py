"""What the desk shows of a mail besides its text, on both engines."""

from __future__ import annotations

from mailbot.model.safe_html import OddLink, SafeHtml
from mailbot.record import claims, journal, message_html
from mailbot.record.database import Database
from mailbot.record.message_html import Thumbnail
from tests.backends.conftest import START
from tests.backends.makers import mail, settled

SHOWN = SafeHtml(
    html='<p>the sky <img data-remote="0" alt=""></p>',
    remote=("https://pictures.example/1.png",),
    blocked=1,
    trackers=2,
    odd_links=(OddLink("photos", "dröpbox.com", "looks like dropbox.com, but is another place"),),
)


def stored(db: Database, *html: SafeHtml | None) -> list[int]:
    with db.transaction() as c:
        ids = [k.id for k in journal.keep(c, [mail(n + 1, f"body {n}") for n in range(len(html))], START)]
        claims.claim(c, 9, START, "h")
        journal.settle(c, [settled(id_, html=one) for id_, one in zip(ids, html, strict=True)], START)
    return ids


def test_cleaned_html_is_stored_in_the_transaction_that_settles_the_mail(db: Database) -> None:
    with_html, without, refused = stored(db, SHOWN, None, SafeHtml(problem="it is nested very deep"))
    with db.reading() as c:
        assert message_html.get(c, with_html) == SHOWN
        assert message_html.get(c, without) is None
        assert message_html.get(c, refused) == SafeHtml(problem="it is nested very deep")


def test_a_mail_that_is_handled_again_is_shown_as_it_was_cleaned_last(db: Database) -> None:
    [id_] = stored(db, SHOWN)
    with db.transaction() as c:
        message_html.keep(c, [(id_, SafeHtml(html="<p>new</p>"))])
    with db.reading() as c:
        assert message_html.get(c, id_) == SafeHtml(html="<p>new</p>")


def test_the_first_small_picture_stays_and_one_that_cannot_be_made_is_not_tried_again(db: Database) -> None:
    [id_] = stored(db, None)
    with db.transaction() as c:
        message_html.keep_thumbnails(c, id_, [Thumbnail(0, 160, 120, b"RIFF"), Thumbnail(3, 0, 0, b"")])
        message_html.keep_thumbnails(c, id_, [Thumbnail(0, 1, 1, b"other"), Thumbnail(4, 8, 8, b"x")])
        message_html.keep_thumbnails(c, id_, [])
    with db.reading() as c:
        assert message_html.get_thumbnail(c, id_, 0) == Thumbnail(0, 160, 120, b"RIFF")
        assert message_html.get_thumbnail(c, id_, 1) is None
        assert message_html.thumbnails_tried(c, id_) == {0, 3, 4}
