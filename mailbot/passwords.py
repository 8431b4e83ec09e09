"""Passwords at rest: argon2id (RFC 9106, its second recommended option: 64 MiB, 3 passes). The only home of argon2-cffi."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailbot.errors import Unavailable

# Each check costs a third of a second and 64 MiB: the cap is what keeps a flood of sign-ins from taking the machine.
_AT_ONCE = threading.BoundedSemaphore(2)
_WAIT_SECONDS = 10.0


def hashed(password: str) -> str:
    """Raises Unavailable where too many sign in at once."""
    with _turn():
        return _hasher().hash(password)


def matches(stored: str, password: str) -> bool:
    """Takes the same time where nothing is stored: who asks cannot learn whether a login exists. Raises Unavailable."""
    with _turn():
        try:
            return _hasher().verify(stored or _nobodys(), password) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


def is_weak(stored: str) -> bool:
    """Made with settings that are no longer ours: to be made anew at the next sign-in."""
    return _hasher().check_needs_rehash(stored)


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_WAIT_SECONDS):
        raise Unavailable("Too many people sign in at this moment. Try again in a few seconds.")
    try:
        yield
    finally:
        _AT_ONCE.release()


@functools.cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@functools.cache
def _nobodys() -> str:
    return _hasher().hash("the password of nobody")
