"""Makes docs/lifecycle.md from the table: `python -m tests.lifecycle_page > docs/lifecycle.md`. A test compares the two."""

from __future__ import annotations

from mailbot.model.lifecycle import ALL, STATES, TRANSITIONS, Transition
from mailbot.model.ticket import OPEN_STATES

HEAD = """# The life of a ticket

Made from `mailbot/model/lifecycle.py` by `python -m tests.lifecycle_page > docs/lifecycle.md`; a test compares the two.

Open: {open}. Over: {over}. A dispute is no state: it raises `dispute_level`, and another Quality Supervisor than the first decides.
Every step is a line of the ticket's history with who, when and why, and makes a new version of the ticket; whoever acts on an older
version is told so. What a person causes is sent after `undo_seconds` (10) and can be taken back until then; news for the client
(read, assessed, agreed, plan, delivery time) wait up to `bundle_seconds` (120) and go as one message by each road.

```mermaid
stateDiagram-v2
    [*] --> new: a message opens a ticket
"""


def page() -> str:
    """The whole page."""
    head = HEAD.format(open=_states(OPEN_STATES), over=_states(ALL - OPEN_STATES))
    return head + "".join(f"    {line}\n" for line in _arrows()) + "```\n\n" + _tables()


def _arrows() -> list[str]:
    """One arrow for each pair of states, with every step that leads along it."""
    names: dict[tuple[str, str], list[str]] = {}
    for t in TRANSITIONS:
        for at in (s for s in STATES if s in t.states and t.verb != "undo"):
            for to in t.to:
                if to != at:
                    names.setdefault((at, to), []).append(_name(t))
    return [f"{at} --> {to}: {', '.join(dict.fromkeys(steps))}" for (at, to), steps in names.items()]


def _tables() -> str:
    said = {
        "person": "What people do",
        "client": "What the client does",
        "order_system": "What the order system says",
        "clock": "What time brings",
    }
    return "\n".join(f"## {title}\n\n{_table([t for t in TRANSITIONS if t.by == by], by == 'person')}" for by, title in said.items())


def _table(rows: list[Transition], roles: bool) -> str:
    head = "| step | from | to |" + (" role |" if roles else "") + " what |\n|---|---|---|" + ("---|" if roles else "") + "---|\n"
    lines = [
        f"| {_name(t)} | {_states(t.states)} | {_states(t.to) if t.to else 'stays'} |"
        + (f" {', '.join(sorted(t.roles))} |" if roles else "")
        + f" {t.what} |\n"
        for t in rows
    ]
    return head + "".join(lines)


def _name(t: Transition) -> str:
    return t.verb.replace("_", "-") if t.by == "person" else t.verb.replace("_", " ")


def _states(states: frozenset[str] | tuple[str, ...]) -> str:
    return "any" if frozenset(states) == ALL else ", ".join(s for s in STATES if s in states)


if __name__ == "__main__":
    print(page(), end="")
