"""CPU per mail of parse and of every check, beside mail-parser alone, on the workload of the shared folder `bench-peers`.

One process, interleaved rounds, CPU time only; each figure is the smallest of its rounds (noise of a shared machine only ever adds) and
the ratio is the median of the rounds' own ratios. Mails are claimed from the database as bytes, so they are bytes here too.

The sentences of generated mails recur. So labelled cases follow, each other than all before and each met once: what is learnt by meeting
words together is paid there as a company pays it.

Usage: bench/parse_check.py [N] [--rounds 7] [--json]      environment: BENCH_PEERS (folder)
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mailparser

from bench.understanding import mail_bytes
from mailbot.check import CHECKS, check, look_up
from mailbot.config.defaults import defaults_dir
from mailbot.config.rulebook import load_rules
from mailbot.model.message import OwnMarks, ParsedMessage, ReceivedMessage, Sighting
from mailbot.model.words import WordLists
from mailbot.parse.guard import parse_guarded

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("BENCH_PEERS", ROOT.parent / "shared" / "bench-peers"))
CASES = [ROOT / "tests" / "data" / "cases" / f"{name}.jsonl" for name in ("unseen", "machines", "writers", "blind_a")]
OWN = OwnMarks(
    domain="studio.example",
    secret=b"only for measuring",
    addresses=frozenset({"support@studio.example"}),
    phrases=("##- Please type your reply above this line -##", "A coordinator answers within 5-20 minutes."),
)
AT = datetime(2026, 6, 10, tzinfo=UTC)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("mails", nargs="?", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    if not (PEERS / "gen_mails.py").exists():
        sys.exit(f"needs the workload in {PEERS} (or set BENCH_PEERS)")
    sys.path.insert(0, str(PEERS))
    generate = importlib.import_module("gen_mails")
    figures = measure([_received(generate.mail(i)) for i in range(given.mails)], given.rounds)
    print(json.dumps(figures)) if given.json else _print(figures)
    return 0


def measure(mails: list[ReceivedMessage], rounds: int) -> dict[str, Any]:
    """ms CPU per mail by stage, and parse + check as a multiple of mail-parser."""
    words = load_rules([defaults_dir("rules")]).words
    parsed = [parse_guarded(m, OWN, 1) for m in mails]
    stages: dict[str, Callable[[], object]] = {
        "mail-parser alone": lambda: [mailparser.parse_from_bytes(m.raw) for m in mails],
        "parse": lambda: [parse_guarded(m, OWN, 1) for m in mails],
        "parse + check": lambda: [check(parse_guarded(m, OWN, 1), words, OWN) for m in mails],
    }
    for stage in stages.values():
        stage()  # patterns are compiled and profiles loaded once per process, which the start pays
    differing = _met_once([_received(mail_bytes(case)) for path in CASES for case in map(json.loads, path.open(encoding="utf-8"))], words)
    taken = [
        {**{name: _cpu(stage) / len(mails) * 1000 for name, stage in stages.items()}, **_each_check(parsed, words)} for _ in range(rounds)
    ]
    return {
        "mails": len(mails),
        "rounds": rounds,
        "ms": {name: round(min(row[name] for row in taken), 3) for name in taken[0]},
        "differing": differing,
        "ratio": round(statistics.median(row["parse + check"] / row["mail-parser alone"] for row in taken), 2),
    }


def _met_once(mails: list[ReceivedMessage], words: WordLists) -> dict[str, float]:
    """ms CPU per mail of mails that are each met once; mail-parser reads them twice, to be warm."""
    for _ in range(2):
        alone = _cpu(lambda: [mailparser.parse_from_bytes(m.raw) for m in mails])
    taken = _cpu(lambda: [check(parse_guarded(m, OWN, 1), words, OWN) for m in mails])
    return {
        "mails": len(mails),
        "mail-parser alone": round(alone / len(mails) * 1000, 3),
        "parse + check": round(taken / len(mails) * 1000, 3),
    }


def _each_check(parsed: list[ParsedMessage], words: WordLists) -> dict[str, float]:
    """The checks in their order, so that what they share (words, sentences) is paid by the first that asks."""
    rows = [("phrases", lambda m, w, _: look_up(m, w)), *((row.name, row.function) for row in CHECKS)]
    spent = dict.fromkeys((name for name, _ in rows), 0)
    for message in parsed:
        begun = time.process_time_ns()
        for name, function in rows:
            function(message, words, OWN)
            ended = time.process_time_ns()
            spent[name] += ended - begun
            begun = ended
    return {name: ns / len(parsed) / 1e6 for name, ns in spent.items()}


def _cpu(work: Callable[[], object]) -> float:
    gc.collect()
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _received(raw: bytes) -> ReceivedMessage:
    return ReceivedMessage(source="email", sighting=Sighting(place="bench"), received_at=AT, fingerprint="", raw=raw, size=len(raw))


def _print(figures: dict[str, Any]) -> None:
    for name, ms in figures["ms"].items():
        print(f"  {name:20} {ms:8.3f} ms CPU per mail")
    other = figures["differing"]
    print(
        f"  {other['mails']} short mails, each different and met once: mail-parser alone {other['mail-parser alone']}, "
        f"parse + check {other['parse + check']} ms"
    )
    print(f"  parse + check is {figures['ratio']}x mail-parser alone (median of {figures['rounds']} rounds, {figures['mails']} mails)")


if __name__ == "__main__":
    sys.exit(main())
