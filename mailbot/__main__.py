"""`mailbot`: runs one command and turns its errors into a message on stderr and an exit code (errors.EXIT_CODES)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from mailbot import __version__

STOPPED = 130
"""The exit code of a program that Ctrl-C ended (128 + SIGINT)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 something failed and is named, 2 wrong use or configuration."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        # Before any import that takes time: scripts ask for it often.
        sys.stdout.write(f"mailbot {__version__}\n")
        return 0
    try:
        return _run(given)
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        # The reader of our output went away (`mailbot tickets | head`): nothing to tell, and no traceback at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: list[str]) -> int:
    from mailbot.cli import run
    from mailbot.errors import EXIT_CODES, BadInput, MailbotError

    try:
        return run(arguments)
    except BadInput as error:
        for problem in error.problems:
            sys.stderr.write(f"{problem}\n")
        return EXIT_CODES[BadInput]
    except MailbotError as error:
        sys.stderr.write(f"{error}\n")
        return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


if __name__ == "__main__":
    sys.exit(main())
