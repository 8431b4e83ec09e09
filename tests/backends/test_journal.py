from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.errors import Conflict, NotFound
from mailbot.record import claims, journal, mailboxes
from mailbot.record.database import Database
from tests.backends.conftest import START, Clock
from tests.backends.makers import comment, mail, mails, settled


def kept(db: Database, *messages: object) -> list[int]:
    with db.transaction() as c:
        return [k.id for k in journal.keep(c, list(messages), START)]  # type: ignore[arg-type]  # makers give messages


def test_the_same_bytes_seen_twice_are_one_message_with_two_sightings(db: Database) -> None:
    with db.transaction() as c:
        [first] = journal.keep(c, [mail(1)], START)
        again, other, within = journal.keep(c, [mail(9), mail(2, "other"), mail(3, "other")], START)
        assert (first.new, again.new, other.new, within.new) == (True, False, True, False)
        assert again.id == first.id
        assert within.id == other.id
        assert journal.known_uids(c, "INBOX", 7, [1, 2, 3, 4, 9]) == {1, 2, 3, 9}
        assert journal.known_uids(c, "INBOX", 8, [1]) == set()
        assert journal.raw(c, first.id) == mail(1).raw


def test_a_reused_message_id_with_other_content_is_a_new_message(db: Database) -> None:
    with db.transaction() as c:
        [one] = journal.keep(c, [mail(1, "a", message_id="<x@y>")], START)
        two, three = journal.keep(c, [mail(2, "b", message_id="<x@y>"), mail(3, "c", message_id="<z@y>")], START)
        assert (one.reused_message_id, two.reused_message_id, three.reused_message_id) == (False, True, False)
        assert [m.message_id_reused for m in claims.claim(c, 9, START, "h")] == [False, True, False]


