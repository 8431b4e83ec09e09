"""`python -m mailbot.reference`: prints {"port": ..., "url": ...} as its first line, then serves until it is stopped."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path

from mailbot.reference.hooks import Hooks
from mailbot.reference.seed import seed
from mailbot.reference.server import Options, serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="mailbot.reference", description="The reference order system, on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=8320, help="0 picks a free one")
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--token-file", type=Path, required=True, help="the bearer token of the API")
    parser.add_argument("--support-address", default="support@studio.example", help="behind the contact icon")
    parser.add_argument("--seed", action="store_true", help="sample clients and orders, where the file is empty")
    parser.add_argument("--past", action="store_true", help="with --seed: also returns of the last weeks")
    parser.add_argument("--personal-links", action="store_true", help="no choosing of a client; only personal links sign in")
    parser.add_argument("--webhook-url", default="")
    parser.add_argument("--webhook-secret-file", type=Path)
    parser.add_argument("--faults", action="store_true", help="for tests: faults on purpose")
    given = parser.parse_args()
    if bool(given.webhook_url) != bool(given.webhook_secret_file):
        parser.error("--webhook-url and --webhook-secret-file go together")
    if given.seed:
        seed(given.database, past=given.past)
    hooks = Hooks(given.webhook_url, _secret(parser, given.webhook_secret_file)) if given.webhook_url else None
    serve(
        given.port,
        given.database,
        _secret(parser, given.token_file),
        given.support_address,
        _ready,
        options=Options(faults=given.faults, open_login=not given.personal_links, hooks=hooks),
    )


def _ready(port: int) -> None:
    sys.stdout.write(json.dumps({"port": port, "url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()


def _secret(parser: argparse.ArgumentParser, path: Path) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"cannot read {path}: {error}")
    if not text:
        parser.error(f"{path} is empty; write the secret into it")
    return text


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
