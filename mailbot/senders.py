"""The ways out, each drained by a lane of its own: mail, the order system, notices to colleagues."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailbot.access import smtp_access
from mailbot.config.settings import Settings
from mailbot.model.outcome import Outcome, TryAgain
from mailbot.model.ticket import Action
from mailbot.order_system.contract import OrderSystem
from mailbot.send.notify import notify
from mailbot.send.order_action import perform
from mailbot.send.smtp import SmtpLane
from mailbot.workflow.drain import drain
from mailbot.workflow.parts import Parts


class Sender(Protocol):
    """One way out: now, later, never, or nobody knows."""

    def send(self, action: Action, now: datetime, end: float) -> Outcome:
        """Performs one action; nothing of it is begun after `end` (monotonic)."""

    def close(self) -> None:
        """Ends the connection, where there is one."""


class Mailer:
    def __init__(self, settings: Settings) -> None:
        self.lane = SmtpLane(smtp_access(settings))

    def send(self, action: Action, now: datetime, end: float) -> Outcome:  # noqa: ARG002 - the protocol of all senders
        return self.lane.send(action, end)

    def close(self) -> None:
        self.lane.close()


class Poster:
    def __init__(self, system: OrderSystem) -> None:
        self.system = system

    def send(self, action: Action, now: datetime, end: float) -> Outcome:  # noqa: ARG002 - one call; drain has looked at the time
        return perform(self.system, action, now)

    def close(self) -> None:
        """The order system's connections are shared with the readers and end with the service."""


class Notifier:
    def __init__(self, settings: Settings) -> None:
        self.urls = settings.notify.urls
        self.lane = SmtpLane(smtp_access(settings)) if settings.smtp else None

    def send(self, action: Action, now: datetime, end: float) -> Outcome:  # noqa: ARG002 - as above
        return notify(action, self.urls, self.lane)

    def close(self) -> None:
        if self.lane:
            self.lane.close()


@dataclass(slots=True)
class Lane:
    """A sender and the rows that go through it. `failed`: something could not go out and is tried again later."""

    parts: Parts
    name: str
    sender: Sender
    stop: threading.Event
    failed: bool = False

    def drain(self) -> int:
        return drain(self.parts, self.name, self._send, self.stop)

    def rest(self) -> None:
        """Nothing to send: no server likes an idle connection."""
        self.sender.close()

    def close(self) -> None:
        self.sender.close()

    def _send(self, action: Action, now: datetime, end: float) -> Outcome:
        outcome = self.sender.send(action, now, end)
        self.failed = self.failed or isinstance(outcome, TryAgain)
        return outcome
