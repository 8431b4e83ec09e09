"""Passwords and tokens: files, commands, token servers."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from mailbot.credentials import OAuth, oauth, password_file, token_command
from mailbot.errors import Unavailable
from mailbot.model.credential import Credential


@contextmanager
def token_server(status: int = 200, answer: Any = None) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    asked: list[dict[str, list[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            body = json.dumps(answer if answer is not None else {"access_token": f"t{len(asked)}", "expires_in": 3600}).encode()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/token", asked
        server.shutdown()
        thread.join()


def account(tmp_path: Path, url: str, **changes: Any) -> OAuth:
    (tmp_path / "s").write_text("s3cret\n")
    return OAuth(provider="microsoft365", client_id="id", client_secret_file=tmp_path / "s", tenant="t", token_url=url, **changes)


def test_a_changed_password_file_counts_at_the_next_login(tmp_path: Path) -> None:
    file = tmp_path / "p"
    file.write_text("one\nsecond line")
    source = password_file(file)
    assert source() == Credential("password", "one")
    file.write_text("two")
    assert source().secret == "two"
    file.write_text("")
    with pytest.raises(Unavailable, match="first line"):
        source()
    file.unlink()
    with pytest.raises(Unavailable, match="readable"):
        source()


def test_a_token_is_kept_until_it_is_nearly_over_and_fetched_anew_when_refused(tmp_path: Path) -> None:
    now = [0.0]
    with token_server() as (url, asked):
        source = oauth(account(tmp_path, url), clock=lambda: now[0])
        assert [source().secret, source().secret] == ["t1", "t1"]
        now[0] = 3400
        assert source().secret == "t2"
        assert source.refused()
        assert source().secret == "t3"
    assert asked[0] == {
        "client_id": ["id"], "client_secret": ["s3cret"], "grant_type": ["client_credentials"],
        "scope": ["https://outlook.office365.com/.default"],
    }  # fmt: skip


def test_a_refresh_token_is_used_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("refresh")
    with token_server() as (url, asked):
        oauth(account(tmp_path, url, refresh_token_file=tmp_path / "r"))()
    assert (asked[0]["grant_type"], asked[0]["refresh_token"]) == (["refresh_token"], ["refresh"])


@pytest.mark.parametrize(
    ("status", "answer"), [(400, {"error": "invalid_client"}), (200, {}), (200, [1]), (500, "x"), (200, {"access_token": 5})]
)
def test_a_token_server_that_refuses_is_named_without_the_secret(tmp_path: Path, status: int, answer: Any) -> None:
    with token_server(status, answer) as (url, _), pytest.raises(Unavailable) as told:
        oauth(account(tmp_path, url))()
    assert "Check client id" in str(told.value)
    assert "s3cret" not in str(told.value)


def test_a_token_server_that_is_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no usable answer"):
        oauth(account(tmp_path, "http://127.0.0.1:9/token"))()


def test_a_command_prints_the_token_or_its_fault_is_told() -> None:
    assert token_command([sys.executable, "-c", "print('tok')"])() == Credential("xoauth2", "tok")
    with pytest.raises(Unavailable, match="exit 3"):
        token_command([sys.executable, "-c", "raise SystemExit(3)"])()
    with pytest.raises(Unavailable, match="by hand"):
        token_command(["/no/such/program"])()
