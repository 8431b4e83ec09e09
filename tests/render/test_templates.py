"""What clients and colleagues read (P40-P43), and what an operator learns of a broken template (X6)."""

from __future__ import annotations

import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from mailbot.errors import BadRules
from mailbot.model.decision import Reply
from mailbot.model.reply import SAMPLE_COMPANY, ReplyFacts, samples
from mailbot.render import Templates
from mailbot.render.templates import NOTICES, REPLIES, SNIPPETS
from mailbot.render.words import answer_subject, listed, local_time, paragraphs

ROOT = Path(__file__).resolve().parents[2] / "templates"
SHIPPED = Templates.load([ROOT])
FACTS = ReplyFacts(
    ticket=12, company=SAMPLE_COMPANY, name="Anna", kind="correction", claimed="correction", order="10231", orders=("10231",)
)


def reply(template: str = "acknowledgement", *snippets: str) -> Reply:
    return Reply(template=template, channel="email", to="anna@agency.example", send=True, because="", snippets=snippets)


def said(template: str = "acknowledgement", snippets: tuple[str, ...] = (), **facts: object) -> str:
    return SHIPPED.mail(reply(template, *snippets), replace(FACTS, **facts)).text  # type: ignore[arg-type]  # tests name the fields


@pytest.mark.parametrize("name", SHIPPED.names())
@pytest.mark.parametrize("sample", samples(), ids=lambda s: s.name)
def test_every_template_can_say_every_sample(name: str, sample) -> None:
    rendered = SHIPPED.preview(name, sample.facts)
    assert rendered.text.strip()
    assert "\n\n\n" not in rendered.text
    assert "49" not in rendered.subject


def test_everything_decide_names_has_a_template() -> None:
    names = SHIPPED.names()
    assert {f"email/{r}" for r in REPLIES} | {f"order_comment/{r}" for r in REPLIES} <= set(names)
    assert {f"notify/{n}" for n in NOTICES} | {f"snippets/{n}" for n in SNIPPETS} <= set(names)


@pytest.mark.parametrize("name", REPLIES)
def test_mail_text_html_and_order_comment_say_the_same_words(name: str) -> None:
    facts = replace(FACTS, items=("read",), text="Which of the two windows do you mean?", own_words=name == "message")
    mail, comment = SHIPPED.mail(reply(name), facts), SHIPPED.comment(name, facts)
    lead = mail.text.split("\n\n")[1].splitlines()[0]
    assert lead in unescape(mail.html)
    assert lead in comment
    assert name == "message" or any(lead.startswith(p) for p in SHIPPED.own_phrases()), "our words are not known as ours"


@pytest.mark.parametrize("name", REPLIES)
def test_our_own_text_is_recognised_by_its_marker_line(name: str) -> None:
    phrases = SHIPPED.own_phrases()
    for text in (SHIPPED.mail(reply(name), FACTS).text, SHIPPED.comment(name, FACTS)):
        assert any(line.startswith(phrases[0]) for line in text.splitlines())
    assert "[#12]" in SHIPPED.mail(reply(name), FACTS).subject


def test_client_text_is_data_in_text_and_html() -> None:
    hostile = "{{7*7}}<script>alert(1)</script>\r\nBcc: x@y.example\u202e"
    mail = SHIPPED.mail(reply(), replace(FACTS, name=hostile, subject=hostile, echo=True))
    assert "{{7*7}}" in mail.subject
    assert "{{7*7}}" in mail.html
    assert "<script>" not in mail.html
    assert "49" not in mail.text
    assert not set("\r\n\u202e") & set(mail.subject)


def test_a_reply_says_what_was_understood_what_comes_next_and_when() -> None:
    text = said(images=("4589",))
    for part in ("Hello Anna,", "a Correction", "order 10231", "image 4589", "5 to 20 minutes", "Quality Supervisor", "[#12]"):
        assert part in text
    assert "busier" in said(busy=True, expect=(20, 60))


def test_one_mail_asks_for_everything_and_shows_the_clients_own_order() -> None:
    text = said("ask", asks=("english", "keyword", "order", "details"), language="sv", images=("7",))
    for part in ("Skriv gärna", 'Example: "Correction: image 7 of order 10231', "Which order", "What should we change"):
        assert part in text
    assert "English, please" in said("ask", asks=("english",), language="xx")


def test_a_receipt_for_a_stranger_repeats_and_reveals_nothing() -> None:
    facts = {
        "name": "Eve",
        "subject": "buy pills",
        "images": ("99",),
        "order_url": "https://o/10231",
        "status": "delivered",
        "message": "pills",
    }
    mail = SHIPPED.mail(reply("receipt_unverified"), replace(FACTS, **facts))  # type: ignore[arg-type]  # as above
    for secret in ("Eve", "pills", "99", "10231", "delivered"):
        assert secret not in mail.text + mail.html + mail.subject


