"""How well are messages understood?  python bench/understanding.py [FILE-OR-FOLDER...] [--rules DIR] [--json] [--misses]

Reads labelled files in the formats of ../shared/data (so that a company can label its own mails): cases.jsonl (messages with
`expect`), comments.jsonl (`text`, `label`), a folder of replies (NAME.txt + NAME.expected.txt) and a folder of mails with
index.tsv. Prints each measure with n and its 95 % Wilson interval, each F1 with that of 1,000 drawn samples; `--misses` lists what
was judged otherwise.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any

from mailbot.check import check
from mailbot.config.defaults import defaults_dir
from mailbot.config.rulebook import load_rules
from mailbot.errors import Unreadable
from mailbot.model.finding import Findings
from mailbot.model.message import OwnMarks, ParsedMessage, ReceivedMessage, Sighting, Source
from mailbot.model.words import WordLists
from mailbot.parse import parse

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
OWN = OwnMarks(
    domain="editingdesk.example",
    secret=b"only for measuring",
    addresses=frozenset({"support@editingdesk.example"}),
    phrases=("##- Please type your reply above this line -##",),
)
AT = datetime(2026, 6, 10, tzinfo=UTC)
Row = dict[str, Any]


@dataclass
class Measure:
    """Right answers of all; for a set-valued finding also its hits, surplus and missed names (F1)."""

    right: int = 0
    n: int = 0
    hits: int = 0
    surplus: int = 0
    missed: int = 0
    counts: list[tuple[int, int, int]] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def add(self, name: str, got: object, want: object) -> None:
        self.n += 1
        self.right += got == want
        if got != want:
            self.misses.append(f"{name}: {got!r}, labelled {want!r}")

    def add_set(self, name: str, got: set[str], want: set[str]) -> None:
        self.add(name, sorted(got), sorted(want))
        hits, surplus, missed = len(got & want), len(got - want), len(want - got)
        self.hits += hits
        self.surplus += surplus
        self.missed += missed
        self.counts.append((hits, surplus, missed))

    @property
    def f1(self) -> float | None:
        return _f1(self.hits, self.surplus, self.missed)

    @property
    def f1_interval(self) -> tuple[float, float] | None:
        """95 % interval: messages drawn with replacement, with a fixed seed so that a set always prints the same."""
        telling, draw = [one for one in self.counts if any(one)], random.Random(1)
        if not telling:
            return None
        share = len(telling) / len(self.counts)
        shares = sorted(_f1(*self._drawn(draw, telling, share)) or 0.0 for _ in range(1_000))
        return shares[25], shares[974]

    def _drawn(self, draw: random.Random, telling: list[tuple[int, int, int]], share: float) -> list[int]:
        """Sums of one sample as large as the set; messages where nothing was found or labelled add nothing."""
        size = sum(draw.random() < share for _ in self.counts)
        return [sum(column) for column in zip((0, 0, 0), *draw.choices(telling, k=size), strict=True)]


def _f1(hits: int, surplus: int, missed: int) -> float | None:
    total = 2 * hits + surplus + missed
    return 2 * hits / total if total else None


Measures = dict[str, Measure]


def measure(path: Path, words: WordLists) -> Measures:
    """All measures that the labels of a file or folder allow."""
    measures: Measures = {}
    if path.is_file():
        _file(path, words, measures)
    elif any(path.glob("*.expected.txt")):
        _replies(path, measures)
    elif (path / "index.tsv").exists():
        _mails(path, words, measures)
    else:
        for file in sorted(path.glob("*.jsonl")):
            _file(file, words, measures)
    return measures


def _file(path: Path, words: WordLists, measures: Measures) -> None:
    """Raises SystemExit with the line that cannot be read."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            _case(row, words, measures) if "expect" in row else _comment(number, row, words, measures)
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            sys.exit(f"{path}:{number}: this line is not labelled as docs/understanding.md says: {error!r}")


def understand(row: Row, words: WordLists) -> tuple[ParsedMessage, Findings]:
    """One labelled case through the true road: bytes, parse, check."""
    message = parse(received(row), OWN)
    return message, check(message, words, OWN)


