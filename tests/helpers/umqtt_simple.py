"""umqtt.simple for the tests: stock ESP32 firmware has it frozen in, the unix port has not.

Run as a command it prints the folder that umqtt/simple.py is in, and fetches it first if need be.
PACKLOG_UMQTT names a folder that has one already, of any version. PyPI's package is an old sdist
without setup.py: pip fetches, checks and unpacks it from whatever index it is configured for, finds
no project in it and fails; --no-clean makes it leave behind what it unpacked.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REQUIREMENT = (
    "micropython-umqtt.simple==1.3.4 "
    "--hash=sha256:b6a2520239e3992c63a7de9370ee9b3d9d27819a90359c521f1c0f7ccab8d12f\n"
)
KEPT = Path(sys.prefix) / "share" / "packlog-umqtt"  # goes away with the environment


class Missing(Exception):
    """One line: why there is no umqtt.simple and what to do."""


def folder() -> Path:
    """The folder with umqtt/simple.py in it. Missing if there is none to be had."""
    if named := os.environ.get("PACKLOG_UMQTT"):
        if not (Path(named) / "umqtt" / "simple.py").exists():
            raise Missing(f"PACKLOG_UMQTT: there is no umqtt/simple.py in {named}")
        return Path(named)
    if not (KEPT / "umqtt" / "simple.py").exists():
        fetch(KEPT)
    return KEPT


def fetch(target: Path):
    """Put umqtt/simple.py into the folder, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        said = download(Path(scratch))
        found = list(Path(scratch).rglob("umqtt/simple.py"))
        if not found:
            reason = said.strip().splitlines()[-1:] or ["pip said nothing"]
            raise Missing(
                "umqtt.simple could not be fetched from the package index; is there a network? "
                f"Or name a folder with umqtt/simple.py in PACKLOG_UMQTT. ({reason[0]})"
            )
        put(found[0], target / "umqtt")


def put(file: Path, package: Path):
    """Copy the file into the package folder so that others see it only once it is whole."""
    package.mkdir(parents=True, exist_ok=True)
    ours = package / f".{os.getpid()}"
    shutil.copyfile(file, ours)
    ours.replace(package / file.name)


def download(scratch: Path) -> str:
    """Let pip unpack the sdist somewhere below the folder; returns what it said of its failure."""
    requirements = scratch / "requirements.txt"
    requirements.write_text(REQUIREMENT)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-clean", "--dest", str(scratch)]
    done = subprocess.run(
        [*pip, *options, "--requirement", str(requirements)],
        env={**os.environ, "TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr


if __name__ == "__main__":
    try:
        print(folder())
    except Missing as error:
        sys.exit(str(error))
