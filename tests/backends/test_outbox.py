from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from mailbot.errors import Conflict, NotFound
from mailbot.model.outcome import GiveUp, Sent, TryAgain, Uncertain
from mailbot.model.ticket import ActionKind
from mailbot.record import claims, holders, journal, leases, outbox, tickets
from mailbot.record.database import Database
from mailbot.record.outbox import NewAction
from tests.backends.conftest import START, Clock
from tests.backends.makers import decision, email, mail


@pytest.fixture
def ticket(db: Database) -> int:
    with db.transaction() as c:
        [message] = journal.keep(c, [mail()], START)
        return tickets.open_ticket(c, decision(), message.id, "email", START, START).id


def queued(db: Database, *rows: NewAction) -> list[int]:
    with db.transaction() as c:
        return outbox.queue(c, rows, START)


def test_a_key_makes_one_action_however_often_it_is_queued(db: Database, ticket: int) -> None:
    [a, b, a_again] = queued(db, email("a", ticket), email("b", ticket), email("a", ticket, to="other@x.example"))
    assert a == a_again != b
    assert queued(db, email("b", ticket), email("a", ticket)) == [b, a]
    with db.reading() as c:
        action = outbox.get(c, a)
        assert (action.to, action.state, action.payload, action.counted) == ("ann@client.example", "queued", b"mail", False)
        assert [(x.ticket, x.key) for x in outbox.many(c, [a, b])] == [(ticket, "a"), (ticket, "b")]
        with pytest.raises(NotFound):
            outbox.get(c, 999)


def test_actions_of_a_ticket_and_family_go_one_after_the_other(db: Database, ticket: int, clock: Clock) -> None:
    reopen = NewAction(key="r", kind="reopen", place="shop", ticket=ticket)
    one, two, opened = queued(db, email("1", ticket), email("2", ticket), reopen)
    with db.transaction() as c:
        assert [a.id for a in outbox.claim(c, "smtp", 9, clock(), "h")] == [one]
        assert [a.id for a in outbox.claim(c, "order_system:shop", 9, clock(), "h")] == [opened]
        assert outbox.begin(c, one, "h", clock())
        assert outbox.claim(c, "smtp", 9, clock(), "h") == []
        assert outbox.next_due(c, "smtp", clock()) is None
        assert outbox.finish(c, one, Sent("250 ok"), "h", clock())
        assert outbox.next_due(c, "smtp", clock()) == START
        [after] = outbox.claim(c, "smtp", 9, clock(), "h")
        assert after.id == two


def test_an_action_waits_for_the_one_it_must_follow_and_is_held_when_that_gives_up(db: Database, ticket: int, clock: Clock) -> None:
    time = NewAction(key="t", kind="delivery_time", place="shop", ticket=ticket)
    news, told = queued(db, email("news", ticket, after_key="t"), time)
    with db.transaction() as c:
        assert outbox.claim(c, "smtp", 9, clock(), "h") == []
        assert outbox.next_due(c, "smtp", clock()) is None
        outbox.claim(c, "order_system:shop", 9, clock(), "h")
        outbox.begin(c, told, "h", clock())
        outbox.finish(c, told, GiveUp("412"), "h", clock())
        assert outbox.get(c, news).state == "held"
        assert outbox.get(c, news).because == f"O-{told}, which must come first, was not sent: 412"
        late = outbox.queue(c, [email("late", ticket, after_key="t")], clock())
        assert outbox.get(c, late[0]).state == "held"
        with pytest.raises(NotFound):
            outbox.queue(c, [email("x", ticket, after_key="nothing")], clock())


def test_a_follower_goes_once_its_forerunner_was_sent(db: Database, ticket: int, clock: Clock) -> None:
    told, news = queued(db, NewAction(key="t", kind="delivery_time", place="shop", ticket=ticket), email("n", ticket, after_key="t"))
    with db.transaction() as c:
        outbox.claim(c, "order_system:shop", 9, clock(), "h")
        assert outbox.finish_and_begin(c, None, told, "h", clock())
        assert not outbox.finish_and_begin(c, (told, Sent(), None), None, "h", clock())
        assert [a.id for a in outbox.claim(c, "smtp", 9, clock(), "h")] == [news]


