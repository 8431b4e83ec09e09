"""What each check found. Definitions: docs/understanding.md; JSON: interface.md, `findings`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mailbot.model.message import Evidence

ClientKind = Literal["correction", "amendment", "feedback"]
Request = Literal["redistribution", "refund", "dispute", "account_manager", "status", "cancel"]
Question = Literal["cost", "extra_work", "variation", "reply_time", "redistribution", "refund", "how_to", "update_order", "disagree"]
Writer = Literal["person", "auto_reply", "bounce", "bulk", "report", "own"]
Proof = Literal["token", "authenticated", "failed", "none"]

NOTHING = Evidence("nothing found")


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomaticFinding:
    verdict: Writer
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageFinding:
    """`language` is the ISO 639-1 code of the client's sentences, None where unknown."""

    verdict: Literal["english", "not_english", "undecided"]
    language: str | None = None
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordFinding:
    """`kinds` are the different keywords that count, in order; `claimed` is set only where there is exactly one."""

    verdict: Literal["one", "none", "several"]
    claimed: ClientKind | None = None
    kinds: tuple[ClientKind, ...] = ()
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFinding:
    """What a reasonable coordinator would book. `understandable` is False for an empty text, `OK`, a bare label (P11 details).

    `change_wished`: a change of the work is asked for. `agrees`: the text is only an agreement ("yes please go ahead").
    """

    kind: ClientKind | None
    understandable: bool = True
    change_wished: bool = False
    agrees: bool = False
    looks_like_amendment: bool = False
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersFinding:
    numbers: tuple[str, ...] = ()
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesFinding:
    """`all_images`: "all images", "every photo" was said."""

    numbers: tuple[str, ...] = ()
    all_images: bool = False
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksFinding:
    urls: tuple[str, ...] = ()
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedVariable:
    """A variable of the order that the client names. `also`: other names an order may give it. `level`: as written, "more", "less", ""."""

    name: str
    also: tuple[str, ...] = ()
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleFinding:
    """`styles` as written; `specifications`: the order's specification is named (P16)."""

    styles: tuple[str, ...] = ()
    variables: tuple[NamedVariable, ...] = ()
    specifications: bool = False
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsFinding:
    """`evidence` runs parallel to `names`."""

    names: tuple[Request, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionsFinding:
    names: tuple[Question, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderFinding:
    """What the bytes prove. `token_ids`: the signed Message-IDs of ours that are answered. `authenticated` stands beside a token."""

    proof: Proof
    token_ids: tuple[str, ...] = ()
    authenticated: bool = False
    suspicious: bool = False
    evidence: Evidence = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All findings of one message, one field per check of check.CHECKS."""

    automatic: AutomaticFinding
    language: LanguageFinding
    keyword: KeywordFinding
    content: ContentFinding
    orders: OrdersFinding
    images: ImagesFinding
    links: LinksFinding
    style: StyleFinding
    requests: RequestsFinding
    questions: QuestionsFinding
    sender: SenderFinding

    @property
    def suggested(self) -> ClientKind | None:
        """The kind that the words mean, where the client named none."""
        return self.content.kind if self.keyword.verdict == "none" else None
