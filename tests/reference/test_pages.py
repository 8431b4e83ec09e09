"""What clients and staff see and do on the pages of the reference order system."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx2
import pytest

from mailbot.reference import store
from tests.support.orders import Orders, running_orders
from tests.support.visitor import Visitor

SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw=="


def test_a_client_sees_her_own_orders_only(anna: Visitor) -> None:
    mine = anna.http.get("/").text
    assert "10231" in mine
    assert "10232" not in mine
    assert anna.http.get("/orders/o10232").status_code == 404
    assert anna.http.get("/staff").status_code == 403


def test_comment_and_reopen_reopens_the_order_once(anna: Visitor) -> None:
    form = {"token": anna.token("/orders/o10231"), "body": "Correction\r\n<b>image 4580</b> is too bright", "reopen": "yes"}
    for _ in range(2):  # pressed twice
        page = anna.http.post("/orders/o10231/comments", data=form)
        assert page.status_code == 200
    assert "Reopened" in page.text
    assert "&lt;b&gt;image 4580" in page.text
    (comment,) = anna.orders.comments_on("o10231")
    assert (comment["role"], comment["rejects"], comment["body"]) == ("client", 1, "Correction\n<b>image 4580</b> is too bright")


def test_a_plain_comment_leaves_the_order_delivered(anna: Visitor) -> None:
    page = anna.http.post("/orders/o10239/comments", data={"token": anna.token("/orders/o10239"), "body": "Feedback: lovely"})
    assert "Delivered" in page.text
    assert anna.orders.comments_on("o10239")[0]["rejects"] == 0
    empty = anna.http.post("/orders/o10239/comments", data={"token": "another", "body": "  "})
    assert (empty.status_code, "write a comment first" in empty.text) == (400, True)


def test_the_contact_icon_opens_a_mail_with_order_number_and_keyword(anna: Visitor) -> None:
    page = anna.http.get("/orders/o10231").text
    assert "mailto:support%40studio.example?subject=Correction%3A%20order%2010231" in page or (
        "mailto:support@studio.example?subject=Correction%3A%20order%2010231" in page
    )


def test_an_internal_comment_is_not_shown_to_the_client(anna: Visitor, maria: Visitor) -> None:
    form = {"token": maria.token("/staff/orders/o10231"), "body": "client is often late", "internal": "yes"}
    assert "client is often late" in maria.http.post("/staff/orders/o10231/comments", data=form).text
    assert "client is often late" not in anna.http.get("/orders/o10231").text


def test_staff_places_and_delivers_an_order(maria: Visitor) -> None:
    form = {"client": "k3", "product": "Virtual Staging", "style": "Natural", "images": "4700, 4701", "specifications": "none"}
    page = maria.http.post("/staff/orders", data=form)
    assert page.status_code == 200
    order_id = page.url.path.rsplit("/", 1)[1]
    assert "Image 4701" in page.text
    assert "Delivered" in maria.http.post(f"/staff/orders/{order_id}/status", data={"status": "delivered"}).text
    assert maria.http.post(f"/staff/orders/{order_id}/status", data={"status": "lost"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_a_form_of_another_site_is_refused(anna: Visitor, headers: dict[str, str]) -> None:
    before = len(anna.orders.comments_on("o10247"))
    answer = anna.http.post("/orders/o10247/comments", data={"token": "t", "body": "Correction"}, headers=headers)
    assert answer.status_code == 403
    assert len(anna.orders.comments_on("o10247")) == before


def test_a_preview_opens_by_its_own_address_and_by_no_other(orders: Orders) -> None:
    (image, *_) = orders.system().order("o10231").images
    shown = httpx2.get(image.preview_url, trust_env=False)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/svg+xml")
    assert httpx2.get(image.preview_url.replace("4580", "4581"), trust_env=False).status_code == 404


def test_with_personal_links_nobody_can_choose_a_client(tmp_path: Path) -> None:
    with running_orders(tmp_path / "closed", "--personal-links") as orders:
        assert "Anna Berger" not in httpx2.get(orders.url, trust_env=False).text
        visitor = Visitor(orders)
        assert visitor.http.post("/sign-in", data={"person": "k1"}).status_code == 403
        with orders.database.reading() as c:
            key = store.person(c, "k1")["login_key"]
        assert "My orders" in visitor.http.get(f"/sign-in/{key}").text
        visitor.http.close()


def test_a_webhook_is_signed_and_tried_again_until_it_is_taken(tmp_path: Path) -> None:
    got: list[tuple[dict[str, str], bytes]] = []
    taken = threading.Event()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((dict(self.headers.items()), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204 if len(got) > 1 else 500)
            self.end_headers()
            if len(got) > 1:
                taken.set()

        def log_message(self, *_: object) -> None: ...

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=receiver.serve_forever, args=(0.05,))
    thread.start()
    (tmp_path / "secret").write_text(SECRET)
    try:
        more = ("--webhook-url", f"http://127.0.0.1:{receiver.server_port}/hooks", "--webhook-secret-file", str(tmp_path / "secret"))
        with running_orders(tmp_path / "hooks", *more) as orders:
            assert orders.system().capabilities().webhooks
            comment = orders.client_comments("o10231", "Correction")
            assert taken.wait(20)
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()
    first, second = got[0], got[1]
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert comment.encode() in second[1]
    _assert_signed(*second)


def _assert_signed(headers: dict[str, str], body: bytes) -> None:
    """Standard Webhooks, computed here again."""
    import base64
    import hashlib
    import hmac

    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    seal = hmac.new(base64.b64decode(SECRET.removeprefix("whsec_")), text, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(seal).decode()


def test_another_name_for_this_machine_is_refused(orders: Orders) -> None:
    answer = httpx2.get(orders.url, headers={"Host": "rebinding.example"}, trust_env=False)
    assert answer.status_code == 400


def test_a_body_that_is_too_large_is_refused_before_it_is_read(orders: Orders) -> None:
    answer = orders.call("POST", "/orders/o10231/comments", content=b"a" * (1024 * 1024 + 1), headers={"Idempotency-Key": "k" * 20})
    assert answer.status_code == 413
