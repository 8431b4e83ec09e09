"""The reference order system: a small real one of its own, for development, demo and tests. It answers the contract of
docs/order-system.openapi.yaml and draws the pages where clients write **Comment and reopen** and staff place and deliver orders.

Listens on 127.0.0.1 only. It knows nothing of mailbot.
"""

from mailbot.reference.seed import seed
from mailbot.reference.server import Options, serve

__all__ = ["Options", "seed", "serve"]
