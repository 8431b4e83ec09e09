"""`mailbot promise backtest` as people and scripts meet it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.__main__ import main
from mailbot.config import load
from mailbot.record import migrations, tickets
from tests.backends.makers import decision
from tests.cli.test_commands import desk  # noqa: F401  the fixture

HOURS = timedelta(hours=1)


def deliver(folder: Path, many: int) -> None:
    """`many` corrections, promised for 12 hours; number n took n/4 hours."""
    db = migrations.opened(load(folder / "config.toml", {}).database.url)
    with db.transaction() as c:
        now = db.now(c)
        ids = tickets.reserve(c, many)
        blank = [tickets.opened(id_, decision(), "email", now, now) for id_ in ids]
        made = [
            replace(
                t, kind="correction", assessed="correction", state="delivered", assessed_at=now - 200 * n * HOURS / 10,
                delivery_time_set_at=now - 200 * n * HOURS / 10, delivery_time=now - (200 * n / 10 - 12) * HOURS,
                delivered_at=now - (200 * n / 10 - n / 4) * HOURS,
            )
            for n, t in enumerate(blank, 1)
        ]  # fmt: skip
        tickets.insert(c, made, now)
    db.close()


@pytest.mark.usefixtures("desk")
def test_the_rules_that_would_have_kept_the_promise_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deliver(tmp_path, 60)
    assert main(["promise", "backtest", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["deliveries"], told["kept"], told["share_wanted"]) == (60, 0.8, 0.9)  # 48 of 60 took 12 hours at most
    assert told["kept_low"] < 0.8 < told["kept_high"]
    [load_rule, row] = told["rules"]
    assert (load_rule["rule"], load_rule["now"]) == ("tickets_per_hour", 10)
    assert (row["rule"], row["now"], row["deliveries"]) == ('turnaround_hours."correction"', 12, 60)
    assert row["would_be"] == pytest.approx(13.7, abs=0.6)  # the 55th of 60, less the half hour of rounding
    assert told["would"]["kept"] >= 0.9

    assert main(["promise", "backtest", "--days", "120", "--share", "0.5"]) == 0
    shown = capsys.readouterr().out
    assert "60 returns were promised a time and delivered within the last 120 days" in shown
    assert "Kept: 80.0% by the first time told (95 % certain: 68.2% to 88.2%), 80.0% by the last one." in shown
    assert 'turnaround_hours."correction"' in shown


@pytest.mark.usefixtures("desk")
def test_a_short_past_is_no_reason_to_change_the_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["promise", "backtest"]) == 0
    assert "0 returns were promised" in capsys.readouterr().out
    deliver(tmp_path, 3)
    assert main(["promise", "backtest"]) == 0
    shown = capsys.readouterr().out
    assert "Kept: 100.0%" in shown
    assert "Too few of them to say" in shown


@pytest.mark.usefixtures("desk")
def test_a_share_that_nobody_can_mean_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["promise", "backtest", "--share", "90"]) == 2
    assert "--share" in capsys.readouterr().err
