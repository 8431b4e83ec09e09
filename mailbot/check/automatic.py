"""Who wrote it: a person or which kind of machine (docs/understanding.md, "automatic"; RFC 3834, 3464, 8098, 5965, 2919)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mailbot.check.phrase_book import PhraseBook, book_of
from mailbot.check.phrase_reader import Hit
from mailbot.check.phrases import Folded, alternation, fold, reply_prefix
from mailbot.model.finding import AutomaticFinding, Writer
from mailbot.model.message import Evidence, OwnMarks, ParsedMessage, Span
from mailbot.model.tokens import OWN_COMMENT, verify_message_id
from mailbot.model.words.automatic import AutomaticWords

_FORWARD = re.compile(r"\s*(?:fwd?|wg|vl|vs|tr|vb|rv|i|enc|pd|doorst)\s*:", re.IGNORECASE)
TEXTS = (
    "bounce_texts",
    "report_texts",
    "receipt_texts",
    "absence_texts",
    "machine_texts",
    "registered_texts",
    "bulk_texts",
    "notice_texts",
)
_MORE_TEXTS = ("thanks_texts", "stand_in_texts", "work_words", "wish_words", "form_texts")  # asked only of what may be an automatic reply
_MAILTO = re.compile(r"mailto:([^\s>?,]{1,320})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Headers:
    """Wanted headers: (name, how its value begins) as written, and the names by which most headers are passed at once."""

    rows: tuple[tuple[str, str], ...]
    names: frozenset[str]
    beginnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Patterns:
    own_headers: _Headers
    forwarded_headers: _Headers
    auto_headers: _Headers
    bulk_headers: _Headers
    report_headers: _Headers
    bounce_senders: re.Pattern[str]
    bounce_subjects: re.Pattern[str]
    report_subjects: re.Pattern[str]
    receipt_subjects: re.Pattern[str]
    auto_subjects: re.Pattern[str]
    maybe_subjects: re.Pattern[str]
    received_subjects: re.Pattern[str]
    texts: PhraseBook  # one group for each of TEXTS
    more_texts: PhraseBook


@dataclass(frozen=True, slots=True)
class _Case:
    """One message with what the steps ask of it. `forwarded`: a rule or gateway passed it on."""

    message: ParsedMessage
    own: OwnMarks
    to_find: _Patterns
    subject: Folded
    text: Folded
    forwarded: str
    auto_submitted: str
    null_sender: bool


def automatic(message: ParsedMessage, words: AutomaticWords, own: OwnMarks) -> AutomaticFinding:
    """The first that holds: own, report, bounce, auto_reply, bulk; else a person wrote it."""
    if message.comment is not None:
        return _comment(message)
    case = _case(message, own, _patterns(words))
    for step in (_own, _report, _bounce, _auto_reply, _bulk, _machine):
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


def _own(case: _Case) -> AutomaticFinding | None:
    message, own = case.message, case.own
    if header := _header(message, case.to_find.own_headers):
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


def _report(case: _Case) -> AutomaticFinding | None:
    message, find = case.message, case.to_find
    kind = _content_type(message)
    if "disposition-notification" in kind:
        return _found("report", "a read receipt (multipart/report, disposition-notification)")
    if "feedback-report" in kind:
        return _found("report", "an abuse report (multipart/report, feedback-report)")
    if header := _header(message, find.report_headers):
        return _found("report", f"header {header}")
    spans = _both(case, find.receipt_subjects, "receipt_texts")
    if spans:
        return _found("report", "a read receipt by its words", *spans)
    texts = _all_said(case, "report_texts")
    spans = _both(case, find.report_subjects, "report_texts") or (tuple(texts) if len(texts) > 1 else ())
    if spans and not message.thread_ids:
        return _found("report", "a challenge or abuse report by its words", *spans)
    return None


def _bounce(case: _Case) -> AutomaticFinding | None:
    message, find = case.message, case.to_find
    kind = _content_type(message)
    if "delivery-status" in kind or (kind.startswith("multipart/report") and "report-type" not in kind):
        return _found("bounce", "a delivery status report (RFC 3464)")
    if message.report is not None and (message.report.failed_addresses or message.report.status):
        return _found("bounce", "it holds a delivery status (RFC 3464)")
    if message.header("x-failed-recipients"):
        return _found("bounce", "header X-Failed-Recipients")
    subject = _opens(case.subject, find.bounce_subjects, case.message.subject)
    text = _said(case, "bounce_texts")
    local = message.sender.address.partition("@")[0] if message.sender else ""
    daemon = bool(find.bounce_senders.fullmatch(local))
    if daemon and (subject or text or case.null_sender):
        return _found("bounce", f"from {local}", *(s for s in (subject, text) if s))
    if subject and (case.null_sender or text or case.auto_submitted not in ("", "no")) and not _passed_on(case):
        return _found("bounce", "an undeliverable notice by its subject", subject, *(s for s in (text,) if s))
    return None


def _auto_reply(case: _Case) -> AutomaticFinding | None:
    message, find = case.message, case.to_find
    if case.auto_submitted.startswith("auto-replied"):
        return _found("auto_reply", "header Auto-Submitted: auto-replied (RFC 3834)")
    if header := _header(message, find.auto_headers):
        return _found("auto_reply", f"header {header}")
    if _passed_on(case):
        return None
    subject = _opens(case.subject, find.auto_subjects, message.subject)
    alone = subject is not None and (
        reply_prefix(message.subject) or (not message.subject[subject.end :].strip() and _said(case, "wish_words"))
    )
    if subject and (not alone or _said(case, "absence_texts") or _said(case, "machine_texts")):
        # "Re: Automatic reply", or these words alone above a wish: a person writes of what a machine sent them
        return _found("auto_reply", "the subject is that of an automatic reply", subject)
    return _auto_by_words(case)


def _auto_by_words(case: _Case) -> AutomaticFinding | None:
    find = case.to_find
    if machine := _said(case, "machine_texts"):
        return None if _form(case) else _found("auto_reply", "says itself that no person wrote it", machine)
    absence = _said(case, "absence_texts")
    maybe = _opens(case.subject, find.maybe_subjects, case.message.subject)
    if maybe and absence and case.message.subject[maybe.end :].lstrip().startswith(":"):
        # "Out of office: Order 12" is put before our subject by a program; it may speak of work that a colleague takes over
        return _found("auto_reply", "subject and text are those of an absence notice", maybe, absence)
    registered = _said(case, "registered_texts")
    received = _opens(case.subject, find.received_subjects, case.message.subject)
    if not (absence or registered or received or maybe) or _said(case, "wish_words"):
        return None
    about_work = _said(case, "work_words")
    # A subject such as "Closed" may speak of a door: beside words about work it tells nothing by itself.
    if (away := absence or registered or (None if about_work else maybe)) and (stand_in := _said(case, "stand_in_texts")):
        what = "that its reader is away" if absence or maybe else "that a mail was registered"
        return _found("auto_reply", f"says {what}, and who helps or when, and wants nothing", away, stand_in)
    thanks = next((t for t in _all_said(case, "thanks_texts") if registered and not t.meets(registered)), None)
    if registered and thanks:
        return _found("auto_reply", "thanks for a mail and says that it was registered", thanks, registered)
    return None if about_work else _plain_notice(case, absence, maybe, received)


def _plain_notice(case: _Case, absence: Span | None, maybe: Span | None, received: Span | None) -> AutomaticFinding | None:
    """Of a text without a word about work."""
    thanks = _said(case, "thanks_texts")
    if absence and maybe:
        return _found("auto_reply", "subject and text are those of an absence notice", maybe, absence)
    if absence and thanks:
        return _found("auto_reply", "thanks for a mail and says that its reader is away", thanks, absence)
    absences = _all_said(case, "absence_texts")
    if len(absences) > 1:
        return _found("auto_reply", "says that its reader is away, and why or until when", *absences[:2])
    if received and thanks:
        return _found("auto_reply", "confirms that a mail was received", received, thanks)
    return None


def _bulk(case: _Case) -> AutomaticFinding | None:
    message, find = case.message, case.to_find
    list_addresses = {a.lower() for value in message.headers_named("list-post") for a in _MAILTO.findall(value)}
    if list_addresses and list_addresses <= case.own.addresses:
        return None  # our own mailbox is a group: every client's mail carries its list headers
    header = _header(message, find.bulk_headers)
    if header and not (header.startswith("precedence") and case.forwarded) and not _answers_us(case):
        return _found("bulk", f"header {header}")
    if (notice := _said(case, "notice_texts")) and not _passed_on(case) and not _said(case, "wish_words"):
        return _found("bulk", "a notice of a program, portal or calendar by its words", notice)
    spans = _all_said(case, "bulk_texts")
    if len(spans) >= 2 and not message.thread_ids:
        return _found("bulk", "a newsletter by its words", *spans[:3])
    return None


def _machine(case: _Case) -> AutomaticFinding | None:
    """What is left with a machine's mark and nobody who passed it on."""
    if case.forwarded or _passed_on(case) or _answers_us(case) or _form(case):
        return None
    if case.auto_submitted not in ("", "no"):
        return _found("auto_reply", f"header Auto-Submitted: {case.auto_submitted}")
    if case.null_sender:
        return _found("auto_reply", "sent without return address, as only machines do (RFC 3834)")
    return None


