"""The order page as people meet it: no violation of WCAG in either colour scheme, no sideways scrolling on a phone, no script needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.support.orders import Orders

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def order(orders: Orders) -> str:
    """An order with everything on it: deliveries, a charge that waits, a time that was moved, comments."""
    order_id = orders.place(targets=["Client portal", "HomeFinder feed"])
    orders.deliver(order_id)
    orders.client_comments(order_id, "Correction: image 4589 is too bright.\n" + "Averyverylongwordwithoutanyspace" * 6)
    soon = datetime.now(UTC) + timedelta(hours=9)
    for n, later in enumerate((0, 3)):
        body = {
            "due_at": (soon + timedelta(hours=later)).isoformat(),
            "charge": {"amount": "40.00", "currency": "EUR"},
            "plan": "As ordered.",
        }
        orders.call(
            "PUT", f"/orders/{order_id}/delivery", json=body, headers={"Idempotency-Key": f"browser-{order_id}-{n}"}
        ).raise_for_status()
    return order_id


PAGES = (("k1", "/orders/{}"), ("k1", "/"), ("s1", "/staff/orders/{}"), ("s1", "/staff"), ("", "/"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(("person", "path"), PAGES, ids=[f"{p or 'nobody'} {q}" for p, q in PAGES])
def test_a_page_can_be_read_and_used_by_everybody(
    chromium: Browser, orders: Orders, order: str, person: str, path: str, width: int, scheme: str
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
    page, wrong = context.new_page(), []
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.goto(orders.url)
    if person:
        page.click(f'button[value="{person}"]')
        page.goto(orders.url + path.format(order))
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    assert wrong == []
    context.close()


def test_without_javascript_a_client_objects_requests_and_reopens(chromium: Browser, orders: Orders) -> None:
    order_id = orders.place()
    orders.deliver(order_id)
    headers = {"Idempotency-Key": f"no-script-{order_id}"}
    charge = {"charge": {"amount": "40.00", "currency": "EUR"}}
    orders.call("PUT", f"/orders/{order_id}/delivery", json=charge, headers=headers).raise_for_status()
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(orders.url)
    page.click('button[value="k1"]')
    page.goto(f"{orders.url}/orders/{order_id}")
    page.get_by_text("Object", exact=True).click()
    page.get_by_label("Why do you object?").fill("It was in the order.")
    page.get_by_role("button", name="Send objection").click()
    expect(page.get_by_text("You objected.")).to_be_visible()
    page.locator("summary", has_text="Request redistribution").click()
    page.get_by_role("button", name="Request redistribution").click()
    expect(page.get_by_text("You requested redistribution")).to_be_visible()
    page.get_by_label("Your comment").fill("Correction: image 4589 is still too bright.")
    page.get_by_role("button", name="Comment and reopen").click()
    expect(page.get_by_text("Reopened", exact=True)).to_be_visible()
    context.close()
    pressed = [(c["charge_answer"], c["redistribution"], c["rejects"]) for c in orders.comments_on(order_id)]
    assert pressed == [("objected", 0, 0), (None, 1, 0), (None, 0, 1)]
