"""The tables that a history becomes: a module of this folder each, found by its name.

A schema is a file NAME.py with

    tables(files, read, pack)   -> yields a Table for each that there is something for

and, if only databases can have it, DATABASE_ONLY = True.
"""

import importlib
from pathlib import Path
from types import ModuleType

from host_tools.ground.errors import UsageError
from host_tools.ground.words import there_are

USUAL = "packlog"


def names() -> list[str]:
    """The usual one first."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    return [USUAL, *(name for name in found if name not in (USUAL, Path(__file__).stem))]


def get(name: str) -> ModuleType:
    """Raises UsageError."""
    if name not in names():
        raise UsageError(f"no schema {name!r}: {there_are(names())}")
    return importlib.import_module(f"host_tools.export.schemas.{name}")