def _form(case: _Case) -> Span | None:
    """A machine's mail that holds what a person wrote into a form."""
    generated = case.auto_submitted not in ("", "no") or _said(case, "machine_texts")
    return _said(case, "form_texts") if generated else None


def _answers_us(case: _Case) -> bool:
    return bool(case.own.secret) and any(verify_message_id(case.own.secret, i) for i in case.message.thread_ids[:50])


def _passed_on(case: _Case) -> bool:
    """A person sent it on (`Fwd: Out of office`): its words are somebody else's."""
    return bool(_FORWARD.match(case.message.subject)) or case.message.forwarded is not None


def _case(message: ParsedMessage, own: OwnMarks, to_find: _Patterns) -> _Case:
    forwarded = _header(message, to_find.forwarded_headers)
    path = message.return_path if message.return_path is not None else message.header("return-path")
    return _Case(
        message=message,
        own=own,
        to_find=to_find,
        subject=fold(message.subject, "subject"),
        text=fold(message.text, "text"),
        forwarded=f"a rule passed it on (header {forwarded}); a person wrote it" if forwarded else "",
        auto_submitted=(message.header("auto-submitted") or "").partition(";")[0].strip().lower(),
        null_sender=path is not None and path.strip() in ("", "<>"),
    )


def _content_type(message: ParsedMessage) -> str:
    """Lower case, with its parameters; only a report's own type counts, not that of a part."""
    kind = (message.header("content-type") or message.content_type).lower()
    told = kind.startswith(("multipart/report", "message/delivery-status", "message/disposition-notification", "message/feedback-report"))
    return kind if told else ""


