"""Charts as SVG, drawn on the server: no script, no inline style, a title and a description for those who do not see them.

Colours come by class from desk.css; every number is in the table beside the chart too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from mailbot.model.figures import NORMAL_SHARE, Share
from mailbot.record.views.client import Month
from mailbot.record.views.insights import Cell, Insight

WIDTH = 640
_LEFT, _RIGHT, _TOP, _FOOT = 40, 10, 12, 26


# --- the insights ------------------------------------------------------------------------------------------------------------------------


def load(insight: Insight, zone: ZoneInfo) -> Markup:
    """Opened and finished as bars side by side, waiting as a line."""
    hours = [datetime.fromisoformat(str(row[0])).astimezone(zone) for row in insight.rows]
    counts = [tuple(_number(value) for value in row[1:]) for row in insight.rows]
    plot = _Plot(_ceiling(max((max(row) for row in counts), default=0)), len(hours))
    parts = plot.grid()
    for n, (hour, (opened, finished, waiting)) in enumerate(zip(hours, counts, strict=True)):
        told = f"{hour:%a %H:%M}: {opened:g} opened, {finished:g} finished, {waiting:g} waiting"
        parts += [plot.bar(n, opened, "opened", told, 0.1, 0.4), plot.bar(n, finished, "finished", told, 0.5, 0.4)]
        if hour.hour % 6 == 0:
            parts.append(plot.below(n, f"{hour:%a}" if hour.hour == 0 else f"{hour:%H}:00"))
    parts.append(plot.line([row[2] for row in counts], "waiting"))
    worst = max(range(len(hours)), key=lambda n: counts[n][2])
    return _drawn(
        "load", 190, parts, "Tickets per hour",
        f"Bars: opened and finished; line: waiting unread. At most {counts[worst][2]:g} waited, on {hours[worst]:%A at %H:%M}.",
        (("opened", "opened"), ("finished", "finished"), ("waiting", "waiting unread")),
    )  # fmt: skip


def waiting_time(insight: Insight, _zone: ZoneInfo) -> Markup:
    """Median as a line, the 90th and 99th hundredth as marks, the promise as a band."""
    rows = [(str(day), p50, p90, p99) for day, _, p50, p90, p99, _ in insight.rows]
    latest = _number(insight.facts.get("promise_minutes")) or 20
    most = _ceiling(max((_number(v) for row in rows for v in row[1:]), default=0), at_least=latest * 1.5)
    plot = _Plot(most, len(rows))
    parts = [_rect(_LEFT, plot.y(latest), plot.width, plot.y(0) - plot.y(latest), "band"), *plot.grid()]
    for n, (day, p50, p90, p99) in enumerate(rows):
        parts.append(plot.below(n, day[5:]) if n % 2 == (len(rows) - 1) % 2 else "")
        if p50 is None:
            continue
        told = f"{day}: half within {p50} min, 90 % within {p90} min, 99 % within {p99} min"
        x = plot.middle(n)
        parts.append(f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{plot.y(_number(p50)):.1f}" y2="{plot.y(_number(p99)):.1f}"/>')
        parts += [_dot(x, plot.y(_number(value)), kind, told) for value, kind in ((p50, "p50"), (p90, "p90"), (p99, "p99"))]
    return _drawn(
        "waiting_time", 190, parts, "Minutes until a person read the client's message",
        f"Per day, with the promise of {latest:g} minutes as a band.",
        (("band", f"promise, {latest:g} min"), ("p50", "half"), ("p90", "90 %"), ("p99", "99 %")),
    )  # fmt: skip


def arrivals(insight: Insight, _zone: ZoneInfo) -> Markup:
    """Seven rows of 24 squares; the darker, the more."""
    most = max((_number(row[2]) for row in insight.rows), default=0) or 1
    step = (WIDTH - _LEFT - _RIGHT) / 24
    parts = []
    for n, (day, hour, many) in enumerate(insight.rows):
        x, y = _LEFT + _number(hour) * step, _TOP + (n // 24) * 20
        told = f"{day} {hour:02}:00: {many:g} a week" if isinstance(hour, int) and isinstance(many, float) else ""
        parts.append(_rect(x + 0.5, y, step - 1, 19, f"heat h{_heat(_number(many), most)}", told))
        if hour == 0:
            parts.append(_text(_LEFT - 6, y + 14, str(day)[:3], "end"))
        if n < 24 and n % 3 == 0:
            parts.append(_text(x + step / 2, _TOP + 7 * 20 + 14, f"{hour:02}"))
    busiest = max(insight.rows, key=lambda row: _number(row[2]))
    told = f"Busiest: {busiest[0]} at {busiest[1]:02}:00 with {busiest[2]} tickets." if _number(busiest[2]) else "No tickets yet."
    return _drawn("arrivals", _TOP + 7 * 20 + 22, parts, "Tickets by weekday and hour", told)


def corrections(insight: Insight, _zone: ZoneInfo) -> Markup:
    """A dot for each client's share with its interval; the line stands at the normal share."""
    rows = insight.rows[:20]
    if not rows:
        return _drawn("corrections", 30, [_text(WIDTH / 2, 20, "No client yet")], "Corrections by client", "No client yet.")
    ticks = _percents(max(_number(row[6]) for row in rows))
    most, left, right = ticks[-1], 190, WIDTH - 60
    parts = []
    for tick in ticks:
        x = left + tick / most * (right - left)
        parts += [f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_TOP + len(rows) * 20}"/>']
        parts += [_text(x, _TOP + len(rows) * 20 + 14, f"{tick:.0%}")]
    normal = left + NORMAL_SHARE / most * (right - left)
    parts.append(f'<line class="normal" x1="{normal:.1f}" x2="{normal:.1f}" y1="{_TOP - 6}" y2="{_TOP + len(rows) * 20}"/>')
    for n, (client, name, hits, total, share, low, high, against) in enumerate(rows):
        y = _TOP + n * 20 + 10
        told = f"{name or client}: {hits} of {total} orders, {_number(share):.1%}, between {_number(low):.1%} and {_number(high):.1%}"
        ends = [left + min(most, _number(value)) / most * (right - left) for value in (low, high, share)]
        parts.append(_text(left - 8, y + 4, _short(str(name or client), 26), "end"))
        parts.append(f'<line class="whisker {against}" x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{y}" y2="{y}"/>')
        parts.append(_dot(ends[2], y, f"share {against}", told))
        parts.append(_text(right + 8, y + 4, f"n = {total}", "start"))
    above = sum(row[7] == "above" for row in insight.rows)
    told = f"Share of orders with an accepted correction, with its 95 % interval. {above} clients are surely above the normal 5 %."
    return _drawn("corrections", _TOP + len(rows) * 20 + 22, parts, "Corrections by client", told)


