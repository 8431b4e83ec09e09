"""What an order system does: orders, comments, events. Functions take a connection of `Database.reading` or `.writing`."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence

from mailbot.reference.buttons import charge_columns, may_be_pressed
from mailbot.reference.values import OPEN, Json, NewComment, Refused, Row

__all__ = ["Json", "NewComment", "Refused", "Row"]

# ---- reading


def order(c: sqlite3.Connection, order_id: str) -> Row:
    """Raises Refused 404."""
    row: Row | None = c.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        raise Refused(404, f"there is no order {order_id!r}")
    return row


def orders_where(c: sqlite3.Connection, by: str, value: str, limit: int) -> list[Row]:
    """`by`: client_email, client_id or number; newest first."""
    where = {
        "client_email": "client IN (SELECT p.id FROM person p, json_each(p.emails) e WHERE lower(e.value) = lower(?))",
        "client_id": "client = ?",
        "number": "number = ?",
    }[by]
    query = f"SELECT * FROM orders WHERE {where} ORDER BY placed_at DESC, number DESC LIMIT ?"  # noqa: S608  # fixed words above
    return c.execute(query, (value, limit)).fetchall()


def all_orders(c: sqlite3.Connection) -> list[Row]:
    return c.execute("SELECT * FROM orders ORDER BY placed_at DESC, number DESC LIMIT 500").fetchall()


def person(c: sqlite3.Connection, person_id: str) -> Row:
    row: Row | None = c.execute("SELECT * FROM person WHERE id = ?", (person_id,)).fetchone()
    if row is None:
        raise Refused(404, f"there is no person {person_id!r}")
    return row


def people(c: sqlite3.Connection, role: str) -> list[Row]:
    return c.execute("SELECT * FROM person WHERE role = ? ORDER BY name", (role,)).fetchall()


def person_with_key(c: sqlite3.Connection, login_key: str) -> Row | None:
    row: Row | None = c.execute("SELECT * FROM person WHERE login_key = ?", (login_key,)).fetchone()
    return row


def comments_of(c: sqlite3.Connection, order_id: str) -> list[Row]:
    return c.execute("SELECT * FROM comment WHERE order_id = ? ORDER BY seq", (order_id,)).fetchall()


def comments_after(c: sqlite3.Connection, seq: int, limit: int, filters: dict[str, str]) -> tuple[list[Row], int, bool]:
    """(rows, seq to go on from, more). `filters`: since, order_id, external_id."""
    tests = {"since": "created_at >= ?", "order_id": "order_id = ?", "external_id": "external_id = ?"}
    return _after(c, "comment", seq, limit, [(tests[name], value) for name, value in filters.items()])


def events_after(c: sqlite3.Connection, seq: int, limit: int, filters: dict[str, str]) -> tuple[list[Row], int, bool]:
    """As `comments_after`; `filters`: since."""
    return _after(c, "event", seq, limit, [("at >= ?", value) for value in filters.values()])


def deliveries_of(c: sqlite3.Connection, order_id: str) -> list[Row]:
    """Oldest first."""
    return c.execute("SELECT * FROM delivery WHERE order_id = ? ORDER BY id", (order_id,)).fetchall()


def redistributions_of(c: sqlite3.Connection, order_id: str) -> list[Row]:
    """Oldest first."""
    return c.execute("SELECT * FROM redistribution WHERE order_id = ? ORDER BY id", (order_id,)).fetchall()


def times_set(c: sqlite3.Connection, order_id: str) -> list[Row]:
    """The changes of the delivery time, oldest first; `detail` is the time that was set."""
    return c.execute("SELECT * FROM event WHERE order_id = ? AND type = 'order.due_changed' ORDER BY seq", (order_id,)).fetchall()


def last_event(c: sqlite3.Connection) -> int:
    """The newest event's seq, 0 before the first."""
    return int(c.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0])


