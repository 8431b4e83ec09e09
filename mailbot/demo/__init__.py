"""`mailbot demo`: mail server, order system and clients of a whole company on loopback, mailbot's real code in between."""

from mailbot.demo.show import main

__all__ = ["main"]
