"""The two engines, transactions, the clock and the wake-up. One code path for SQLite and PostgreSQL (architecture.md, Engine)."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mailbot.errors import BadConfig, Problem, Unavailable
from mailbot.record import search

__all__ = ["Connection", "Database", "SteadyClock"]

WAIT_SECONDS = 30  # how long a writer waits for another one on SQLite
CHANNEL = "mailbot"  # one PostgreSQL channel; the payload names what happened
_NOW = "mailbot_now"
# A network that swallows everything must end a wait in seconds: without these libpq waits a quarter of an hour (its manual, 34.1.2).
_LINE = {"connect_timeout": 10, "keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
# busy, locked, no memory, read only, input or output, corrupt, full, cannot open, protocol, no database (sqlite.org/rescode.html)
_SQLITE_AWAY = frozenset({5, 6, 7, 8, 10, 11, 13, 14, 15, 26})
# connection, rollback, resources, state of an object, operator, system (PostgreSQL manual, appendix A); 54 is a limit of one statement
_POSTGRES_AWAY = frozenset({"08", "40", "53", "55", "57", "58"})


class SteadyClock:
    """The process clock that never steps back: where the system clock does, time stands still until it has caught up."""

    def __init__(self, source: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._latest = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        with self._lock:
            self._latest = max(self._latest, self._source())
            return self._latest


class Database:
    """One database, by SQLAlchemy URL. Engines connect when first used. `clock` replaces the database's clock (tests)."""

    def __init__(self, url: str, *, clock: Callable[[], datetime] | None = None) -> None:
        self._url = _checked(url)
        self.dialect: Literal["sqlite", "postgresql"] = "sqlite" if self._url.get_backend_name() == "sqlite" else "postgresql"
        self._clock = clock or (SteadyClock() if self.dialect == "sqlite" else None)
        # One writer at a time on SQLite: threads queue here and not in SQLite's sleeping busy handler.
        self._turn = threading.Lock() if self.dialect == "sqlite" else None
        self._writer = _sqlite_engine(self._url, writer=True) if self.dialect == "sqlite" else _postgres_engine(self._url)
        self._reader = _sqlite_engine(self._url, writer=False) if self.dialect == "sqlite" else _postgres_reader(self._url)

    @property
    def address(self) -> str:
        """The URL without its password, for people."""
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """The writer: commits at the end, rolls back on any exception. Database trouble of any kind is Unavailable.

        What search reads of the tickets that were written is brought up to date just before the commit."""
        if self._turn is None:
            with self._connected(self._writer) as connection:
                yield connection
                search.fill(connection)
            return
        if not self._turn.acquire(timeout=2 * WAIT_SECONDS):
            raise Unavailable(f"{self.address}: another thread has written for over a minute. Try again.")
        try:
            with self._connected(self._writer) as connection:
                yield connection
                search.fill(connection)
        finally:
            self._turn.release()

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction for schema changes: foreign keys are off on SQLite, where rebuilding a parent table would delete its
        children (measured: research/engine.md)."""
        if self.dialect == "postgresql":
            with self.transaction() as connection:
                yield connection
            return
        engine = _sqlite_engine(self._url, writer=True, foreign_keys=False)
        try:
            with self._connected(engine) as connection:
                yield connection
        finally:
            engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent snapshot that cannot write."""
        with self._connected(self._reader) as connection:
            yield connection

    def now(self, c: Connection) -> datetime:
        """Aware UTC, the same value for the whole transaction: PostgreSQL's clock, on SQLite a process clock that never
        steps back."""
        known: datetime | None = c.info.get(_NOW)
        if known is None:
            known = self._clock() if self._clock else c.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)
            c.info[_NOW] = known
        return known

    def notify(self, c: Connection, channel: str) -> None:
        """Wakes the listeners of all processes when the transaction commits. Nothing on SQLite: its one process has events."""
        if self.dialect == "postgresql":
            c.execute(select(func.pg_notify(CHANNEL, channel)))

    def listen(self, stop: threading.Event, wake: Callable[[str], None]) -> None:
        """Body of a thread: calls wake(channel) for every notify until `stop` is set. Returns at once on SQLite.

        A lost connection is made anew after 5 s; wake("") is called then, because notices may have been missed."""
        if self.dialect == "sqlite":
            return
        import psycopg  # imported when first used (architecture.md, Memory)

        args, options = self._writer.dialect.create_connect_args(self._url)
        options = {**_LINE, **options}
        while not stop.is_set():
            try:
                with psycopg.Connection.connect(*args, **options, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}".encode())
                    wake("")
                    _forward(connection, stop, wake)
            except psycopg.OperationalError:
                stop.wait(5)

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.connect() as connection:
                connection.info.pop(_NOW, None)
                search.forget_touched(connection)
                with connection.begin():
                    yield connection
        except PoolTimeout as error:
            raise Unavailable(f"{self.address}: {_told(error)}. {_remedy(self.dialect)}") from error
        except DBAPIError as error:
            if not _away(error):
                raise
            raise Unavailable(f"{self.address}: {_told(error)}. {_remedy(self.dialect)}") from error


