"""Links behind a contact icon (X5)."""

from __future__ import annotations

from urllib.parse import quote

from mailbot.model.finding import ClientKind


def contact_link(address: str, order: str = "", kind: ClientKind | None = None) -> str:
    """A mailto link (RFC 6068) whose mail is compliant: keyword label and order number stand in the subject."""
    label = kind.capitalize() if kind else ""
    subject = ": ".join(part for part in (label, f"order {order}" if order else "") if part)
    body = "Please write in English. Which image, and what should we change?\n\n"
    query = f"subject={quote(subject)}&body={quote(body.replace(chr(10), chr(13) + chr(10)))}" if subject else ""
    return f"mailto:{quote(address, safe='@')}" + (f"?{query}" if query else "")
