"""Replies of the clients' mail programs in their languages: only what the client newly wrote is the text."""

from __future__ import annotations

import pytest

from mailbot.model.as_json import message_json
from mailbot.parse import html, lines, reply
from tests.parse.mails import OWN, read

ATTRIBUTIONS = {
    "english": "On Mon, Mar 3, 2026 at 10:00 AM Support <s@mb.example> wrote:",
    "english over two lines": "On Mon, Mar 3, 2026 at 10:00 AM Support <\ns@mb.example> wrote:",
    "english apple": "On 3 Mar 2026, at 10:00, Support <s@mb.example> wrote:",
    "german": "Am 03.03.2026 um 10:00 schrieb Support <s@mb.example>:",
    "german gmail": "Am Mo., 3. März 2026 um 10:00 Uhr schrieb Support <s@mb.example>:",
    "french": "Le lun. 3 mars 2026 à 10:00, Support <s@mb.example> a écrit :",
    "spanish": "El lun, 3 mar 2026 a las 10:00, Support (<s@mb.example>) escribió:",
    "italian over two lines": "Il giorno lun 3 mar 2026 alle ore 10:00 Support <s@mb.example> ha\nscritto:",
    "portuguese": "Em seg., 3 de mar. de 2026 às 10:00, Support <s@mb.example> escreveu:",
    "dutch": "Op ma 3 mrt. 2026 om 10:00 schreef Support <s@mb.example>:",
    "dutch apple": "Op 3 mrt. 2026 om 10:00 heeft Support <s@mb.example> het volgende geschreven:",
    "swedish": "Den mån 3 mars 2026 kl 10:00 skrev Support <s@mb.example>:",
    "norwegian": "man. 3. mars 2026 kl. 10:00 skrev Support <s@mb.example>:",
    "danish": "Den man. 3. mar. 2026 kl. 10.00 skrev Support <s@mb.example>:",
    "polish": "pon., 3 mar 2026 o 10:00 Support <s@mb.example> napisał(a):",
    "finnish": "ma 3. maalisk. 2026 klo 10.00 Support (s@mb.example) kirjoitti:",
    "russian": "пн, 3 мар. 2026 г. в 10:00, Support <s@mb.example>:",
    "ukrainian": "пн, 3 бер. 2026 р. о 10:00 Support <s@mb.example> пише:",
    "japanese": "2026年3月3日(火) 10:00 Support <s@mb.example>:",
}
BLOCKS = {
    "english": "From: Support <s@mb.example>\nSent: Monday, March 3, 2026 10:00 AM\nTo: Ann\nSubject: RE: x",
    "english bold": "*From:* Support <s@mb.example>\n*Sent:* Monday\n*To:* Ann\n*Subject:* RE: x",
    "german": "Von: Support <s@mb.example>\nGesendet: Montag, 3. März 2026 10:00\nAn: Anna\nBetreff: AW: x",
    "french": "De : Support <s@mb.example>\nEnvoyé : lundi 3 mars 2026 10:00\nÀ : Anna\nObjet : RE: x",
    "spanish": "De: Support <s@mb.example>\nEnviado: lunes, 3 de marzo\nPara: Ana\nAsunto: RE: x",
    "italian": "Da: Support <s@mb.example>\nInviato: lunedì 3 marzo\nA: Anna\nOggetto: R: x",
    "portuguese": "De: Support <s@mb.example>\nEnviada em: segunda-feira\nPara: Ana\nAssunto: RES: x",
    "dutch": "Van: Support <s@mb.example>\nVerzonden: maandag 3 maart\nAan: Anna\nOnderwerp: RE: x",
    "swedish": "Från: Support <s@mb.example>\nSkickat: den 3 mars 2026\nTill: Anna\nÄmne: SV: x",
    "norwegian": "Fra: Support <s@mb.example>\nSendt: mandag 3. mars\nTil: Anna\nEmne: SV: x",
    "polish": "Od: Support <s@mb.example>\nWysłano: poniedziałek\nDo: Anna\nTemat: x",
    "russian": "От: Support <s@mb.example>\nОтправлено: 3 марта\nКому: Anna\nТема: x",
    "finnish": "Lähettäjä: Support <s@mb.example>\nLähetetty: maanantai\nVastaanottaja: Anna\nAihe: x",
}
KEPT = {
    "words like header fields": "From: my point of view\nTo: be clear\nDate: unclear\nimage 3 is dark",
    "a German point of view": "Fix\n\nVon meinem Standpunkt aus ist Bild 3 zu dunkel",
    "something sent in Swedish": "Skickat från fel order, bild 3 ska bort",
    "an external wall": "External: the outside wall on image 3 is crooked",
    "a warning about a link": "Warning: image 3 has a broken link on the external gallery",
    "best as a word": "Fix\n\nBest if you redo image 3\nsee https://x.example/1\nand https://x.example/2",
    "thanks and a link to an image": "Fix\n\nThank you\n+ image 5 https://x.example/5",
    "labels that look like header fields": "Image 3: too dark\nImage 4: date: wrong\nTo: do it again",
    "a sentence about a note": "On 3 March 2026 I got order 10231 and the note said:\nplease use more sky\nThanks",
    "rules between points": "Points:\n-----\nimage 3 is dark, please make it brighter for the agent\n-----\nimage 4 too",
    "a closing with a postscript": "Fix it\n\nBest regards,\nAnn\n\nPS: image 5 also, see www.x.example for the old one",
    "a closing with a bare name": "Fix it\n\nBest regards,\nAnn",
    "a table with bars": "| 3 | too dark |\n| 4 | too blue |",
    "one's own words behind quote signs only": "> please fix image 3",
    "points parted by dashes": "Please fix the sky\n--\nAnd the lawn should really be greener than it is now",
    "a link to look at below thanks": "Fix it\n\nThank you\nThe sheet of the house is here: https://x.example/sheet",
    "a rule about privacy": "One thing:\n\nGDPR: please blur the faces in image 3",
    "a confidential message in a picture": "Hi\n\nThe message on the sign in image 3 is confidential, blur it",
    "addresses to change": "Please change our account:\nFrom: old@x.example\nTo: new@x.example\nThanks a lot",
    "hours of access": "Date: 5 March\nFrom: 10:00\nTo: 12:00\nplease come then",
    "our words told to us": "On 3 March 2026, 10:15 you wrote:\nimage 3 will be redone\n\nThat has not happened.",
    "a colleague's words by hand": "On 3 March 2026 your editor wrote:\nthe sky is included\n\nIt is not.",
    "an address and a date before a list": "On 2 March 2026 I sent this to support@m.example:\nimage 3: blue\n\nNothing came.",
    "sent from an office": "Sent from the wrong phone, sorry.\nImage 3 is dark",
    "a company number on a sign": "Hi\n\nThe company number on the sign of image 3 must be readable",
}
FOOTERS = {
    "signature": "-- \nAnn Berg\nBerg Photo",
    "contact lines": "Kind regards\nAnn Berg\nBerg Photo Ltd\nTel: +44 20 1234567\nwww.berg.example",
    "german contact lines": "Mit freundlichen Grüßen\nAnna Berg\nBerg Foto GmbH\nTel: +49 30 1234567",
    "iphone": "Sent from my iPhone",
    "outlook": "Get Outlook for iOS",
    "german phone": "Von meinem iPhone gesendet",
    "french phone": "Envoyé de mon iPhone",
    "spanish phone": "Enviado desde mi iPhone",
    "swedish phone": "Skickat från min iPhone",
    "legal": "This email and any attachments are confidential and intended solely for the addressee.\nIf you are not the intended recipient delete it.",
    "german legal": "Diese E-Mail enthält vertrauliche und rechtlich geschützte Informationen.",
    "virus": "Virus-free. www.avast.com",
}


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_a_quote_under_a_wrote_line_is_cut(line: str) -> None:
    found = reply.trim(f"Image 3 is too dark.\n\n{line}\n\n> We delivered your order.\n> Bye\n")
    assert found.text == "Image 3 is too dark."
    assert "We delivered" in found.quoted


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_an_answer_below_the_quote_is_the_text(line: str) -> None:
    assert reply.trim(f"{line}\n> We delivered your order.\n\nImage 3 is too dark.\n").text == "Image 3 is too dark."


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_an_outlook_header_block_begins_the_quote(block: str) -> None:
    assert reply.trim(f"Image 3 is too dark.\n\n{block}\n\nDear Ann,\nwe delivered.\n").text == "Image 3 is too dark."


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_words_of_the_client_stay(text: str) -> None:
    assert reply.trim(text).text == text