def _header(message: ParsedMessage, wanted: _Headers) -> str:
    """The first wanted header that is there, as "name: value" of the rule, or ""."""
    for key, value in message.headers:
        if key not in wanted.names and not key.startswith(wanted.beginnings):
            continue
        for name, start in wanted.rows:
            named = key.startswith(name[:-1]) if name.endswith("*") else key == name
            if named and value.strip().lower().startswith(start):
                return f"{key}: {start}" if start else key
    return ""


def _both(case: _Case, subjects: re.Pattern[str], texts: str) -> tuple[Span, ...]:
    subject = _opens(case.subject, subjects, case.message.subject)
    text = _said(case, texts) if subject else None
    return (subject, text) if subject and text else ()


def _opens(subject: Folded, pattern: re.Pattern[str], original: str) -> Span | None:
    """The words that open the subject, behind any `Re:`, and stand for themselves: a colon, dash or the end follows."""
    prefix = reply_prefix(original)
    at = next((i for i, p in enumerate(subject.positions) if p >= prefix), 0) if prefix else 0
    hit = pattern.match(subject.text, at)
    return subject.span(hit.start(), hit.end("said")) if hit else None


def _said(case: _Case, texts: str) -> Span | None:
    """The first phrase of that list in the text."""
    return next((case.text.span(hit.start, hit.end) for hit in _hits(case, texts)), None)


def _all_said(case: _Case, texts: str) -> list[Span]:
    """Those that do not overlap."""
    spans: list[Span] = []
    end = 0
    for hit in _hits(case, texts):
        if hit.start >= end:
            spans.append(case.text.span(hit.start, hit.end))
            end = hit.end
    return spans


def _hits(case: _Case, texts: str) -> Iterator[Hit]:
    book, lists = (case.to_find.texts, TEXTS) if texts in TEXTS else (case.to_find.more_texts, _MORE_TEXTS)
    return (hit for hit in book.find(case.text) if lists[hit.group] == texts)


def _found(verdict: Writer, because: str, *spans: Span) -> AutomaticFinding:
    return AutomaticFinding(verdict=verdict, evidence=Evidence(because, spans))


@lru_cache(maxsize=8)
def _patterns(words: AutomaticWords) -> _Patterns:
    def headers(rows: Iterable[str]) -> _Headers:
        wanted = tuple((name.strip().lower(), value.strip().lower()) for name, _, value in (row.partition(":") for row in rows))
        names = frozenset(name for name, _ in wanted)
        return _Headers(wanted, names, tuple(name[:-1] for name in names if name.endswith("*")))

    def subject(rows: Iterable[str]) -> re.Pattern[str]:
        opening, closing = r"\s{0,3}[\[(*]{0,2}", r"[\])*!]{0,2}\s{0,3}"
        follows = r"(?:[:;,.\-(\[]|$|\s(?:re|aw|sv|fw|order|to)\b)"
        return re.compile(rf"{opening}(?P<said>{alternation(rows)}){closing}{follows}")

    def by(ending: str, compiled: Callable[[Iterable[str]], Any]) -> dict[str, Any]:
        return {name: compiled(getattr(words, name)) for name in _Patterns.__dataclass_fields__ if name.endswith(ending)}

    senders = "|".join(re.escape(s.removesuffix("*")) + (".*" if s.endswith("*") else "") for s in words.bounce_senders)
    return _Patterns(
        **by("_headers", headers),
        **by("_subjects", subject),
        texts=book_of(*(getattr(words, name) for name in TEXTS)),
        more_texts=book_of(*(getattr(words, name) for name in _MORE_TEXTS)),
        bounce_senders=re.compile(senders),
    )
