"""One mailbox over IMAP: list by UID, fetch with PEEK, move after the caller has kept (I1, I3).

One thread owns a Mailbox. After Unavailable the object is used up: make a new one (a client that timed out cannot be reused, measured).
"""

from __future__ import annotations

import contextlib
import imaplib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mailbot.errors import Unavailable
from mailbot.model.message import ReceivedMessage
from mailbot.receive.fetch import Fetcher, Lost, uid_set
from mailbot.receive.idle import wait_for_mail
from mailbot.receive.imap_connection import BROKEN, Client, MailboxAccess, connected, shut, words

WINDOW = 1000  # UIDs per list handed out, and the narrowest SEARCH
WIDEST = 50_000  # UIDs per SEARCH: imaplib fails on answers above 1,000,000 bytes (measured)
MOVE_AT_ONCE = 500
SELECT_SECONDS = 120.0  # the first SELECT of 100,000 mails builds an index (5.6 s measured on a fast disk)


@dataclass(frozen=True, slots=True)
class FolderState:
    uidvalidity: int
    uidnext: int
    exists: int


class Mailbox:
    """`problems` are sentences for a person; `unfetched` says why a UID that is there could not be read. Both are renewed by open()."""

    def __init__(self, access: MailboxAccess, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.access = access
        self.problems: list[str] = []
        self.unfetched: dict[int, str] = {}
        self.can_move = False
        self._clock = clock
        self._client: Client | None = None
        self._state = FolderState(0, 0, 0)
        self._processed = ""

    def open(self) -> FolderState:
        """Connects unless connected, selects the folder anew, makes the processed folder where it is missing. Raises Unavailable."""
        self.problems, self.unfetched = [], {}
        if self._client is None:
            self._client = connected(self.access)
            self._prepare_processed()
        with self._talking(f"open the folder {self.access.folder!r} (does it exist? look at `folder` of this mailbox)"):
            self._state = self._select()
        return self._state

    def listed(self, start_uid: int, uidnext: int) -> Iterator[list[int]]:
        """UIDs from `start_uid` in rising order, at most 1000 at a time, whatever their flags. SEARCH windows widen over gaps."""
        with self._talking("list the mails"):
            yield from self._listed(max(1, start_uid), uidnext)

    def fetch(self, uids: Sequence[int]) -> Iterator[list[ReceivedMessage]]:
        """Batches of at most 50 mails or 1 MiB, never marking anything read. Mails gone meanwhile are absent; a mail that the server
        cannot give is in `unfetched`. A mail above 1 MiB comes alone, in the file `raw_path`, which the caller deletes."""
        if not uids:
            return
        with self._talking("fetch mails"):
            fetcher = Fetcher(
                client=self._open_client(),
                again=self._reconnect,
                place=self.access.name,
                uidvalidity=self._state.uidvalidity,
                clock=self._clock,
                report=self._report,
            )
            yield from fetcher.batches(sorted(set(uids)))

    def still_there(self, uids: Sequence[int]) -> list[int]:
        """Which of these UIDs are in the folder now (NOOP and a fresh SEARCH)."""
        there: set[int] = set()
        with self._talking("look which mails are still there"):
            client = self._open_client()
            client.noop()
            for some in _chunks(sorted(set(uids)), MOVE_AT_ONCE):
                there |= set(client.search(["UID", uid_set(some)])) & set(some)
        return sorted(there)

    def move(self, uids: Sequence[int]) -> None:
        """Moves to the processed folder. Mails that another session took first are no error. Does nothing where `can_move` is False."""
        if not self.can_move:
            return
        with self._talking(f"move mails to {self._processed!r} (is the mailbox full, or the folder gone?)"):
            for some in _chunks(sorted(set(uids)), MOVE_AT_ONCE):
                self._move(some)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """True when the server says that something came. Only a hint: poll all the same. Without IDLE just waits."""
        with self._talking("wait for mail"):
            client = self._open_client()
            if not client.has_capability("IDLE"):
                stop.wait(seconds)
                return False
            try:
                return wait_for_mail(client, seconds, stop)
            except imaplib.IMAP4.abort as broken:
                if "unterminated line" not in str(broken):
                    raise
                # A notice that arrives in pieces: imapclient loses half of it. Something came; the next open() connects anew.
                self._throw_away()
                return True

    def noop(self) -> None:
        with self._talking("keep the connection"):
            self._open_client().noop()

    def close(self) -> None:
        """Says good-bye where that is still possible; never fails."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(*BROKEN):
                client.socket().settimeout(5)
                client.logout()
            with contextlib.suppress(*BROKEN):
                client.shutdown()

    def _open_client(self) -> Client:
        if self._client is None:
            raise Unavailable(f"{self.access}: the connection is closed; open the mailbox again.")
        return self._client

    @contextlib.contextmanager
    def _talking(self, doing: str) -> Iterator[None]:
        """Any failure of the line or the server becomes Unavailable, and the client is thrown away."""
        try:
            yield
        except BROKEN as fault:
            self._throw_away()
            raise Unavailable(f"{self.access}: could not {doing}: {words(fault)}. It is tried again.") from fault

    def _throw_away(self) -> None:
        client, self._client = self._client, None
        self.can_move = False
        if client is not None:
            shut(client)

    def _prepare_processed(self) -> None:
        """Finds or makes the processed folder, with the server's own prefix (`INBOX.` on some)."""
        self.can_move = False
        self._processed = ""
        if not self.access.processed_folder:
            return
        with self._talking("look at the folders"):
            client = self._open_client()
            if not (client.has_capability("MOVE") or client.has_capability("UIDPLUS")):
                self.problems.append(f"{self.access}: the server can neither MOVE nor UIDPLUS; mails stay where they are.")
                return
            name = _with_prefix(client, self.access.processed_folder)
            try:
                if not client.folder_exists(name):
                    client.create_folder(name)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as fault:
                self.problems.append(
                    f"{self.access}: the folder {name!r} is missing and could not be made ({words(fault)}). "
                    "Make it by hand, or name another as `processed_folder`; until then mails stay where they are."
                )
                return
            self._processed, self.can_move = name, True

    def _select(self) -> FolderState:
        client = self._open_client()
        client.socket().settimeout(max(SELECT_SECONDS, self.access.read_seconds))
        told = client.select_folder(self.access.folder)
        client.socket().settimeout(self.access.read_seconds)
        return FolderState(int(told.get(b"UIDVALIDITY", 0)), int(told.get(b"UIDNEXT", 0)), int(told.get(b"EXISTS", 0)))

    def _reconnect(self) -> Client:
        """A new connection to the same folder, for the fetcher after one mail broke the line. UIDs must still mean the same."""
        self._throw_away()
        self._client = connected(self.access)
        self._prepare_processed()
        before, self._state = self._state, self._select()
        if before.uidvalidity != self._state.uidvalidity:
            raise Lost("the folder was made anew meanwhile")
        return self._client

    def _report(self, uid: int, because: str) -> None:
        self.unfetched[uid] = because
        self.problems.append(f"{self.access}: mail with UID {uid} was left in the folder: {because}.")

    def _listed(self, at: int, uidnext: int) -> Iterator[list[int]]:
        if not uidnext:  # a server that tells no UIDNEXT (RFC 3501 allows it)
            found = sorted(u for u in self._open_client().search(["UID", f"{at}:*"]) if u >= at)  # `n:*` answers the last even below n
            yield from _chunks(found, WINDOW)
            return
        span = WINDOW
        # The connection may have been made anew between two windows (a mail that broke the line).
        while at < uidnext:
            found = sorted(u for u in self._open_client().search(["UID", f"{at}:{min(at + span, uidnext) - 1}"]) if at <= u < at + span)
            at += span
            span = min(span * 2, WIDEST) if len(found) < WINDOW // 4 else WINDOW
            yield from _chunks(found, WINDOW)

    def _move(self, uids: list[int]) -> None:
        try:
            self._move_once(uids)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as fault:
            if "TRYCREATE" in str(fault).upper() or not self._open_client().folder_exists(self._processed):
                self._open_client().create_folder(self._processed)
                self._move_once(uids)
            elif not _taken_by_another(fault):
                raise

    def _move_once(self, uids: list[int]) -> None:
        client = self._open_client()
        if client.has_capability("MOVE"):
            client.move(uids, self._processed)
            return
        client.copy(uids, self._processed)
        client.delete_messages(uids, silent=True)
        client.uid_expunge(uids)  # never plain EXPUNGE: it removes what others flagged


def _with_prefix(client: Client, folder: str) -> str:
    if not client.has_capability("NAMESPACE"):
        return folder
    personal = client.namespace().personal
    prefix = str(personal[0][0]) if personal else ""
    return folder if folder.startswith(prefix) else prefix + folder


def _taken_by_another(fault: Exception) -> bool:
    return any(word in str(fault).upper() for word in ("EXPUNGEISSUED", "NO LONGER EXIST", "NONEXISTENT MESSAGE"))


def _chunks(uids: list[int], size: int) -> Iterator[list[int]]:
    return (uids[i : i + size] for i in range(0, len(uids), size))
