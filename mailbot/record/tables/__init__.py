"""Every table. A change here needs a revision in `revisions/versions`; a test compares the two.

Times are `Time` (integer microseconds), booleans that an index serves are integers 0 and 1. Conditions of partial indices are
repeated literally in the queries (`columns.fixed`), else no planner uses them.
"""

from __future__ import annotations

from mailbot.record.tables.actions import action
from mailbot.record.tables.base import metadata
from mailbot.record.tables.clients import address, client_list, client_note, order_fact
from mailbot.record.tables.desk_people import (
    audit,
    credential,
    identity,
    one_time_link,
    people,
    preference,
    session,
    sign_in_failure,
    token,
)
from mailbot.record.tables.messages import message, message_chunk, message_detail, message_html, sighting, thumbnail
from mailbot.record.tables.running import lease, mailbox, secret, setting
from mailbot.record.tables.tickets import (
    draft,
    presence,
    queue_turn,
    reading,
    ticket,
    ticket_log,
    ticket_message,
    ticket_order,
    ticket_text,
)

__all__ = [
    "action", "address", "audit", "client_list", "client_note", "credential", "draft", "identity", "lease", "mailbox", "message",
    "message_chunk", "message_detail", "message_html", "metadata", "one_time_link", "order_fact", "people", "preference",
    "presence", "queue_turn", "reading", "secret", "session", "setting", "sighting", "sign_in_failure", "thumbnail", "ticket",
    "ticket_log", "ticket_message", "ticket_order", "ticket_text", "token",
]  # fmt: skip  # a list of names, read as one
