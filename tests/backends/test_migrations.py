from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select, text

from mailbot.errors import Unavailable
from mailbot.record import journal, migrations, outbox, tickets
from mailbot.record.database import Database
from mailbot.record.tables import metadata
from tests.backends.conftest import START
from tests.backends.makers import decision, email, mail

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = "HEAD"


def upgrade():
    with op.batch_alter_table("ticket", recreate="always" if op.get_bind().dialect.name == "sqlite" else "auto") as batch:
        batch.add_column(sa.Column("colour", sa.Text(), server_default="red", nullable=False))
        batch.create_check_constraint("ck_ticket_colour", "colour <> ''")
"""


def test_the_revisions_make_exactly_the_tables_that_the_code_uses(db: Database) -> None:
    with db.transaction() as c:
        assert compare_metadata(MigrationContext.configure(c, opts=_OWN), metadata) == []


def _ours(name: str | None, type_: str, parent: dict[str, str | None]) -> bool:
    """What search adds to `ticket_text` differs by engine and stands only in its revision (record/tables/tickets.py)."""
    searched = {"table": name or "", "index": parent.get("table_name") or "", "column": parent.get("table_name") or ""}.get(type_, "")
    return not (searched.startswith("ticket_search") or (searched == "ticket_text" and name in ("words", "ix_ticket_text_words")))


_OWN = {"include_name": _ours}


def test_an_empty_database_is_told_from_a_current_and_a_newer_one(url: str) -> None:
    db = Database(url)
    assert migrations.state(db) == "empty"
    assert migrations.upgrade(db) == migrations.head()
    assert migrations.state(db) == "current"
    assert migrations.upgrade(db) == migrations.head()
    with db.transaction() as c:
        c.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert migrations.state(db) == "ahead"
    with pytest.raises(Unavailable, match="newer mailbot"):
        migrations.upgrade(db)
    db.close()


def test_two_processes_may_upgrade_at_once(url: str) -> None:
    ended: list[str] = []
    ready = threading.Barrier(3)

    def upgrade() -> None:
        db = Database(url)
        ready.wait(10)
        ended.append(migrations.upgrade(db))
        db.close()

    workers = [threading.Thread(target=upgrade) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert ended == [migrations.head()] * 3


def test_rebuilding_a_parent_table_keeps_its_children(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alembic's batch mode with foreign keys on deletes them by cascade (measured: research/engine.md)."""
    with db.transaction() as c:
        [kept] = journal.keep(c, [mail()], START)
        ticket = tickets.open_ticket(c, decision(), kept.id, "email", START, START)
        outbox.queue(c, [email("a", ticket.id)], START)
    revisions = tmp_path / "revisions" / "versions"
    revisions.mkdir(parents=True)
    for file in (migrations.REVISIONS / "versions").glob("*.py"):
        (revisions / file.name).write_text(file.read_text())
    (revisions / "colour.py").write_text(NEXT.replace("HEAD", migrations.head()))
    monkeypatch.setattr(migrations, "REVISIONS", revisions.parent)
    assert migrations.state(db) == "behind"
    assert migrations.upgrade(db) == "later"
    with db.transaction() as c:
        for table in ("ticket", "ticket_message", "ticket_order", "action"):
            assert c.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one() > 0, table
        assert tickets.get(c, ticket.id) == ticket
        assert tickets.reserve(c, 1)[0] > ticket.id


def test_a_failed_revision_leaves_nothing_behind(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    revisions = tmp_path / "revisions" / "versions"
    revisions.mkdir(parents=True)
    for file in (migrations.REVISIONS / "versions").glob("*.py"):
        (revisions / file.name).write_text(file.read_text())
    (revisions / "colour.py").write_text(NEXT.replace("HEAD", migrations.head()) + "    raise RuntimeError('stop')\n")
    monkeypatch.setattr(migrations, "REVISIONS", revisions.parent)
    with pytest.raises(RuntimeError):
        migrations.upgrade(db)
    assert migrations.state(db) == "behind"
    with db.transaction() as c:
        assert compare_metadata(MigrationContext.configure(c, opts=_OWN), metadata) == []