def received(row: Row) -> ReceivedMessage:
    """A case as it would arrive: a mail's bytes, or an order comment of the contract."""
    source: Source = "order_comment" if row.get("channel") == "order_comment" else "email"
    raw = _comment_json(row) if source == "order_comment" else mail_bytes(row)
    return ReceivedMessage(source=source, sighting=Sighting(place="bench"), received_at=AT, fingerprint="", raw=raw, size=len(raw))


def mail_bytes(row: Row) -> bytes:
    """A plain RFC 5322 mail, 8 bit; the row's headers win over the made ones."""
    name, address = parseaddr(row["from"])
    headers = {
        "From": formataddr((name, address)),
        "To": "support@editingdesk.example",
        "Subject": Header(row.get("subject", ""), "utf-8").encode() if not row.get("subject", "").isascii() else row.get("subject", ""),
        "Date": "Wed, 10 Jun 2026 09:00:00 +0000",
        "Message-ID": f"<{row.get('id', 'case')}@bench.example>",
        "MIME-Version": "1.0",
    }
    given = dict(row.get("headers", {}))
    report = str(given.pop("Content-Type", ""))
    kind = f"text/{'html' if row.get('html') else 'plain'}; charset=utf-8"
    head = "".join(f"{key}: {value}\r\n" for key, value in {**headers, **given}.items())
    body = row["body"].replace("\n", "\r\n")
    if not report.startswith("multipart/"):
        return f"{head}Content-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}".encode()
    part = f"--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n--b--\r\n"
    return f'{head}Content-Type: {report}; boundary="b"\r\n\r\n{part}'.encode()


def wilson(right: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson's score)."""
    if not n:
        return 0.0, 1.0
    z, p = 1.96, right / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))


def _case(row: Row, words: WordLists, measures: Measures) -> None:
    name, want = str(row.get("id", "?")), row["expect"]
    try:
        _, found = understand(row, words)
    except Unreadable as error:
        _of(measures, "readable").add(name, str(error), "readable")
        return
    person = want.get("automatic", "person") == "person"  # of a machine's mail no other finding matters (understanding.md)
    answers: dict[str, Callable[[], object]] = {
        "automatic": lambda: found.automatic.verdict,
        "keyword": lambda: found.keyword.verdict,
        "claimed": lambda: found.keyword.claimed,
        "suggested": lambda: found.suggested,
        "content": lambda: found.content.kind,
        "language": lambda: found.language.verdict,
        "orders": lambda: list(found.orders.numbers),
        "images": lambda: list(found.images.numbers),
        "links": lambda: list(found.links.urls),
    }
    for key, answer in answers.items():
        if key in want and (person or key == "automatic"):
            _of(measures, key).add(name, answer(), want[key])
    for key, names in (("requests", found.requests.names), ("questions", found.questions.names)):
        if key in want and person:
            _of(measures, key).add_set(name, set(names), set(want[key]))


def _comment(number: int, row: Row, words: WordLists, measures: Measures) -> None:
    case = {"channel": "order_comment", "from": "Client <client@client.example>", "body": row["text"]}
    got, want = understand(case, words)[1].language.verdict, row["label"]
    name = f"line {number}"
    if want == "english":
        _of(measures, "English not refused").add(name, "refused" if got == "not_english" else "kept", "kept")
    if want == "not_english":
        _of(measures, "foreign not accepted").add(name, "accepted" if got == "english" else "refused", "refused")
    if want in ("english", "not_english"):
        _of(measures, "language decided").add(name, "undecided" if got == "undecided" else "decided", "decided")


def _replies(folder: Path, measures: Measures) -> None:
    """A source is a plain text body, or a whole mail (.eml)."""
    for expected in sorted(folder.glob("*.expected.txt")):
        stem = expected.name.removesuffix(".expected.txt")
        source = next(p for p in sorted(folder.glob(f"{stem}.*")) if not p.name.endswith(".expected.txt"))
        message = _eml(source) if source.suffix == ".eml" else received(_reply_row(source))
        got, want = parse(message, OWN).text, _without_quotes(expected.read_text(encoding="utf-8"))
        _of(measures, "new text exact").add(source.name, _plain(got), _plain(want))
        _of(measures, "no client text lost").add(source.name, [w for w in want.split() if w not in got], [])


def _without_quotes(expected: str) -> str:
    """By understanding.md a quote is never new text; some labels keep quoted lines that stand above an answer."""
    lines = expected.split("\n")
    kept = [line for line in lines if not line.startswith(">")]
    return "\n".join(kept) if any(line.strip() for line in kept) else expected


