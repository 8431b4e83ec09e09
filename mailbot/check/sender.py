"""What the bytes prove of the sender (security.md, "Who wrote it"; RFC 8601; ux.md section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailbot.model.finding import SenderFinding
from mailbot.model.message import Evidence, OwnMarks, ParsedMessage
from mailbot.model.tokens import verify_message_id

_FIELD = "authentication-results"
_MAX_FIELD = 16_000
_MAX_IDS = 200
_METHOD = re.compile(r"\s*([a-z][\w-]{0,40})(?:\s*/\s*\d+)?\s*=\s*([a-z]{1,20})(?![\w.])", re.IGNORECASE)
_PROPERTY = re.compile(r"(?:^|\s)([a-z][\w-]{0,40}\.[\w-]{1,60})\s*=\s*(\"[^\"]{0,400}\"|[^\s;]{1,400})", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>@,;:\"()]{1,128}@[^\s<>@,;:\"()]{1,253}\.[a-z]{2,24}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Result:
    """One `method=result property=value ...` of an Authentication-Results field; all in lower case."""

    method: str
    result: str
    properties: dict[str, str]


def sender(message: ParsedMessage, own: OwnMarks) -> SenderFinding:
    """`failed` outweighs everything; then token, authenticated, none. Whether a token came from its receiver, decide judges."""
    suspicions = tuple(_suspicions(message, own))
    if message.comment is not None:
        return SenderFinding(proof="none", evidence=Evidence("an order comment: the order system knows its writer"))
    tokens = _tokens(message, own)
    results = tuple(_trusted_results(message, own))
    domain = message.sender.address.rpartition("@")[2].lower() if message.sender else ""
    proven = _passed(results, domain) if domain and len(message.from_all) <= 1 else ""
    said = "; ".join((*suspicions, _because(results, proven, tokens)))
    failed = any(r.method == "dmarc" and r.result == "fail" for r in results)
    return SenderFinding(
        proof="failed" if failed else "token" if tokens else "authenticated" if proven else "none",
        token_ids=tokens,
        authenticated=bool(proven) and not failed,
        suspicious=bool(suspicions),
        evidence=Evidence(said),
    )


def _read_results(value: str) -> tuple[str, tuple[Result, ...]]:
    """(authserv-id, results) of one field; the id is "" where the field starts with a result at once, as Microsoft 365's does."""
    parts = _split(_without_comments(value[:_MAX_FIELD]))
    head = parts[0].strip() if parts else ""
    name = "" if _METHOD.match(head) else head.split(None, 1)[0].strip('"').lower() if head else ""
    rest = parts[1:] if name or not head else parts
    return name, tuple(r for r in map(_result, rest) if r is not None)


def _trusted_results(message: ParsedMessage, own: OwnMarks) -> Iterator[Result]:
    """Results of the topmost block of trusted fields; below the next Received stand fields that others wrote (RFC 8601, 5)."""
    if own.auth_profile == "microsoft365":
        yield from _microsoft(message)
        return
    trusted = {name.strip().lower() for name in own.trusted_authserv_ids if name.strip()}
    begun = False
    for key, value in message.headers:
        if key == "received" and begun:
            return
        if key == _FIELD:
            name, results = _read_results(value)
            if name in trusted:
                begun = True
                yield from results


def _microsoft(message: ParsedMessage) -> tuple[Result, ...]:
    """The topmost field, where it has no authserv-id and Exchange Online's own mark (compauth or AuthAs)."""
    name, results = _read_results(message.header(_FIELD) or "")
    marked = any(r.method == "compauth" for r in results) or message.header("x-ms-exchange-organization-authas") is not None
    return results if not name and marked else ()


def _passed(results: tuple[Result, ...], domain: str) -> str:
    """What passed for the From domain: "DMARC", "aligned DKIM", or ""."""
    for result in results:
        if result.result != "pass":
            continue
        if result.method == "dmarc" and result.properties.get("header.from", "").rpartition("@")[2] == domain:
            return "DMARC"
        if result.method == "dkim":
            signer = result.properties.get("header.d") or result.properties.get("header.i", "").rpartition("@")[2]
            if signer == domain or (signer.count(".") >= 1 and domain.endswith(f".{signer}")):
                return "aligned DKIM"
    return ""


def _tokens(message: ParsedMessage, own: OwnMarks) -> tuple[str, ...]:
    if not own.secret:
        return ()
    ids = dict.fromkeys(message.thread_ids[:_MAX_IDS])
    return tuple(i for i in ids if verify_message_id(own.secret, i))


def _because(results: tuple[Result, ...], proven: str, tokens: tuple[str, ...]) -> str:
    if any(r.method == "dmarc" and r.result == "fail" for r in results):
        return "a trusted Authentication-Results field says dmarc=fail"
    said = []
    if tokens:
        said.append(f"answers our signed Message-ID {tokens[0]}")
    if proven:
        said.append(f"{proven} passed for the sender's domain")
    return " and ".join(said) or ("trusted results prove nothing" if results else "no trusted Authentication-Results field")


def _suspicions(message: ParsedMessage, own: OwnMarks) -> Iterator[str]:
    if len({a.address for a in message.from_all}) > 1:
        yield "several From addresses"
    if len(message.headers_named("from")) > 1:
        yield "several From fields"
    if message.sender is None:
        return
    if re.search(r":[^;]*;", message.header("from") or "") and not re.search(r'"[^"]*:[^"]*"', message.header("from") or ""):
        yield "From is a group"
    shown = _ADDRESS.search(message.sender.name[:500])
    if shown and shown[0].lower() != message.sender.address.lower():
        yield f"the display name shows another address ({shown[0]})"
    if message.sender.name.strip().lower() in own.addresses and message.sender.address not in own.addresses:
        yield "the display name is our address"


def _result(part: str) -> Result | None:
    method = _METHOD.match(part)
    if method is None:
        return None
    pairs = {k.lower(): v.strip('"').lower().rstrip(".") for k, v in _PROPERTY.findall(part[method.end() :])}
    return Result(method[1].lower(), method[2].lower(), pairs)


def _without_comments(value: str) -> str:
    """RFC 5322 comments out, also nested ones; quoted strings stay."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for letter in value:
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif letter == "(" and not quoted:
            depth += 1
            kept.append(" ")
        elif letter == ")" and depth:
            depth -= 1
            continue
        if not depth:
            kept.append(letter)
    return "".join(kept)


def _split(value: str) -> list[str]:
    """At semicolons outside quoted strings."""
    parts, quoted = [""], False
    for letter in value:
        quoted ^= letter == '"'
        if letter == ";" and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