@pytest.mark.parametrize("footer", FOOTERS.values(), ids=FOOTERS)
def test_a_footer_is_no_text(footer: str) -> None:
    found = reply.trim(f"Image 3 is too dark.\nPlease fix it.\n\n{footer}\n")
    assert found.text == "Image 3 is too dark.\nPlease fix it."
    assert footer.rsplit("\n", maxsplit=1)[-1] in found.signature


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_colours_that_a_client_gives_like_a_header_stay_above_the_true_one(block: str) -> None:
    colours = "Please change the wall:\nFrom: beige\nTo: grey\nSubject: living room only"
    assert reply.trim(f"{colours}\n\n{block}\n\nDear Ann,\nwe delivered.\n").text == colours


def test_a_title_with_written_blanks_begins_the_quote() -> None:
    assert reply.trim("太亮了\n\n------------------&nbsp;原始邮件&nbsp;------------------\n您好\n").text == "太亮了"


def test_answers_between_quoted_lines_are_kept() -> None:
    assert reply.trim("> image 3?\nYes brighter\n> image 4?\nno").text == "Yes brighter\nno"


def test_our_own_words_are_quoted_also_where_they_were_wrapped() -> None:
    parsed = read("From: a@b.example\n\nSky is grey.\n\nWe have read your message and\nwill come back to you\n")
    assert parsed.text == "Sky is grey."
    assert not parsed.own_text
    assert read("From: a@b.example\n\nWe have read your message and will come back to you\n").own_text


