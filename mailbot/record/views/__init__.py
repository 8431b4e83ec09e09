"""Read-only queries for desk and commands. Each answers frozen views; `as_json` gives the shape of the commands' `--json`."""
