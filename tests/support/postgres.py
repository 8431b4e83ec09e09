"""A private PostgreSQL cluster on 127.0.0.1, one per test session, and a fresh database for each test."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0)
_numbers = count(1)


@dataclass(frozen=True)
class Cluster:
    """A running server; `programs` is the folder of its programs."""

    programs: Path
    port: int

    def new_database(self) -> str:
        """The URL of a database that nobody used before."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._psql(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        self._psql(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def restart(self) -> None:
        """As for an update: every connection is cut, nothing answers for a moment."""
        told = subprocess.run([*self._client(), "-tA", "-c", "SHOW data_directory"], check=True, capture_output=True, text=True)
        data = Path(told.stdout.strip())
        _run(self.programs / "pg_ctl", "-D", data, "-l", data.parent / "log", "-m", "fast", "-w", "-t", "60", "restart")

    def _psql(self, statement: str) -> None:
        subprocess.run([*self._client(), "-c", statement], check=True)

    def _client(self) -> list[str]:
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", "postgres"]
        return [str(self.programs / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", *address]


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Starts a cluster and stops it. Skips where PostgreSQL is not installed, except in CI, where that fails."""
    if not PROGRAMS:
        if os.environ.get("CI"):
            pytest.fail("CI must install PostgreSQL (Debian package postgresql)")
        pytest.skip("PostgreSQL is not installed (Debian package postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="mbpg"))  # short: a socket path may have 107 bytes
    folder.chmod(0o755)
    data, port = folder / "data", _free_port()
    data.mkdir()
    if _root():
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(data, "postgres", "postgres")
    try:
        _run(PROGRAMS[-1] / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c max_connections=200"
        _run(PROGRAMS[-1] / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-t", "60", "-o", options, "start")
        try:
            yield Cluster(PROGRAMS[-1], port)
        finally:  # pg_ctl stops the process that postmaster.pid of this folder names, and no other
            _run(PROGRAMS[-1] / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if _root():  # PostgreSQL refuses to run as root
        words = ["runuser", "-u", "postgres", "--", *words]
    with tempfile.TemporaryFile() as told:  # no pipe: the server would inherit it and keep a reader waiting
        done = subprocess.run(words, stdout=told, stderr=told, stdin=subprocess.DEVNULL, cwd="/", check=False)
        told.seek(0)
        assert done.returncode == 0, f"{words} failed: {told.read().decode(errors='replace')}"


def _root() -> bool:
    return os.geteuid() == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
