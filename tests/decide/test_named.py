"""P16: what the message names stands beside the order's own, and what the order does not have is told."""

from __future__ import annotations

import pytest

from mailbot.model.decision import Decision, Named
from mailbot.model.finding import NamedVariable, StyleFinding
from mailbot.model.order import Order
from tests.decide.build import context, decided, findings, order

FACTS = order(style="Bright and Airy", variables=(("brightness", 3), ("window view", True)), specifications="Keep the piano.")


def named(style: StyleFinding, facts: Order = FACTS, images: tuple[str, ...] = ()) -> Decision:
    return decided(found=findings(style=style, images=images), facts=context(orders=(facts,), client_orders=(facts,)))


@pytest.mark.parametrize("written", ["Bright and Airy", "bright & airy", "BRIGHT AND AIRY", "Airy"])
def test_the_orders_style_is_known_however_it_is_written(written: str) -> None:
    assert named(StyleFinding(styles=(written,))).named == (Named("style", written, "Bright and Airy", True),)


def test_another_style_is_told_with_the_orders_own() -> None:
    decision = named(StyleFinding(styles=("Industrial",)))
    assert decision.named == (Named("style", "Industrial", "Bright and Airy", False),)
    assert ("policy P16", "style Industrial is named; the order's is Bright and Airy") in [(r.by, r.because) for r in decision.reasons]


def test_a_variable_is_found_by_any_name_the_order_may_give_it() -> None:
    windows = NamedVariable(name="window pull", also=("window view", "windows"), level="high")
    assert named(StyleFinding(variables=(windows,))).named == (Named("variable", "window pull high", "window view: yes", True),)


def test_a_variable_that_the_order_lacks_is_told() -> None:
    decision = named(StyleFinding(variables=(NamedVariable(name="lawn", also=("grass",)),)))
    assert decision.named == (Named("variable", "lawn", "", False),)
    assert "variable lawn is named; the order has none" in [r.because for r in decision.reasons]


def test_images_and_specification_stand_beside_the_orders_own() -> None:
    decision = named(StyleFinding(specifications=True), images=("4589", "9999"))
    assert decision.named == (
        Named("image", "4589", "IMG_4589.jpg", True),
        Named("image", "9999", "", False),
        Named("specification", "", "Keep the piano.", True),
    )


def test_nothing_is_claimed_of_an_order_whose_facts_say_nothing() -> None:
    plain = order(images=())
    style = StyleFinding(styles=("Industrial",), variables=(NamedVariable(name="lawn"),))
    assert [n.fits for n in named(style, plain, images=("4589",)).named] == [None, None, None]