def test_a_large_mail_is_read_from_its_file_in_chunks(db: Database, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4096 + b"end"
    (tmp_path / "big").write_bytes(data)
    [id_] = kept(db, mail(1, raw=b"", raw_path=str(tmp_path / "big"), size=len(data), fingerprint="big"))
    with db.reading() as c:
        assert journal.raw(c, id_) == data


def test_order_comments_are_known_by_their_id_and_need_no_tidying(db: Database) -> None:
    kept(db, comment("c1"), comment("c2"))
    with db.transaction() as c:
        assert [k.new for k in journal.keep(c, [comment("c1"), comment("c3")], START)] == [False, True]
        assert journal.untidied(c, "shop", 0, 10) == []


def test_kept_mails_are_tidied_once(db: Database) -> None:
    kept(db, *mails(3))
    with db.transaction() as c:
        assert journal.untidied(c, "INBOX", 7, 2) == [1, 2]
        journal.tidied(c, "INBOX", 7, [1, 2])
        assert journal.untidied(c, "INBOX", 7, 10) == [3]


def test_the_checkpoint_never_goes_back_within_an_epoch(db: Database) -> None:
    with db.transaction() as c:
        assert mailboxes.place_of(c, "INBOX") == mailboxes.Place(place="INBOX")
        mailboxes.advance(c, "INBOX", 7, 100, START)
        mailboxes.advance(c, "INBOX", 7, 50, START)
        assert mailboxes.place_of(c, "INBOX").checkpoint == 100
        mailboxes.advance(c, "INBOX", 8, 5, START)
        assert mailboxes.place_of(c, "INBOX").checkpoint == 5


def test_the_go_live_time_is_set_once_and_a_failed_poll_keeps_the_last_success(db: Database) -> None:
    later = START + timedelta(hours=1)
    with db.transaction() as c:
        assert mailboxes.go_live(c, "INBOX", START) == START
        assert mailboxes.go_live(c, "INBOX", later) == START
        mailboxes.seen(c, "INBOX", START, None)
        mailboxes.seen(c, "INBOX", later, "no answer\0")
        [state] = mailboxes.places(c)
        assert (state.go_live, state.last_ok_at, state.last_error) == (START, START, "no answer\ufffd")
        mailboxes.seen(c, "INBOX", later, None)
        assert mailboxes.place_of(c, "INBOX").last_error == ""


def test_messages_are_claimed_in_order_of_arrival_and_only_once(db: Database, clock: Clock) -> None:
    ids = kept(db, *mails(5))
    with db.transaction() as c:
        first = claims.claim(c, 3, clock(), "a")
        assert [m.id for m in first] == ids[:3]
        assert [m.attempts for m in first] == [1, 1, 1]
        assert first[0].raw == mails(1)[0].raw
        assert [m.id for m in claims.claim(c, 9, clock(), "b")] == ids[3:]
        assert claims.claim(c, 9, clock(), "c") == []


def test_a_killed_batch_comes_back_one_by_one_and_is_set_aside_after_three_attempts(db: Database, clock: Clock) -> None:
    ids = kept(db, *mails(3))
    seen = []
    with db.transaction() as c:
        claims.claim(c, 50, clock(), "a")
    for _ in range(6):
        with db.transaction() as c:
            batch = claims.claim(c, 50, clock.pass_(seconds=121), "b")
        seen.append([(m.id, m.attempts) for m in batch])
    # Not the same one at every start: whatever kills the process, the others get on.
    assert seen == [[(ids[0], 2)], [(ids[1], 2)], [(ids[2], 2)], [(ids[0], 3)], [(ids[1], 3)], [(ids[2], 3)]]
    with db.transaction() as c:
        assert claims.claim(c, 50, clock.pass_(seconds=121), "b") == []
        row = journal.message_row(c, ids[0])
        assert (row.state, row.because) == ("set_aside", f"handling failed 3 times: {claims.KILLED}")


def test_poison_does_not_use_up_its_neighbours_attempts(db: Database, clock: Clock) -> None:
    ids = kept(db, *mails(3))
    with db.transaction() as c:
        batch = [m.id for m in claims.claim(c, 1, clock(), "a")]
        claims.failed(c, batch, "KeyError: x", clock())
        others = claims.claim(c, 50, clock(), "a")
        assert [(m.id, m.attempts) for m in others] == [(ids[1], 1), (ids[2], 1)]
        for attempts in (2, 3):
            [alone] = claims.claim(c, 50, clock(), "a")
            assert (alone.id, alone.attempts) == (ids[0], attempts)
            claims.failed(c, [alone.id], "KeyError: x", clock())
        assert claims.claim(c, 50, clock(), "a") == []
        assert journal.message_row(c, ids[0]).because == "handling failed 3 times: KeyError: x"


def test_a_claim_is_bounded_by_bytes_but_a_large_mail_comes_alone(db: Database, clock: Clock) -> None:
    small, large = 1024, 17 * 1024 * 1024
    ids = kept(db, *(mail(n, f"{n}", size=size) for n, size in enumerate([small, large, small], 1)))
    with db.transaction() as c:
        assert [[m.id for m in claims.claim(c, 50, clock(), "a")] for _ in range(3)] == [[ids[0]], [ids[1]], [ids[2]]]


def test_giving_back_costs_no_attempt(db: Database, clock: Clock) -> None:
    ids = kept(db, mail())
    with db.transaction() as c:
        claims.claim(c, 1, clock(), "a")
        claims.give_back(c, ids, "other")
        assert claims.claim(c, 1, clock(), "a") == []
        claims.give_back(c, ids, "a")
        assert claims.claim(c, 1, clock(), "a")[0].attempts == 1


def test_two_workers_never_claim_the_same_message(db: Database, clock: Clock) -> None:
    ids = kept(db, *mails(60))
    got: list[int] = []
    ready = threading.Barrier(4)

    def work(name: str) -> None:
        ready.wait(10)
        while True:
            with db.transaction() as c:
                batch = claims.claim(c, 7, clock(), name)
            if not batch:
                return
            got.extend(m.id for m in batch)

    workers = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(got) == ids


@pytest.mark.engine("postgresql")  # SQLite has one writer; the second waits
def test_a_claim_passes_over_rows_that_another_transaction_holds(db: Database, clock: Clock) -> None:
    ids = kept(db, *mails(4))
    with db.transaction() as one, db.transaction() as two:
        assert [m.id for m in claims.claim(one, 2, clock(), "a")] == ids[:2]
        assert [m.id for m in claims.claim(two, 9, clock(), "b")] == ids[2:]


def test_settling_twice_is_a_conflict_and_leaves_nothing(db: Database, clock: Clock) -> None:
    ids = kept(db, *mails(2))
    with db.transaction() as c:
        journal.settle(c, [settled(ids[0], subject="Sky", parsed_json="{}")], clock())
    with pytest.raises(Conflict), db.transaction() as c:
        journal.settle(c, [settled(ids[1]), settled(ids[0])], clock())
    with db.reading() as c:
        assert journal.message_row(c, ids[0]).state == "recorded"
        assert journal.message_row(c, ids[1]).state == "new"


def test_a_message_set_aside_can_be_retried_with_all_its_attempts(db: Database, clock: Clock) -> None:
    [id_] = kept(db, mail())
    with db.transaction() as c:
        claims.claim(c, 1, clock(), "a")
        journal.set_aside(c, id_, "no message: empty", clock())
        assert claims.claim(c, 1, clock(), "a") == []
        with pytest.raises(Conflict):
            journal.set_aside(c, id_, "again", clock())
        journal.retry(c, id_, clock())
        assert claims.claim(c, 1, clock(), "a")[0].attempts == 1
        with pytest.raises(Conflict, match="M-"):
            journal.retry(c, id_, clock())
        with pytest.raises(NotFound):
            journal.raw(c, 999)


def test_two_pollers_that_see_the_same_mails_keep_each_once(db: Database) -> None:
    new: list[int] = []
    ready = threading.Barrier(3)

    def poll(place: str) -> None:
        ready.wait(10)
        with db.transaction() as c:
            new.extend(k.id for k in journal.keep(c, [mail(n, f"text {n}", place=place) for n in range(1, 31)], START) if k.new)

    workers = [threading.Thread(target=poll, args=(place,)) for place in ("a", "b", "c")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(new) == len(set(new)) == 30
    with db.reading() as c:
        assert all(len(journal.known_uids(c, place, 7, range(1, 31))) == 30 for place in ("a", "b", "c"))


def test_what_waits_to_be_handled_is_told_with_its_bytes_oldest_first(db: Database) -> None:
    with db.transaction() as c:
        journal.keep(c, [comment("c1")], START)
        kept = journal.keep(c, [comment("c2"), comment("c3"), mail()], START + timedelta(minutes=1))
        journal.set_aside(c, kept[0].id, "unreadable", START)
    with db.reading() as c:
        first, third = (START, b'{"id": "c1"}'), (START + timedelta(minutes=1), b'{"id": "c3"}')
        assert claims.unhandled(c, "shop", 9) == [first, third]
        assert claims.unhandled(c, "shop", 1) == [first]
        assert claims.unhandled(c, "elsewhere", 9) == []