def _after(c: sqlite3.Connection, table: str, seq: int, limit: int, tests: list[tuple[str, str]]) -> tuple[list[Row], int, bool]:
    where = " AND ".join(["seq > ?", *(test for test, _ in tests)])
    query = f"SELECT * FROM {table} WHERE {where} ORDER BY seq LIMIT ?"  # noqa: S608  # fixed words of this file
    rows = c.execute(query, (seq, *(value for _, value in tests), limit + 1)).fetchall()
    if len(rows) > limit:
        return rows[:limit], rows[limit - 1]["seq"], True
    # Nothing more that fits: go on behind all that this consistent view shows.
    last = c.execute(f"SELECT coalesce(max(seq), 0) FROM {table}").fetchone()[0]  # noqa: S608  # as above
    return rows, max(seq, last), False


# ---- writing


def add_comment(c: sqlite3.Connection, new: NewComment, now: str) -> Row:
    """Also does what the client's button does. Raises Refused 404 or 409."""
    found = order(c, new.order_id)
    if new.form_token and (same := _one(c, "SELECT * FROM comment WHERE form_token = ?", new.form_token)):
        return same  # the same form sent twice
    if new.external_id and _one(c, "SELECT * FROM comment WHERE external_id = ?", new.external_id):
        raise Refused(409, f"a comment with external_id {new.external_id!r} exists already")
    may_be_pressed(found, new)
    comment_id = f"c{secrets.token_hex(8)}"
    c.execute(
        "INSERT INTO comment (id, order_id, role, author, created_at, body, visibility, rejects, external_id, in_reply_to, form_token,"
        " charge_answer, redistribution) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (comment_id, new.order_id, new.role, new.author, now, new.body, new.visibility, new.rejects, new.external_id,
         new.in_reply_to, new.form_token, new.charge_answer, new.redistribution),
    )  # fmt: skip
    _event(c, "comment.created", new.order_id, now, comment_id)
    if new.charge_answer:
        c.execute("UPDATE orders SET charge_answer = ?, charge_comment = ? WHERE id = ?", (new.charge_answer, comment_id, new.order_id))
    if new.rejects and found["status"] in ("delivered", "closed"):
        set_status(c, found, "reopened", now)
    return c.execute("SELECT * FROM comment WHERE id = ?", (comment_id,)).fetchone()  # type: ignore[no-any-return]  # a Row


def set_status(c: sqlite3.Connection, found: Row, status: str, now: str) -> None:
    """No change and no event where it stands so already."""
    if found["status"] == status:
        return
    c.execute("UPDATE orders SET status = ?, version = version + 1 WHERE id = ?", (status, found["id"]))
    _event(c, "order.status", found["id"], now)


def move(c: sqlite3.Connection, order_id: str, status: str, now: str) -> None:
    """Staff starts the work or cancels the order. Raises Refused 409 for a cancelled one."""
    found = order(c, order_id)
    if found["status"] == "cancelled":
        raise Refused(409, f"order {found['number']} is cancelled")
    set_status(c, found, status, now)


def reopen(c: sqlite3.Connection, order_id: str, now: str) -> None:
    found = order(c, order_id)
    if found["status"] == "cancelled":
        raise Refused(409, f"order {found['number']} is cancelled")
    if found["status"] not in OPEN:
        set_status(c, found, "reopened", now)


def close(c: sqlite3.Connection, order_id: str, now: str) -> None:
    """Back to delivered. Raises Refused 409 for an order that was never delivered."""
    found = order(c, order_id)
    if found["delivered_at"] is None or found["status"] == "cancelled":
        raise Refused(409, f"order {found['number']} is {found['status']} and was never delivered")
    if found["status"] not in ("delivered", "closed"):
        set_status(c, found, "delivered", now)


def deliver(c: sqlite3.Connection, order_id: str, now: str, images: Sequence[str] = ()) -> None:
    """Hands out files: those of `images`, () = all. Raises Refused 400 for an image that the order has not."""
    found = order(c, order_id)
    if found["status"] == "cancelled":
        raise Refused(409, f"order {found['number']} is cancelled")
    all_images = [i["id"] for i in json.loads(found["images"])]
    if strange := set(images) - set(all_images):
        raise Refused(400, f"order {found['number']} has no image {min(strange)!r}")
    c.execute(
        "UPDATE orders SET status = 'delivered', delivered_at = ?, due_before = NULL, version = version + 1 WHERE id = ?", (now, order_id)
    )
    handed = json.dumps(list(images) or all_images)
    c.execute("INSERT INTO delivery (order_id, at, images) VALUES (?, ?, ?)", (order_id, now, handed))
    _event(c, "order.delivered", order_id, now)
    if found["status"] != "delivered":
        _event(c, "order.status", order_id, now)


