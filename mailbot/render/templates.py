"""The set of templates in force: loaded and tried as a whole, named by content hash, never changed."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailbot.errors import BadRules, Problem
from mailbot.model.decision import Reply
from mailbot.model.reply import RenderedMail, ReplyFacts, Sample, samples
from mailbot.render import words

REPLIES = (
    "acknowledgement", "ask", "cancel_received", "completed", "delay", "delivered", "message", "news", "receipt_unverified",
    "redistributed", "reminder", "status", "update_received",
)  # fmt: skip  # in the order of the alphabet
INTERNAL = ("internal_agreed", "internal_assessed", "internal_mail", "internal_update")
NOTICES = (
    "account_manager", "agreed", "agreement_open", "assigned", "cancel", "client_wrote", "colleague_wrote", "delivered_unread", "dispute",
    "dispute_decided", "escalation", "new_ticket", "order_cancelled", "promise_at_risk", "promise_missed", "redistribution_waits",
    "refund", "update",
)  # fmt: skip  # as above
SNIPPETS = (
    "cost", "disagree", "expectations", "extra_work", "how_to", "redistribution", "refund", "reply_time", "update_order", "variation",
)  # fmt: skip
MAIL_FILES = ("subject.txt", "body.txt", "body.html")
ENDINGS = (".txt", ".html", ".toml")
DESK = "desk/"  # the desk loads its own pages
REMEDY = "Mend the file, or delete it to use the shipped one"


class Templates:
    """Immutable. `hash` names the content (hex SHA-256 over names and texts)."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        """`sources`: text by name (`email/ask/body.txt`). Raises BadRules with every fault."""
        self.sources = dict(sources)
        self.hash = hashlib.sha256("\0".join(f"{n}\0{t}" for n, t in sorted(sources.items())).encode("utf-8", "replace")).hexdigest()
        problems: list[Problem] = []
        self._languages = _languages(self.sources, problems)
        self._env = _environment(self.sources, self._languages)
        problems += _missing(self.sources)
        problems += self._faults()
        if problems:
            raise BadRules(problems)

    @classmethod
    def load(cls, paths: Sequence[Path]) -> Templates:
        """Each file from the first directory that has it. Raises BadRules with every fault."""
        sources: dict[str, str] = {}
        problems: list[Problem] = []
        for root in paths:
            for name, path in _files(root):
                if name not in sources:
                    try:
                        sources[name] = path.read_text(encoding="utf-8")
                    except (OSError, UnicodeError) as error:
                        problems.append(Problem(str(path), "", f"cannot be read as UTF-8 text: {error}", REMEDY))
        if problems:
            raise BadRules(problems)
        return cls(sources)

    def mail(self, reply: Reply, facts: ReplyFacts) -> RenderedMail:
        """The mail of a reply; raises jinja2's TemplateError where a template cannot say these facts."""
        return self._mail(reply.template, replace(facts, snippets=reply.snippets))

    def comment(self, name: str, facts: ReplyFacts) -> str:
        """The text of an order comment, for the client or internal."""
        return words.tidy(self._render(f"order_comment/{name}.txt", facts))

    def notice(self, name: str, facts: ReplyFacts) -> RenderedMail:
        """A notice to a colleague: its first line is the subject."""
        subject, _, text = self._render(f"notify/{name}.txt", facts).strip().partition("\n")
        return RenderedMail(words.clean(subject), words.tidy(text), "")

    def own_phrases(self) -> tuple[str, ...]:
        """Beginnings of lines by which our own text is recognised when it comes back."""
        lines = (line.strip() for line in self.sources.get("own_phrases.txt", "").splitlines())
        return tuple(line for line in lines if line and not line.startswith("//"))

    def names(self) -> tuple[str, ...]:
        """What can be previewed: `email/ask`, `order_comment/ask`, `notify/cancel`, `snippets/cost`."""
        mails = {n.rpartition("/")[0] for n in self.sources if n.startswith("email/") and n.count("/") == 2}
        single = {n.removesuffix(".txt") for n in self.sources if n.split("/")[0] in ("order_comment", "notify", "snippets")}
        return tuple(sorted((mails | single) - {"order_comment/base"}))

    def preview(self, name: str, facts: ReplyFacts) -> RenderedMail:
        """Any of `names()` with these facts."""
        folder, _, rest = name.partition("/")
        if folder == "email":
            return self._mail(rest, facts)
        if folder == "notify":
            return self.notice(rest, facts)
        return RenderedMail("", words.tidy(self._render(f"{name}.txt", facts)), "")

    def _mail(self, name: str, facts: ReplyFacts) -> RenderedMail:
        known = words.safe(facts)
        subject, text, html = (self._said(f"email/{name}/{file}", known) for file in MAIL_FILES)
        return RenderedMail(words.clean(subject), words.tidy(text), html.strip() + "\n")

    def _render(self, name: str, facts: ReplyFacts) -> str:
        return self._said(name, words.safe(facts))

    def _said(self, name: str, known: ReplyFacts) -> str:
        return self._env.get_template(name).render(f=known, company=known.company)

    def _faults(self) -> Iterator[Problem]:
        for name in sorted(self.sources):
            if name.endswith((".txt", ".html")) and name != "own_phrases.txt":
                yield from self._syntax(name)
        for name in self.names():
            for sample in samples():
                yield from self._try(name, sample)

    def _syntax(self, name: str) -> Iterator[Problem]:
        try:
            self._env.get_template(name)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            yield Problem(f"templates/{name}", f"line {line}" if line else "", error.message or "cannot be read", REMEDY)

    def _try(self, name: str, sample: Sample) -> Iterator[Problem]:
        try:
            rendered = self.preview(name, sample.facts)
        except TemplateError as error:
            yield Problem(f"templates/{name}", f"sample {sample.name}", error.message or "cannot be rendered", REMEDY)
            return
        except Exception as error:
            yield Problem(f"templates/{name}", f"sample {sample.name}", f"{type(error).__name__}: {error}", REMEDY)
            return
        if name.startswith("email/"):
            yield from _of_mail(name, sample, rendered)