def test_a_held_or_suppressed_action_goes_only_when_released(db: Database, ticket: int, clock: Clock) -> None:
    held, quiet = queued(db, email("h", ticket, state="held"), email("s", ticket, state="suppressed", because="too many"))
    with db.transaction() as c:
        assert outbox.claim(c, "smtp", 9, clock(), "h") == []
        outbox.release(c, held, clock())
        outbox.release(c, quiet, clock())
        with pytest.raises(Conflict, match="neither held nor suppressed"):
            outbox.release(c, held, clock())
        assert [a.id for a in outbox.claim(c, "smtp", 9, clock(), "h")] == [held]


def test_try_again_waits_and_then_gives_up(db: Database, ticket: int, clock: Clock) -> None:
    [id_] = queued(db, email("a", ticket))
    with db.transaction() as c:
        outbox.claim(c, "smtp", 9, clock(), "h")
        outbox.begin(c, id_, "h", clock())
        outbox.finish(c, id_, TryAgain("450 busy"), "h", clock(), START + timedelta(minutes=5))
        assert outbox.claim(c, "smtp", 9, clock(), "h") == []
        assert outbox.next_due(c, "smtp", clock()) == START + timedelta(minutes=5)
        [again] = outbox.claim(c, "smtp", 9, clock.pass_(minutes=5), "h")
        assert (again.attempts, again.because) == (1, "450 busy")
        outbox.begin(c, id_, "h", clock())
        outbox.finish(c, id_, TryAgain("450 busy"), "h", clock(), None)
        assert outbox.get(c, id_).state == "gave_up"
        outbox.retry(c, id_, clock())
        assert outbox.claim(c, "smtp", 9, clock(), "h")[0].payload == b"mail"


def test_a_kill_while_sending_makes_it_uncertain_and_a_late_answer_still_counts(db: Database, ticket: int, clock: Clock) -> None:
    sending, waiting = queued(db, email("a", ticket), email("b", None))
    with db.transaction() as c:
        outbox.claim(c, "smtp", 9, clock(), "dead")
        outbox.begin(c, sending, "dead", clock())
        assert outbox.expire(c, clock()) == []
        clock.pass_(seconds=331)
        assert outbox.expire(c, clock()) == [sending]
        assert outbox.get(c, sending).state == "uncertain"
        assert [a.id for a in outbox.claim(c, "smtp", 9, clock(), "h")] == [waiting]
        assert not outbox.begin(c, waiting, "dead", clock())
        assert not outbox.finish(c, sending, Sent(), "other", clock())
        assert outbox.finish(c, sending, Sent("250"), "dead", clock())
        assert outbox.get(c, sending).state == "sent"


def test_an_uncertain_action_is_a_persons_or_the_sent_folders_to_settle(db: Database, ticket: int, clock: Clock) -> None:
    ids = queued(db, *(email(k, None) for k in "abc"))
    with db.transaction() as c:
        outbox.claim(c, "smtp", 9, clock(), "h")
        for id_ in ids:
            outbox.begin(c, id_, "h", clock())
            outbox.finish(c, id_, Uncertain("connection lost after DATA"), "h", clock())
        outbox.resolve(c, ids[0], Sent("found"), clock())
        outbox.retry(c, ids[1], clock())
        outbox.cancel(c, ids[2], clock())
        assert [outbox.get(c, id_).state for id_ in ids] == ["sent", "queued", "cancelled"]
        with pytest.raises(Conflict):
            outbox.resolve(c, ids[0], Sent(), clock())
        with pytest.raises(Conflict):
            outbox.cancel(c, ids[0], clock())
        assert not outbox.finish(c, ids[1], Sent(), "h", clock())


def test_a_person_can_cancel_between_claim_and_begin(db: Database, ticket: int, clock: Clock) -> None:
    first, after = queued(db, email("a", ticket), NewAction(key="n", kind="notify", to="kim", ticket=ticket, after_key="a"))
    with db.transaction() as c:
        outbox.claim(c, "smtp", 9, clock(), "h")
        outbox.cancel(c, first, clock())
        assert not outbox.begin(c, first, "h", clock())
        assert outbox.get(c, after).state == "held"


def test_a_claim_given_back_is_free_for_others(db: Database, ticket: int, clock: Clock) -> None:
    [id_] = queued(db, email("a", ticket))
    with db.transaction() as c:
        outbox.claim(c, "smtp", 9, clock(), "h")
        outbox.give_back(c, [id_], "h")
        assert [a.id for a in outbox.claim(c, "smtp", 9, clock(), "i")] == [id_]


