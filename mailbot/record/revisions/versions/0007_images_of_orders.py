"""How many images an order has, beside its facts: the share of corrections is told with it (P32), and nobody reads JSON to count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Every image of the JSON bears this key once; inside a text its quotes are escaped.
KEY = '"preview_url":'


def upgrade() -> None:
    op.add_column("order_fact", sa.Column("images", sa.Integer(), server_default="0", nullable=False))
    op.drop_index("ix_order_fact_client", "order_fact")
    op.create_index("ix_order_fact_client", "order_fact", ["client", "placed_at", "images"])
    count = sa.text("UPDATE order_fact SET images = (length(json) - length(replace(json, :key, ''))) / :long")
    op.get_bind().execute(count, {"key": KEY, "long": len(KEY)})
