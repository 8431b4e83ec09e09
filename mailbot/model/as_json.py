"""Values as the JSON of interface.md (`mailbot explain --json`); the same objects are stored with a ticket. All times RFC 3339 UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mailbot.model.decision import Decision, Reply
from mailbot.model.finding import Findings
from mailbot.model.message import Address, Evidence, ParsedMessage

SCHEMA = 1
Json = dict[str, Any]


def message_json(message: ParsedMessage) -> Json:
    """The `message` object. `quoted` is all that was cut off, the signature first."""
    return {
        "message_id": message.message_id,
        "from": _address(message.sender) if message.sender else {"name": "", "address": ""},
        "to": [_address(a) for a in message.to],
        "subject": message.subject,
        "date": when(message.date),
        "text": message.text,
        "quoted": "\n\n".join(part for part in (message.signature, message.quoted) if part),
        "thread_ids": list(message.thread_ids),
        "attachments": [
            {"name": a.name, "content_type": a.content_type, "size": a.size, "sha256": a.sha256, "inline": a.inline}
            for a in message.attachments
        ],
        "problems": list(message.problems),
    }


def findings_json(found: Findings) -> Json:
    """The `findings` object; `spans` beside an evidence mark its words in subject and text."""
    return {
        "automatic": {"verdict": found.automatic.verdict, **_evidence(found.automatic.evidence)},
        "language": {
            "verdict": found.language.verdict,
            "language": found.language.language,
            **_evidence(found.language.evidence),
        },
        "keyword": {
            "verdict": found.keyword.verdict,
            "claimed": found.keyword.claimed,
            "suggested": found.suggested,
            "kinds": list(found.keyword.kinds),
            **_evidence(found.keyword.evidence),
        },
        "orders": {"numbers": list(found.orders.numbers), **_evidence(found.orders.evidence)},
        "images": {
            "numbers": list(found.images.numbers),
            "all_images": found.images.all_images,
            **_evidence(found.images.evidence),
        },
        "links": {"urls": list(found.links.urls), **_evidence(found.links.evidence)},
        "style": {
            "names": list(found.style.styles),
            "variables": [{"name": v.name, "level": v.level} for v in found.style.variables],
            "specifications": found.style.specifications,
            **_evidence(found.style.evidence),
        },
        "requests": _named(found.requests.names, found.requests.evidence),
        "content": {"kind": found.content.kind, **_evidence(found.content.evidence)},
        "questions": _named(found.questions.names, found.questions.evidence),
        "sender": {"proof": found.sender.proof, **_evidence(found.sender.evidence)},
    }


def decision_json(decision: Decision) -> Json:
    """The `decision` object."""
    return {
        "outcome": decision.outcome,
        "kind": decision.kind,
        "queue": decision.queue,
        "owner": decision.owner,
        "trust": decision.trust,
        "asks": list(decision.asks),
        "flags": list(decision.flags),
        "replies": [_reply(r) for r in decision.replies],
        "effects": [{"kind": e.kind, "order": e.order_id, "to": e.to, "reason": e.reason, "because": e.because} for e in decision.effects],
        "named": [{"what": n.what, "name": n.name, "on_order": n.on_order, "fits": n.fits} for n in decision.named],
        "reasons": [{"by": r.by, "because": r.because} for r in decision.reasons],
    }


def when(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, or None."""
    return at.astimezone(UTC).isoformat(timespec="microseconds" if at.microsecond else "seconds").replace("+00:00", "Z") if at else None


def _address(address: Address) -> Json:
    return {"name": address.name, "address": address.address}


def _evidence(evidence: Evidence) -> Json:
    spans = [{"where": s.where, "start": s.start, "end": s.end, "words": s.words} for s in evidence.spans]
    return {"evidence": evidence.because, "spans": spans}


def _named(names: tuple[str, ...], evidence: tuple[Evidence, ...]) -> Json:
    spans = [_evidence(e)["spans"] for e in evidence]
    return {
        "names": list(names),
        "evidence": {name: e.because for name, e in zip(names, evidence, strict=False)},
        "spans": dict(zip(names, spans, strict=False)),
    }


def _reply(reply: Reply) -> Json:
    return {
        "template": reply.template,
        "channel": reply.channel,
        "to": reply.to,
        "send": reply.send,
        "held": reply.held,
        "suppressed": reply.suppressed,
        "because": reply.because,
        "snippets": list(reply.snippets),
    }
