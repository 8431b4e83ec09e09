"""CPU per mail of the main job beside a bare pipeline, in one run on one machine.

The workload is that of the shared folder `bench-peers` (8 % of the mails with 200 KB attachments; IMAP from Dovecot, an SMTP sink,
durable commits, language check on). Prints one JSON object: ms CPU per mail of `mailbot run --once --only poll,handle,send` (whole process
and children, net of the start with an empty mailbox), of the bare pipeline KIND=fast, and the ratio.

Usage: bench/main_job.py [N] [--rounds 3]      environment: BENCH_PEERS (folder), TMPDIR
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("BENCH_PEERS", ROOT.parent / "shared" / "bench-peers"))
LIMITS = """known_address_hour = 1000000
known_address_day = 1000000
unknown_address_hour = 1000000
unknown_address_day = 1000000
unknown_domain_hour = 1000000
ticket_minutes = 0
all_hour = 1000000
"""
CONFIG = """[company]
name = "Studio"
support_address = "support@studio.example"
[database]
url = "sqlite:///{work}/db/mailbot.db"
[[mailbox]]
name = "support"
host = "127.0.0.1"
port = {imap}
tls = "none"
user = "bot"
password_file = "{work}/password"
idle = false
since = 2020-01-01T00:00:00Z
[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
from = "Studio <support@studio.example>"
[rules]
path = "{work}/rules"
"""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("mails", nargs="?", type=int, default=500)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    if not (PEERS / "common.py").exists() or not Path("/usr/sbin/dovecot").exists():
        sys.exit(f"needs Dovecot (Debian: dovecot-imapd) and the workload in {PEERS} (or set BENCH_PEERS)")
    rounds = [one_round(given.mails) for _ in range(given.rounds)]
    middle = sorted(rounds, key=lambda r: r["ratio"])[len(rounds) // 2]
    print(
        json.dumps(
            {"rounds": given.rounds, "median_ratio": round(statistics.median(r["ratio"] for r in rounds), 2), "median_round": middle}
        )
    )
    return 0


def one_round(mails: int) -> dict[str, float]:
    """Both programs over the same mails, one after the other."""
    bare = bare_pipeline(mails)
    ours = main_job(mails)
    return {**ours, "bare_ms": bare, "ratio": round(ours["mailbot_ms"] / bare, 2)}


def bare_pipeline(mails: int) -> float:
    with tempfile.TemporaryDirectory(prefix="mb-bare-") as folder:
        Path(folder).chmod(0o755)  # Dovecot runs as an unprivileged user
        copy = Path(folder) / "peers"
        shutil.copytree(PEERS, copy)  # it writes its results beside itself
        env = {**os.environ, "KIND": "fast", "SYNC": "full", "N": str(mails), "WORK": f"{folder}/w", "PY": sys.executable}
        done = subprocess.run([sys.executable, "pipeline.py"], cwd=copy, env=env, capture_output=True, text=True, check=True)
    return round(json.loads(done.stdout.splitlines()[-1])["cpu"] / mails * 1000, 3)


def main_job(mails: int) -> dict[str, float]:
    sys.path.insert(0, str(PEERS))
    import common

    with tempfile.TemporaryDirectory(prefix="mb-bench-") as folder:
        work = Path(folder)
        work.chmod(0o755)  # Dovecot runs as an unprivileged user
        for name in ("db", "rules"):
            (work / name).mkdir()
        (work / "rules" / "limits.toml").write_text(LIMITS)
        (work / "password").write_text("pw")
        sink, dovecot = common.Sink(folder, sys.executable), common.Dovecot(folder)
        try:
            (work / "config.toml").write_text(CONFIG.format(work=folder, imap=dovecot.port, smtp=sink.port))
            dovecot.fill(0)
            run = [sys.executable, "-m", "mailbot", "--config", f"{folder}/config.toml", "run", "--once", "--only", "poll,handle,send"]
            idle = common.run(run, f"{folder}/log")
            dovecot.fill(mails)
            full = common.run(run, f"{folder}/log")
            if full["rc"]:
                sys.exit((work / "log").read_text()[-2000:])
            judged = common.judge(mails, titles(work, sys.executable), sink.rows())
        finally:
            dovecot.stop()
            sink.stop()
    return {
        "mails": mails,
        "mailbot_ms": round((full["cpu"] - idle["cpu"]) / mails * 1000, 3),
        "start_cpu_s": round(idle["cpu"], 2),
        "peak_mb": round(full["rss_mb"], 1),
        "lost_acks": judged["lost_acks"],
        "dup_acks": judged["dup_acks"],
        "answered_robots": len(judged["replied_to_autos"]),
    }


def titles(work: Path, python: str) -> list[str]:
    command = [python, "-m", "mailbot", "--config", str(work / "config.toml"), "tickets", "--json", "--limit", "1000000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line)["subject"] for line in done.stdout.splitlines()]


if __name__ == "__main__":
    sys.exit(main())
