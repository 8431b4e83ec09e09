"""How phrases of the word lists are found in a text (docs/rules.md, "How a phrase is written")."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailbot.check import phrase_beginnings, word_pattern
from mailbot.check.phrase_book import PhraseBook
from mailbot.check.phrase_form import Phrase, phrases_of
from mailbot.check.phrase_reader import PhraseReader
from mailbot.check.phrases import fold

TABLE = [
    ("too dark", "It is TOO, dark!", "TOO, dark"),
    ("too dark", "too. dark", None),
    ("please|pls add|remove", "could you pls remove it", "pls remove"),
    ("please add", "please do add", None),
    ("don't accept", "I dont accept", "dont accept"),
    ("don't accept", "I don\u2019t accept", "don\u2019t accept"),
    ("what is|'s wrong", "what's wrong", "what's wrong"),
    ("re-edit", "please re-edit this", "re-edit"),
    ("don't|do_not accept", "I do not accept", "do not accept"),
    ("not [the] right", "not right", "not right"),
    ("not [the] right", "not the right", "not the right"),
    ("[new|another] wish", "another wish", "another wish"),
    ("[new|another] wish", "my wish", "wish"),
    ("redistribut*", "the redistribution", "redistribution"),
    ("push ... portal|mls", "push all of the new ones to mls", None),
    ("push ... portal|mls", "push the new ones to the mls", "push the new ones to the mls"),
    ("push ... portal|mls", "push it. The portal", None),
    ("accept the #", "accept the 35", "accept the 35"),
    ("# photos", "only 12 photos", "12 photos"),
    ("^ move the", "move the bed", "move the"),
    ("^ move the", "Image 4: please move the bed", "move the"),
    ("^ move the", "they move the bed", None),
    ("again $", "wrong again!", "again"),
    ("again $", "again it is wrong", None),
    ("done|ready ?", "is it done?", "done"),
    ("done|ready ?", "it is done.", None),
    ("nicht wie bestellt", "NICHT wie bestellt", "NICHT wie bestellt"),
    ("är för mörk", "bilden ar for mork", "ar for mork"),
    ("暗すぎ", "写真が暗すぎます", "暗すぎ"),
]


@pytest.mark.parametrize(("phrase", "text", "words"), TABLE)
def test_a_phrase_is_found_as_people_read_it(phrase: str, text: str, words: str | None) -> None:
    folded = fold(text, "text")
    hits = PhraseBook([[phrase]]).find(folded)
    assert [folded.span(h.start, h.end).words for h in hits][:1] == ([words] if words else [])


def test_of_one_list_at_one_place_only_the_longest_counts_and_of_two_lists_each() -> None:
    folded = fold("too dark again", "text")
    hits = PhraseBook([["too dark", "too dark again"], ["too"]]).find(folded)
    assert [(h.group, h.phrase) for h in hits] == [(0, "too dark again"), (1, "too")]


def test_what_was_learnt_of_odd_texts_is_forgotten_and_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrase_beginnings, "_KNOWN_WORDS", 1)
    monkeypatch.setattr(phrase_beginnings, "_KNOWN_THREES", 1)
    book = PhraseBook([["too dark", "not [the] right", "push ... portal"], ["dark again"]])
    texts = ["too dark again", "not the right one", "push it to the portal", "too dark again"]
    found = [[(h.phrase, h.start, h.end) for h in book.find(fold(text, "text"))] for text in texts]
    assert found[0] == found[3] == [("too dark", 0, 8), ("dark again", 4, 14)]
    assert [len(hits) for hits in found] == [2, 1, 1, 2]


@given(
    st.text(alphabet="ab '-.,\n?", max_size=60), st.lists(st.sampled_from(["a b", "^ a", "a ... b", "[a] b $", "a*", "b a ?"]), max_size=4)
)
@settings(max_examples=150, deadline=None)
def test_every_hit_lies_in_the_text_and_begins_with_a_word(text: str, phrases: list[str]) -> None:
    folded = fold(text, "text")
    for hit in PhraseBook([phrases]).find(folded):
        assert 0 <= hit.start < hit.end <= len(folded.text)
        assert folded.text[hit.start].isalnum()
        assert folded.text[hit.end - 1].isalnum()


PHRASES = [phrase for phrase, _, _ in TABLE]
VOCABULARY = sorted({word for _, text, _ in TABLE for word in text.split() if text.isascii()} | {"the", "a", "of", "mls", "portal", "."})


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=30))
def test_words_in_another_paragraph_change_nothing_that_is_found(words: list[str]) -> None:
    """A phrase is not followed where a word that it needs stands nowhere; here each stands somewhere."""
    text = " ".join(words) + "."
    book = PhraseBook([[phrase] for phrase in PHRASES])
    alone = book.find(fold(text, "text"))
    beside = book.find(fold(text + "\n\n" + "\n\n".join(VOCABULARY), "text"))
    assert alone == [hit for hit in beside if hit.start < len(text)]


TOKENS = ["a", "b", "c", "a|b", "a_b|c", "a_b|b_a|c_c", "a_b_c|b", "[a]", "[b|c]", "[a_b]", "...", "c*", "#", "a|$", "[b_c|a]"]


def _ends(phrase: Phrase, at: int, place: int, words: Sequence[str]) -> set[int]:
    """Where the places from `place` on may end, tried one after the other, as people would."""
    if place == len(phrase.places):
        return {at}
    one = phrase.places[place]
    ends: set[int] = set()
    if place and (one.optional or one.gap or (one.or_end and at == len(words))):
        ends |= _ends(phrase, at, place + 1, words)
    if one.gap and place:  # a phrase begins with a word
        for skipped in range(1, min(5, len(words) - at) + 1):
            ends |= _ends(phrase, at + skipped, place + 1, words)
    elif at < len(words) and not one.gap:
        if one.has(words[at]):
            ends |= _ends(phrase, at + 1, place + 1, words)
        for run in one.runs.get(words[at], ()):
            if tuple(words[at : at + len(run)]) == run:
                ends |= _ends(phrase, at + len(run), place + 1, words)
    return ends


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b", "c", "cc", "7"]), max_size=12),
)
def test_looking_at_three_words_finds_what_trying_every_phrase_at_every_word_finds(written: list[str], words: list[str]) -> None:
    folded = fold(" ".join(words), "text")
    found = {(hit.group, hit.start, hit.end) for hit in PhraseBook([[phrase] for phrase in written]).find(folded)}
    tried = {
        (group, folded.starts[start], folded.ends[max(ends) - 1])
        for group, phrase in enumerate(written)
        for start in range(len(words))
        if (ends := set().union(*(_ends(one, start, 0, words) for one in phrases_of(0, group, 0, phrase))))
    }
    assert found == tried


@given(st.text(st.characters(codec="ascii"), max_size=80))
@example("it isn`t!` no")
def test_a_plain_text_has_the_words_and_sentences_that_it_has_beside_other_scripts(text: str) -> None:
    plain, other = fold(text, "text"), fold(text + "\n\u4e16", "text")
    assert plain.words == other.words[:-1]
    assert [text[a:b] for a, b in plain.sentences] == [text[a:b] for a, b in other.sentences if a < len(text)]


def test_a_judgement_of_words_stays_right_when_old_words_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_pattern, "_MOST_JUDGED", 10)
    even = word_pattern.Judged(lambda word: int(word) % 2 == 0)
    for number in range(100):
        assert even.among({str(number): [0], str(number + 1): [1]}) == {str(number + number % 2)}


@pytest.fixture
def threads_that_take_turns_often() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("threads_that_take_turns_often")
def test_several_threads_that_meet_new_words_at_once_find_what_one_finds() -> None:
    """A kind of words made twice at once would stand for other words ever after."""
    lists = [[f"w{n}|x{n} w{n + 1}"] for n in range(120)]
    text = " ".join(f"w{n} w{n + 1}, x{n} w{n + 1}." for n in range(120))
    alone = PhraseReader([lists]).read(fold(text, "text"))
    assert len(alone[0]) == 240
    for _ in range(10):
        read = PhraseReader([lists]).read
        texts = [fold(text + "." * number, "text") for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            assert all(found == alone for found in pool.map(read, texts, timeout=30))
