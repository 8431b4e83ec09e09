"""rules/automatic.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AutomaticWords:
    """What machines write. Subjects in lower case, accents do not matter; texts are phrases that only machines write.

    `auto_subjects` decide alone where they open the subject; `maybe_subjects` need one of `absence_texts`. Without a telling
    subject or header an auto-reply needs `absence_texts` or `registered_texts` with `stand_in_texts` and no word of a person who
    wants something (`wish_words`), or one of `thanks_texts` and none of `work_words`.
    `affair_texts`, `mass_texts`, `bulk_texts`, `notice_subjects` and `service_senders` are signs: three of them make a notice, or two
    where sender or subject is one and nothing is asked.
    `*_senders`: local parts of machines' addresses (`*` for any ending). `*_headers`: "name" or "name: beginning of value".
    """

    own_headers: tuple[str, ...]
    forwarded_headers: tuple[str, ...]
    auto_headers: tuple[str, ...]
    bulk_headers: tuple[str, ...]
    report_headers: tuple[str, ...]
    bounce_senders: tuple[str, ...]
    bounce_subjects: tuple[str, ...]
    bounce_texts: tuple[str, ...]
    report_subjects: tuple[str, ...]
    report_texts: tuple[str, ...]
    receipt_subjects: tuple[str, ...]
    receipt_texts: tuple[str, ...]
    auto_subjects: tuple[str, ...]
    maybe_subjects: tuple[str, ...]
    received_subjects: tuple[str, ...]
    absence_texts: tuple[str, ...]
    thanks_texts: tuple[str, ...]
    registered_texts: tuple[str, ...]
    stand_in_texts: tuple[str, ...]
    wish_words: tuple[str, ...]
    form_texts: tuple[str, ...]
    notice_texts: tuple[str, ...]
    service_senders: tuple[str, ...]
    notice_subjects: tuple[str, ...]
    affair_texts: tuple[str, ...]
    mass_texts: tuple[str, ...]
    machine_texts: tuple[str, ...]
    work_words: tuple[str, ...]
    bulk_texts: tuple[str, ...]
