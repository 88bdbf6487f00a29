"""A command loads only what it needs: --help no numpy, decode of a small folder no rich."""

import subprocess
import sys

from tests.helpers.command_line import ROOT

# What some commands need and others do without
HEAVY = {"PIL", "esptool", "jinja2", "matplotlib", "mpremote", "numpy", "pandas", "polars",
         "pyarrow", "rich", "serial", "tzlocal", "zeroconf"}  # fmt: skip
PROGRAM = """
import sys
from host_tools.cli.cli import main
try:
    main()
except SystemExit:
    pass
print(*sorted(sys.modules), file=sys.stderr)
"""


def loaded(*arguments):
    """The modules that are there when a command has ended."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout
    return set(done.stderr.splitlines()[-1].split())


def test_help_loads_nothing_but_what_shows_it():
    found = loaded("--help")
    assert found & HEAVY <= {"rich"}  # typer draws its help with that
    one = loaded("decode", "--help")
    assert one & HEAVY <= {"rich"}
    others = {name for name in one if name.startswith("host_tools.cli.commands.")}
    assert "host_tools.cli.commands.decode" in others
    assert "host_tools.cli.commands.install" not in others


def test_decode_of_a_small_folder():
    found = loaded("decode", "tests/data/0.1.0/house")
    assert found & HEAVY == {"numpy"}
    assert not {name for name in found if name.startswith(("host_tools.board", "host_tools.sim"))}
