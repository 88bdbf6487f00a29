"""Device tests on MicroPython for this machine, in a process of their own."""

import os
import subprocess
from pathlib import Path

from host_tools.ground import micropython
from host_tools.ground.firmware import FIRMWARE

DEVICE = Path(__file__).resolve().parents[1] / "device"


def passes(folder, script, *names, options=(), timeout=120, folders=(DEVICE, FIRMWARE)):
    """Run the tests of a script (all, or those named) in a folder; what it said if all passed.

    folders: where the script is, and what it imports.
    """
    path = [*reversed(folders), ".frozen"]
    done = subprocess.run(
        [micropython.find(), *options, DEVICE / "run.py", folders[0] / script, *names],
        env={**os.environ, "MICROPYPATH": ":".join(map(str, path))},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