def set_delivery(c: sqlite3.Connection, order_id: str, change: Json, now: str) -> None:
    """`change`: those of due_at (as stored), charge, plan that are to be set."""
    found = order(c, order_id)
    values = {
        "due_at": change.get("due_at", found["due_at"]),
        "due_before": found["due_before"],
        "plan": change.get("plan", found["plan"]),
        **charge_columns(found, change, now),
    }
    moved = values["due_at"] != found["due_at"]
    if moved:
        # What the last delivery kept (or missed) was another promise.
        values["due_before"] = found["due_at"] if (found["due_at"] or "") > (found["delivered_at"] or "") else None
    c.execute(
        "UPDATE orders SET due_at = :due_at, due_before = :due_before, plan = :plan, charge = :charge, charge_at = :charge_at,"
        " charge_answer = :charge_answer, charge_comment = :charge_comment, version = version + 1 WHERE id = :id",
        {**values, "id": order_id},
    )
    if moved:
        _event(c, "order.due_changed", order_id, now, detail=values["due_at"] or "")


def redistribute(c: sqlite3.Connection, order_id: str, request: Json, now: str) -> None:
    """Empty lists: all. Raises Refused 409 where there is nothing to distribute."""
    found = order(c, order_id)
    if found["delivered_at"] is None:
        raise Refused(409, f"order {found['number']} was not delivered yet")
    targets = request["targets"] or json.loads(found["targets"])
    images = request["images"] or [i["id"] for i in json.loads(found["images"])]
    c.execute(
        "INSERT INTO redistribution (order_id, requested_by, quote, targets, images, at) VALUES (?, ?, ?, ?, ?, ?)",
        (order_id, request["requested_by"], request["quote"], json.dumps(targets), json.dumps(images), now),
    )
    where = ", ".join(targets) or "no system on file"
    body = f"Files sent again to {where}, asked for by {request['requested_by']}."
    add_comment(c, NewComment(order_id=order_id, role="system", body=body, visibility="internal"), now)


def place_order(c: sqlite3.Connection, fields: Json, now: str) -> str:
    """`fields`: client, product, style, variables, specifications, images, targets, address, due_at, and number or "". Returns the id."""
    person(c, fields["client"])
    number = fields.get("number") or str(c.execute("SELECT coalesce(max(CAST(number AS INTEGER)), 10230) + 1 FROM orders").fetchone()[0])
    order_id = f"o{number}"
    c.execute(
        "INSERT INTO orders (id, number, status, client, product, style, variables, specifications, images, targets, address,"
        " placed_at, due_at) VALUES (?, ?, 'ordered', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (order_id, number, fields["client"], fields["product"], fields["style"], json.dumps(fields["variables"]),
         fields["specifications"], json.dumps(fields["images"]), json.dumps(fields["targets"]), fields["address"], now,
         fields["due_at"]),
    )  # fmt: skip
    _event(c, "order.status", order_id, now)
    return order_id


def add_person(c: sqlite3.Connection, fields: Json) -> None:
    """`fields`: id, role, name, emails, time_zone, manager, company. A person who exists stays as they are."""
    c.execute(
        "INSERT OR IGNORE INTO person (id, role, name, emails, time_zone, manager, company, login_key)"
        " VALUES (:id, :role, :name, :emails, :time_zone, :manager, :company, :login_key)",
        {
            "time_zone": "UTC", "manager": None, "company": "", **fields,
            "emails": json.dumps(fields["emails"]), "login_key": secrets.token_urlsafe(16),
        },
    )  # fmt: skip


def _event(c: sqlite3.Connection, kind: str, order_id: str, now: str, comment_id: str | None = None, detail: str = "") -> None:
    columns = "(type, order_id, comment_id, at, detail)"
    c.execute(f"INSERT INTO event {columns} VALUES (?, ?, ?, ?, ?)", (kind, order_id, comment_id, now, detail))  # noqa: S608  # fixed words


def _one(c: sqlite3.Connection, query: str, value: str) -> Row | None:
    row: Row | None = c.execute(query, (value,)).fetchone()
    return row