def _away(error: DBAPIError) -> bool:
    """The database itself cannot work now. Not so where it refuses what one message asks of it: that message must be set aside (I5)."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_AWAY
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (isinstance(error, OperationalError) and (state is None or state[:2] in _POSTGRES_AWAY))


def _checked(text: str) -> URL:
    """The URL, or BadConfig where it is none of ours. Makes the folder of a SQLite file."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise _bad_url("is not a database address") from None
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise _bad_url(f"names {url.get_backend_name()!r}, which mailbot does not know")
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise _bad_url("names no file; a database in memory would lose mail")
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _bad_url(f"names a folder that cannot be made ({error.strerror})") from None
    elif "+" not in url.drivername:
        url = url.set(drivername="postgresql+psycopg")
    return url


def _bad_url(what: str) -> BadConfig:
    remedy = 'Write "sqlite:///var/mailbot.db" or "postgresql://user@host/name".'
    return BadConfig([Problem("config.toml", "database.url", what, remedy)])


def _sqlite_engine(url: URL, *, writer: bool, foreign_keys: bool = True) -> Engine:
    engine = create_engine(url, pool_size=5, max_overflow=15, connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
        links = f"foreign_keys={'ON' if foreign_keys else 'OFF'}"
        if writer:
            _to_wal(connection)
        for pragma in ("synchronous=FULL", links) if writer else ("query_only=ON",):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def _to_wal(connection: Any) -> None:
    """Once per file. Two processes that meet on a new file get "locked" at once, without SQLite's own waiting: try again."""
    for attempt in range(10 * WAIT_SECONDS):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == 10 * WAIT_SECONDS - 1:
                raise
            time.sleep(0.1)
        else:
            return


def _postgres_engine(url: URL, **more: Any) -> Engine:
    try:
        return create_engine(url, pool_size=5, max_overflow=10, pool_pre_ping=True, connect_args=_LINE, **more)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise Unavailable("PostgreSQL needs its driver. Run: pip install 'mailbot[postgres]'") from None


def _postgres_reader(url: URL) -> Engine:
    return _postgres_engine(url, isolation_level="REPEATABLE READ", execution_options={"postgresql_readonly": True})


def _forward(connection: Any, stop: threading.Event, wake: Callable[[str], None]) -> None:
    while not stop.is_set():
        for notice in connection.notifies(timeout=1.0):
            wake(notice.payload)
            if stop.is_set():
                return


def _told(error: Exception) -> str:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _remedy(dialect: str) -> str:
    if dialect == "sqlite":
        return "Check that the folder can be written, that the disk is not full and that no other program holds the file."
    return "Check that PostgreSQL runs, and database.url in config.toml."
