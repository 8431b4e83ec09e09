"""What of a client's message leaves the desk, and how: frame, pictures, files, source, the words with their findings."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from unittest import mock

import pytest
from PIL import Image
from starlette.requests import Request

from mailbot.desk import frame, site
from mailbot.desk.message import signed
from mailbot.desk.site import Visit, draw
from mailbot.errors import Unreadable
from mailbot.model.safe_html import OddLink
from mailbot.model.visitor import Origin
from mailbot.parse import guard
from mailbot.record.views.messages import (
    Check,
    ShownHtml,
    ShownMessage,
    ShownReply,
    pieces,
    shown,
)
from mailbot.record.views.timeline import timeline
from mailbot.workflow import sign_in
from tests.desk.conftest import World, a_world
from tests.desk.mails import arrived, mail, picture, with_related

HTML = "<p onclick=x()>Too dark: <img src=cid:shot> <img src=https://pictures.example/logo.png alt=Logo></p><script>x()</script>"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One desk for all; each test has mails of its own."""
    with a_world(tmp_path_factory.mktemp("desk")) as made:
        yield made


def framed(world: World, **headers: str) -> tuple[str, Any]:
    ticket, message = arrived(world.service, with_related(mail(html=HTML), picture("PNG"), "shot"))
    at = f"/t/{ticket}/m/{message}"
    return at, world.browser("viewer").get(at, headers=headers)


def policy(answer: Any) -> dict[str, str]:
    pairs = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in pairs}


# --- the frame -------------------------------------------------------------------------------------------------------------------------


def test_a_mail_is_shown_cleaned_under_a_policy_that_allows_its_own_pictures_only(world: World) -> None:
    at, answer = framed(world)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "onclick" not in answer.text
    assert "pictures.example" not in answer.text
    rules = policy(answer)
    assert rules["default-src"] == "'none'"
    assert rules["sandbox"] == frame.SANDBOX
    assert rules["img-src"] == f"http://127.0.0.1:8080{at}/cid/ data:"
    assert rules["style-src"].startswith("'sha256-")
    assert (rules["form-action"], rules["base-uri"], rules["frame-ancestors"]) == ("'none'", "'none'", "'self'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_pictures_that_lie_elsewhere_are_loaded_once_when_our_own_page_asks(world: World) -> None:
    at, _ = framed(world)
    asked = world.browser("viewer").get(f"{at}?pictures=once", headers={"Sec-Fetch-Site": "same-origin"})
    assert '<img src="https://pictures.example/logo.png" alt="Logo">' in asked.text
    assert policy(asked)["img-src"].endswith(" https:")
    assert "pictures.example" not in world.browser("viewer").get(at).text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_link_from_outside_makes_nobody_load_pictures(world: World, site: str) -> None:
    at, _ = framed(world)
    assert "pictures.example" not in world.browser("viewer").get(f"{at}?pictures=once", headers={"Sec-Fetch-Site": site}).text


def test_a_mail_whose_html_cannot_be_shown_is_shown_as_its_text(world: World) -> None:
    ticket, message = arrived(world.service, mail(text="Correction: <b>sky</b> on image 4589", html="<div>" * 500 + "x"))
    answer = world.browser("viewer").get(f"/t/{ticket}/m/{message}")
    assert "<pre>Correction: &lt;b&gt;sky&lt;/b&gt; on image 4589</pre>" in answer.text
    assert policy(answer)["img-src"] == "'none' data:"


def test_a_message_is_shown_on_its_own_ticket_only(world: World) -> None:
    ticket, message = arrived(world.service, mail(html=HTML))
    browser = world.browser("quality_supervisor")
    for path in ("", "/raw", "/a/0", "/a/0/small"):
        assert browser.get(f"/t/{ticket + 1}/m/{message}{path}").status_code == 404
        assert browser.get(f"/t/{ticket}/m/{message + 1}{path}").status_code == 404


# --- pictures inside -------------------------------------------------------------------------------------------------------------------


def source_of_picture(answer: Any) -> str:
    hit = re.search(r'<img src="(/t/[^"]+)"', answer.text)
    assert hit
    return hit[1]


def test_a_picture_of_the_mail_is_shown_to_its_frame_which_has_no_cookie(world: World) -> None:
    _, answer = framed(world)
    got = world.browser().get(source_of_picture(answer), headers={"Sec-Fetch-Site": "cross-site", "Origin": "null"})
    assert (got.status_code, got.headers["content-type"]) == (200, "image/png")
    assert got.content == picture("PNG")
    assert got.headers["cross-origin-resource-policy"] == "cross-origin"
    assert got.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"), lambda key: "1" + key[1:], lambda key: key.rpartition(".")[0], lambda key: key + ".x",
        lambda key: "0.99999999999." + key.rpartition(".")[2], lambda key: "%00", lambda key: "..%2f..%2fraw", lambda key: "٣.4.x",
        lambda key: "0.0." + "é" * 40,
    ],
)  # fmt: skip
def test_a_changed_address_shows_no_picture(world: World, change: Any) -> None:
    _, answer = framed(world)
    before, _, key = source_of_picture(answer).rpartition("/")
    assert world.browser("admin").get(f"{before}/{change(key)}").status_code == 404


