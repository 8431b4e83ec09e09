"""Bringing a database to the schema of this version (architecture.md, Migrations). The revisions lie in `revisions/versions`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, text

from mailbot.errors import Unavailable
from mailbot.record import locks
from mailbot.record.database import Database
from mailbot.record.tables import metadata

if TYPE_CHECKING:  # imported when first used (architecture.md, Memory)
    from alembic.script import ScriptDirectory

REVISIONS = Path(__file__).parent / "revisions"
State = Literal["empty", "current", "behind", "ahead"]


def state(db: Database) -> State:
    """`ahead`: a newer mailbot has been here; this one must not touch the database."""
    with db.reading() as c:
        return _state(_current(c), _script())


def upgrade(db: Database) -> str:
    """Runs what is missing and answers the revision it ended at. Several processes may call it at once: one works, the others
    wait and find it done. Unavailable where the database is ahead of this version."""
    with db.migrating() as c:
        locks.hold(c, ["migration"])
        script = _script()
        if _state(_current(c), script) == "ahead":
            raise Unavailable(f"{db.address} was used by a newer mailbot. Install that version, or restore a backup.")
        _run(c, script)
        if db.dialect == "sqlite":
            _check_foreign_keys(c, db)
    return str(script.get_current_head())


def _script() -> ScriptDirectory:
    from alembic.script import ScriptDirectory  # imported when first used

    return ScriptDirectory(str(REVISIONS))


def _current(c: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext  # imported when first used

    return MigrationContext.configure(c).get_current_revision()


def _state(current: str | None, script: ScriptDirectory) -> State:
    if current is None:
        return "empty"
    if current == script.get_current_head():
        return "current"
    return "behind" if current in {r.revision for r in script.walk_revisions()} else "ahead"


def _run(c: Connection, script: ScriptDirectory) -> None:
    from alembic.config import Config  # imported when first used
    from alembic.runtime.environment import EnvironmentContext  # imported when first used

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
