"""Machines get no answer; what a person wrote is never taken for a machine's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.check.automatic import automatic
from mailbot.model.message import Address, CommentFacts, DeliveryReport, OwnMarks, ParsedMessage
from mailbot.model.tokens import sign_message_id
from tests.check.reading import emptied, words

OWN = OwnMarks(domain="desk.example", secret=b"s" * 32, addresses=frozenset({"support@desk.example"}))
CLIENT = ParsedMessage(source="email", sender=Address("Ann", "ann@client.example"))
NOTHING: dict[str, str] = {}
ROWS = [
    ("auto_reply", "Automatic reply: Order 10231", "I am away.", {}),
    ("auto_reply", "Abwesenheitsnotiz: Order 20114", "Vielen Dank für Ihre Nachricht.", {}),
    ("auto_reply", "Réponse automatique : commande", "Je suis absente.", {}),
    ("auto_reply", "Autosvar: leveranstid", "Hej!", {}),
    ("auto_reply", "Automatisk svar: levering", "Hei", {}),
    ("auto_reply", "Automaattinen vastaus: tilaus", "Hei", {}),
    ("auto_reply", "Automatisch antwoord: foto's", "Hallo", {}),
    ("auto_reply", "Respuesta automática: pedido", "Hola", {}),
    ("auto_reply", "Risposta automatica: ordine", "Ciao", {}),
    ("auto_reply", "Resposta automática: pedido", "Olá", {}),
    ("auto_reply", "Automatyczna odpowiedź: zlecenie", "Dzień dobry", {}),
    ("auto_reply", "Automatická odpověď: zakázka", "Dobrý den", {}),
    ("auto_reply", "Automatikus válasz: rendelés", "Jó napot", {}),
    ("auto_reply", "Out of office", "I am currently out of the office until Monday.", {}),
    ("auto_reply", "Urlaub", "Ich bin bis Montag im Urlaub.", {}),
    ("auto_reply", "Re: Order 10231", "Thank you for your e-mail. I am on annual leave until 29 June.", {}),
    ("auto_reply", "Order 10231", "gone", {"auto-submitted": "auto-replied"}),
    ("auto_reply", "We received your mail", "Your request has been received.", {}),
    ("auto_reply", "Case 12", "This is an automated message, please do not reply.", {}),
    ("auto_reply", "hello", "hi", {"x-autoreply": "yes"}),
    ("auto_reply", "hello", "hi", {"auto-submitted": "auto-replied", "precedence": "bulk"}),
    ("auto_reply", "hello", "hi", {"return-path": "<>"}),
    ("bounce", "Delivery Status Notification (Delay)", "later", {"return-path": "<>"}),
    ("bounce", "Undelivered Mail Returned to Sender", "This is the mail system at host mx.example.", {}),
    ("bounce", "x", "y", {"content-type": "multipart/report; report-type=delivery-status"}),
    ("bounce", "x", "y", {"x-failed-recipients": "a@b.example"}),
    ("report", "x", "y", {"content-type": "multipart/report; report-type=disposition-notification"}),
    ("report", "x", "y", {"content-type": "multipart/report; report-type=feedback-report"}),
    ("report", "Read: Order 31544", "Your message was read on 10 June.", {}),
    ("report", "x", "y", {"x-challenge-response": "1", "auto-submitted": "auto-replied"}),
    ("report", "Please confirm your message", "To have your message delivered, write back with your name.", {}),
    ("bulk", "news", "hi", {"list-id": "<x.example>"}),
    ("bulk", "news", "hi", {"precedence": "bulk"}),
    ("bulk", "7 trends", "You are receiving this email because you like us. Unsubscribe.", {}),
    ("own", "x", "y", {"x-mailbot-ticket": "12"}),
    ("own", "x", "y", {"x-loop": "support@desk.example"}),
    ("person", "out of office and order 45570", "I'll be out of office from tomorrow, so please mail the set to my colleague.", {}),
    ("person", "Out of office", "I am out of the office tomorrow, can you send it to Nina?", {}),
    ("person", "order 12", "Thanks for your message. I am on vacation soon, please fix the sky.", {}),
    ("person", "FW: Order 81190", "Amendment: add the boat house", {"auto-submitted": "auto-generated", "x-ms-exchange-generated-message-source": "Mailbox Rules Agent"}),
    ("person", "Fwd: Correction", "pink garage", {"precedence": "bulk", "x-forwarded-to": "support@desk.example"}),
    ("person", "Fwd: Automatic reply: order", "what does this mean?", {}),
    ("person", "Fwd: Undelivered Mail Returned to Sender", "I got this, did you?", {}),
    ("person", "order", "hi", {"auto-submitted": "no"}),
    ("person", "order", "hi", {"list-id": "<support.desk.example>", "list-post": "<mailto:support@desk.example>"}),
    ("person", "read this", "the sofa is wrong", {}),
    ("person", "returned mail order 12", "you returned the wrong file", {}),
    ("auto_reply", "Out of Office: Order 70811", "I'm on parental leave until September. About a correction write to Tom.", {}),
    ("auto_reply", "Re: Automatic reply: Order 10231", "I am currently out of the office until Monday.", {}),
    ("person", "RE: Automatic reply: order", "Your robot is quick. The credit arrived, thank you.", {}),
    ("person", "Out of office", "I am out of the office from Monday, so before I leave: the railing on image 2 has disappeared.", {}),
    ("auto_reply", "Re: Order 53301 delivered", "I'm on parental leave until October. Ove Dahl looks after my orders and corrections.", {}),
    ("auto_reply", "RE: Order 60077", "Your request has been created with id 41186. A technician will look at it.", {}),
    ("auto_reply", "Re: Order 66271 - image 8", "Annual leave. Back 11/8.", {}),
    ("person", "Re: Order 12", "I'm on parental leave until October, contact my colleague Ove. Could you give him access?", {}),
    ("person", "New message", "The hedge has two colours. This mail was sent from a contact form.", {"auto-submitted": "auto-generated"}),
    ("bulk", "Accepted: call about the order", "Theresa Voss has accepted this invitation.", {}),
    ("report", "[Abuse #20718] about 192.0.2.77", "A user has marked a message as unwanted. Complaints are passed on.", {}),
    ("person", "Re: Order 12", "I am out of office. I am back on Monday. We ordered dusk for Elm Street.", {}),
    ("person", "Closed: the door of the balcony", "Please contact my colleague in the meantime, the photos are for her.", {}),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "subject", "text", "headers"), ROWS, ids=lambda v: str(v)[:40])
def test_the_writer_is_told_with_true_words(verdict: str, subject: str, text: str, headers: dict[str, str]) -> None:
    m = replace(CLIENT, subject=subject, text=text, headers=tuple(headers.items()))
    found = automatic(m, words("automatic"), OWN)
    assert found.verdict == verdict
    assert all({"subject": subject, "text": text}[s.where][s.start : s.end] == s.words for s in found.evidence.spans)


@pytest.mark.parametrize(
    ("role", "external_id", "verdict"), [("client", "", "person"), ("client", "mb-1", "person"), ("system", "", "own"), ("staff", "mailbot-1", "own"), ("staff", "", "person"), ("staff", "crm-77", "person")]
)  # fmt: skip
def test_an_order_comment_is_judged_by_its_role(role: str, external_id: str, verdict: str) -> None:
    facts = CommentFacts(comment_id="1", order_id="2", role=role, visibility="client", external_id=external_id)  # type: ignore[arg-type]  # table rows
    m = ParsedMessage(source="order_comment", text="Automatic reply: out of office", comment=facts)
    assert automatic(m, words("automatic"), OWN).verdict == verdict


def test_our_signed_mail_that_comes_back_is_our_own() -> None:
    signed = sign_message_id(OWN.secret, OWN.domain, 12, "key")
    assert automatic(replace(CLIENT, message_id=signed), words("automatic"), OWN).verdict == "own"


def test_a_mail_with_our_address_is_own_only_where_a_machine_sent_it() -> None:
    ours = replace(CLIENT, sender=Address("Desk", "support@desk.example"), text="hello")
    assert automatic(ours, words("automatic"), OWN).verdict == "person"
    assert automatic(replace(ours, own_text=True), words("automatic"), OWN).verdict == "own"


def test_a_delivery_status_makes_a_bounce() -> None:
    m = replace(CLIENT, report=DeliveryReport(failed_addresses=("x@y.example",)))
    assert automatic(m, words("automatic"), OWN).verdict == "bounce"


def test_a_reply_to_our_signed_mail_is_no_newsletter() -> None:
    m = replace(CLIENT, thread_ids=(sign_message_id(OWN.secret, OWN.domain, 12, "k"),), headers=(("list-unsubscribe", "<x>"),))
    assert automatic(m, words("automatic"), OWN).verdict == "person"


@pytest.mark.parametrize(
    ("field", "row"),
    [("auto_subjects", 0), ("maybe_subjects", 13), ("absence_texts", 15), ("thanks_texts", 15), ("received_subjects", 17), ("machine_texts", 18),
     ("auto_headers", 19), ("bounce_subjects", 22), ("bounce_texts", 23), ("receipt_subjects", 28), ("receipt_texts", 28), ("report_headers", 29),
     ("report_subjects", 30), ("report_texts", 30), ("bulk_headers", 31), ("bulk_texts", 33), ("own_headers", 34), ("work_words", 58), ("stand_in_texts", 51), ("registered_texts", 52),
     ("wish_words", 54), ("form_texts", 55), ("notice_texts", 56), ("forwarded_headers", 40)],
)  # fmt: skip
def test_every_list_is_needed(field: str, row: int) -> None:
    verdict, subject, text, headers = ROWS[row]
    m = replace(CLIENT, subject=subject.removeprefix("Fwd: "), text=text, headers=tuple(headers.items()))
    assert automatic(m, emptied("automatic", field), OWN).verdict != verdict


def test_the_daemon_is_known_by_its_address() -> None:
    m = replace(CLIENT, sender=Address("", "mailer-daemon@x.example"), headers=(("return-path", "<>"),))
    assert automatic(m, words("automatic"), OWN).verdict == "bounce"
    assert automatic(m, emptied("automatic", "bounce_senders"), OWN).verdict != "bounce"


def test_an_accountant_who_wants_something_is_a_person() -> None:
    m = replace(
        CLIENT,
        sender=Address("", "billing@client.example"),
        subject="Invoice 12",
        text="Your invoice is attached twice. Please send a new one.",
    )
    assert automatic(m, words("automatic"), OWN).verdict == "person"


def test_a_notice_needs_words_of_its_text() -> None:
    m = replace(
        CLIENT, sender=Address("", "voicemail@client.example"), subject="New voicemail", text="It is about the house in Elm Street."
    )
    assert automatic(m, words("automatic"), OWN).verdict == "person"


def test_a_survey_asks_but_two_signs_and_a_question_are_a_person() -> None:
    m = replace(CLIENT, sender=Address("", "office@client.example"), subject="Hello", text="Your invoice is overdue. Are you there?")
    assert automatic(m, words("automatic"), OWN).verdict == "person"
    assert automatic(replace(m, subject="Reminder: invoice"), words("automatic"), OWN).verdict == "bulk"


def test_who_tells_of_a_full_mailbox_and_wants_the_mail_again_is_a_person() -> None:
    m = replace(CLIENT, subject="Re: Mail delivery failed", text="My mailbox was full, could you send yesterday's mail again?")
    assert automatic(m, words("automatic"), OWN).verdict == "person"


@pytest.mark.parametrize("sender", ["mail-filter@gate.example", "gateway@gate.example"])
def test_a_bounce_in_prose_is_told_by_two_of_its_words_or_by_its_sender(sender: str) -> None:
    one = replace(CLIENT, sender=Address("", sender), subject="Message too large", text="None of it has been kept.")
    two = replace(one, text="Your message could not be delivered to Jo. Mailbox is full.")
    assert automatic(two, words("automatic"), OWN).verdict == "bounce"
    assert automatic(one, words("automatic"), OWN).verdict == ("bounce" if sender.startswith("gateway") else "person")


def test_who_is_away_and_asks_is_a_person() -> None:
    m = replace(
        CLIENT, subject="Re: 61162", text="I'm out of the office from tomorrow, I will be away until the 10th. Is it all right then?"
    )
    assert automatic(m, words("automatic"), OWN).verdict == "person"
    assert automatic(replace(m, text=m.text.replace(" Is it all right then?", "")), words("automatic"), OWN).verdict == "auto_reply"


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("office@client.example", "your mail", "The mail you sent was rejected by our server, the attachment exceeds the limit."),
        (
            "jo@client.example",
            "mailbox full",
            "Your message could not be delivered yesterday because my mailbox was full. It works now, my provider says.",
        ),
        ("accounts@client.example", "Invoice 4410", "You charged us for ten images, invoice 4410 is overdue now but we got eight."),
    ],
)
def test_a_client_who_tells_of_a_machine_is_a_person(sender: str, subject: str, text: str) -> None:
    m = replace(CLIENT, sender=Address("", sender), subject=subject, text=text)
    assert automatic(m, words("automatic"), OWN).verdict == "person"


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_mail_is_judged(subject: str, text: str) -> None:
    assert automatic(replace(CLIENT, subject=subject, text=text), words("automatic"), OWN).verdict


@pytest.mark.parametrize("sender", ["postmaster@client.example", "bouncehouse@client.example"])
def test_a_client_whose_address_sounds_like_a_daemons_is_heard(sender: str) -> None:
    m = ParsedMessage(source="email", subject="x", text="Great pictures, we love them. Thank you!", sender=Address("", sender))
    assert automatic(m, words("automatic"), OwnMarks()).verdict == "person"


def test_without_a_list_of_daemons_a_mail_without_a_sender_is_not_from_one() -> None:
    """An empty list once matched the empty address."""
    m = ParsedMessage(source="email", subject="Undeliverable: Order 12", text="Please brighten image 4.")
    assert automatic(m, emptied("automatic", "bounce_senders"), OwnMarks()).verdict == "person"
