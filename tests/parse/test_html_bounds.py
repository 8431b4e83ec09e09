"""The scan before the HTML parser: it never says that something is flatter than the parser builds it."""

from __future__ import annotations

import random
import re

import nh3
import pytest

from mailbot.parse import html_bounds
from mailbot.parse.html_bounds import too_hard, words

TAGS = words(
    "a b i font nobr p div span table tr td th tbody caption ul ol li dl dt dd h1 h2 form button object marquee center section blockquote "
    "pre article style title script address option label em custom-x fieldset main details summary img br hr input"
)
PARSER = nh3.Cleaner(
    tags=set(TAGS) - {"style", "title", "script"}, attributes={}, link_rel=None, clean_content_tags={"style", "title", "script"}
)


def built(html: str) -> int:
    """The depth of the tree that a parser of the standard builds, read off its well-formed output."""
    depth = deepest = 0
    for end, name in re.findall(r"<(/?)([a-z][^\s/>]*)[^>]*>", PARSER.clean(html)):
        if name not in ("br", "hr", "img", "input"):
            depth += -1 if end else 1
            deepest = max(deepest, depth)
    return deepest


def unit(chance: random.Random) -> str:
    """Some tags of a few kinds in any order, torn comments and quotes among them."""
    few = chance.sample(sorted(TAGS), chance.randint(2, 7))
    pieces = []
    for _ in range(chance.randint(2, 8)):
        tag, kind = chance.choice(few), chance.random()
        if kind < 0.55:
            pieces.append(f"<{tag}{chance.choice(['', '', f' a={chance.randint(0, 9)}', '/'])}>")
        elif kind < 0.9:
            pieces.append(f"</{tag}>")
        else:
            pieces.append(chance.choice(["<!--", "-->", '"', "'", '<p a="', "<x", "<!x>", "x", "x"]))
    return "".join(pieces)


@pytest.mark.parametrize("seed", range(8))
def test_what_the_scan_lets_through_is_never_deep(seed: int) -> None:
    """A parser may have five elements open for each that is counted (a table holds body, row and cell), and the optional ones."""
    chance = random.Random(seed)
    passed = 0
    for _ in range(250):
        html = unit(chance) * 300
        if not too_hard(html):
            passed += 1
            assert built(html) <= 5 * html_bounds.MAX_DEPTH + 4 * html_bounds.MAX_DEPTH, html[:200]
    assert passed > 20


@pytest.mark.parametrize(
    "html",
    [
        "<p>x<p>y" * 800, "<ul>" + "<li>x" * 900 + "</ul>", "<p><b>x</b><br>" * 500,
        "<table>" + "<tr><td>x</td><td>y</td></tr>" * 500 + "</table>", "<div><p><span>x</span></p></div>" * 500,
        "<div>" * 200 + "</div>" * 200, "<!-- <div> -->" * 500, "<style>a<b<c</style>" + "<p>x</p>" * 300,
        '<p title="<div><div>">x</p>' * 400, "<br/>" * 900, "<o:p>&nbsp;</o:p>" * 500,
    ],
    ids=lambda html: html[:30],
)  # fmt: skip
def test_long_mails_of_usual_programs_pass(html: str) -> None:
    assert too_hard(html) == ""


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 257, "<div></x>" * 400, "<div></p>" * 400, "<div><!-- </div> -->" * 400, "<div><b></i></div>" * 400,
        '<p a="x>' + '">' + "<div>" * 300, "<p a'>" + "<div>" * 300 + "'>", "<style><!--</style>" + "<div>" * 300 + "-->",
        "<table><b></table>" * 300, "<span><p></span>" * 600, "<h1></h2><blockquote>" * 300, "<custom-x>" * 300, "<a><div>" * 200,
    ],
    ids=lambda html: html[:30],
)  # fmt: skip
def test_no_trick_hides_depth(html: str) -> None:
    assert too_hard(html) != ""
