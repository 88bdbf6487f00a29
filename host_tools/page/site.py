"""The interface of a board's web server, for pulled folders: what `packlog view` serves.

docs/web.md has the interface. A Site answers from a folder that packlog pull has made.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from host_tools.ground.errors import PacklogError
from host_tools.history import records
from host_tools.history.place import place
from host_tools.page.built import PAGE

from store import segment
from version import VERSION

JSON = "application/json"
SERIES = frozenset({*segment.FOLDERS.values(), "hours", "days"})


@dataclass(frozen=True)
class Answer:
    """What is sent for a path."""

    kind: str
    body: bytes
    is_gzipped: bool = False
    is_kept: bool = False  # may be kept: its ETag says whether it has changed

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


class Site:
    """A pulled folder: DIR, with a folder for each pack, or DIR/PACK."""

    def __init__(self, folder: Path):
        if not folder.is_dir():
            raise PacklogError(f"{folder} is not a folder: give one that packlog pull has made")
        self.folder = folder.resolve()
        if any((self.folder / name).is_dir() for name in SERIES):
            self.folder, self.packs = self.folder.parent, [self.folder.name]
        else:
            self.packs = sorted(each.name for each in self.folder.iterdir() if _has_series(each))
        if not self.packs:
            raise PacklogError(f"no history in {folder}: give a folder that packlog pull has made")

    def answer(self, path: str) -> Answer | None:
        """What is at a path; None if that is nothing."""
        if path == "/":
            return Answer("text/html; charset=utf-8", PAGE.read_bytes(), True, True)
        if path == "/api/status":
            return as_json(self.status())
        if path == "/api/history":
            return as_json(self.history())
        if path.startswith("/api/history/"):
            return self._file(path.removeprefix("/api/history/").split("/"))
        return None

    def status(self) -> dict:
        """A board's status, as far as files have one. folder: that there is no board."""
        none = {
            "bms": None,
            "age_s": None,
            "state": None,
            "fresh": False,
            "values": {},
            "cells": [],
        }
        return {
            "version": VERSION,
            "board": None,
            "uptime": None,
            "time": None,
            "clock_settable": False,
            "folder": str(self.folder),
            "health": {},
            "packs": [{"name": name, **none} for name in self.packs],
        }

    def history(self) -> dict:
        """The files there are."""
        files = [
            {"pack": pack, "series": series, "name": path.name, "size": path.stat().st_size}
            for pack in self.packs
            for series in sorted(SERIES)
            for path in sorted((self.folder / pack / series).glob("*.*"))
            if path.suffix in (segment.SUFFIX, segment.SHARD)
        ]
        return {"board": "", "boot": None, "uptime": None, "time": None, "files": files}

    def _file(self, names: list[str]) -> Answer | None:
        try:
            path = place(self.folder, *names)
        except (TypeError, ValueError):
            return None
        if names[0] not in self.packs or names[1] not in SERIES or not path.is_file():
            return None
        if path.stat().st_size > max(records.LARGEST.values()):
            return None
        return Answer("application/octet-stream", path.read_bytes(), is_kept=True)


def as_json(found: dict) -> Answer:
    """An Answer of JSON."""
    return Answer(JSON, json.dumps(found).encode())


def _has_series(folder: Path) -> bool:
    return folder.is_dir() and any((folder / name).is_dir() for name in SERIES)
