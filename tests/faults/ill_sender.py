"""One draining of the order system's lane that kills itself with SIGKILL. Arguments: DATABASE API TOKEN AT TIMES

AT: before or after `set_delivery` ran. TIMES: at which call.
"""

from __future__ import annotations

import sys
import threading

from mailbot.model.context import Company
from mailbot.model.message import OwnMarks
from mailbot.order_system.http import HttpOrderSystem
from mailbot.record.database import Database
from mailbot.send.order_action import perform
from mailbot.workflow.drain import drain
from mailbot.workflow.parts import Parts
from tests.faults.ill import make_ill


def main(database: str, api: str, token: str, at: str, times: str) -> None:
    make_ill("mailbot.order_system.http:HttpOrderSystem.set_delivery", "kill", at, int(times))
    system = HttpOrderSystem("orders", api, token)
    company = Company(name="Studio", support_address="s@x.example", desk_name="Support")
    parts = Parts(
        db=Database(database), company=company, own=OwnMarks(), live=None, holder="ill", order_system=system,  # type: ignore[arg-type]  # no rules are needed
    )  # fmt: skip
    drain(parts, "order_system:orders", lambda action, now, _end: perform(system, action, now), threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
