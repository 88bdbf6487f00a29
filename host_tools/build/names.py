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
from host_tools.ground.inputs import read_input
from host_tools.ground.text import parse_json

Map = dict[str, dict[str, dict[str, list[str]]]]
KINDS = ("functions", "attributes", "globals", "classes")
LARGEST = 1 << 24  # bytes of a map file; ours have some 100 KB


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
    """The map in a file; PacklogError if it has none, or cannot be read."""
    try:
        found = parse_json(read_input(path, LARGEST).decode())["modules"]
        return {str(name): {kind: _longs(of[kind]) for kind in KINDS} for name, of in found.items()}
    except OSError as error:
        raise PacklogError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PacklogError(f"{path} is not a map of names: it comes with a release") from None


def _longs(of_short: dict) -> dict[str, list[str]]:
    return {short: list(map(str, longs)) for short, longs in of_short.items()}


def find(identity: str | None) -> Map | None:
    """The map of the build with that id; without an id, of the newest build. None if unknown, or
    damaged.
    """
    newest = [_folder() / f"{identity}.json"] if identity is not None else newest_first(_folder())
    try:
        return read(newest[0]) if newest and newest[0].is_file() else None
    except PacklogError:
        return None


def _folder() -> Path:
    return cache_folder("names")
