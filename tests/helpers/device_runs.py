"""Device tests on MicroPython for this machine, in a process of their own."""

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from host_tools.ground import micropython
from host_tools.ground.firmware import CONFIG_KEYS, FIRMWARE, config_keys_source

DEVICE = Path(__file__).resolve().parents[1] / "device"


@cache
def generated():
    """A folder with the modules that a build makes, for the firmware run from its sources."""
    folder = tempfile.TemporaryDirectory(prefix="packlog-generated-")
    Path(folder.name, f"{CONFIG_KEYS}.py").write_text(config_keys_source())
    return folder  # it goes with the process


def passes(folder, script, *names, options=(), timeout=120, folders=(DEVICE, FIRMWARE)):
    """Run the tests of a script (all, or those named) in a folder; what it said if all passed.

    folders: where the script is, and what it imports.
    """
    path = [*reversed(folders), generated().name, ".frozen"]
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