def test_a_begun_send_has_its_whole_lease_before_it(db: Database, clock: Clock) -> None:
    ids = queued(db, email("a", None), email("b", None))
    with db.transaction() as c:
        outbox.claim(c, "smtp", 9, clock(), "h")
        clock.pass_(seconds=320)
        assert outbox.begin(c, ids[0], "h", clock())
        clock.pass_(seconds=300)
        assert outbox.expire(c, clock()) == []
        assert not outbox.begin(c, ids[1], "h", clock())


def test_two_senders_never_take_the_same_action(db: Database, ticket: int, clock: Clock) -> None:
    ids = queued(db, *(email(f"k{n}", None) for n in range(40)))
    got: list[int] = []
    ready = threading.Barrier(3)

    def work(name: str) -> None:
        ready.wait(10)
        while True:
            with db.transaction() as c:
                batch = outbox.claim(c, "smtp", 5, clock(), name)
            if not batch:
                return
            got.extend(a.id for a in batch)

    workers = [threading.Thread(target=work, args=(str(n),)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(got) == ids


def test_what_a_dead_process_held_is_freed(db: Database, ticket: int, clock: Clock) -> None:
    sending, waiting = queued(db, email("a", None), email("b", None))
    with db.transaction() as c:
        leases.take(c, "mailbox:in", "dead", 90, clock())
        claims.claim(c, 1, clock(), "dead")
        outbox.claim(c, "smtp", 9, clock(), "dead")
        outbox.begin(c, sending, "dead", clock())
        leases.take(c, "mailbox:other", "alive", 90, clock())
        assert set(holders.all_holders(c)) == {"dead", "alive"}
        assert holders.free(c, ["dead"], clock()) == 1
        assert set(holders.all_holders(c)) == {"alive"}
        assert outbox.get(c, sending).state == "uncertain"
        assert [a.id for a in outbox.claim(c, "smtp", 9, clock(), "h")] == [waiting]
        assert claims.claim(c, 1, clock(), "h")[0].attempts == 2


def test_an_interrupted_action_of_an_order_system_is_found_until_somebody_decided(db: Database, ticket: int, clock: Clock) -> None:
    rows = [NewAction(key=k, kind=kind, place="shop", to="o1", ticket=None, payload=b"{}") for k, kind in KINDS]
    ids = queued(db, *rows, email("mail", ticket))
    lane = "order_system:shop"
    with db.transaction() as c:
        for number, id_ in enumerate(ids[:-1]):
            outbox.claim(c, lane, 1, clock(), f"dead{number}")
            assert outbox.begin(c, id_, f"dead{number}", clock())
        assert outbox.interrupted(c, lane, 5) == []
        assert holders.free(c, ["dead0"], clock()) == 1
        clock.pass_(seconds=331)
        assert outbox.expire(c, clock()) == ids[1:-1]
        assert outbox.interrupted(c, lane, 5) == [(ids[0], "order_comment"), (ids[1], "redistribution"), (ids[2], "reopen")]
        assert outbox.interrupted(c, lane, 0) == [], "those tried too often are a person's"
        assert outbox.interrupted(c, "order_system:other", 5) == []
        outbox.leave_to_a_person(c, [ids[1]], "look there")
        outbox.cancel(c, ids[2], clock())
        assert [i for i, _ in outbox.interrupted(c, lane, 5)] == [ids[0]]
        outbox.repeat(c, ids, clock())
        assert [outbox.get(c, i).state for i in ids] == ["queued", "uncertain", "cancelled", "queued"]
        assert [a.id for a in outbox.claim(c, lane, 9, clock(), "h")] == [ids[0]]


KINDS: tuple[tuple[str, ActionKind], ...] = (("a", "order_comment"), ("b", "redistribution"), ("c", "reopen"))


def test_whoever_only_looks_reads_what_waits_without_keeping_it_from_its_sender(db: Database, ticket: int, clock: Clock) -> None:
    [news] = queued(db, email("news", ticket, template="news"))
    with db.reading() as reader:
        assert [a.id for a in outbox.waiting_news(reader, ticket, "news", clock(), keep=False)] == [news]
        with db.transaction() as c:
            assert [a.id for a in outbox.claim(c, "smtp", 9, clock(), "h")] == [news]