def test_everything_below_our_marker_line_is_ours() -> None:
    parsed = read(f"From: a@b.example\n\nSky is grey.\n\n{OWN.phrases[0]}\nHello Ann\nnice\n")
    assert parsed.text == "Sky is grey."


@pytest.mark.parametrize(
    "top", ["---------- Forwarded message ---------", "Begin forwarded message:", "-------- Weitergeleitete Nachricht --------"]
)
def test_a_forwarded_mail_names_who_wrote_it_first(top: str) -> None:
    parsed = read(
        f"From: a@b.example\nSubject: Fwd: sky\n\nSee below\n\n{top}\nFrom: Bob <bob@agent.example>\nSubject: sky\n\nIt is grey\n"
    )
    assert parsed.text == "See below"
    assert parsed.forwarded is not None
    assert (parsed.forwarded.name, parsed.forwarded.address) == ("Bob", "bob@agent.example")


BANNERS = {
    "english": "CAUTION: This email originated from outside of the organization. Do not click links or open attachments.",
    "seldom": "You don't often get email from ann@b.example. Learn why this is important",
    "short": "[EXTERNAL EMAIL]",
    "german": "Achtung: Diese E-Mail kommt von außerhalb des Unternehmens.",
    "french": "ATTENTION : ce courriel provient de l'extérieur.",
}


@pytest.mark.parametrize("banner", BANNERS.values(), ids=BANNERS)
def test_what_a_gateway_put_above_is_no_text(banner: str) -> None:
    found = reply.trim(f"{banner}\n\nImage 3 is too dark.")
    assert (found.text, found.quoted) == ("Image 3 is too dark.", banner)


def test_a_signature_s_container_is_no_text_unless_the_client_wrote_of_the_work_in_it() -> None:
    box = '<p>Image 3 is dark</p><div id="Signature"><div>Grace Ong</div><div>{}</div></div>'
    assert reply.trim(html.to_text(box.format("Property Consultant")).text).text == "Image 3 is dark"
    assert "image 4" in reply.trim(html.to_text(box.format("and image 4 too")).text).text


