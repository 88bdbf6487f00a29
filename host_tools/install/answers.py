"""The answers to the questions of a first install, by the keys of config.json.

They are remembered while an install goes on, and in a file until it has succeeded: what fails or is
interrupted need not be answered again. The file has no passwords.
"""

import contextlib
import json
import re
import time
from pathlib import Path

from host_tools.build.cache import cache_folder, keep_file
from host_tools.ground.text import parse_json

OLDEST_S = 86400  # answers of another day are another board's


def file_for(port: str) -> Path:
    """Where those for the board at a port are kept."""
    return cache_folder("answers") / (re.sub(r"\W+", "-", port).strip("-") + ".json")


class Answers:
    """What was typed at each question. path: the file to keep it in; None: no file."""

    def __init__(self, path: Path | None = None):
        self._path = path
        self._given: dict[str, str] = self._read()
        self._secrets: dict[str, str] = {}

    def _read(self) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError):
            if self._path and time.time() - self._path.stat().st_mtime < OLDEST_S:
                found = parse_json(self._path.read_text(encoding="utf8"))
                if isinstance(found, dict):
                    return {key: it for key, it in found.items() if isinstance(it, str)}
        return {}

    def __bool__(self) -> bool:
        return bool(self._given)

    def get(self, key: str, usual=None):
        """What was answered before, as text; else the usual."""
        return self._given.get(key, usual)

    def note(self, key: str, typed: str) -> None:
        """Remember an answer."""
        self._given[key] = typed
        if self._path:
            keep_file(self._path, json.dumps(self._given).encode())

    def secret(self, key: str) -> str:
        """A secret that was typed before; "" if there is none."""
        return self._secrets.get(key, "")

    def note_secret(self, key: str, typed: str) -> None:
        """Remember a secret, as long as the command runs."""
        self._secrets[key] = typed

    def forget(self) -> None:
        """They are on a board now."""
        self._given, self._secrets = {}, {}
        if self._path:
            self._path.unlink(missing_ok=True)
