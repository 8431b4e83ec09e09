"""Findings and context -> one frozen decision. Pure: no clock, no network, no database."""

from mailbot.decide.decision import decide
from mailbot.decide.replies import reply_facts

__all__ = ["decide", "reply_facts"]
