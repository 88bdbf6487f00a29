"""The targets that a history can be exported to: the modules of this folder that have SCHEMES or an
EXTENSION.

A target is a file NAME.py with SCHEMES = ("influx",), what its address begins with, or EXTENSION =
".lp", what its file ends in, and

    open_target(address, how)   -> a Target; raises PacklogError if it cannot be had

address is an Address of address.py, of a file the Path; how says what is asked for besides. A
Target is a context manager: leaving it without an error makes a file whole.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

from host_tools.export.targets import address
from host_tools.export.targets.cursors import Batch, Cursor
from host_tools.export.targets.rows import Table
from host_tools.ground import modules
from host_tools.ground.errors import UsageError

ANY_DATABASE = "sql"  # the module for a scheme that only SQLAlchemy may know
FOLDER = "parquet_folder"


@dataclass(frozen=True)
class How:
    """state: the folder in which a target that keeps no cursors has them kept. alive() is to be
    called now and then while something takes long.
    """

    state: Path = Path()
    alive: Callable[[], None] = lambda: None


class Target(Protocol):
    """Where rows go. SERIES: which it takes, None: all. ONE: does it take but one of them? One with
    a method prepared(table) makes of a table what it needs, before it is asked for cursors.
    """

    SERIES: tuple[str, ...] | None = None
    ONE = False

    def cursors(self, table: Table) -> dict[str, Cursor]:
        """What it has of a table of a pack."""

    def write(self, batch: Batch) -> None:
        """Take rows and cursors, as a whole or not at all. Raises PacklogError; Moved."""

    def __enter__(self) -> "Target": ...

    def __exit__(self, *error) -> None: ...


class Moved(Exception):
    """Another export has written meanwhile: the cursors are not what they were."""


def declared(constant: str) -> dict[str, tuple[str, ...] | str]:
    """By a target's name its SCHEMES or its EXTENSION, read without importing it."""
    return modules.constants(Path(__file__).parent, constant)


def is_file(text: str) -> bool:
    """Is this target a file or a folder, rather than a server's address?"""
    return "://" not in text


def open_target(text: str, how: How) -> Target:
    """The target that a user names. Raises UsageError, PacklogError."""
    if is_file(text):
        return _module(_of_file(text)).open_target(Path(text), how)
    parsed = address.parse(text)
    names = {scheme: name for name, all_ in declared("SCHEMES").items() for scheme in all_}
    return _module(names.get(parsed.scheme, ANY_DATABASE)).open_target(parsed, how)


def _of_file(text: str) -> str:
    if text.endswith(("/", "\\")) or Path(text).is_dir():
        return FOLDER
    for name, extension in declared("EXTENSION").items():
        if text.lower().endswith(extension):
            return name
    raise UsageError(f"{text!r} is no target: {known()}")


def known() -> str:
    """What targets there are, in words."""
    schemes = sorted(each for all_ in declared("SCHEMES").values() for each in all_)
    extensions = sorted(declared("EXTENSION").values())
    return (
        f"a file ({', '.join(extensions)}), a folder for Parquet (DIR/), or an address that begins "
        f"with {', '.join(f'{each}://' for each in schemes)}"
    )


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"host_tools.export.targets.{name}")
