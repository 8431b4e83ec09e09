from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.orders import Orders, running_orders
from tests.support.visitor import Visitor


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orders]:
    """One running reference order system per file."""
    with running_orders(tmp_path_factory.mktemp("orders")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "orders" in request.fixturenames:
        running: Orders = request.getfixturevalue("orders")
        running.hang_up()
        running.faults()
        running.set(oldest_cursor=0, whole_seconds=False, forget_keys=False)


@pytest.fixture
def anna(orders: Orders) -> Iterator[Visitor]:
    visitor = Visitor(orders, "k1")
    yield visitor
    visitor.http.close()


@pytest.fixture
def maria(orders: Orders) -> Iterator[Visitor]:
    visitor = Visitor(orders, "s1")
    yield visitor
    visitor.http.close()