HTML = {
    "gmail": '<div dir="ltr">Image 3 is dark</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, Mar 3, 2026 at 10:00 AM S &lt;s@m.example&gt; wrote:<br></div><blockquote class="gmail_quote">old<div>inner</div></blockquote></div>',
    "outlook desktop": '<p>Image 3 is dark</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> S<br><b>Sent:</b> Monday</p></div><p>old</p>',
    "outlook web": '<div>Image 3 is dark</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Von:</b> S</div><div>old</div>',
    "thunderbird": '<p>Image 3 is dark</p><div class="moz-cite-prefix">Am 03.03.26 um 10:00 schrieb S:</div><blockquote type="cite">old</blockquote>',
    "apple": '<div>Image 3 is dark<br><blockquote type="cite"><div>On 3 Mar 2026, at 10:00, S wrote:</div>old</blockquote></div>',
    "yahoo": '<div>Image 3 is dark</div><div class="yahoo_quoted"><div>On Monday, S wrote:</div>old</div>',
    "proton": '<div>Image 3 is dark</div><div class="protonmail_quote">On Monday S wrote:<blockquote class="protonmail_quote">old</blockquote></div>',
    "hidden preheader": '<div style="display:none">old</div><p>Image 3 is dark</p>',
}


@pytest.mark.parametrize("markup", HTML.values(), ids=HTML)
def test_only_the_new_part_of_an_html_reply_is_the_text(markup: str) -> None:
    assert reply.trim(html.to_text(markup).text).text == "Image 3 is dark"


@pytest.mark.parametrize(
    "markup",
    [
        '<div>Please<blockquote style="margin:0 0 0 40px;border:none">brighten image 3</blockquote></div>',
        "<div>Please<blockquote>brighten image 3</blockquote></div>",
    ],
)
def test_one_s_own_indented_words_in_html_stay(markup: str) -> None:
    assert reply.trim(html.to_text(markup).text).text == "Please\n\nbrighten image 3"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param("<p>Image 3 is dark.</p><blockquote>Was it a correction?</blockquote>", "Image 3 is dark.", id="below the words"),
        pytest.param("<p>Image 3 is dark</p><p>Ann</p><blockquote>Hello Ann</blockquote>", "Image 3 is dark\n\nAnn", id="below the name"),
        pytest.param("<blockquote>Was it a correction?</blockquote><p>No.</p>", "No.", id="above the answer"),
        pytest.param(
            "<p>The owner says:</p><blockquote>The sky is grey</blockquote>", "The owner says:\n\nThe sky is grey", id="introduced"
        ),
        pytest.param("<p>On Monday S wrote:</p><blockquote>old</blockquote>", "On Monday S wrote:\n\nold", id="nothing but it"),
        pytest.param("<blockquote>The sky is grey</blockquote>", "> The sky is grey", id="alone"),
    ],
)
def test_a_blockquote_without_a_style_is_a_quote_unless_the_words_above_go_on_in_it(markup: str, text: str) -> None:
    assert reply.trim(html.to_text(markup).text).text == text


def test_links_behind_anchors_of_the_new_text_are_kept_and_quoted_ones_not() -> None:
    markup = '<p>See <a href="https://x.example/a">this</a> and https://x.example/b</p><blockquote type="cite"><a href="https://old.example">o</a></blockquote>'
    parsed = read(f"From: a@b.example\nContent-Type: text/html\n\n{markup}")
    assert parsed.text == "See this and https://x.example/b"
    assert [link.url for link in parsed.links] == ["https://x.example/a", "https://x.example/b"]
    assert parsed.links[0].start == -1
    assert parsed.text[parsed.links[1].start : parsed.links[1].end] == "https://x.example/b"


def test_links_that_only_the_html_twin_holds_are_found() -> None:
    raw = (
        "From: a@b.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee this\n"
        '--b\nContent-Type: text/html\n\n<p>See <a href="https://x.example/a">this</a></p>\n--b--\n'
    )
    parsed = read(raw)
    assert parsed.text == "See this"
    assert [link.url for link in parsed.links] == ["https://x.example/a"]


def test_a_link_of_the_html_twin_has_no_place_in_the_plain_text() -> None:
    raw = (
        "From: a@b.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee this, and more\n"
        "--b\nContent-Type: text/html\n\n<p>See https://x.example/a and <a href='https://x.example/b'>more</a></p>\n--b--\n"
    )
    assert [(link.url, link.start) for link in read(raw).links] == [("https://x.example/a", -1), ("https://x.example/b", -1)]


