"""What is left of a mail's HTML, and that nothing of it can run, load or deceive. In real browsers: tests/browser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.model.message import Attachment, ParsedMessage
from mailbot.model.safe_html import SafeHtml, pictures_in, with_pictures
from mailbot.parse.safe_html import TAGS, safe_html
from tests.browser.hostile_html import VECTORS, Vector

OURS = frozenset({"studio.example"})
PHOTO = Attachment(name="a.jpg", content_type="image/jpeg", size=1, sha256="", inline=True, content_id="Photo1@Client")
NOTE = Attachment(name="b.pdf", content_type="application/pdf", size=1, sha256="", inline=False)
A_TAG = re.compile(r'</?[a-z][a-z0-9]*(?: [a-z-]+="[^"<>]*")*>')
KNOWN = {
    "href", "title", "target", "rel", "src", "alt", "width", "height", "data-picture", "data-remote", "class", "color", "size", "colspan",
    "rowspan", "align", "valign", "span", "start", "type", "border", "dir",
}  # fmt: skip


def cleaned(html: str, *attachments: Attachment) -> SafeHtml:
    found = safe_html(ParsedMessage(source="email", html=html, attachments=attachments), OURS)
    assert found is not None
    return found


def loads_nothing(html: str) -> None:
    """Only known tags with known attributes; no address but those of links, and pictures that lie in the mail itself."""
    assert not re.search("[<>]", A_TAG.sub("", html)), html
    for tag in A_TAG.findall(html):
        name = re.match(r"</?([a-z0-9]+)", tag)
        assert name
        assert name[1] in TAGS | {"mark"}
        for attribute, value in re.findall(r' ([a-z-]+)="([^"]*)"', tag):
            assert attribute in KNOWN
            assert attribute != "href" or re.match(r"(?:https?://|mailto:|tel:)", value)
            assert attribute != "src" or re.match(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$", value)
            assert attribute != "class" or value in ("host", "odd", "missing")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v.group}-{v.number}")
def test_nothing_that_attacks_is_left(vector: Vector) -> None:
    loads_nothing(cleaned(vector.filled("127.0.0.1:9"), PHOTO).html)


@given(
    st.lists(
        st.sampled_from([v.html for v in VECTORS if len(v.html) < 500]) | st.text("<>/='\"&; ascriptonerr:x\0\u2028", max_size=20),
        max_size=6,
    )
)
@settings(max_examples=150, deadline=None)
def test_attacks_torn_and_joined_leave_nothing_either(pieces: list[str]) -> None:
    loads_nothing(cleaned("x" + "".join(pieces)).html)


@pytest.mark.parametrize("vector", [v for v in VECTORS if len(v.html) < 2000], ids=lambda v: f"{v.group}-{v.number}")
def test_cleaning_what_was_cleaned_changes_nothing_more_than_its_marks(vector: Vector) -> None:
    """No text turns into a tag when it is read once more (mutation)."""
    once = cleaned(vector.filled("127.0.0.1:9")).html
    loads_nothing(cleaned(f"x{once}").html)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>The sky is <b>too bright</b>.</p>", "<p>The sky is <b>too bright</b>.</p>"),
        ("<p style='color:red'>see here</p>", '<p><font color="#ff0000">see here</font></p>'),
        ("<span style='COLOR: rgb(0, 0, 255)'>x</span>", '<span><font color="#0000ff">x</font></span>'),
        ("<font color=#FF2600>x</font>", '<font><font color="#ff2600">x</font></font>'),
        ("<span style='background:yellow'>x</span>", "<span><mark>x</mark></span>"),
        ("<span style='background-color:#eee'>x</span>", "<span>x</span>"),
        ("<p style='color:white'>hidden</p>", "<p>hidden</p>"),
        ("<p style='color:#fffffe;display:none'>hidden</p>", "<p>hidden</p>"),
        ("<td colspan=2>x", "x"),
        ("<table><tr><td colspan=2 onclick=x class=y id=z>x", '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>'),
        ("<ol start=3><li>x</ol>", '<ol start="3"><li>x</li></ol>'),
        ("<div align='center\" x'>x</div>", "<div>x</div>"),
        ("<style>p{}</style><title>t</title>x", "x"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("exe\u202egpj", "exegpj"),
        ("exe&#x202e;gpj", "exegpj"),
    ],
)
def test_what_says_something_stays_and_what_hides_goes(written: str, shown: str) -> None:
    assert cleaned(written).html == shown


def test_a_mail_without_html_costs_nothing() -> None:
    assert safe_html(ParsedMessage(source="email", text="hi")) is None
    assert safe_html(ParsedMessage(source="email", html=" \n")) is None


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("cid:photo1@client", '<img data-picture="1" alt="">'),
        ("CID:Photo1%40Client", '<img data-picture="1" alt="">'),
        ("cid:<photo1@client>", '<img data-picture="1" alt="">'),
        ("cid:other", '<span class="missing">[picture missing]</span>'),
        ("cid:../../admin", '<span class="missing">[picture missing]</span>'),
        ("https://pictures.example/a.png?x=1&y=2", '<img data-remote="0" alt="">'),
        ("//pictures.example/a.png", ""),
        ("/t/1/m/2/raw", ""),
        ("data:image/png;base64,iVBORw0KGgo=", '<img src="data:image/png;base64,iVBORw0KGgo=" alt="">'),
        ("data:image/svg+xml;base64,PHN2Zz4=", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("blob:https://x/y", ""),
    ],
)
def test_pictures_become_numbers(source: str, shown: str) -> None:
    assert cleaned(f"<img src='{source}'>", NOTE, PHOTO).html == shown


def test_pictures_elsewhere_are_counted_kept_and_not_loaded() -> None:
    found = cleaned(
        "<img src=http://a.example/1.png alt='our logo'><img src=https://b.example/2.png width=40><img src='cid:photo1@client'>", PHOTO
    )
    assert (found.blocked, found.remote) == (2, ("https://a.example/1.png", "https://b.example/2.png"))
    assert pictures_in(found.html) == (0,)
    assert "example" not in found.html


@pytest.mark.parametrize("pixel", ["width=1 height=1", "width=0", "style='width:1px'", "style='display:block;height: 0px !important'"])
def test_a_picture_of_one_pixel_is_never_loaded(pixel: str) -> None:
    found = cleaned(f"<img src=https://t.example/open.gif {pixel}>x")
    assert (found.html, found.remote, found.trackers) == ("x", (), 1)


def test_a_mail_of_thousands_of_pictures_and_links_keeps_the_first_ones() -> None:
    found = cleaned("<img src=https://a.example/1>" * 900 + "<a href=https://a.example/>x</a>" * 3000)
    assert (found.blocked, found.html.count("<img")) == (200, 200)
    assert found.html.count("<a ") == 2000
    assert found.html.endswith("xxx")


def test_addresses_are_put_in_only_where_they_are_given() -> None:
    found = cleaned("<img src=cid:photo1@client alt=a><img src=https://b.example/?a=1&b=%22><img src=https://c.example/2>", PHOTO)
    shown = with_pictures(found.html, {0: "/t/1/m/2/cid/0.x"}, {0: found.remote[0]})
    assert shown == '<img src="/t/1/m/2/cid/0.x" alt="a"><img src="https://b.example/?a=1&amp;b=%22" alt=""><img data-remote="1" alt="">'


@pytest.mark.parametrize(
    "written",
    ['<img data-picture="0">', '<img data-remote="0" alt="x">', '&lt;img data-picture="0"', "<p title='<img data-picture=\"0\"'>x</p>",
     '<img alt=\'<img data-picture="0"\' src=cid:none>', "<a href='https://x.example/<img data-picture=\"0\"'>x</a>"],
)  # fmt: skip
def test_nobody_can_write_our_marks(written: str) -> None:
    found = cleaned(written + "<img src=cid:photo1@client><img src=https://b.example/1>", PHOTO)
    shown = with_pictures(found.html, {0: "OURS"}, {0: "THEIRS"})
    assert (shown.count('src="OURS"'), shown.count('src="THEIRS"')) == (1, 1)


@pytest.mark.parametrize(
    ("link", "note", "odd"),
    [
        ("<a href=https://client.example/a>our photos</a>", "", ""),
        ("<a href=https://www.client.example/a>client.example</a>", "", ""),
        ("<a href=https://client.example/a.jpg>photo.jpg</a>", "", ""),
        ("<a href=https://evil.example/>https://dropbox.com/s/1</a>", "[evil.example]", "says dropbox.com"),
        ("<a href=https://evil.example/>drop\u200bbox.com</a>", "[evil.example]", "says dropbox.com"),
        ("<a href=https://evil.example/><b>dropbox</b>.com</a>", "[evil.example]", "says dropbox.com"),
        ("<a href=https://studi0.example/>x</a>", "[studi0.example: looks like studio.example", "looks like studio.example"),
        ("<a href=https://xn--80ak6aa92e.com/>x</a>", "[аррӏе.com: is written in foreign letters", "is written in foreign letters"),
        ("<a href=https://xn--mller-kva.example/>x</a>", "[müller.example]", ""),
    ],
)
def test_a_link_says_where_it_leads_when_its_words_do_not(link: str, note: str, odd: str) -> None:
    found = cleaned(link)
    assert note in found.html
    assert ('<span class="' in found.html) == bool(note)
    assert [one.because[: len(odd)] for one in found.odd_links] == ([odd] if odd else [])


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "java\nscript:x",
        "\u2028javascript:x",
        "/t/1",
        "//evil.example",
        "ftp://x.example",
        "data:text/html,x",
        "mailto:a@b.example?subject=x&body=y",
        "",
    ],
)
def test_an_address_that_is_no_web_or_mail_address_is_only_its_words(href: str) -> None:
    assert cleaned(f'<a href="{href}">words</a>').html == "words"


def test_links_open_in_a_tab_that_knows_nothing_of_the_desk() -> None:
    assert cleaned("<a href='HTTPS:\\\\Client.example\\x' target=_self rel=opener>x</a>").html == (
        '<a href="https://client.example/x" title="client.example" target="_blank" rel="noopener noreferrer nofollow">x</a>'
    )
    assert 'href="mailto:ann@client.example"' in cleaned("<a href=mailto:ann@client.example>x</a>").html


@pytest.mark.parametrize(
    ("html", "because"),
    [
        ("<div>" * 300, "nested very deep"),
        ("<div/>" * 300, "nested very deep"),
        ("x" * 1_048_577, "very long"),
        ("<br>" * 20_001, "tens of thousands of tags"),
        ("&amp;" * 30_001, "tens of thousands of tags"),
        ("<p " + " ".join(f"a{n}" for n in range(3000)) + ">", "hundreds of attributes"),
        ("".join(f"<b a={n}>" for n in range(200)) + "<p>x" * 500, "leaves hundreds of tags open"),
        ("<svg>" + "<g>" * 1100, "drawings"),
    ],
)
def test_html_that_would_cost_a_parser_too_much_is_told_and_not_parsed(html: str, because: str) -> None:
    found = cleaned(html)
    assert found.html == ""
    assert because in found.problem
