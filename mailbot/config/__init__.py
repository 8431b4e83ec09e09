"""config.toml and the environment -> one frozen `Settings`, or every fault at once."""

from __future__ import annotations

from mailbot.config.load import load
from mailbot.config.settings import Settings

__all__ = ["Settings", "load"]
