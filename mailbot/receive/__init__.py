"""Outside -> ReceivedMessage: bytes as they came, never parsed here."""
