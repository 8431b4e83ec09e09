"""Bringing a database to the schema of this version (architecture.md, Migrations). The revisions lie in `revisions/versions`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, inspect, text

from mailbot.errors import BadConfig, Problem, Unavailable
from mailbot.record import locks, search
from mailbot.record.database import Database
from mailbot.record.tables import metadata

REVISIONS = Path(__file__).parent / "revisions"
State = Literal["empty", "current", "behind", "ahead"]
# Each command asks for the state: reading the revisions as text and the table by hand spares it alembic, an eighth of a second.
_NAMES = re.compile(r"""^(revision|down_revision)\b[^=\n]*=\s*["'](\w+)["']""", re.MULTILINE)


def opened(url: str) -> Database:
    """The database at this version's schema. An empty one is set up; any other schema is refused: BadConfig with the remedy."""
    db = Database(url)
    found = state(db)
    if found == "empty":
        upgrade(db)
    elif found == "behind":
        db.close()
        raise _refused("the database was made by an older mailbot", "Make a backup, then run: mailbot db upgrade")
    elif found == "ahead":
        db.close()
        raise _refused("the database was made by a newer mailbot", "Start that version, or restore a backup")
    return db


def state(db: Database) -> State:
    """`ahead`: a newer mailbot has been here; this one must not touch the database."""
    with db.reading() as c:
        return _state(_current(c))


def head() -> str:
    """The revision of this version's schema."""
    return _revisions()[1]


def upgrade(db: Database) -> str:
    """Runs what is missing and answers the revision it ended at. Several processes may call it at once: one works, the others
    wait and find it done. Unavailable where the database is ahead of this version."""
    with db.migrating() as c:
        locks.hold(c, ["migration"])
        if _state(_current(c)) == "ahead":
            raise Unavailable(f"{db.address} was used by a newer mailbot. Install that version, or restore a backup.")
        _run(c)
        if db.dialect == "sqlite":
            _check_foreign_keys(c, db)
        search.fill_missing(c)
    return head()


def _current(c: Connection) -> str | None:
    """The revision that alembic noted; None in an empty database."""
    if not inspect(c).has_table("alembic_version"):
        return None
    noted = c.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if noted is None else str(noted)


def _revisions() -> tuple[frozenset[str], str]:
    """(all revisions, the last of them)."""
    named = [dict(_NAMES.findall(file.read_text("utf-8"))) for file in (REVISIONS / "versions").glob("*.py")]
    known = frozenset(names["revision"] for names in named if "revision" in names)
    (last,) = known - {names.get("down_revision") for names in named}
    return known, last


def _state(current: str | None) -> State:
    known, last = _revisions()
    if current is None:
        return "empty"
    if current == last:
        return "current"
    return "behind" if current in known else "ahead"


def _run(c: Connection) -> None:
    from alembic.config import Config  # imported when first used
    from alembic.runtime.environment import EnvironmentContext  # imported when first used
    from alembic.script import ScriptDirectory  # imported when first used

    script = ScriptDirectory(str(REVISIONS))

    def steps(revision: Any, _context: Any) -> Iterable[Any]:
        return script._upgrade_revs("head", revision)  # what alembic.command.upgrade calls; it has no public name

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        # The caller's transaction holds everything, on SQLite too: a failed revision leaves nothing behind.
        environment.configure(connection=c, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
        environment.run_migrations()


def _check_foreign_keys(c: Connection, db: Database) -> None:
    broken = c.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise Unavailable(f"{db.address}: {len(broken)} rows would lose what they belong to; nothing was changed. Report this.")


def _refused(what: str, remedy: str) -> BadConfig:
    return BadConfig([Problem("config.toml", "database.url", what, remedy)])
