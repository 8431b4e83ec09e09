"""Whoever opens the pages of the reference order system."""

from __future__ import annotations

import re

import httpx2

from tests.support.orders import Orders


class Visitor:
    """A browser without pictures: keeps the cookie, sends Origin with forms."""

    def __init__(self, orders: Orders, person: str = "") -> None:
        self.orders = orders
        self.http = httpx2.Client(base_url=orders.url, follow_redirects=True, trust_env=False, headers={"Origin": orders.url})
        if person:
            self.http.post("/sign-in", data={"person": person}).raise_for_status()

    def token(self, page: str) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.http.get(page).text)
        assert found
        return found[1]
