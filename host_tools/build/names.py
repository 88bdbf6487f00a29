"""The maps from short names to long ones: each build of the firmware has one, kept by its id.

A map is a dict by module: {"store.frame": {"functions": {short: [long, ...]}, "attributes": {...},
"globals": {...}, "classes": {...}}}. In a module that is made of several a function's long name is
"store.series:flush", after the one that it comes from. A short name may stand for several long
ones, where one is a function of the module and the other a method, say. A release carries the map
of its bundle as a file, {"id": ..., "modules": map}.
"""

import json
from pathlib import Path

from host_tools.build.cache import KEPT, cache_folder, keep_file, newest_first
from host_tools.ground.errors import PacklogError

Map = dict[str, dict[str, dict[str, list[str]]]]


def keep(identity: str, names: Map) -> None:
    """Keep the map of a build in the user's cache folder, by the id of its bundle."""
    path = _folder() / f"{identity}.json"
    keep_file(path, as_file(identity, names).encode())
    for old in newest_first(_folder())[KEPT:]:
        old.unlink(missing_ok=True)


def as_file(identity: str, names: Map) -> str:
    """The text of a map file."""
    return json.dumps({"id": identity, "modules": names}, separators=(",", ":"), sort_keys=True)


def read(path: Path) -> Map:
    """The map in a file; PacklogError if there is none."""
    try:
        return json.loads(path.read_text())["modules"]
    except (OSError, ValueError, KeyError, TypeError):
        raise PacklogError(f"{path} is not a map of names: it comes with a release") from None


def find(identity: str | None) -> Map | None:
    """The map of the build with that id; without an id, of the newest build. None if unknown."""
    if identity is not None:
        path = _folder() / f"{identity}.json"
        return read(path) if path.is_file() else None
    newest = newest_first(_folder())
    return read(newest[0]) if newest else None


def _folder() -> Path:
    return cache_folder("names")
