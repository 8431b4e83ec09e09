"""The client's buttons: which one may be pressed when, and what a charge is to the one who pays it."""

from __future__ import annotations

import json

from mailbot.reference.values import Json, NewComment, Refused, Row


def charge_words(found: Row) -> str:
    """ "40.00 EUR", "" without a charge."""
    charge = json.loads(found["charge"] or "null")
    return f"{charge['amount']} {charge['currency']}" if charge else ""


def may_be_pressed(found: Row, new: NewComment) -> None:
    """Raises Refused 409 where the client's button would mean nothing."""
    number, status = found["number"], found["status"]
    if status == "cancelled" and (new.rejects or new.charge_answer or new.redistribution):
        raise Refused(409, f"order {number} is cancelled")
    if new.redistribution and status not in ("delivered", "closed"):
        raise Refused(409, f"the new files of order {number} are not delivered yet; they can be redistributed after that")
    if new.charge_answer and not found["charge"]:
        raise Refused(409, f"there is no charge on order {number}")
    if new.charge_answer and found["charge_comment"]:
        raise Refused(409, f"the charge on order {number} was answered already")
    if new.charge_answer and new.charge != charge_words(found):
        raise Refused(409, f"the charge on order {number} was changed to {charge_words(found)} meanwhile; please look at it again")


def charge_columns(found: Row, change: Json, now: str) -> Json:
    """The columns of a charge. One that is set anew, again after a delivery or again after an objection waits for its own answer."""
    as_it_stands = {name: found[name] for name in ("charge", "charge_at", "charge_answer", "charge_comment")}
    if "charge" not in change:
        return as_it_stands
    charge = json.dumps(change["charge"]) if change["charge"] else None
    same_round = (found["charge_at"] or "") > (found["delivered_at"] or "")
    if charge == found["charge"] and same_round and found["charge_answer"] != "objected":
        return as_it_stands
    return {"charge": charge, "charge_at": now if charge else None, "charge_answer": None, "charge_comment": None}