def _of_mail(name: str, sample: Sample, mail: RenderedMail) -> Iterator[Problem]:
    """Threading and the recognition of own text rest on these two."""
    tag = f"[#{sample.facts.ticket}]"
    if tag not in mail.subject:
        yield Problem(f"templates/{name}/subject.txt", "", f"the subject lacks {tag}", "Write [#{{ f.ticket }}]")
    if f"Ticket {tag}" not in mail.text:
        yield Problem(
            f"templates/{name}/body.txt", "", "the marker line is missing", 'Extend "email/base.txt", or write Ticket [#{{ f.ticket }}]'
        )


def _environment(sources: Mapping[str, str], languages: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    env = ImmutableSandboxedEnvironment(
        loader=DictLoader(dict(sources)),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    filters: dict[str, Any] = {
        "answer_subject": words.answer_subject, "listed": words.listed, "paragraphs": words.paragraphs, "tidy": words.tidy,
        "local_time": words.local_time, "local_day": words.local_day, "by_time": words.by_time, "money": words.money,
    }  # fmt: skip
    env.filters.update(filters)
    env.globals.update(languages=languages)
    return env


def _languages(sources: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    """One line per language that asks for English; `fallback` for all others."""
    file = "templates/languages.toml"
    try:
        read = tomllib.loads(sources.get("languages.toml", ""))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(file, "", f"is not TOML: {error}", REMEDY))
        return {"fallback": ""}
    problems += [Problem(file, k, "is not a text", 'Write key = "text"') for k, v in read.items() if not isinstance(v, str)]
    if "fallback" not in read:
        problems.append(Problem(file, "fallback", "is missing", "Add a line for all other languages"))
    return {"fallback": "", **{k: v for k, v in read.items() if isinstance(v, str)}}


def _missing(sources: Mapping[str, str]) -> Iterator[Problem]:
    mails = {n.split("/")[1] for n in sources if n.startswith("email/") and n.count("/") == 2}
    wanted = [f"email/{m}/{file}" for m in sorted({*REPLIES, *mails}) for file in MAIL_FILES]
    wanted += [f"order_comment/{n}.txt" for n in (*REPLIES, *INTERNAL)]
    wanted += [f"notify/{n}.txt" for n in NOTICES] + [f"snippets/{n}.txt" for n in SNIPPETS] + ["own_phrases.txt"]
    for name in wanted:
        if name not in sources:
            yield Problem(f"templates/{name}", "", "is missing", "Add the file; the shipped one is a good start")


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and path.suffix in ENDINGS and not name.startswith(DESK):
            yield name, path