def test_a_picture_s_address_ends_after_ten_minutes_and_fits_no_other_message(world: World) -> None:
    at, answer = framed(world)
    address = source_of_picture(answer)
    for minutes, status in ((9, 200), (11, 404)):
        with mock.patch.object(world.desk, "clock", lambda m=minutes: datetime.now(UTC) + timedelta(minutes=m)):
            assert world.browser().get(address).status_code == status
    ticket, other = arrived(world.service, with_related(mail(html=HTML, text="Correction: other"), picture("PNG", colour="blue"), "shot"))
    assert other != int(at.rpartition("/")[2])
    assert world.browser().get(f"/t/{ticket}/m/{other}/cid/{address.rpartition('/')[2]}").status_code == 404


@pytest.mark.parametrize("data", [b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", b"<html>", b"GIF89", b""])
def test_what_only_claims_to_be_a_picture_is_not_shown(world: World, data: bytes) -> None:
    ticket, message = arrived(world.service, with_related(mail(html=HTML), data, "shot", "svg+xml"))
    address = f"/t/{ticket}/m/{message}/cid/" + signed(world.desk.secret, ticket, message, 0, datetime.now(UTC) + timedelta(minutes=1))
    assert world.browser().get(address).status_code == 404


# --- files -----------------------------------------------------------------------------------------------------------------------------


def with_file(data: bytes, name: str, kind: str = "application/octet-stream") -> EmailMessage:
    made = mail()
    main, _, sub = kind.partition("/")
    made.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return made


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("notes.pdf", "application/pdf", "attachment; filename=\"notes.pdf\"; filename*=UTF-8''notes.pdf"),
        ("page.html", "text/html", "attachment; filename=\"page.html\"; filename*=UTF-8''page.html"),
        ("drawing.svg", "image/svg+xml", "attachment; filename=\"drawing.svg\"; filename*=UTF-8''drawing.svg"),
        (
            "Übersicht Küche.jpg",
            "image/jpeg",
            "attachment; filename=\"Ubersicht Kuche.jpg\"; filename*=UTF-8''%C3%9Cbersicht%20K%C3%BCche.jpg",
        ),
        ("../../etc/passwd", "text/plain", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
        ('a";x=".exe', "application/x-msdownload", "attachment; filename=\"a__x=_.exe\"; filename*=UTF-8''a_%3Bx%3D_.exe"),
        ("照片.png", "image/png", "attachment; filename=\".png\"; filename*=UTF-8''%E7%85%A7%E7%89%87.png"),
    ],
)
def test_a_file_is_always_a_download_of_no_type(world: World, name: str, kind: str, told: str) -> None:
    ticket, message = arrived(world.service, with_file(b"<script>x()</script>", name, kind))
    got = world.browser("viewer").get(f"/t/{ticket}/m/{message}/a/0")
    assert got.content == b"<script>x()</script>"
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"] == told
    assert got.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert world.browser("viewer").get(f"/t/{ticket}/m/{message}/a/1").status_code == 404


def test_a_photo_is_small_upright_and_tells_nothing_of_where_it_was_taken(world: World) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: width and height change places
    exif.get_ifd(0x8825)[1] = "N"
    ticket, message = arrived(world.service, with_file(picture("JPEG", (4000, 3000), exif=exif), "IMG_4589.jpg", "image/jpeg"))
    got = world.browser("viewer").get(f"/t/{ticket}/m/{message}/a/0/small")
    with Image.open(io.BytesIO(got.content)) as small:
        assert (small.format, small.size) == ("WEBP", (240, 320))
        assert not small.getexif()
    assert got.headers["content-type"] == "image/webp"
    assert len(got.content) < 20_000


def test_a_mail_of_photos_is_taken_apart_once_for_all_their_small_pictures(world: World) -> None:
    made = mail()
    for n in range(4):
        made.add_attachment(picture(colour=("red", "green", "blue", "white")[n]), maintype="image", subtype="jpeg", filename=f"{n}.jpg")
    made.add_attachment(b"no picture", maintype="image", subtype="jpeg", filename="broken.jpg")
    ticket, message = arrived(world.service, made)
    browser = world.browser("viewer")
    with mock.patch.object(guard, "_run_child", wraps=guard._run_child) as child:
        got = [browser.get(f"/t/{ticket}/m/{message}/a/{n}/small") for n in (0, 1, 2, 3, 4, 4, 0)]
    assert child.call_count == 1
    assert [g.headers["content-type"] for g in got] == ["image/webp"] * 4 + ["image/svg+xml"] * 2 + ["image/webp"]
    assert len({g.content for g in got[:4]}) == 4


def test_a_picture_that_kills_its_reader_costs_only_itself(world: World) -> None:
    """A picture of 30,000 x 30,000 pixels in a few kilobytes, between two honest ones."""
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    made = mail()
    for n, data in enumerate((picture(), bomb.getvalue(), picture())):
        made.add_attachment(data, maintype="image", subtype="png", filename=f"{n}.png")
    ticket, message = arrived(world.service, made)
    browser = world.browser("viewer")
    kinds = [browser.get(f"/t/{ticket}/m/{message}/a/{n}/small").headers["content-type"] for n in (0, 1, 2)]
    assert kinds == ["image/webp", "image/svg+xml", "image/webp"]


def test_a_mail_that_cannot_be_taken_apart_is_not_tried_at_every_look(world: World) -> None:
    ticket, message = arrived(world.service, with_file(picture(), "IMG_4589.jpg", "image/jpeg"))
    browser = world.browser("viewer")
    with mock.patch.object(guard, "_run_child", side_effect=Unreadable("took too long")) as child:
        kinds = [browser.get(f"/t/{ticket}/m/{message}/a/0/small").headers["content-type"] for _ in range(2)]
    assert (kinds, child.call_count) == (["image/svg+xml"] * 2, 1)
    assert browser.get(f"/t/{ticket}/m/{message}/a/0").content == picture()


def test_no_small_picture_is_tried_of_what_is_none(world: World) -> None:
    ticket, message = arrived(world.service, with_file(b"PK", "photos.zip", "application/zip"))
    assert world.browser("viewer").get(f"/t/{ticket}/m/{message}/a/0/small").status_code == 404


# --- source ----------------------------------------------------------------------------------------------------------------------------


def test_the_source_is_shown_as_text_or_saved_and_who_looked_is_noted(world: World) -> None:
    made = mail(html="<script>x()</script>")
    ticket, message = arrived(world.service, made)
    browser = world.browser("quality_supervisor")
    got = browser.get(f"/t/{ticket}/m/{message}/raw")
    assert got.content == made.as_bytes()
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers["content-security-policy"] == "sandbox; default-src 'none'"
    saved = browser.get(f"/t/{ticket}/m/{message}/raw?save=1")
    assert saved.headers["content-disposition"].startswith(f'attachment; filename="M-{message}.eml"')
    assert saved.headers["content-type"] == "application/octet-stream"
    with world.db.reading() as c:
        rows = [
            (row.actor, row.what, row.object)
            for row in c.exec_driver_sql("SELECT actor, what, object FROM audit WHERE what = 'raw_viewed'")
        ]
    assert rows[-2:] == [("quality_supervisor", "raw_viewed", f"M-{message} on #{ticket}")] * 2


def test_who_may_not_see_the_source_sees_no_link_to_it(world: World) -> None:
    at = arrived(world.service, mail())
    assert "/raw" in drawn(world, at, "quality_supervisor")
    assert "/raw" not in drawn(world, at, "coordinator")


# --- the words with their findings ------------------------------------------------------------------------------------------------------


def visit(world: World, login: str) -> Visit:
    scope = {"type": "http", "method": "GET", "path": "/t/1", "headers": [], "query_string": b"", "app": world.app, "state": {}}
    asked = Request(scope)
    cookie = sign_in.begin(world.db, login, "link", Origin())
    return Visit(world.desk, asked, world.desk.clock(), sign_in.who_has(world.db, cookie))


def drawn(world: World, at: tuple[int, int], login: str = "coordinator", name: str = "message.html") -> str:
    ticket, message = at
    with world.db.reading() as c:
        found = timeline(c, ticket)
        one = shown(c, found.messages, found.actions)[message]
    return draw(visit(world, login), name, message=one, number=ticket, received_at=world.desk.clock())


def test_the_words_that_findings_rest_on_are_marked_and_everything_is_escaped(world: World) -> None:
    at = arrived(world.service, mail(text="Correction: the sky on image 4589 is <i>a bit</i> too dark, see https://client.example/a?b=<c>"))
    text = drawn(world, at)
    assert "<mark" in text
    assert re.search(r'<mark title="[^"]*Images[^"]*">image 4589</mark>', text)
    assert "&lt;i&gt;a bit&lt;/i&gt;" in text
    assert "<i>" not in text


def test_a_page_says_what_of_a_mail_was_kept_back(world: World) -> None:
    html = "<a href=https://evil.example/>https://dropbox.com/s/1</a><img src=https://a.example/1><img src=https://a.example/2><img src=https://t.example/3 width=1>"
    at = ticket, message = arrived(world.service, mail(html=html))
    text = drawn(world, at)
    assert "leads to <b>evil.example</b>: says dropbox.com" in text
    assert "2 pictures not loaded" in text
    assert "1 tracking pixel left out" in text
    assert f'src="/t/{ticket}/m/{message}" sandbox="{frame.SANDBOX}"' in text
    assert f'href="/t/{ticket}/m/{message}?pictures=once" target="mail-{message}"' in text


def test_files_are_named_safely_with_a_warning_for_programs(world: World) -> None:
    made = mail()
    for name in ("photo.jpg.exe", "IMG_4589.jpg", "\u202egpj.exe", "x" * 300 + ".pdf"):
        made.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
    at = ticket, message = arrived(world.service, made)
    text = drawn(world, at)
    assert "Careful: its name pretends to be a .jpg, but it is a .exe that may run as a program." in text
    assert f'<img src="/t/{ticket}/m/{message}/a/1/small"' in text
    assert f'<img src="/t/{ticket}/m/{message}/a/0/small"' not in text
    assert "<span>gpj.exe</span>" in text
    assert f"<span>{'x' * 115}….pdf</span>" in text


def test_the_checks_card_says_what_was_found_and_why_each_reply_was_sent_or_not(world: World) -> None:
    at = arrived(world.service, mail(subject="Correction", text="Correction: image 4589 is too dark.", sender="new@other.example"))
    text = drawn(world, at, name="checks.html")
    assert re.search(r"<dt>Images</dt>\s*<dd><b>4589</b>", text)
    assert "<mark>image 4589</mark>" in text
    assert "Nothing found by" in text
    assert "It opened this ticket." in text
    assert "rules that did not apply" in text
    assert "waits to be sent" in text


def made_up(**more: Any) -> ShownMessage:
    values: dict[str, Any] = {
        "id": 9, "source": "email", "sender_name": "", "sender_address": "", "subject": (), "text": (), "cut": False, "quoted": "", "problems": (),
        "html": None, "files": (), "links": (), "checks": (), "outcome": "", "hits": (), "misses": (), "replies": (),
    }  # fmt: skip
    return ShownMessage(**values | more)


@pytest.mark.parametrize(
    ("state", "said"),
    [("sent", "sent"), ("held", "held for a person"), ("suppressed", "not sent"), ("gave_up", "could not be sent"),
     ("uncertain", "nobody knows whether it arrived"), ("cancelled", "cancelled"), ("queued", "waits to be sent")],
)  # fmt: skip
def test_each_state_of_a_reply_is_told_with_its_reason(world: World, state: str, said: str) -> None:
    reply = ShownReply("acknowledgement", "email", "ann@client.example", state, "because of <this>", 17)
    text = draw(visit(world, "coordinator"), "checks.html", message=made_up(outcome="open_ticket", replies=(reply,)))
    assert f">{said}</span>" in text
    assert "because of &lt;this&gt;" in text
    assert "O-17" in text


def test_a_message_without_anything_is_still_a_page(world: World) -> None:
    visitor = visit(world, "viewer")
    assert ">Client</b>" in draw(visitor, "message.html", message=made_up(), number=1, received_at=world.desk.clock())
    assert "has not been handled yet" in draw(visitor, "checks.html", message=made_up())
    refused = made_up(html=ShownHtml("The HTML of this mail is not shown: it is nested very deep.", 0, 0, (OddLink("a", "b", "c"),)))
    text = draw(visitor, "message.html", message=refused, number=1, received_at=world.desk.clock())
    assert "nested very deep" in text
    assert "<iframe" not in text
    assert "None was decided" in draw(visitor, "checks.html", message=made_up(outcome="record_only", checks=(Check("Links", "", (), ()),)))


@pytest.mark.parametrize(
    ("spans", "cut"),
    [
        ([], [("the sky is dark", ())]),
        ([(4, 7, "A")], [("the ", ()), ("sky", ("A",)), (" is dark", ())]),
        ([(0, 15, "A"), (4, 7, "B")], [("the ", ("A",)), ("sky", ("A", "B")), (" is dark", ("A",))]),
        ([(4, 10, "A"), (8, 15, "B")], [("the ", ()), ("sky ", ("A",)), ("is", ("A", "B")), (" dark", ("B",))]),
        ([(4, 7, "A"), (4, 7, "A"), (7, 10, "A")], [("the ", ()), ("sky is", ("A",)), (" dark", ())]),
        ([(-5, 3, "A"), (11, 99, "B"), (5, 5, "C"), (9, 2, "D"), (50, 60, "E")], [("the", ("A",)), (" sky is ", ()), ("dark", ("B",))]),
    ],
)  # fmt: skip
def test_overlapping_findings_share_the_words_between_them(
    spans: list[tuple[int, int, str]], cut: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = pieces("the sky is dark", spans)
    assert [(piece.text, piece.found) for piece in found] == cut


def test_a_ticket_of_many_messages_asks_the_database_once_for_what_is_shown_of_them(world: World) -> None:
    ticket, _ = arrived(world.service, mail(html=HTML))
    with world.db.reading() as c:
        many = list(timeline(c, ticket).messages) * 30
        with mock.patch.object(c, "execute", wraps=c.execute) as asked:
            shown(c, many)
        assert asked.call_count == 1


def test_the_pages_that_show_messages_have_no_style_or_script_of_their_own() -> None:
    for name in ("message.html", "checks.html"):
        source, _, _ = site.environment().loader.get_source(site.environment(), name)  # type: ignore[union-attr]
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|\|safe", source)
