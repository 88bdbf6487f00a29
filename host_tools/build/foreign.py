"""Attributes that what is not packlog's has, or may have: they keep their names.

Python knows its own types and modules. What a board alone has (machine, network, aioble, ...) it
does not know: in a module that imports such a library, every attribute of anything but self counts
as the library's.
"""

import ast
import builtins
import importlib
import io
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType

from host_tools.build.scopes import Module


def foreign_attributes(modules: Iterable[Module], own: set[str]) -> set[str]:
    """own: names of the firmware's modules."""
    found = set(_members(builtins)) | {*asked_by_python()}
    for module in modules:
        libraries = _libraries(module, own)
        found |= {node.attr for node in module.attributes if _is_of(module, node.value, libraries)}
        found |= {name for library in libraries for name in _members(_known(library))}
        blind = None in map(_known, libraries)
        found |= {node.attr for node in module.attributes if blind and not _is_self(node.value)}
    return found


@cache
def asked_by_python() -> frozenset[str]:
    """Attributes by which Python itself tells generators, streams, mappings and exceptions."""
    generator = dir(_ for _ in ())
    streams = (*dir(io.RawIOBase), "buffer")  # of sys.stdin and sys.stdout, which are no io's own
    return frozenset((*generator, *streams, *dir(OSError), *dir(StopIteration), "keys"))


def _is_of(module: Module, node: ast.expr, libraries: set[str]) -> bool:
    """Is it a library, or what is imported from one?"""
    sources = module.imported.get(module.lookup(node), ())
    return any(name in libraries for name, _ in sources)


def _libraries(module: Module, own: set[str]) -> set[str]:
    sources = (source for found in module.imported.values() for source in found)
    return {name for name, _ in sources} - own - {name.partition(".")[0] for name in own}


@cache
def _known(library: str) -> ModuleType | None:
    """The library, if it is Python's and MicroPython's alike."""
    return importlib.import_module(library) if library in sys.stdlib_module_names else None


def _members(module: ModuleType | None) -> Iterator[str]:
    """Names in a module and in its classes."""
    for name, value in vars(module).items() if module else ():
        yield name
        if isinstance(value, type):
            yield from dir(value)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
