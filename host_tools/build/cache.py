"""The user's cache folder: what was made once, and can be made again."""

import atexit
import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

KEPT = 50  # builds, of each kind


def cache_folder(kind: str) -> Path:
    """Where things of a kind are kept."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or _home()
    elif sys.platform == "darwin":
        base = _home() / "Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or _home() / ".cache"
    return Path(base) / "packlog" / kind


@cache
def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # the user has none: nobody else may put a build there
        folder = tempfile.mkdtemp(prefix="packlog-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)


def keep_file(path: Path, data: bytes) -> None:
    """Whole or not at all; without a cache that can be written, nothing is kept."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, path)


def kept_json(kind: str, asked: Any, make: Callable[[], Any]) -> Any:
    """What make() returns, which can be written as JSON, or what it returned when it was asked
    for the same: asked's repr, this package's sources and Python say what is the same.
    """
    key = hashlib.sha256(repr((sys.version, own_sources(), asked)).encode()).hexdigest()
    path = cache_folder(kind) / f"{key[:32]}.json.z"
    with contextlib.suppress(OSError, zlib.error, ValueError):  # ValueError: no JSON, no UTF-8
        found = json.loads(zlib.decompress(path.read_bytes()))
        path.touch()  # the oldest files go
        return found
    found = make()
    keep_file(path, zlib.compress(json.dumps(found).encode()))
    for old in newest_first(path.parent)[KEPT:]:
        old.unlink(missing_ok=True)
    return found


def newest_first(folder: Path) -> list[Path]:
    """The files in a folder of the cache. Other programs may be at work there."""
    times: dict[Path, float] = {}
    for path in folder.glob("*.*"):
        with contextlib.suppress(OSError):
            times[path] = path.stat().st_mtime
    return sorted(times, key=times.__getitem__, reverse=True)


@cache
def own_sources() -> str:
    """A hash of the modules in this folder: what they make changes with them."""
    found = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
