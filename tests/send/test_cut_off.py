"""A connection is cut at its deadline, and never after its mail is done."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailbot.send.cut_off import CutOff
from tests.support.dovecot import make_certificate

SOON, LATE = 0.05, 600.0
Line = tuple[socket.socket, socket.socket]


@pytest.fixture
def line() -> Iterator[Line]:
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    yield ours, theirs
    ours.close()
    theirs.close()


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "cut-off"]


def test_who_waits_for_a_dripping_server_is_freed_at_the_deadline(line: Line) -> None:
    with CutOff().at(time.monotonic() + SOON, line[0]):
        assert line[0].recv(1) == b""  # the end of the stream, long before the socket's own timeout


def test_an_earlier_deadline_comes_first_though_a_later_one_was_known_before(line: Line) -> None:
    watched = CutOff()
    other, far_end = socket.socketpair()
    with other, far_end, watched.at(time.monotonic() + LATE, other), watched.at(time.monotonic() + SOON, line[0]):
        assert line[0].recv(1) == b""
        assert other.send(b"x") == 1


def test_a_deadline_that_is_over_cuts_at_once(line: Line) -> None:
    with CutOff().at(time.monotonic() - 1, line[0]):
        assert line[0].recv(1) == b""


def test_a_mail_that_was_done_in_time_leaves_its_connection_alone(line: Line) -> None:
    watched, (other, far_end) = CutOff(), socket.socketpair()
    with other, far_end:
        with watched.at(time.monotonic() + SOON, other):
            pass
        with watched.at(time.monotonic() + 2 * SOON, line[0]):  # the same thread looks at both deadlines
            assert line[0].recv(1) == b""
        assert other.send(b"x") == 1


def test_any_number_of_mails_is_watched_by_one_thread_which_then_ends(line: Line) -> None:
    before, watched = len(watchers()), CutOff()
    for _ in range(50):
        with watched.at(time.monotonic() + SOON, line[0]):
            assert len(watchers()) <= before + 1
    for thread in watchers()[before:]:
        thread.join(10)
        assert not thread.is_alive()
    with watched.at(time.monotonic() + SOON, line[0]):  # and begins anew
        assert line[0].recv(1) == b""


def test_a_line_that_is_gone_is_no_fault(line: Line) -> None:
    line[0].close()
    watched = CutOff()
    with watched.at(time.monotonic() - 1, line[0]), watched.at(time.monotonic() + SOON, line[1]):
        assert line[1].recv(1) == b""


def test_a_mail_without_a_watcher_fails_and_the_next_one_is_watched_again(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine at its limit of threads: a deadline that nobody watches would outlive the sender's lease."""
    watched = CutOff()
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", _no_more_threads)
        with pytest.raises(RuntimeError), watched.at(time.monotonic() + SOON, line[0]):
            pass
    with watched.at(time.monotonic() + SOON, line[0]):
        assert line[0].recv(1) == b""


def _no_more_threads(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_cut_tls_connection_never_goes_on_in_the_clear(tmp_path: Path) -> None:
    """The standard library's shutdown of a TLS socket forgets the encryption first; the sender could write in between."""
    make_certificate(tmp_path)
    ours, theirs = socket.socketpair()
    theirs_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs_context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    open_end: list[ssl.SSLSocket] = []
    server = threading.Thread(target=lambda: open_end.append(theirs_context.wrap_socket(theirs, server_side=True)))
    server.start()
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    with closing(context.wrap_socket(ours, server_hostname="localhost")) as tls:
        server.join(10)
        tls.settimeout(10)
        with CutOff().at(time.monotonic() + SOON, tls):
            assert tls.recv(1) == b""
            assert tls.cipher() is not None, "what is written now is still encrypted"
            with pytest.raises(OSError, match=r"pipe|closed|EOF"):
                tls.sendall(b"secret")
    open_end[0].close()
