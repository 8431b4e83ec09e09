"""Search over what clients and people wrote, on both engines alike."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text

from mailbot.model.search import parse
from mailbot.model.ticket import Ticket
from mailbot.record import addresses, journal, migrations, search, tickets
from mailbot.record.database import Connection, Database
from mailbot.record.tables import metadata, ticket_text
from mailbot.record.tickets import LogRow
from mailbot.record.views.search import SearchPage, results
from tests.backends.conftest import START
from tests.backends.makers import mail, settled
from tests.backends.test_queue_view import counted, put

NOW = START + timedelta(days=30)
WITH_FILE = '{"attachments":[{"name":"plan.pdf"}]}'


def told(c: Connection, words: str, uid: int, parsed: str = "", **fields: Any) -> Ticket:
    """A ticket with one mail of these words."""
    one = put(c, **{"subject": "", **fields})
    [kept] = journal.keep(c, [mail(uid, f"{uid} {words}")], START)
    journal.settle(c, [settled(kept.id, one.id, text=words, subject=f"Subject {uid}", parsed_json=parsed)], START)
    return one


@pytest.fixture
def five(db: Database) -> dict[str, int]:
    with db.transaction() as c:
        made = {
            "sky": told(c, "Please make the sky bluer, it is too dark", 1, client="C1", client_name="Bright Homes", order="10231"),
            "kitchen": told(c, "The kitchen window is dark\ntoo bright outside", 2, WITH_FILE, client="C2", client_name="Ångström Måleri"),
            "foreign": told(c, "窓の外が暗い。 Fönstret är för mörkt", 3, client="C3", client_name="山田", order="10232", kind="feedback"),
            "closed": told(c, "kitchens and kitchen cupboards", 4, state="closed", owner="kim", opened_at=START - timedelta(days=40)),
            "urgent": told(c, "nothing special", 5, flags=("urgent", "no_keyword"), queue="production", dispute_level=1),
        }
        tickets.log(c, [LogRow(ticket=made["urgent"].id, what="note", actor="kim", data={"text": "He phoned about a kitchen"})], START)
    return {name: one.id for name, one in made.items()}


def search_for(db: Database, typed: str, **how: Any) -> SearchPage:
    with db.reading() as c:
        return results(c, parse(typed, NOW, UTC, "kim"), 20, **how)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sky", "sky"),
        ("SKY bluer", "sky"),
        ("kitchen", "urgent closed kitchen"),
        ("kitch", "urgent closed kitchen"),
        ('"too dark"', "sky"),
        ("too dark", "kitchen sky"),
        ("dark -kitchen", "sky"),
        ("angstrom", "kitchen"),
        ("Ångström", "kitchen"),
        ("fonst", "foreign"),
        ("窓の外", "foreign"),
        ("外窓", ""),
        ("山田", "foreign"),
        ("ann@client.example", "urgent closed foreign kitchen sky"),
        ("client:bright", "sky"),
        ('client:"Bright Homes"', "sky"),
        ("client:C2", "kitchen"),
        ("client:kitchen", ""),
        ("order:10231 client:bright", "sky"),
        ("order:1023*", "urgent closed foreign kitchen sky"),
        ("10232", "foreign"),
        ("kind:feedback", "foreign"),
        ("state:closed", "closed"),
        ("state:open kitchen", "urgent kitchen"),
        ("flag:urgent", "urgent"),
        ("-flag:urgent -state:closed", "foreign kitchen sky"),
        ("queue:production", "urgent"),
        ("owner:me", "closed"),
        ("owner:nobody -kitchen", "foreign sky"),
        ("has:attachment", "kitchen"),
        ("has:note", "urgent"),
        ("has:dispute", "urgent"),
        ("before:35d", "closed"),
        ("after:35d kitchen", "urgent kitchen"),
        ("after:80d before:35d", "closed"),
        ("after:today", ""),
        ("before:900d", ""),
        ("' OR 1=1 --", ""),
        ('NEAR( AND OR NOT ^ "', ""),
        ("* - : |& !", ""),
    ],
)  # fmt: skip
def test_a_search_finds_what_was_meant(db: Database, five: dict[str, int], typed: str, found: str) -> None:
    page = search_for(db, typed)
    names = {id_: name for name, id_ in five.items()}
    assert [names[r.row.ticket.id] for r in page.rows] == found.split()
    assert page.total == len(found.split())


def test_a_later_message_a_new_owner_and_a_note_are_found_at_once(db: Database, five: dict[str, int]) -> None:
    with db.transaction() as c:
        [kept] = journal.keep(c, [mail(9, "garage")], START)
        journal.settle(c, [settled(kept.id, five["sky"], text="and the garage door")], START)
        tickets.update(c, five["kitchen"], 1, START, owner="lee")
        tickets.log(c, [LogRow(ticket=five["foreign"], what="assessed", actor="lee", data={"reason": "our mistake"})], START)
    assert [r.row.ticket.id for r in search_for(db, "sky garage").rows] == [five["sky"]]
    assert [r.row.ticket.id for r in search_for(db, "owner:lee").rows] == [five["kitchen"]]
    assert [r.row.ticket.id for r in search_for(db, '"our mistake"').rows] == [five["foreign"]]


def test_what_is_rolled_back_is_not_found(db: Database, five: dict[str, int]) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction() as c:
        assert told(c, "unheard", 20).id / 0
    with db.transaction() as c:
        told(c, "garage", 21)
    assert search_for(db, "unheard").total == 0
    assert search_for(db, "garage").total == 1


def test_a_deleted_ticket_is_not_found(db: Database, five: dict[str, int]) -> None:
    with db.transaction() as c:
        c.execute(delete(metadata.tables["ticket"]).where(metadata.tables["ticket"].c.id == five["sky"]))
    assert search_for(db, "bluer").total == 0
    with db.reading() as c:
        assert c.execute(select(func.count()).select_from(ticket_text)).scalar_one() == 4


def test_words_that_stand_in_the_head_come_first_when_the_best_is_asked_for(db: Database, five: dict[str, int]) -> None:
    with db.transaction() as c:
        newest = told(c, "my sky is bright at home", 30)
    shown = [r.row.ticket.id for r in search_for(db, "bright", sort="best").rows]
    assert shown == [five["sky"], newest.id, five["kitchen"]]
    assert [r.row.ticket.id for r in search_for(db, "bright").rows] == [newest.id, five["kitchen"], five["sky"]]


def test_a_found_ticket_shows_where_the_words_stand_and_which_client_it_may_be(db: Database, five: dict[str, int]) -> None:
    with db.transaction() as c:
        addresses.add(c, "bright@homes.example", "C9", "Bright & Sons", "kim", START)
    page = search_for(db, "bright")
    assert ("bright", True) in page.rows[0].excerpt
    assert page.rows[1].excerpt == ()  # the client bears the word
    assert [(k.client, k.name, k.open_tickets) for k in page.clients] == [("C1", "Bright Homes", 2), ("C9", "Bright & Sons", 0)]
    assert search_for(db, "kitchen").clients == ()


def test_pages_of_a_search_follow_each_other(db: Database) -> None:
    with db.transaction() as c:
        made = [told(c, "sky", n).id for n in range(1, 8)]
    first = search_for(db, "sky", limit=3)
    second = search_for(db, "sky", limit=3, before=first.after)
    third = search_for(db, "sky", limit=3, before=second.after)
    assert [r.row.ticket.id for p in (first, second, third) for r in p.rows] == made[::-1]
    assert third.after is None


def test_a_word_that_fills_a_page_is_taken_as_it_is_unless_a_star_is_typed(db: Database) -> None:
    with db.transaction() as c:
        for n in range(1, 5):
            told(c, "kitchen", n)
        told(c, "kitchens", 5)
    assert search_for(db, "kitchen", limit=3).total == 4
    assert search_for(db, "kitchen*", limit=3).total == 5
    assert search_for(db, "kitchen", limit=10).total == 5


def test_five_hundred_found_tickets_cost_as_many_statements_as_ten(db: Database) -> None:
    said = {}
    for many in (10, 500):
        with db.transaction() as c:
            for n in range(many):
                told(c, "sky", many + n)
        for sort in ("newest", "best"):
            with db.reading() as c, counted(c) as statements:
                assert len(results(c, parse("sky", NOW, UTC), 20, sort=sort, limit=many - 5).rows) > 0  # type: ignore[arg-type]  # of Sort
                said[sort, many] = len(statements)
    assert said["newest", 10] == said["newest", 500] <= 9
    assert said["best", 10] == said["best", 500] <= 12


def test_a_database_of_an_older_version_can_be_searched_after_the_upgrade(db: Database, five: dict[str, int]) -> None:
    with db.transaction() as c:
        c.execute(delete(ticket_text))
    assert search_for(db, "sky").total == 0
    migrations.upgrade(db)
    assert search_for(db, "sky").total == 1


@pytest.mark.engine("sqlite")
def test_the_index_and_its_content_agree(db: Database, five: dict[str, int]) -> None:
    with db.transaction() as c:
        tickets.update(c, five["sky"], 1, START, owner="lee", subject="Other")
        c.execute(text("INSERT INTO ticket_search(ticket_search, rank) VALUES ('integrity-check', 1)"))


def test_a_search_walks_the_index(db: Database, five: dict[str, int]) -> None:
    with db.reading() as c, counted(c) as statements:
        search.found(c, parse("sky state:open after:7d", NOW, UTC))
    assert any(("MATCH" in s) or ("@@" in s) for s in statements)
