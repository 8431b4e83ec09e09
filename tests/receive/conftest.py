from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.dovecot import Dovecot


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    with Dovecot({f"bot{n}@example.test": "secret" for n in range(60)}) as server:
        yield server


@pytest.fixture
def user(dovecot: Dovecot, request: pytest.FixtureRequest) -> str:
    """A mailbox of its own for each test."""
    numbers = request.config.stash.setdefault(_NUMBERS, iter(range(60)))
    return f"bot{next(numbers)}@example.test"


_NUMBERS: pytest.StashKey[Iterator[int]] = pytest.StashKey()