def promises(insight: Insight, _zone: ZoneInfo) -> Markup:
    """Deliveries by hours before and after the promise, late ones in another colour and pattern."""
    rows = insight.rows[::-1]  # late ones at the left
    plot = _Plot(_ceiling(max((_number(row[2]) for row in rows), default=0)), len(rows))
    parts = plot.grid()
    for n, (low, high, many) in enumerate(rows):
        late = low is None or _number(low) < 0
        parts.append(plot.bar(n, _number(many), "late" if late else "early", f"{_slack(low, high)}: {many}", 0.08, 0.84))
        parts.append(plot.below(n, _slack(low, high, short=True)))
        if many:
            parts.append(_text(plot.middle(n), plot.y(_number(many)) - 3, str(many)))
    kept = insight.facts.get("share")
    told = "No delivery with a promise yet." if kept is None else f"{_number(kept):.1%} came in time."
    return _drawn("promises", 190, parts, "Deliveries by hours before or after the promise", told, (("late", "late"), ("early", "in time")))


def assessments(insight: Insight, _zone: ZoneInfo) -> Markup:
    """A square for each pair of claimed and assessed kind; the diagonal is agreement."""
    kinds = [column.removeprefix("assessed_") for column in insight.columns[1:]]
    most = max((_number(many) for row in insight.rows for many in row[1:]), default=0) or 1
    parts = [_text(220 + c * 130, _TOP + 8, kind.capitalize()) for c, kind in enumerate(kinds)]
    for r, (claimed, *counts) in enumerate(insight.rows):
        y = _TOP + 18 + r * 36
        parts.append(_text(145, y + 21, f"Claimed {claimed}", "end"))
        for c, (kind, many) in enumerate(zip(kinds, counts, strict=True)):
            heat = f"h{_heat(_number(many), most)}"
            framed = " agreed" if kind == claimed else ""
            parts.append(_rect(157 + c * 130, y, 126, 32, f"heat {heat}{framed}", f"Claimed {claimed}, assessed {kind}: {many}"))
            parts.append(_text(220 + c * 130, y + 21, str(many), kind=f"on {heat}"))
    told = "Framed: client and supervisor agreed."
    return _drawn("assessments", _TOP + 18 + 4 * 36 + 6, parts, "Claimed kind against assessed kind", told)


# --- of one client -----------------------------------------------------------------------------------------------------------------------


def share(of: Share) -> Markup:
    """One line from 0 to at least 15 %: interval, dot, and where normal is."""
    ticks = _percents(of.high if of.total else 0)
    most, left, right = ticks[-1], 14, WIDTH / 2 - 18

    def at(value: float) -> float:
        return left + min(value, most) / most * (right - left)

    parts = [f'<line class="axis" x1="{left}" x2="{right}" y1="20" y2="20"/>']
    parts += [_text(at(tick), 40, f"{tick:.0%}") for tick in ticks]
    parts.append(f'<line class="normal" x1="{at(NORMAL_SHARE):.1f}" x2="{at(NORMAL_SHARE):.1f}" y1="8" y2="26"/>')
    told = "No order is known of the last 12 months."
    if of.value is not None:
        told = f"{of.value:.1%} of {of.total} orders, between {of.low:.1%} and {of.high:.1%} with 95 % certainty; normal is 5 %."
        parts.append(f'<line class="whisker {of.against()}" x1="{at(of.low):.1f}" x2="{at(of.high):.1f}" y1="20" y2="20"/>')
        parts.append(_dot(at(of.value), 20, f"share {of.against()}", told))
    return _drawn("share", 44, parts, "Share of corrections", told, width=WIDTH / 2)


