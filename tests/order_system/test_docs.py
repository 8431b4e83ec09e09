"""docs/order-system.md says what the contract says."""

from __future__ import annotations

from pathlib import Path

import yaml

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_operation_of_the_contract_is_explained() -> None:
    text = (DOCS / "order-system.md").read_text("utf-8")
    contract = yaml.safe_load((DOCS / "order-system.openapi.yaml").read_text("utf-8"))
    operations = [f"{m.upper()} {path}" for path, item in contract["paths"].items() for m in item if m in ("get", "post", "put")]
    assert [o for o in operations if f"`{o}`" not in text] == []
