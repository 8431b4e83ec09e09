"""rules/images.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageWords:
    """How clients name images. Words in lower case; a trailing `*` stands for any ending; accents do not matter.

    `words` stand before the number, `number_words` between them. `cameras`: beginnings of file names that cameras give.
    `extensions` of image files, without dot. `counted`: words that make the number before them a count, time or size.
    `all_words` before an image word mean all of them, `all_fillers` may stand between, `not_all` before takes it back.
    `all_phrases` say it alone.
    """

    words: tuple[str, ...]
    number_words: tuple[str, ...]
    joiners: tuple[str, ...]
    range_words: tuple[str, ...]
    cameras: tuple[str, ...]
    extensions: tuple[str, ...]
    counted: tuple[str, ...]
    all_words: tuple[str, ...]
    all_fillers: tuple[str, ...]
    all_phrases: tuple[str, ...]
    not_all: tuple[str, ...]