def months(of: Sequence[Month]) -> Markup:
    """Orders of each month as bars, those with an accepted correction before them."""
    plot = _Plot(_ceiling(max((max(m.orders, m.corrected) for m in of), default=0)), len(of), height=120)
    parts = plot.grid()
    for n, month in enumerate(of):
        told = f"{month.month}: {month.corrected} of {month.orders} orders"
        parts += [plot.bar(n, month.orders, "opened", told, 0.15, 0.7), plot.bar(n, month.corrected, "late", told, 0.3, 0.4)]
        parts.append(plot.below(n, month.month[2:]))
    total = f"{sum(m.corrected for m in of)} accepted corrections on {sum(m.orders for m in of)} orders."
    return _drawn(
        "months", 120, parts, "Orders and accepted corrections by month", total, (("opened", "orders"), ("late", "with a correction"))
    )


# --- drawing -----------------------------------------------------------------------------------------------------------------------------


class _Plot:
    """A field of `slots` from left to right and values from 0 to `most`."""

    def __init__(self, most: float, slots: int, height: float = 190) -> None:
        self.most, self.slots, self.height = most, max(1, slots), height
        self.width = WIDTH - _LEFT - _RIGHT

    def y(self, value: float) -> float:
        floor = self.height - _FOOT
        return floor - min(value, self.most) / self.most * (floor - _TOP)

    def middle(self, slot: int) -> float:
        return _LEFT + (slot + 0.5) * self.width / self.slots

    def bar(self, slot: int, value: float, kind: str, told: str, begin: float, share: float) -> str:
        step = self.width / self.slots
        return _rect(_LEFT + (slot + begin) * step, self.y(value), step * share, self.y(0) - self.y(value), kind, told) if value else ""

    def line(self, values: Sequence[float], kind: str) -> str:
        points = " ".join(f"{self.middle(n):.1f},{self.y(value):.1f}" for n, value in enumerate(values))
        return f'<polyline class="{kind}" points="{points}"/>'

    def below(self, slot: int, words: str) -> str:
        return _text(self.middle(slot), self.height - 8, words)

    def grid(self) -> list[str]:
        parts = []
        for tick in _ticks(self.most):
            y = self.y(tick)
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(_text(_LEFT - 6, y + 4, f"{tick:g}", "end"))
        return parts


def _drawn(
    name: str, height: float, parts: Iterable[str], title: str, told: str, legend: Sequence[tuple[str, str]] = (), width: float = WIDTH
) -> Markup:
    """Everything in `parts` was made here: numbers, and texts that were escaped."""
    head = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(told)}</desc>'
    keys = "".join(f'<li><i class="key {kind}"></i>{escape(words)}</li>' for kind, words in legend)
    drawing = (
        f'<svg class="chart" viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f"{head}{''.join(parts)}</svg>"
    )
    return Markup(drawing + (f'<ul class="legend">{keys}</ul>' if keys else ""))  # noqa: S704 - see the docstring


def _rect(x: float, y: float, width: float, height: float, kind: str, told: str = "") -> str:
    inner = f"<title>{escape(told)}</title>" if told else ""
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" height="{max(0, height):.1f}">{inner}</rect>'


def _dot(x: float, y: float, kind: str, told: str) -> str:
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{escape(told)}</title></circle>'


def _text(x: float, y: float, words: str, anchor: str = "middle", kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _ticks(most: float) -> list[float]:
    return [most * n / 4 for n in range(5)]


def _percents(highest: float) -> list[float]:
    """From 0 to beyond the highest share, at least 15 %, in steps of 5, 10 or 20 %."""
    step = 5 if highest <= 0.25 else 10 if highest <= 0.5 else 20
    return [n / 100 for n in range(0, max(15, math.ceil(min(1.0, highest) * 100 / step) * step) + 1, step)]


def _ceiling(value: float, at_least: float = 4) -> float:
    """The next number that four equal steps divide well."""
    value = max(value, at_least)
    size = float(10 ** (len(str(int(value))) - 1))
    return next(step * size for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10) if step * size >= value)


def _heat(value: float, most: float) -> int:
    """0 (nothing) to 5 (the most)."""
    return 0 if value <= 0 else 1 + min(4, int(value / most * 4.999))


def _slack(low: Cell, high: Cell, *, short: bool = False) -> str:
    if low is None:
        return "> 6 h late"
    if high is None:
        return "> 24 h" if short else "more than 24 h early"
    begin, end = sorted((abs(_number(low)), abs(_number(high))))
    late = _number(low) < 0
    return f"{begin:g}–{end:g} h" + (" late" if late else "" if short else " early")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _number(value: Cell | object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
