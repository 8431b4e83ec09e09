"""Facts -> words: mails, order comments, notices. Sandboxed, strict, HTML escaped; client text is data."""

from mailbot.render.templates import Templates

__all__ = ["Templates"]
