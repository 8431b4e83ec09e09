"""All SQL. Functions take a connection, never open a transaction and never commit; `now` is an argument (aware UTC)."""
