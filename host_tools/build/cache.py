"""The user's cache folder: what was made once, and can be made again."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """Where things of a kind are kept."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home()
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "packlog" / kind


def keep_file(path: Path, data: bytes) -> None:
    """Whole or not at all; without a cache that can be written, nothing is kept."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, path)
