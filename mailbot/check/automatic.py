"""Who wrote it: a person or which kind of machine (docs/understanding.md, "automatic"; RFC 3834, 3464, 8098, 5965, 2919)."""

from __future__ import annotations

import re
from typing import NamedTuple

from mailbot.check.phrases import reply_prefix
from mailbot.check.signs import sent_by_service, signs
from mailbot.check.writer_case import Case, all_said, both, case_of, header_of, opens, said
from mailbot.model.finding import AutomaticFinding, Writer
from mailbot.model.message import Evidence, OwnMarks, ParsedMessage, Span
from mailbot.model.tokens import OWN_COMMENT, verify_message_id
from mailbot.model.words.automatic import AutomaticWords

_FORWARD = re.compile(r"\s*(?:fwd?|wg|vl|vs|tr|vb|rv|i|enc|pd|doorst)\s*:", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:([^\s>?,]{1,320})", re.IGNORECASE)


def automatic(message: ParsedMessage, words: AutomaticWords, own: OwnMarks) -> AutomaticFinding:
    """The first that holds: own, report, bounce, auto_reply, bulk; else a person wrote it."""
    if message.comment is not None:
        return _comment(message)
    case = case_of(message, own, words)
    for step in (_own, _report, _bounce, _auto_reply, _bulk, _machine, _by_signs):
        found = step(case)
        if found is not None:
            return found
    form = _form(case)
    if form:
        return _found("person", "a web form sent it; a person wrote it", form)
    return AutomaticFinding(verdict="person", evidence=Evidence(case.forwarded or "no sign of a machine"))


def _comment(message: ParsedMessage) -> AutomaticFinding:
    facts = message.comment
    if facts is None or facts.role == "client":
        return _found("person", "an order comment of the client")
    if facts.role == "system":
        return _found("own", "an order comment of the order system itself")
    if facts.external_id.startswith(OWN_COMMENT):  # another tool of the company may set ids of its own: still a colleague's words
        return _found("own", f"an order comment that we wrote ({facts.external_id})")
    return _found("person", "an order comment of our staff")


def _own(case: Case) -> AutomaticFinding | None:
    message, own = case.message, case.own
    if header := header_of(message, case.to_find.own_headers):
        return _found("own", f"header {header} is ours")
    if own.secret and message.message_id and verify_message_id(own.secret, message.message_id):
        return _found("own", "its Message-ID carries our signature")
    loops = " ".join(message.headers_named("x-loop")).lower()
    if loops and any(mark and mark in loops for mark in (*own.addresses, own.domain)):
        return _found("own", "header X-Loop names us")
    from_us = message.sender is not None and message.sender.address in own.addresses
    if from_us and (message.own_text or case.auto_submitted not in ("", "no")):
        return _found("own", "sent from our address by a machine")
    return None


def _report(case: Case) -> AutomaticFinding | None:
    message, find = case.message, case.to_find
    kind = _content_type(message)
    if "disposition-notification" in kind:
        return _found("report", "a read receipt (multipart/report, disposition-notification)")
    if "feedback-report" in kind:
        return _found("report", "an abuse report (multipart/report, feedback-report)")
    if header := header_of(message, find.report_headers):
        return _found("report", f"header {header}")
    spans = both(case, find.receipt_subjects, "receipt_texts")
    if spans:
        return _found("report", "a read receipt by its words", *spans)
    texts = all_said(case, "report_texts")
    spans = both(case, find.report_subjects, "report_texts") or (tuple(texts) if len(texts) > 1 else ())
    if spans and not message.thread_ids:
        return _found("report", "a challenge or abuse report by its words", *spans)
    return None


def _bounce(case: Case) -> AutomaticFinding | None:
    message, find = case.message, case.to_find
    kind = _content_type(message)
    if "delivery-status" in kind or (kind.startswith("multipart/report") and "report-type" not in kind):
        return _found("bounce", "a delivery status report (RFC 3464)")
    if message.report is not None and (message.report.failed_addresses or message.report.status):
        return _found("bounce", "it holds a delivery status (RFC 3464)")
    if message.header("x-failed-recipients"):
        return _found("bounce", "header X-Failed-Recipients")
    subject = opens(case.subject, find.bounce_subjects, case.message.subject)
    text = said(case, "bounce_texts")
    local = message.sender.address.partition("@")[0] if message.sender else ""
    daemon = bool(find.bounce_senders.fullmatch(local))
    if daemon and (subject or text or case.null_sender):
        return _found("bounce", f"from {local}", *(s for s in (subject, text) if s))
    by_machine = case.null_sender or case.auto_submitted not in ("", "no") or (text and not said(case, "wish_words"))
    if subject and by_machine and not _passed_on(case):
        return _found("bounce", "an undeliverable notice by its subject", subject, *(s for s in (text,) if s))
    return _bounce_by_words(case) if text else None


def _bounce_by_words(case: Case) -> AutomaticFinding | None:
    """Without a telling subject: two such things, or one from an address of programs."""
    if _passed_on(case) or _concerns_us(case):
        return None
    texts = all_said(case, "bounce_texts")
    service = sent_by_service(case.message, case.words)
    if len(texts) > 1 or service:
        return _found("bounce", f"an undeliverable notice by its words{service and f', sent from {service}@'}", *texts[:2])
    return None


def _auto_reply(case: Case) -> AutomaticFinding | None:
    message, find = case.message, case.to_find
    if case.auto_submitted.startswith("auto-replied"):
        return _found("auto_reply", "header Auto-Submitted: auto-replied (RFC 3834)")
    if header := header_of(message, find.auto_headers):
        return _found("auto_reply", f"header {header}")
    if _passed_on(case):
        return None
    subject = opens(case.subject, find.auto_subjects, message.subject)
    alone = subject is not None and (
        reply_prefix(message.subject) or (not message.subject[subject.end :].strip() and said(case, "wish_words"))
    )
    if subject and (not alone or said(case, "absence_texts") or said(case, "machine_texts")):
        # "Re: Automatic reply", or these words alone above a wish: a person writes of what a machine sent them
        return _found("auto_reply", "the subject is that of an automatic reply", subject)
    return _auto_by_words(case)


class _Away(NamedTuple):
    """What tells that nobody reads the mail now, or that a program took it. `maybe`, `received`: in the subject."""

    absence: Span | None
    registered: Span | None
    maybe: Span | None
    received: Span | None


def _auto_by_words(case: Case) -> AutomaticFinding | None:
    find, subject = case.to_find, case.message.subject
    if machine := said(case, "machine_texts"):
        return None if _form(case) else _found("auto_reply", "says itself that no person wrote it", machine)
    away = _Away(
        absence=said(case, "absence_texts"),
        registered=said(case, "registered_texts"),
        maybe=opens(case.subject, find.maybe_subjects, subject),
        received=opens(case.subject, find.received_subjects, subject),
    )
    if away.maybe and away.absence and subject[away.maybe.end :].lstrip().startswith(":"):
        # "Out of office: Order 12" is put before our subject by a program; it may speak of work that a colleague takes over
        return _found("auto_reply", "subject and text are those of an absence notice", away.maybe, away.absence)
    if not any(away) or said(case, "wish_words"):
        return None
    about_work = said(case, "work_words")
    return _who_helps(case, away, about_work) or (None if about_work else _plain_notice(case, away))


def _who_helps(case: Case, away: _Away, about_work: Span | None) -> AutomaticFinding | None:
    """Whether or not it speaks of the work."""
    # A subject such as "Closed" may speak of a door: beside words about work it tells nothing by itself.
    told = away.absence or away.registered or (None if about_work else away.maybe)
    if told and (stand_in := said(case, "stand_in_texts")):
        what = "that its reader is away" if away.absence or away.maybe else "that a mail was registered"
        return _found("auto_reply", f"says {what}, and who helps or when, and wants nothing", told, stand_in)
    registered = away.registered
    thanks = next((t for t in all_said(case, "thanks_texts") if registered and not t.meets(registered)), None)
    if registered and thanks:
        return _found("auto_reply", "thanks for a mail and says that it was registered", thanks, registered)
    return None


def _plain_notice(case: Case, away: _Away) -> AutomaticFinding | None:
    """Of a text without a word about work."""
    thanks = said(case, "thanks_texts")
    if away.absence and away.maybe:
        return _found("auto_reply", "subject and text are those of an absence notice", away.maybe, away.absence)
    if away.absence and thanks:
        return _found("auto_reply", "thanks for a mail and says that its reader is away", thanks, away.absence)
    absences = all_said(case, "absence_texts")
    if len(absences) > 1 and "?" not in case.message.text:
        return _found("auto_reply", "says that its reader is away, and why or until when", *absences[:2])
    if away.registered and sent_by_service(case.message, case.words):
        return _found("auto_reply", "an office says that a mail was registered, and nothing else", away.registered)
    if away.received and thanks:
        return _found("auto_reply", "confirms that a mail was received", away.received, thanks)
    return None


def _bulk(case: Case) -> AutomaticFinding | None:
    message, find = case.message, case.to_find
    list_addresses = {a.lower() for value in message.headers_named("list-post") for a in _MAILTO.findall(value)}
    if list_addresses and list_addresses <= case.own.addresses:
        return None  # our own mailbox is a group: every client's mail carries its list headers
    header = header_of(message, find.bulk_headers)
    if header and not (header.startswith("precedence") and case.forwarded) and not _answers_us(case):
        return _found("bulk", f"header {header}")
    if (notice := said(case, "notice_texts")) and not _passed_on(case) and not said(case, "wish_words"):
        return _found("bulk", "a notice of a program, portal or calendar by its words", notice)
    spans = all_said(case, "bulk_texts")
    if len(spans) >= 2 and not message.thread_ids:
        return _found("bulk", "a newsletter by its words", *spans[:3])
    return None


def _machine(case: Case) -> AutomaticFinding | None:
    """What is left with a machine's mark and nobody who passed it on."""
    if case.forwarded or _passed_on(case) or _answers_us(case) or _form(case):
        return None
    if case.auto_submitted not in ("", "no"):
        return _found("auto_reply", f"header Auto-Submitted: {case.auto_submitted}")
    if case.null_sender:
        return _found("auto_reply", "sent without return address, as only machines do (RFC 3834)")
    return None


def _by_signs(case: Case) -> AutomaticFinding | None:
    """The last step: weighs what tells nothing alone. Who wants something of us, answers us or speaks of the work is a person."""
    if case.forwarded or case.message.thread_ids or _passed_on(case) or _form(case):
        return None
    found = signs(case.message, case.words, case.subject, [all_said(case, name) for name in ("affair_texts", "mass_texts", "bulk_texts")])
    if not found.enough(asks="?" in case.message.text) or _concerns_us(case):
        return None
    return _found("bulk", found.because, *found.words)


def _concerns_us(case: Case) -> bool:
    """It wishes something or speaks of the work."""
    return bool(said(case, "wish_words") or said(case, "work_words"))


def _form(case: Case) -> Span | None:
    """A machine's mail that holds what a person wrote into a form."""
    generated = case.auto_submitted not in ("", "no") or said(case, "machine_texts")
    return said(case, "form_texts") if generated else None


def _answers_us(case: Case) -> bool:
    return bool(case.own.secret) and any(verify_message_id(case.own.secret, i) for i in case.message.thread_ids[:50])


def _passed_on(case: Case) -> bool:
    """A person sent it on (`Fwd: Out of office`): its words are somebody else's."""
    return bool(_FORWARD.match(case.message.subject)) or case.message.forwarded is not None


def _content_type(message: ParsedMessage) -> str:
    """Lower case, with its parameters; only a report's own type counts, not that of a part."""
    kind = (message.header("content-type") or message.content_type).lower()
    told = kind.startswith(("multipart/report", "message/delivery-status", "message/disposition-notification", "message/feedback-report"))
    return kind if told else ""


def _found(verdict: Writer, because: str, *spans: Span) -> AutomaticFinding:
    return AutomaticFinding(verdict=verdict, evidence=Evidence(because, spans))
