"""The Pythons of this machine on which packlog has to run: those on the PATH, and pyenv's."""

import functools
import shutil
import subprocess
from pathlib import Path

SUPPORTED = tuple(f"3.{minor}" for minor in range(10, 15))  # pyproject.toml: requires-python


@functools.cache
def found() -> dict[str, str]:
    """{"3.13": its path}, oldest first."""
    return {name: path for name in SUPPORTED if (path := _path(name))}


def _path(name: str) -> str | None:
    candidates = sorted(Path.home().glob(f".pyenv/versions/{name}.*/bin/python3"))
    if on_path := shutil.which(f"python{name}"):
        candidates.append(Path(on_path))
    return next((str(path) for path in reversed(candidates) if _is(name, path)), None)


def _is(name: str, path: Path) -> bool:
    """A shim of pyenv's is there without the Python that it stands for."""
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.startswith(f"Python {name}.")
