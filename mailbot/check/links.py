"""Which reference links the client gives."""

from __future__ import annotations

from mailbot.model.finding import LinksFinding
from mailbot.model.message import Evidence, ParsedMessage, Span


def links(message: ParsedMessage) -> LinksFinding:
    """http(s) links of the new text in order, each once; those behind HTML anchors have no span."""
    first = {link.url: link for link in reversed(message.links)}
    urls = tuple(dict.fromkeys(link.url for link in message.links))
    if not urls:
        return LinksFinding()
    spans = tuple(
        Span("text", link.start, link.end, message.text[link.start : link.end])
        for link in (first[url] for url in urls)
        if 0 <= link.start < link.end <= len(message.text)
    )
    said = "1 link in the new text" if len(urls) == 1 else f"{len(urls)} links in the new text"
    return LinksFinding(urls=urls, evidence=Evidence(said, spans))
