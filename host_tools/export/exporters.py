"""The formats that a history can be exported to: the modules of this folder that have an EXTENSION.

An exporter is a file NAME.py with EXTENSION = ".csv" (of the files that it is the default for) and

    write(rows, put, epoch, progress)

rows is a Frames, Cells, Events or Periods of host_tools.history. put(text) takes the output in
pieces; epoch asks for times in seconds since 1970 instead of ISO 8601; progress(rows) is told the
rows done. One that also has a parameter decimals (None: as many as each value has) takes
--decimals; one with dialect the options of dialect.py. With BINARY = True put() takes bytes.
write_blocks(), with the same parameters and dateless (as csv.py has it), takes an iterable of rows
of one kind instead: millions of them are not in memory at once then. Either may return how many
rows it wrote.
"""

import importlib
import inspect
from pathlib import Path
from types import ModuleType

from host_tools.ground import modules
from host_tools.ground.errors import UsageError
from host_tools.ground.words import there_are

DEFAULT = "csv"


def extensions() -> dict[str, str]:
    """name of an exporter -> its EXTENSION, read without importing it."""
    return modules.constants(Path(__file__).parent, "EXTENSION")


def get(name: str) -> ModuleType:
    """The exporter of that name; PacklogError names those that there are."""
    if name not in extensions():
        raise UsageError(f"no format {name!r}: {there_are(extensions())}")
    return importlib.import_module(f"host_tools.export.{name}")


def of_file(out: Path | str | None) -> ModuleType:
    """The exporter for a file, by its extension; CSV for any other and for stdout."""
    suffix = Path(out).suffix.lower() if out else ""
    by_extension = {extension: name for name, extension in extensions().items()}
    return get(by_extension.get(suffix, DEFAULT))


def mode(exporter: ModuleType) -> str:
    """How its file is opened."""
    return "wb" if getattr(exporter, "BINARY", False) else "w"


_OPTIONS = {"decimals": "--decimals", "dialect": "options of a CSV, such as --separator"}


def with_options(exporter: ModuleType, **wanted: object) -> dict[str, object]:
    """What write() gets besides, of what is not None. UsageError if it does not take that."""
    given = {name: value for name, value in wanted.items() if value is not None}
    for each in given.keys() - inspect.signature(exporter.write).parameters.keys():
        name = exporter.__name__.rpartition(".")[2]
        raise UsageError(f"the format {name} has no {_OPTIONS[each]}: leave it out")
    return given
