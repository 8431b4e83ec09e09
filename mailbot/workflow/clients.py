"""What people remember of a client."""

from __future__ import annotations

from mailbot.errors import BadInput, Problem
from mailbot.record import clients
from mailbot.workflow.parts import Parts

LONGEST = 4000


def add_note(parts: Parts, client: str, text: str, by: str) -> None:
    """An internal note, kept for good. Raises BadInput where nothing or too much is written, NotFound where nobody knows the client."""
    said = text.strip()
    if not said:
        raise BadInput([Problem("note", "", "nothing is written", "Write what colleagues should know of this client")])
    if len(said) > LONGEST:
        raise BadInput([Problem("note", "", f"it has {len(said)} characters", f"Keep it under {LONGEST}")])
    with parts.db.transaction() as c:
        clients.add_note(c, client, said, by, parts.db.now(c))
