"""The packlog command of this tree, as a process."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKLOG = [sys.executable, "-c", "from host_tools.cli.cli import main; main()"]


def packlog(*arguments, **options):
    """What it said, with its exit code."""
    return subprocess.run(
        [*PACKLOG, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
