"""docs/understanding.md shows what counts; its examples run."""

from __future__ import annotations

import doctest
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "understanding.md"


def test_the_examples_of_the_definitions_hold() -> None:
    assert doctest.testfile(str(DOCS), module_relative=False).failed == 0
