"""An action of the outbox -> Sent | TryAgain | GiveUp | Uncertain."""
