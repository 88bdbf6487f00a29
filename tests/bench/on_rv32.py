"""The command line of a measurement on RV32: a table, or one JSON object."""

import argparse
import json
import sys

from tests.rv32 import build


def command(description, measure, show, **options):
    """Show what measure(build, ...) finds; options are those it takes, as add_argument does.

    Exit code 1 and one line if there is no MicroPython for RV32.
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    for name, option in options.items():
        parser.add_argument(f"--{name}", **option)
    arguments = vars(parser.parse_args())
    as_json = arguments.pop("json")
    try:
        found = measure(build.find(), **arguments)
    except build.Unavailable as reason:
        sys.exit(f"no MicroPython for RV32: {reason}")
    if as_json:
        print(json.dumps(found))
    else:
        show(found)