def _reply_row(source: Path) -> Row:
    return {
        "from": "Client <client@client.example>",
        "subject": "Re: order",
        "html": source.suffix in (".html", ".htm"),
        "body": source.read_text(encoding="utf-8"),
    }


def _eml(source: Path) -> ReceivedMessage:
    raw = source.read_bytes()
    return ReceivedMessage(source="email", sighting=Sighting(place="bench"), received_at=AT, fingerprint="", raw=raw, size=len(raw))


def _mails(folder: Path, words: WordLists, measures: Measures) -> None:
    with (folder / "index.tsv").open(encoding="utf-8", newline="") as index:
        for row in csv.DictReader(index, delimiter="\t"):
            mail = _eml(folder / row["file"])
            try:
                message = parse(mail, OWN)
                check(message, words, OWN)
            except Unreadable as error:
                _of(measures, "readable").add(row["file"], str(error), "readable")
                continue
            _of(measures, "readable").add(row["file"], "readable", "readable")
            for key, got in _facts(message):
                if row.get(key):
                    _of(measures, key).add(row["file"], got, _tidied(key, row[key]))


def _tidied(key: str, known: str) -> str:
    return "|".join(sorted(" ".join(one.split()) for one in (known.split("|") if key == "attachment_names" else [known])))


def _facts(message: ParsedMessage) -> Iterator[tuple[str, str]]:
    yield "subject", " ".join(message.subject.split())
    yield "from", " ".join(sorted(a.address for a in message.from_all))
    yield "to_count", str(len(message.to))
    yield "date_utc", message.date.strftime("%Y-%m-%dT%H:%M:%S") if message.date else ""
    yield "message_id", message.message_id.strip("<>")
    yield "attachment_names", "|".join(sorted(" ".join(a.name.split()) for a in message.attachments if a.name))


def _comment_json(row: Row) -> bytes:
    name, address = parseaddr(row["from"])
    author = {"role": "client", "id": "C-1", "name": name, "email": address}
    comment = {"id": "c1", "order_id": "O-1", "author": author, "created_at": AT.isoformat(), "body": row["body"], "visibility": "client"}
    return json.dumps(comment).encode()


def _plain(text: str) -> str:
    return " ".join(text.split())


def _of(measures: Measures, name: str) -> Measure:
    return measures.setdefault(name, Measure())


def _default_paths() -> list[Path]:
    return [DATA / "cases" / "cases.jsonl", DATA / "language" / "comments.jsonl", DATA / "replies", DATA / "mails"]


def _print(path: Path, measures: Measures, *, misses: bool) -> None:
    print(path)
    for name, m in measures.items():
        low, high = wilson(m.right, m.n)
        f1 = f"  F1 {m.f1:.1%}  [{m.f1_interval[0]:.1%}, {m.f1_interval[1]:.1%}]" if m.f1 is not None and m.f1_interval else ""
        print(f"  {name:22} {m.right:4}/{m.n:<4} {m.right / m.n:6.1%}  [{low:.1%}, {high:.1%}]{f1}")
        for miss in m.misses if misses else ():
            print(f"      {miss}")


def _as_json(path: Path, measures: Measures) -> str:
    rows = {
        name: {
            "right": m.right,
            "n": m.n,
            "interval": wilson(m.right, m.n),
            "f1": m.f1,
            "f1_interval": m.f1_interval,
            "misses": m.misses,
        }
        for name, m in measures.items()
    }
    return json.dumps({"file": str(path), "measures": rows}, ensure_ascii=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--rules", type=Path, help="a folder of rule files that win over the shipped ones")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--misses", action="store_true", help="list what was judged otherwise than labelled")
    given = parser.parse_args()
    words = load_rules([defaults_dir("rules"), *([given.rules] if given.rules else [])]).words
    for path in given.paths or _default_paths():
        if not path.exists():
            print(f"{path}: there is no such file; give the files to measure", file=sys.stderr)
            return 1
        measures = measure(path, words)
        if not measures:
            print(f"{path}: nothing labelled in it; give a .jsonl file or a folder as docs/understanding.md says", file=sys.stderr)
            return 1
        print(_as_json(path, measures)) if given.json else _print(path, measures, misses=given.misses)
    return 0


if __name__ == "__main__":
    sys.exit(main())
