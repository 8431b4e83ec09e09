"""Notices to coordinators: by mail, or by apprise to chat and push services; the desk shows them in any case."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage

from mailbot.model.outcome import GiveUp, Outcome, Sent, TryAgain
from mailbot.model.ticket import Action
from mailbot.send.smtp import SmtpLane


def notify(action: Action, urls: Sequence[str], mail: SmtpLane | None) -> Outcome:
    """`action.payload` is a mail. To an address it is sent as that; else its subject and text go to the apprise `urls`."""
    if "@" in action.to and mail is not None:
        return mail.send(action)
    if urls:
        return _push(action, urls)
    return Sent("desk")


def _push(action: Action, urls: Sequence[str]) -> Outcome:
    try:
        apprise = importlib.import_module("apprise")
    except ImportError:
        return GiveUp("[notify] urls are set, but apprise is not installed: pip install mailbot[notify]")
    title, text = _words(action.payload)
    service = apprise.Apprise()
    refused = sum(not service.add(url) for url in urls)
    if refused == len(urls):
        return GiveUp("apprise understands none of [notify] urls; look at their spelling in apprise's documentation.")
    if service.notify(body=text or title, title=title):
        return Sent("apprise")
    return TryAgain("A service of [notify] urls did not take the notice; the log of apprise names it.")


def _words(payload: bytes) -> tuple[str, str]:
    mail = message_from_bytes(payload, policy=policy.default)
    if not isinstance(mail, EmailMessage):
        return "", ""
    body = mail.get_body(("plain",))
    return str(mail.get("subject", "")), str(body.get_content()).strip() if body is not None else ""
