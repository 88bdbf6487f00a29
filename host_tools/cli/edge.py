"""The edge of the command line: whatever happens inside ends as an exit code and one line.

With --debug an unexpected error also shows its traceback, for a report.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable

from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.progress import say

DEBUG = "--debug"
FAILURE, WRONG_USAGE = 1, 2
REPORT = (
    f"that is a fault of packlog's own: please report it (CONTRIBUTING.md), with what the same "
    f"command says with {DEBUG}"
)


def run(command: Callable[[], object]) -> None:
    """Run it; exits with 1, or 2 for wrong usage, and one line on stderr if it fails."""
    for name in ("SIGTERM", "SIGHUP"):  # so that a pull starts the logger again
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.default_int_handler)
    debug = _take_debug(sys.argv)
    try:
        command()
        sys.stdout.flush()
    except PacklogError as error:
        _fail(str(error), WRONG_USAGE if isinstance(error, UsageError) else FAILURE)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, a pager) has all it wanted; what is in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if debug:
            traceback.print_exc()
        _fail(f"unexpected {type(error).__name__}: {error}; {REPORT}")


def _fail(line: str, code: int = FAILURE) -> None:
    say(f"packlog: {line}")
    sys.exit(code)


def _take_debug(arguments: list[str]) -> bool:
    """Take --debug out of the arguments, wherever it stands: it is for every command."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if DEBUG not in options[1:]:
        return False
    arguments.remove(DEBUG)
    return True
