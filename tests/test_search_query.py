"""What people type into the search box."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.model.search import MAX_TERMS, OPERATORS, Query, Term, excerpt, facet, parse, words

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def read(text: str) -> Query:
    return parse(text, NOW, STOCKHOLM, "kim")


def any_(*said: str, prefix: bool = True) -> Term:
    return Term(said, prefix=prefix)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("Sky", (any_("sky"),)),
        ("sky to", (any_("sky"), any_("to", prefix=False))),
        ("ki*", (Term(("ki",), prefix=True, starred=True),)),
        ("k*", (any_("k", prefix=False),)),
        ('"Too dark" sky', (any_("too", "dark", prefix=False), any_("sky"))),
        ("-window", (Term(("window",), prefix=True, negated=True),)),
        ("ann@client.example", (any_("ann", "client", "example"),)),
        ("https://a.example/x", (any_("https", "a", "example", "x", prefix=False),)),
        ("10:30", (any_("10", "30", prefix=False),)),
        ("Ångström naïve", (any_("angstrom"), any_("naive"))),
        ("窓の外", (any_("窓", "の", "外", prefix=False),)),
        ("client:bright", (Term(("bright",), "client", prefix=True),)),
        ('client:"Bright Homes"', (Term(("bright", "homes"), "client"),)),
        ("order:10231", (Term(("xorderx10231",), "facet"),)),
        ("order:102*", (Term(("xorderx102",), "facet", prefix=True, starred=True),)),
        ("state:In-Work", (Term(("xstatexinwork",), "facet"),)),
        ("-flag:urgent", (Term(("xflagxurgent",), "facet", negated=True),)),
        ("owner:me owner:none", (Term(("xownerxkim",), "facet"), Term(("xownerxnobody",), "facet"))),
        ("KIND:correction", (Term(("xkindxcorrection",), "facet"),)),
    ],
)  # fmt: skip
def test_every_word_is_looked_for_as_the_person_meant_it(text: str, terms: tuple[Term, ...]) -> None:
    assert read(text).terms == terms
    assert read(text).hints == ()


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("after:2026-11-20", datetime(2026, 11, 19, 23, 0, tzinfo=UTC), None),
        ("before:2026-11", None, datetime(2026, 10, 31, 23, 0, tzinfo=UTC)),
        ("after:7d before:12h", NOW - timedelta(days=7), NOW - timedelta(hours=12)),
        ("after:today", datetime(2026, 11, 22, 23, 0, tzinfo=UTC), None),
        ("after:yesterday", datetime(2026, 11, 21, 23, 0, tzinfo=UTC), None),
        ("after:2w", NOW - timedelta(days=14), None),
    ],
)  # fmt: skip
def test_a_day_begins_where_the_reader_lives(text: str, since: datetime | None, until: datetime | None) -> None:
    assert (read(text).since, read(text).until) == (since, until)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("kind:corection", "Did you mean correction?"),
        ("state:nowhere", "Known are open, new,"),
        ("clent:bright", "Did you mean client:?"),
        ("order:", "such as order:10231"),
        ('"too dark', 'A closing " is missing'),
        ("before:soon", "such as before:2026-11-23"),
        ("after:2026-13-40", "such as after:"),
        ("-after:7d", "such as after:"),
        ("x" * 500, "Only the first 400 characters"),
        (" ".join(["word"] * 30), f"Only the first {MAX_TERMS} words"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_and_left_out(text: str, hint: str) -> None:
    assert any(hint in told for told in read(text).hints), read(text).hints


@given(st.text(max_size=600))
def test_nothing_that_is_typed_is_an_error(text: str) -> None:
    query = read(text)
    assert all(w and w == "".join(words(w)) for t in query.terms for w in t.words)
    assert len(query.terms) <= MAX_TERMS


_SAID = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.builds(
            "{}{}:{}{}".format, st.sampled_from(["", "-"]), st.sampled_from(OPERATORS), st.sampled_from(["", '"']), st.text(max_size=12)
        ),
    ),
    max_size=25,
)


@given(_SAID)
def test_fields_take_any_value(said: list[str]) -> None:
    query = read(" ".join(said))
    assert all(" " not in w for t in query.terms for w in t.words)
    assert all(at is None or at.tzinfo for at in (query.since, query.until))


@given(st.text(max_size=200))
def test_words_are_stable(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("The kitchen is too dark.", "kitch", (("The ", False), ("kitchen", True), (" is too dark.", False))),
        ("The kitchen is too dark.", '"too dark"', (("The kitchen is ", False), ("too", True), (" ", False), ("dark", True), (".", False))),
        ("Das große Fenster", "grosse", ()),
        ("Ett blått fönster", "fonster", (("Ett blått ", False), ("fönster", True))),
        ("部屋の窓の外", "窓", (("部屋の", False), ("窓", True), ("の外", False))),
        ("nothing", "sky", ()),
        ("sky", "order:1", ()),
    ],
)  # fmt: skip
def test_the_place_where_the_words_stand_is_shown(text: str, query: str, shown: tuple[tuple[str, bool], ...]) -> None:
    assert excerpt(text, read(query).spoken()) == shown


def test_a_long_text_is_shown_around_its_first_hit() -> None:
    pieces = excerpt("word " * 200 + "the sky " + "word " * 200, read("sky").spoken())
    assert pieces[0] == ("…", False)
    assert ("sky", True) in pieces
    assert pieces[-1] == ("…", False)
    assert len("".join(piece for piece, _ in pieces)) < 200


@given(st.text(max_size=300), st.text(min_size=1, max_size=10))
def test_an_excerpt_is_part_of_the_text(text: str, word: str) -> None:
    pieces = excerpt(text, read(word).spoken(), width=60)
    joined = "".join(piece for piece, _ in pieces).removeprefix("…").removesuffix("…")
    assert joined in " ".join(text.split("\n")) or not pieces


def test_a_fact_is_one_word_that_nobody_writes() -> None:
    assert facet("queue", "Quality supervisor/1") == "xqueuexqualitysupervisor1"
    assert words(facet("owner", "ann.b")) == ["xownerxannb"]
