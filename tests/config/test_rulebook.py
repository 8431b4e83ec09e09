"""rules/*.toml (X6): later folders win per file, limits key by key, and every fault is told at once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mailbot.config.defaults import defaults_dir
from mailbot.config.rule_warnings import rule_warnings
from mailbot.config.rulebook import files, lacking, load_rules
from mailbot.errors import BadRules

SHIPPED = defaults_dir("rules")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    return folder


def faults(*folders: Path) -> list[str]:
    with pytest.raises(BadRules) as error:
        load_rules(folders)
    return [str(p) for p in error.value.problems]


def test_the_shipped_rules_are_whole() -> None:
    book = load_rules([SHIPPED])
    assert {q.name for q in book.queues} >= {"coordinators", "production", "quality", "unverified"}
    assert book.escalation_minutes == (10, 15, 20)
    assert book.limits.known_address_hour == 60
    assert dict(book.delivery.turnaround).keys() >= {"correction", "amendment"}


def test_every_shipped_file_is_a_rule_file_and_the_other_way_round() -> None:
    assert {p.name for p in SHIPPED.glob("*.toml")} == set(files())


def test_a_deployment_gives_single_limits_and_keeps_the_others(own: Path) -> None:
    (own / "limits.toml").write_text("all_hour = 5\n")
    book = load_rules([SHIPPED, own])
    assert (book.limits.all_hour, book.limits.known_address_day) == (5, 300)
    assert book.hash != load_rules([SHIPPED]).hash


def test_a_later_folder_wins_for_the_whole_file(own: Path) -> None:
    (own / "escalation.toml").write_text("minutes = [5]\nanswer_minutes = [1, 2]\nbusy_waiting = 3\n")
    assert load_rules([SHIPPED, own]).escalation_minutes == (5,)


def test_a_list_that_an_own_file_lacks_is_the_shipped_one_and_is_told(own: Path) -> None:
    shipped = (SHIPPED / "automatic.toml").read_text(encoding="utf-8")
    older = re.sub(r"(?ms)^mass_texts = \[.*?^\]\n", "", shipped)
    older = re.sub(r"(?ms)^bounce_senders = \[.*?\]\n", 'bounce_senders = ["nobody"]\n', older)
    assert "mass_texts = " not in older
    (own / "automatic.toml").write_text(older, encoding="utf-8")
    book = load_rules([SHIPPED, own])
    assert book.words.automatic.mass_texts == load_rules([SHIPPED]).words.automatic.mass_texts != ()
    assert book.words.automatic.bounce_senders == ("nobody",)
    assert lacking([SHIPPED, own]) == (f"{own / 'automatic.toml'} lacks mass_texts; taken from {SHIPPED / 'automatic.toml'}",)
    assert lacking([SHIPPED]) == ()


def test_an_empty_list_in_an_own_file_stays_empty(own: Path) -> None:
    shipped = (SHIPPED / "automatic.toml").read_text(encoding="utf-8")
    (own / "automatic.toml").write_text(re.sub(r"(?ms)^mass_texts = \[.*?^\]\n", "mass_texts = []\n", shipped), encoding="utf-8")
    assert load_rules([SHIPPED, own]).words.automatic.mass_texts == ()
    assert lacking([SHIPPED, own]) == ()


def test_the_name_of_a_set_tells_a_change_in_a_shipped_list_that_an_own_file_lacks(own: Path, tmp_path: Path) -> None:
    (own / "escalation.toml").write_text("minutes = [5]\nanswer_minutes = [1, 2]\n")
    other = shutil.copytree(SHIPPED, tmp_path / "other")
    text = (other / "escalation.toml").read_text(encoding="utf-8")
    (other / "escalation.toml").write_text(re.sub(r"busy_waiting = \d+", "busy_waiting = 77", text), encoding="utf-8")
    assert load_rules([other, own]).busy_waiting == 77
    assert load_rules([other, own]).hash != load_rules([SHIPPED, own]).hash


def test_the_same_contents_have_the_same_hash(tmp_path: Path) -> None:
    copy = shutil.copytree(SHIPPED, tmp_path / "copy")
    assert load_rules([copy]).hash == load_rules([SHIPPED]).hash


def test_all_faults_of_all_files_are_told_at_once(own: Path) -> None:
    (own / "limits.toml").write_text('al_hour = 5\nall_hour = "many"\n')
    (own / "escalation.toml").write_text("minutes = [")
    (own / "rooting.toml").write_text("")
    (own / "shifts.toml").write_text('[[shifts]]\nperson = "a"\nweekdays = [9]\nbegins = "8"\nends = "16:00"\ntime_zone = "Sweden"\n')
    told = faults(SHIPPED, own)
    assert any("al_hour: there is no such key. Did you mean all_hour?" in line for line in told)
    assert any("all_hour: is no whole number" in line for line in told)
    assert any("escalation.toml" in line and "is no TOML" in line for line in told)
    assert any("rooting.toml: is no rule file. Did you mean routing.toml?" in line for line in told)
    assert any("'8' is no time of day" in line for line in told)
    assert any("'Sweden' is no time zone" in line for line in told)
    assert any("a weekday is 0 (Monday) to 6 (Sunday)" in line for line in told)


def test_a_route_to_an_unknown_queue_or_kind_is_found_before_it_goes_live(own: Path) -> None:
    (own / "routing.toml").write_text(
        '[[queues]]\nname = "quality"\ntitle = "Q"\nmethod = "robin"\n'
        '[[routes]]\nname = "r"\nqueue = "qualty"\nkinds = ["corection"]\nflags = ["urgnt"]\ntrusts = ["tokn"]\n'
    )
    told = "\n".join(faults(SHIPPED, own))
    for name, remedy in (("qualty", "quality"), ("corection", "correction"), ("urgnt", "urgent"), ("tokn", "token")):
        assert f"there is no '{name}'. Did you mean {remedy}?" in told
    assert "there is no 'robin'" in told


def test_a_cue_that_speaks_for_nothing_known_is_found(own: Path) -> None:
    (own / "requests.toml").write_text('negations = []\n[[cues]]\nname = "x"\nmeans = ["refnd"]\nphrases = ["a"]\nwieght = 2\n')
    assert "Did you mean weight?" in "\n".join(faults(SHIPPED, own))
    (own / "requests.toml").write_text('negations = []\n[[cues]]\nname = "x"\nmeans = ["refnd"]\nphrases = ["a"]\n')
    assert "Did you mean refund?" in "\n".join(faults(SHIPPED, own))


def test_a_language_check_without_languages_is_found_before_it_goes_live(own: Path) -> None:
    shipped = (SHIPPED / "languages.toml").read_text(encoding="utf-8")
    (own / "languages.toml").write_text(re.sub(r"(?m)^detector = .*$", "detector = []", shipped), encoding="utf-8")
    assert any("languages.toml" in line and "detector: is empty. Give the codes" in line for line in faults(SHIPPED, own))


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        ('["en"]', "detector: names no language beside English, so every message would be English. Give the codes"),
        ('["xx"]', "detector: there is no 'xx'. Known: af, ar"),
        ('["en", "dee", "fr"]', "detector: there is no 'dee'. Did you mean de?"),
        ('["EN", "de"]', "detector: there is no 'EN'"),
    ],
)
def test_a_language_that_cannot_be_detected_is_found_before_it_goes_live(own: Path, codes: str, told: str) -> None:
    shipped = (SHIPPED / "languages.toml").read_text(encoding="utf-8")
    (own / "languages.toml").write_text(re.sub(r"(?m)^detector = .*$", f"detector = {codes}", shipped), encoding="utf-8")
    lines = faults(SHIPPED, own)
    assert any("languages.toml" in line and told in line for line in lines), lines


def test_a_detector_of_two_languages_is_good(own: Path) -> None:
    shipped = (SHIPPED / "languages.toml").read_text(encoding="utf-8")
    (own / "languages.toml").write_text(re.sub(r"(?m)^detector = .*$", 'detector = ["en", "zh-cn"]', shipped), encoding="utf-8")
    assert load_rules([SHIPPED, own]).words.languages.detector == ("en", "zh-cn")


def test_a_phrase_that_rests_on_a_common_word_alone_is_warned_of(own: Path) -> None:
    shipped = (SHIPPED / "requests.toml").read_text(encoding="utf-8")
    first = shipped.index("phrases = [") + len("phrases = [")
    (own / "requests.toml").write_text(
        f'{shipped[:first]}"what [now|then] [?]", "the ...", "sent [back]", {shipped[first:]}', encoding="utf-8"
    )
    warned = rule_warnings(load_rules([SHIPPED, own]).words)
    assert [line.partition('": ')[2].partition(" alone")[0] for line in warned] == [
        '"what [now|then] [?]" rests on "what"',
        '"the ..." rests on "the"',
    ]
    assert all(line.startswith('requests.toml, "send the files to a portal or agency again"') for line in warned)


def test_no_shipped_phrase_rests_on_a_common_word_alone() -> None:
    assert rule_warnings(load_rules([SHIPPED]).words) == ()


def test_a_missing_file_is_named(own: Path) -> None:
    assert any(line.startswith("keywords.toml: is missing") for line in faults(own))


TOGETHER = [
    ('each = [["a"]]', 'together "x": each'),
    ('each = [["a"], []]', 'together "x": each'),
    ('each = [["a"], ["b"]]\nsentences = 0', 'together "x": sentences'),
    ('each = [["a"], ["b"]]\nsentences = 4', 'together "x": sentences'),
]


@pytest.mark.parametrize(("lines", "key"), TOGETHER)
def test_a_group_that_can_never_stand_together_is_told(own: Path, lines: str, key: str) -> None:
    shipped = (SHIPPED / "requests.toml").read_text(encoding="utf-8")
    (own / "requests.toml").write_text(f'{shipped}\n[[together]]\nname = "x"\nmeans = ["refund"]\n{lines}\n', encoding="utf-8")
    assert any("requests.toml" in told and key in told for told in faults(SHIPPED, own))


def test_names_and_meanings_of_what_stands_together_are_looked_up_like_those_of_cues(own: Path) -> None:
    shipped = (SHIPPED / "questions.toml").read_text(encoding="utf-8")
    group = '[[together]]\nname = "x"\nmeans = ["costs"]\nnegated = "no"\neach = [["{chanel}"], ["b"]]\n'
    (own / "questions.toml").write_text(f"{shipped}\n{group}", encoding="utf-8")
    told = " ".join(faults(SHIPPED, own))
    assert all(word in told for word in ('together "x": means', "costs", 'together "x": negated', "chanel"))


def test_a_string_in_the_place_of_a_list_is_told_as_one_writes_it(own: Path) -> None:
    shipped = (SHIPPED / "requests.toml").read_text(encoding="utf-8")
    (own / "requests.toml").write_text(f'{shipped}\n[[together]]\nname = "x"\nmeans = "refund"\neach = [["a"], ["b"]]\n', encoding="utf-8")
    assert any("means: is no list" in told and '["one phrase", "another"]' in told for told in faults(SHIPPED, own))
