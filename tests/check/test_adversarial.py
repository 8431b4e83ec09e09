"""No text makes a check explode: the work grows with the text, whatever was written to make patterns try again and again."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailbot.check import CHECKS
from mailbot.model.message import ParsedMessage
from tests.check.labelled import FULL, OWN

ROOT = Path(__file__).parents[2]
PIECES = {
    "one letter": "a",
    "blanks": " ",
    "line ends": "\n",
    "question marks": "?",
    "digits": "1",
    "numbers": "12 ",
    "a number list": "images 1, 2, 3, ",
    "ranges": "images 1-200 ",
    "hashes": "#12",
    "dots": "a.b.",
    "addresses": "a@",
    "file names": "a_b-c.jp",
    "quotes": '"',
    "open quotes": '"style ',
    "the start of a phrase": "please can you ",
    "negations": "not not no never ",
    "conditions": "if anything if it ",
    "gaps": "push a b c d ",
    "optional words": "is there still also now a ",
    "joined words": "not_only/but-also ",
    "capitalised names": "Bright And Airy Modern Classic ",
    "style words": "style style: ",
    "levels": "brightness = 3 ",
    "labels": "Correction: ",
    "keywords in doubt": "corrections' amendmentt feed back ",
    "other scripts": "写真が暗すぎ",
    "combining letters": "e\u0301\u0301\u0301",
    "look-alikes": "соrrесtiоn ",
    "invisible letters": "co\u200brr\u00adection ",
    "links": "https://a.example/orders/1 ",
    "apostrophes": "don't'nt's ",
    "no sentence end": "the wall and the sky ",
}
CHECK = {row.name: row.function for row in CHECKS}


def texts(letters: int) -> Iterator[str]:
    for piece in PIECES.values():
        yield (piece * (letters // len(piece) + 1))[:letters]
    every = "".join(PIECES.values())
    yield (every * (letters // len(every) + 1))[:letters]


def calls(work: Callable[[], Any]) -> int:
    """How many functions run: the same for the same text on every machine."""
    counted = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("check", sorted(CHECK))
def test_twice_the_text_is_about_twice_the_work(check: str) -> None:
    def work(text: str) -> int:
        message = ParsedMessage(source="email", subject=text[:200], text=text)
        return calls(lambda: CHECK[check](message, FULL, OWN))

    for short, long in zip(texts(1_000), texts(2_000), strict=True):
        work(short)  # what is built at first use is no work of the text
        assert work(long + " ") <= 3 * work(short + " ") + 2_000, short[:40]


def test_every_check_reads_every_hostile_text_of_twenty_thousand_letters() -> None:
    """In a process of its own that is killed where a pattern tries for ever."""
    program = (
        "from tests.check.test_adversarial import CHECK, FULL, OWN, ParsedMessage, texts\n"
        "for text in texts(20_000):\n"
        "    for check in CHECK.values():\n"
        "        check(ParsedMessage(source='email', subject=text[:2_000], text=text), FULL, OWN)\n"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-800:]
