"""Programs that tests run and that come as packages of Debian: browsers, servers.

As root on Debian a missing one is installed, and a test whose program cannot be had fails: on a
new machine every test runs. Anywhere else it is skipped, with the name of the package.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

# Servers keep their programs out of the PATH of users
_ELSEWHERE = ("/usr/sbin", "/usr/local/sbin")
# Nothing is started by the installation: tests start what they need, on ports of their own
_NO_SERVICES = "#!/bin/sh\nexit 101\n"
_POLICY = Path("/usr/sbin/policy-rc.d")


def needed(program: str, package: str) -> str:
    """The path of a program; installs its package, else skips the test or, as root, fails it."""
    found = find(program, package)
    if not found:
        why = f"{program} is not installed: apt install {package}"
        pytest.fail(why) if _may_install() else pytest.skip(why)
    return found


@cache
def find(program: str, package: str) -> str | None:
    """The path of a program, None if it is neither there nor can be installed."""
    return _path(program) or (_install(package) and _path(program)) or None


def _path(program: str) -> str | None:
    return shutil.which(program, path=os.pathsep.join([os.environ["PATH"], *_elsewhere()]))


def _elsewhere() -> list[str]:
    return [*_ELSEWHERE, *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]


def _install(package: str) -> bool:
    """One process at a time: apt takes a lock of its own and fails where it is held."""
    if not _may_install():
        return False
    with open(Path(tempfile.gettempdir()) / "packlog-apt.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _apt("install", package):
            _apt("update")  # a new machine has no lists of packages, or old ones
            return _apt("install", package)
    return True


def _may_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt(verb: str, *packages: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", verb, "-y", *(("--no-install-recommends",) if packages else ())]
    quiet = not _POLICY.exists()
    if quiet:
        _POLICY.write_text(_NO_SERVICES)
        _POLICY.chmod(0o755)
    try:
        done = subprocess.run([*command, *packages], env=environment, capture_output=True)
        return done.returncode == 0
    finally:
        if quiet:
            _POLICY.unlink()