def test_status_refund_and_cancel_are_answered_in_words() -> None:
    full = samples()[0].facts
    assert "is in production. Its delivery time is Tuesday 24 November 2026 at 15:30 (Stockholm time, CET)." in said(
        requests=("status",), status="in_production", status_of="10231", due_at=full.due_at, time_zone="Europe/Stockholm"
    )
    assert "a person will confirm" in said("cancel_received", requests=("cancel",))
    assert "Maria Lind" in said(requests=("account_manager",), account_manager=SAMPLE_COMPANY.account_manager)
    assert "chance to fix it first" in said(snippets=("refund",))
    assert "assesses each part on its own" in said(kind="mixed", claimed=None)


def test_only_a_proved_sender_sees_their_subject_again() -> None:
    assert SHIPPED.mail(reply(), replace(FACTS, echo=True, subject="RE: Re: Sky [#9]")).subject == "Re: Sky [#12]"
    assert SHIPPED.mail(reply(), replace(FACTS, echo=False, subject="Sky")).subject == "We have received your message [#12]"


def test_a_notice_begins_with_its_subject() -> None:
    notice = SHIPPED.notice("cancel", replace(FACTS, message="please stop\nnow", author="Anna"))
    assert notice.subject == "Urgent: the client wants it stopped: [#12] order 10231"
    assert "please stop\nnow" in notice.text
    assert notice.html == ""


def test_an_operators_file_wins_over_the_shipped_one_and_changes_the_hash(tmp_path: Path) -> None:
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets/cost.txt").write_text("It is free on Mondays.\n")
    mine = Templates.load([tmp_path, ROOT])
    assert "free on Mondays" in mine.mail(reply("acknowledgement", "cost"), FACTS).text
    assert mine.hash != SHIPPED.hash
    assert Templates.load([ROOT]).hash == SHIPPED.hash


def test_all_faults_of_a_set_are_told_at_once(tmp_path: Path) -> None:
    mine = tmp_path / "templates"
    shutil.copytree(ROOT, mine)
    (mine / "email/ask/body.txt").write_text("{{ f.nothing }}")
    (mine / "email/acknowledgement/subject.txt").write_text("No tag")
    (mine / "snippets/cost.txt").write_text("{% if %}")
    (mine / "snippets/refund.txt").write_text("{{ 1 // 0 }}")
    (mine / "email/completed/body.txt").write_text("no marker")
    (mine / "notify/cancel.txt").unlink()
    (mine / "languages.toml").write_text("sv = 1\n")
    with pytest.raises(BadRules) as caught:
        Templates.load([mine])
    told = str(caught.value)
    for part in (
        "nothing",
        "lacks [#",
        "snippets/cost.txt",
        "ZeroDivisionError",
        "marker line",
        "notify/cancel.txt: is missing",
        "sv: is not a text",
        "fallback",
    ):
        assert part in told


def test_files_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "languages.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadRules, match="cannot be read as UTF-8"):
        Templates.load([tmp_path, ROOT])
    (tmp_path / "languages.toml").write_text("= =")
    with pytest.raises(BadRules, match="is not TOML"):
        Templates.load([tmp_path, ROOT])


def test_templates_cannot_reach_python(tmp_path: Path) -> None:
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets/cost.txt").write_text("{{ f.__class__.__mro__ }}")
    with pytest.raises(BadRules, match="unsafe"):
        Templates.load([tmp_path, ROOT])


@pytest.mark.parametrize(
    ("subject", "bare"),
    [("Re: AW: Fwd: Sky", "Sky"), ("Sky [#12] [#3]", "Sky"), ("Re:", ""), ("a\x00b\u202ec", "a b c"), ("x" * 130, "x" * 119 + "…")],
)
def test_a_subject_is_answered_without_its_prefixes(subject: str, bare: str) -> None:
    assert answer_subject(subject) == bare


def test_words_for_lists_times_and_paragraphs() -> None:
    due = samples()[0].facts.due_at
    assert due is not None
    assert local_time(due, "Mars/Olympus") == "Tuesday 24 November 2026 at 14:30 (UTC)"
    assert [listed(()), listed(("a",)), listed(("a", "b", "c"))] == ["", "a", "a, b and c"]
    html = paragraphs("See https://x.example/a?b=1&c=2.\n\n- <b>\n- two\n\nlast:\n- one")
    assert '<a href="https://x.example/a?b=1&amp;c=2">' in html
    assert "<ul><li>&lt;b&gt;</li><li>two</li></ul>" in html
    assert "<p>last:</p>" in html


def test_the_templates_page_names_every_template_and_variable() -> None:
    page = (ROOT.parent / "docs" / "templates.md").read_text(encoding="utf-8")
    missing = [n for n in (*SHIPPED.names(), *ReplyFacts.__dataclass_fields__) if f"`{n.rpartition('/')[2]}`" not in page]
    assert missing == []
