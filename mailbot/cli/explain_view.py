"""The JSON of `explain`, `why` and `show` drawn for people: the message, findings with the words they rest on, decision, reasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.rule import Rule
from rich.text import Text
from rich.tree import Tree

from mailbot.cli.common import plain

Json = dict[str, Any]
MARK = "bold reverse"
_SAYS = {
    "automatic": ("verdict",), "language": ("verdict", "language"), "keyword": ("verdict", "claimed", "suggested"),
    "orders": ("numbers",), "images": ("numbers",), "links": ("urls",), "style": ("names", "variables"),
    "requests": ("names",), "content": ("kind",),
    "questions": ("names",), "sender": ("proof",),
}  # fmt: skip


def print_explained(row: Json) -> None:
    """One message of `mailbot explain`."""
    console = Console(highlight=False)
    console.print(Rule(Text(plain(row["file"]))))
    if "error" in row:
        console.print(Text(f"set aside: {plain(row['error'])}", style="red"))
        return
    _print_message(console, row)


def print_why(ticket: Json) -> None:
    """`mailbot why`: each message of the ticket with findings, decision, reasons; then the actions."""
    console = Console(highlight=False)
    console.print(_headline(ticket))
    for one in ticket["history"]:
        console.print(Rule(Text(f"{one['id']}  {one['received_at']}")))
        _print_message(console, one)
    _print_actions(console, ticket)


def print_ticket(ticket: Json) -> None:
    """`mailbot show`: the ticket, what was written, what was done."""
    console = Console(highlight=False)
    console.print(_headline(ticket))
    for name in ("client", "order", "kind", "claimed", "assessed", "state", "queue", "owner", "trust", "asked", "flags", "delivery_time"):
        console.print(Text(f"  {name.replace('_', ' '):<14} {plain(ticket[name])}"))
    for one in ticket["history"]:
        console.print(Rule(Text(f"{one['id']}  {one['received_at']}")))
        console.print(Text(plain(one["message"].get("subject", "")), style="bold"))
        console.print(Text(plain(one["message"].get("text", ""))))
    history = Tree("history")
    for line in ticket["log"]:
        history.add(Text(f"{line['at']}  {plain(line['by'])}: {plain(line['what'])}"))
    console.print(history)
    _print_actions(console, ticket)


def marked(text: str, spans: list[Json], where: str) -> Text:
    """The text with the words of these findings marked."""
    shown = Text(text)
    for span in spans:
        if span["where"] == where and 0 <= span["start"] < span["end"] <= len(text):
            shown.stylize(MARK, span["start"], span["end"])
    return shown


def _print_message(console: Console, row: Json) -> None:
    message, findings, decision = row["message"], row["findings"], row["decision"]
    spans = list(_spans(findings))
    sender = message.get("from") or {}
    console.print(
        Text(
            f"from     {plain(sender['name'])} <{plain(sender['address'])}>"
            if isinstance(sender, dict) and sender
            else f"from     {plain(sender)}"
        )
    )
    console.print(Text("subject  ").append_text(marked(_same_length(message.get("subject", "")), spans, "subject")))
    console.print(marked(_same_length(message.get("text", "")), spans, "text"), soft_wrap=False)
    for problem in message.get("problems", ()):
        console.print(Text(f"repaired: {plain(problem)}", style="yellow"))
    if findings:
        console.print(_findings(findings))
    if decision:
        console.print(_decision(decision))


def _findings(findings: Json) -> Tree:
    tree = Tree("findings")
    for name, found in findings.items():
        said = [plain(found[key]) for key in _SAYS.get(name, ()) if found.get(key)]
        branch = tree.add(Text(f"{name:<10}", style="bold").append(" ".join(said) or "-", style="not bold"))
        because = found.get("evidence")
        for words in because.values() if isinstance(because, dict) else [because]:
            if said and words:
                branch.add(Text(plain(words), style="dim"))
    return tree


def _decision(decision: Json) -> Tree:
    tree = Tree(Text("decision  ").append(plain(decision.get("outcome")), style="bold"))
    for name in ("kind", "queue", "trust", "asks", "flags"):
        if decision.get(name):
            tree.add(Text(f"{name}: {plain(decision[name])}"))
    for reply in decision.get("replies", ()):
        how = "sent" if reply.get("send") else "held" if reply.get("held") else "suppressed"
        tree.add(Text(f"reply {reply['template']} by {reply['channel']} to {plain(reply['to'])}, {how}: {plain(reply['because'])}"))
    reasons = decision.get("reasons", ())
    branch = tree.add("reasons") if reasons else tree
    for reason in reasons:
        branch.add(Text(f"{reason['by']}: ", style="bold").append(plain(reason["because"]), style="not bold"))
    return tree


def _print_actions(console: Console, ticket: Json) -> None:
    tree = Tree("actions")
    for action in ticket["actions"]:
        because = f" ({plain(action['because'])})" if action["because"] else ""
        tree.add(
            Text(f"{action['id']}  {action['state']:<10} {action['channel']} {plain(action['template'])} to {plain(action['to'])}{because}")
        )
    if ticket["actions"]:
        console.print(tree)


def _headline(ticket: Json) -> Text:
    return Text(f"#{ticket['ticket']}  {plain(ticket['subject'])}", style="bold").append(
        f"  opened {ticket['opened_at']}", style="not bold"
    )


def _spans(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "spans":
                for spans in value.values() if isinstance(value, dict) else [value]:
                    yield from spans
            else:
                yield from _spans(value)


def _same_length(text: str) -> str:
    """Control characters become spaces, so that the offsets of the marked words stay true."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
