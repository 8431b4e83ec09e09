"""Mails that the server lists but cannot give: after three tries they no longer hold the checkpoint, and a person is told of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mailbot.record import settings_store
from mailbot.record.database import Connection

TRIES = 3  # polls that wait for such a mail; after that only the full scan asks for it again


@dataclass(slots=True)
class LeftBehind:
    """By UID, how often it was asked for in vain and why. Belongs to one UIDVALIDITY; another one begins anew."""

    place: str
    uidvalidity: int
    tries: dict[int, int] = field(default_factory=dict)
    because: dict[int, str] = field(default_factory=dict)

    def given_up(self) -> frozenset[int]:
        """UIDs that hold the checkpoint no longer."""
        return frozenset(uid for uid, tries in self.tries.items() if tries >= TRIES)

    def note(self, asked: Collection[int], unfetched: Mapping[int, str]) -> None:
        """Counts one try of every UID in `asked`; those that came or are gone are forgotten."""
        for uid in asked:
            if uid in unfetched:
                self.tries[uid] = self.tries.get(uid, 0) + 1
                self.because[uid] = unfetched[uid]
            else:
                self.forget([uid])

    def forget(self, uids: Collection[int]) -> None:
        for uid in uids:
            self.tries.pop(uid, None)
            self.because.pop(uid, None)

    def told(self) -> str:
        """One sentence for a person, "" where no mail was given up."""
        uids = sorted(self.given_up())
        if not uids:
            return ""
        named = ", ".join(f"UID {uid} ({self.because[uid]})" for uid in uids[:5]) + (" and others" if len(uids) > 5 else "")
        return f"{len(uids)} mails cannot be read from the server and stay in the folder: {named}. Look at them with a mail program."


def load(c: Connection, place: str, uidvalidity: int) -> LeftBehind:
    stored = json.loads(settings_store.get(c, f"left_behind:{place}") or "{}")
    if stored.get("uidvalidity") != uidvalidity:
        return LeftBehind(place, uidvalidity)
    rows = [(int(uid), int(tries), str(because)) for uid, tries, because in stored["mails"]]
    return LeftBehind(place, uidvalidity, {u: t for u, t, _ in rows}, {u: b for u, _, b in rows})


def save(c: Connection, left: LeftBehind) -> None:
    mails = [[uid, tries, left.because[uid][:200]] for uid, tries in sorted(left.tries.items())]
    settings_store.put(c, f"left_behind:{left.place}", json.dumps({"uidvalidity": left.uidvalidity, "mails": mails}))