def test_the_end_of_a_very_long_html_text_holds_no_marks_of_ours() -> None:
    parsed = read("From: a@b.example\nContent-Type: text/html\n\n" + "<p>sky</p>" * 5000 + "<blockquote>lawn</blockquote>" * 500)
    assert "lawn" in parsed.quoted
    assert not lines.RESERVED.search(parsed.text + parsed.quoted)
    assert any("very long" in p for p in parsed.problems)


def test_five_thousand_nested_boxes_keep_their_text() -> None:
    assert "sky" in html.to_text("<div>" * 5000 + "sky").text


def test_a_link_that_stands_only_in_the_html_twin_marks_no_words_of_the_plain_text() -> None:
    parsed = read(
        "From: a@b.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        "The sky is dark, see https://client.example/a\n--b\nContent-Type: text/html\n\n<p>The sky is dark, see "
        '<a href="https://client.example/b">https://client.example/b</a> and https://client.example/a</p>\n--b--\n'
    )
    assert [(link.url, parsed.text[link.start : link.end] if link.start >= 0 else "") for link in parsed.links] == [
        ("https://client.example/a", "https://client.example/a"),
        ("https://client.example/b", ""),
    ]


def test_a_signature_that_begins_with_the_writer_s_name_gives_no_link() -> None:
    markup = (
        '<p>Image 12 is wrong</p><table><tr><td><b>Ann Berg</b><br><a href="https://x.example">Feedback: review us</a></td></tr></table>'
    )
    parsed = read(f"From: Ann Berg <a@b.example>\nContent-Type: text/html\n\n{markup}")
    assert parsed.text == "Image 12 is wrong"
    assert parsed.links == ()
    assert "Feedback" in parsed.signature


def test_a_header_block_in_a_language_nobody_listed_is_found_by_its_html_twin() -> None:
    plain = "Mynd 3 er of dökk.\n\nFrá: S\nDagsetning: 3. mars\nTil: Jón\nEfni: x\n\nHalló Jón, myndirnar eru tilbúnar."
    markup = '<p>Mynd 3 er of dökk.</p><div id="divRplyFwdMsg"><b>Frá:</b> S</div><p>Halló Jón, myndirnar eru tilbúnar.</p>'
    parsed = read(
        "From: j@b.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n"
        f"{plain}\n--b\nContent-Type: text/html; charset=utf-8\n\n{markup}\n--b--\n"
    )
    assert parsed.text == "Mynd 3 er of dökk."
    assert "tilbúnar" in parsed.quoted


def test_all_that_was_cut_off_is_kept_for_people() -> None:
    body = "Image 3 is dark.\n\n-- \nAnn Berg\n\nOn Tue, Mar 3, 2026 at 10:14 AM S <s@m.example> wrote:\n> Ready.\n"
    shown = message_json(read("From: a@b.example\n\n" + body))
    assert shown["text"] == "Image 3 is dark."
    assert shown["quoted"].split() == body.split()[4:]


def test_letters_that_are_our_own_marks_cut_and_link_nothing() -> None:
    parsed = read("From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\nImage 3\n\ue000\nand 4 \ue0010\ue002\n\ue003here\n")
    assert parsed.text.split() == ["Image", "3", "and", "4", "0", "here"]
    assert (parsed.quoted, parsed.links) == ("", ())


def test_a_page_sent_as_plain_text_is_read_as_a_page() -> None:
    parsed = read("From: a@b.example\nContent-Type: text/plain\n\n<html><body><p>Image 3 is <b>dark</b></p></body></html>\n")
    assert parsed.text == "Image 3 is dark"


def test_our_marks_written_as_entities_in_html_cut_and_link_nothing() -> None:
    parsed = read(
        "From: a@b.example\nContent-Type: text/html\n\n<p>Image 3</p><p>&#xE000;</p><p>and &#xE001;0&#xE002;4</p><a href='https://x.example'>x</a>"
    )
    assert parsed.text.split() == ["Image", "3", "and", "04", "x"]
    assert parsed.quoted == ""
