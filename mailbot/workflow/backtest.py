"""The promise looked back upon (X3): what was told, what became of it, and the rules that would have kept it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mailbot.decide.calibration import SHARE, Calibration, Measured, calibrate, history
from mailbot.model.figures import Share
from mailbot.model.rulebook import RuleBook
from mailbot.record.database import Database
from mailbot.record.views.promises import past

DAYS = 120


@dataclass(frozen=True, slots=True)
class Line:
    """A rule as it is and as it should be; None: there is none, or the past is too short to say."""

    rule: str
    now: float | None
    would_be: float | None
    deliveries: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """`kept_last`: by the last time that was told. `found` is None where there were too few deliveries."""

    days: int
    share: float
    kept: Share
    kept_last: Share
    found: Calibration | None
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """`mailbot promise backtest --json`."""
        return {
            "days": self.days,
            "share_wanted": self.share,
            "deliveries": self.kept.total,
            "kept": self.kept.value,
            "kept_low": self.kept.low,
            "kept_high": self.kept.high,
            "kept_by_last_time": self.kept_last.value,
            "slack": self.found.past.slack if self.found else None,
            "would": _measured(self.found.would) if self.found else None,
            "rules": [{"rule": x.rule, "now": x.now, "would_be": x.would_be, "deliveries": x.deliveries} for x in self.lines],
        }


def backtest(db: Database, rules: RuleBook, *, days: int = DAYS, share: float = SHARE) -> Backtest:
    """Reads only. What is measured is the first time that the client was told for a return."""
    with db.reading() as c:
        found = past(c, db.now(c) - timedelta(days=days))
    calibration = calibrate(history(found, rules), share)
    return Backtest(
        days=days,
        share=share,
        kept=Share(sum(p.delivered_at <= p.due_at for p in found.promises), len(found.promises)),
        kept_last=Share(sum(p.delivered_at <= p.last_due_at for p in found.promises), len(found.promises)),
        found=calibration,
        lines=_lines(calibration, rules) if calibration else (),
    )


def _lines(found: Calibration, rules: RuleBook) -> tuple[Line, ...]:
    known = dict(rules.delivery.turnaround)
    rows = (Line(f'turnaround_hours."{r.name}"', known.get(r.name), r.hours, r.n) for r in found.rows)
    return (Line("tickets_per_hour", rules.delivery.tickets_per_hour, found.tickets_per_hour, found.past.kept.total), *rows)


def _measured(measured: Measured) -> dict[str, Any]:
    return {"kept": measured.kept.value, "slack": measured.slack, "deliveries": measured.kept.total}
