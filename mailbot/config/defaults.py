"""Where the shipped rules and templates lie: inside the installed wheel, else in the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent.parent


def defaults_dir(name: Literal["rules", "templates"]) -> Path:
    """The folder of shipped files (hatch puts them under mailbot/defaults, pyproject.toml)."""
    in_wheel = _PACKAGE / "defaults" / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name
