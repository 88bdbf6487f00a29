"""The tables that a history becomes: a module of this folder each, found by its name.

A schema is a file NAME.py with

    tables(files, read, pack, every)   -> yields a Table for each that there is something for

every is how long a row is, None: as is usual. That of packlog's own tables takes series besides:
which of them are wanted. Only databases can have one with DATABASE_ONLY = True, and only one pack
at a time one with ONE_PACK = True.
"""

import importlib
from pathlib import Path
from types import ModuleType

from host_tools.ground import modules
from host_tools.ground.errors import UsageError
from host_tools.ground.words import there_are

USUAL = "packlog"


def names() -> list[str]:
    """The usual one first."""
    found = modules.defining(Path(__file__).parent, "tables")
    return [USUAL, *(name for name in found if name != USUAL)]


def get(name: str) -> ModuleType:
    """Raises UsageError."""
    if name not in names():
        raise UsageError(f"no schema {name!r}: {there_are(names())}")
    return importlib.import_module(f"host_tools.export.schemas.{name}")
