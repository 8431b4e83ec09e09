"""Who holds a lease: machine, process and when it began. So that a new start frees at once what a killed process of this machine held."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

from mailbot.record import holders
from mailbot.workflow.parts import Parts, log


def new_holder() -> str:
    """`host/pid/begin/random`, for example `desk1/4711/8812345/9f2c`."""
    return f"{socket.gethostname()}/{os.getpid()}/{_began(os.getpid())}/{secrets.token_hex(2)}"


def free_the_dead(parts: Parts) -> None:
    """Frees claims and leases of processes of this machine that are gone; their actions on the wire become uncertain (I7).

    Other machines' leases end by their time.
    """
    with parts.db.transaction() as c:
        dead = [h for h in holders.all_holders(c) if _is_dead(h)]
        if dead:
            uncertain = holders.free(c, dead, parts.db.now(c))
            log.info("freed_dead_holders", holders=len(dead), uncertain=uncertain)


def _is_dead(holder: str) -> bool:
    host, pid, began, *_ = (*holder.split("/"), "", "", "")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return _began(int(pid)) != began


def _began(pid: int) -> str:
    """When a process began, in clock ticks since boot; "" where it is gone. Without /proc: "alive" for one that can be signalled."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        pass
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"
