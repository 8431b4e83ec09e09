"""Small values that mailbot remembers by itself: secrets, cursors, go-live times."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, select

from mailbot.record.columns import insert, upsert
from mailbot.record.tables import secret as secrets_table
from mailbot.record.tables import setting


def secret(c: Connection, name: str) -> bytes:
    """32 random bytes, made when first asked for; every later caller gets the same ones. Needs the writer."""
    wanted = select(secrets_table.c.value).where(secrets_table.c.name == name)
    known: bytes | None = c.execute(wanted).scalar_one_or_none()
    if known is None:
        new = insert(c, secrets_table).values(name=name, value=secrets.token_bytes(32))
        c.execute(new.on_conflict_do_nothing())
        known = c.execute(wanted).scalar_one()
    return bytes(known)


def get(c: Connection, key: str) -> str | None:
    return c.execute(select(setting.c.value).where(setting.c.key == key)).scalar_one_or_none()


def put(c: Connection, key: str, value: str) -> None:
    """Keys by convention: `cursor:PLACE`, `comments_until:PLACE`, `cursor:events:PLACE`, `events_until:PLACE`, `events_owed:PLACE`."""
    upsert(c, setting, [{"key": key, "value": value}], ["key"])
