"""Fetching: sizes first, batches bounded by bytes, large mails in windows to a file, one bad mail isolated from its neighbours."""

from __future__ import annotations

import contextlib
import imaplib
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

from mailbot.model.fingerprint import fingerprint, fingerprint_of_file
from mailbot.model.message import ReceivedMessage, Sighting

SIZES_AT_ONCE = 500
BATCH_BYTES = 1 << 20
BATCH_MAILS = 50
PIECE = 1 << 20  # above this a mail is read in pieces: no memory growth, and less CPU than in one (measured)
BREAKS_BORNE = 3  # lines broken by single mails in one fetch, before the server itself is taken to be ill


class Lost(OSError):
    """The folder is not the one that was opened."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Size as the server says (-1: it did not) and the time of arrival."""

    size: int
    at: datetime


class Fetcher:
    """One fetch over one connection. `again()` gives a new one to the same folder, `report(uid, because)` names a mail left behind."""

    def __init__(
        self,
        *,
        client: Any,  # IMAPClient, which only receive/imap_connection.py knows
        again: Callable[[], Any],
        place: str,
        uidvalidity: int,
        clock: Callable[[], datetime],
        report: Callable[[int, str], None],
    ) -> None:
        self._client = client
        self._again = again
        self._place = place
        self._uidvalidity = uidvalidity
        self._clock = clock
        self._report = report
        self._breaks = 0

    def batches(self, uids: Sequence[int]) -> Iterator[list[ReceivedMessage]]:
        """Raises OSError or imaplib's error when the server cannot be used."""
        for i in range(0, len(uids), SIZES_AT_ONCE):
            known = self._known(list(uids[i : i + SIZES_AT_ONCE]))
            for batch in _bounded(known):
                if len(batch) == 1 and not 0 <= known[batch[0]].size <= PIECE:
                    messages = self._alone(batch[0], known[batch[0]])
                else:
                    messages = self._together(batch, known)
                if messages:
                    yield messages

    def _known(self, uids: list[int]) -> dict[int, _Known]:
        try:
            told = self._client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        except imaplib.IMAP4.error as fault:
            self._mend(fault)
            return {uid: _Known(-1, self._clock()) for uid in uids}
        return {uid: self._as_known(told[uid]) for uid in uids if uid in told}

    def _as_known(self, told: dict[bytes, Any]) -> _Known:
        size, at = told.get(b"RFC822.SIZE"), told.get(b"INTERNALDATE")
        usable = isinstance(at, datetime) and at.tzinfo is not None and at.year > 1970  # a bad date comes as None
        return _Known(size if isinstance(size, int) else -1, at.astimezone(UTC) if usable and at else self._clock())

    def _together(self, batch: list[int], known: dict[int, _Known]) -> list[ReceivedMessage]:
        try:
            told = self._client.fetch(batch, ["BODY.PEEK[]"])
        except imaplib.IMAP4.error as fault:
            self._mend(fault)
            return [m for uid in batch for m in self._singly(uid, known[uid])]
        return [m for uid in batch if uid in told for m in self._whole(uid, told[uid], known[uid])]

    def _singly(self, uid: int, known: _Known) -> list[ReceivedMessage]:
        try:
            told = self._client.fetch([uid], ["BODY.PEEK[]"])
        except imaplib.IMAP4.error as fault:
            self._report(uid, f"the server's answer cannot be read ({fault})")
            self._mend(fault)
            return []
        return self._whole(uid, told[uid], known) if uid in told else []

    def _alone(self, uid: int, known: _Known) -> list[ReceivedMessage]:
        try:
            return self._in_pieces(uid, known)
        except imaplib.IMAP4.error as fault:
            self._report(uid, f"the server's answer cannot be read ({fault})")
            self._mend(fault)
            return []

    def _mend(self, fault: imaplib.IMAP4.error) -> None:
        """After an answer that broke the protocol the line is made anew; a server that keeps breaking it is given up."""
        if not isinstance(fault, imaplib.IMAP4.abort):
            return
        self._breaks += 1
        if self._breaks > BREAKS_BORNE:
            raise fault
        self._client = self._again()

    def _whole(self, uid: int, told: dict[bytes, Any], known: _Known) -> list[ReceivedMessage]:
        if b"BODY[]" not in told:
            return []  # expunged meanwhile
        raw = told[b"BODY[]"]
        if not isinstance(raw, bytes):
            self._report(uid, "the server gives no text for it (NIL)")
            return []
        return [self._message(uid, known.at, fingerprint(raw), raw, len(raw), None)]

    def _in_pieces(self, uid: int, known: _Known) -> list[ReceivedMessage]:
        handle, path = tempfile.mkstemp(prefix="mailbot-", suffix=".eml")
        kept = False
        try:
            with os.fdopen(handle, "w+b") as file:
                size = self._stream(uid, file)
                if size is None:
                    return []
                file.seek(0)
                if size <= PIECE:  # the server named no size, or a wrong one
                    raw = file.read()
                    return [self._message(uid, known.at, fingerprint(raw), raw, size, None)]
                mark = fingerprint_of_file(file)
            kept = True
            return [self._message(uid, known.at, mark, b"", size, path)]
        finally:
            if not kept:
                with contextlib.suppress(OSError):
                    os.unlink(path)

    def _stream(self, uid: int, file: BinaryIO) -> int | None:
        """Writes the mail to `file` and returns its length; None where it is gone or has no text."""
        size = 0
        while True:
            told = self._client.fetch([uid], [f"BODY.PEEK[]<{size}.{PIECE}>"])
            if uid not in told or (key := _piece_key(told[uid])) is None:
                return None  # expunged meanwhile
            piece = told[uid][key]
            if not isinstance(piece, bytes):
                if size == 0:
                    self._report(uid, "the server gives no text for it (NIL)")
                    return None
                piece = b""  # some servers say NIL behind the end
            file.write(piece)
            size += len(piece)
            if len(piece) < PIECE:
                return size

    def _message(self, uid: int, at: datetime, mark: str, raw: bytes, size: int, path: str | None) -> ReceivedMessage:
        seen = Sighting(place=self._place, uidvalidity=self._uidvalidity, uid=uid)
        return ReceivedMessage(source="email", sighting=seen, received_at=at, fingerprint=mark, raw=raw, size=size, raw_path=path)


def uid_set(uids: Sequence[int]) -> str:
    """Sorted UIDs as an IMAP set with ranges: imapclient sends lists uncompressed, and servers refuse long lines (measured)."""
    parts: list[str] = []
    begin = last = uids[0]
    for uid in [*uids[1:], 0]:
        if uid != last + 1:
            parts.append(str(begin) if begin == last else f"{begin}:{last}")
            begin = uid
        last = uid
    return ",".join(parts)


def _piece_key(told: dict[bytes, Any]) -> bytes | None:
    return next((key for key in told if re.fullmatch(rb"BODY\[\](<\d+>)?", key)), None)


def _bounded(known: dict[int, _Known]) -> Iterator[list[int]]:
    """Batches of UIDs; a mail of unknown or large size stands alone."""
    batch: list[int] = []
    total = 0
    for uid, mail in known.items():
        alone = not 0 <= mail.size <= PIECE
        if batch and (alone or len(batch) == BATCH_MAILS or total + mail.size > BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += mail.size
        if alone:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
