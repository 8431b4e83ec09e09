"""`mailbot explain`: parse, check, decide on files, with nothing looked up. Sends and stores nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mailbot.check import check
from mailbot.decide import decide
from mailbot.errors import MailbotError, NotFound, Unreadable
from mailbot.model.as_json import Json, decision_json, findings_json, message_json
from mailbot.model.context import Company, Context, Spent
from mailbot.model.message import OwnMarks, ReceivedMessage
from mailbot.model.order import Capabilities
from mailbot.parse.guard import parse_guarded
from mailbot.receive.folder import read_any, read_bytes, read_file
from mailbot.workflow.parts import Live

COMPANY = Company(name="Your company", support_address="support@company.example", desk_name="Your company support")


def explain_files(files: Sequence[str], live: Live, now: datetime | None = None) -> Iterator[Json]:
    """One object per message, in input order. A file that cannot be read gives {"file", "error", "set_aside": true}."""
    at = now or datetime.now(UTC)
    own = OwnMarks(addresses=frozenset({COMPANY.support_address}), phrases=live.templates.own_phrases())
    for file in files:
        empty = True
        try:
            for received in _read(file, at):
                empty = False
                yield _explained(file, received, live, own, at)
            if empty:
                raise Unreadable(f"{file}: there is no message in it. Give a mail (.eml), an mbox or an order comment (.json).")
        except (MailbotError, OSError) as error:
            yield _unreadable(file, error)


def explain_text(pasted: str, live: Live, now: datetime) -> Json:
    """The same for one mail that was pasted as text (the desk's try-it box)."""
    own = OwnMarks(addresses=frozenset({COMPANY.support_address}), phrases=live.templates.own_phrases())
    raw = pasted.strip("\r\n").replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "surrogatepass")
    return _explained("pasted", read_bytes(raw, now), live, own, now)


def _read(file: str, at: datetime) -> Iterator[ReceivedMessage]:
    """`-` is standard input; a name that ends in .eml is one mail, whatever its first line says."""
    if file == "-":
        yield read_bytes(sys.stdin.buffer.read(), at)
    elif file.lower().endswith(".eml") and not Path(file).is_dir():
        yield read_file(Path(file), at)
    else:
        yield from read_any(Path(file), at)


def _explained(file: str, received: ReceivedMessage, live: Live, own: OwnMarks, now: datetime) -> Json:
    try:
        message = parse_guarded(received, own, 1)
    except MailbotError as error:
        return _unreadable(file, error)
    found = check(message, live.rules.words, own)
    decision = decide(message, found, _nothing_known(received, now), live.rules, now)
    return {
        "source": message.source,
        "file": file,
        "message": message_json(message),
        "findings": findings_json(found),
        "decision": decision_json(decision),
    }


def _unreadable(file: str, error: Exception) -> Json:
    because = f"there is no file {file}" if isinstance(error, FileNotFoundError | NotFound) else str(error)
    return {"file": file, "error": because, "set_aside": True}


def _nothing_known(received: ReceivedMessage, now: datetime) -> Context:
    return Context(
        message=0,
        received_at=now,
        go_live=None,
        known=None,
        colleague=None,
        orders=(),
        unknown_numbers=(),
        facts_pending=False,
        client_orders=(),
        tickets=(),
        thread_tickets=(),
        our_mails=(),
        token_valid=False,
        duplicate_texts=(),
        message_id_reused=False,
        order_system="orders" if received.source == "order_comment" else None,
        capabilities=Capabilities(client_visible_comments=True, reopen=True, close=True),
        spent=Spent(),
        waiting=0,
        staff_on_shift=(),
        last_owner=(),
        company=COMPANY,
    )
