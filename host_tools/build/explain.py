"""Puts the source's names back into what a board prints: tracebacks and error messages.

On the board names are short, and a traceback has no line numbers:

    Traceback (most recent call last):
      File "packlog", line 1, in isalpha
      File "store.series", line 1, in b
    AttributeError: 'lstrip' object has no attribute 'c'

A file there may be made of several of packlog's; a function says which one it comes from. Names
are looked up in the module in which they were used: that of the last line before the error.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from host_tools.build import names as maps
from host_tools.build.names import Map
from host_tools.ground.errors import PacklogError
from host_tools.ground.inputs import read_input
from host_tools.ground.text import show

TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'^(\s*File ")([^"]*)(", line \d+), in (\S+)\s*$')
LARGEST = 1 << 22  # bytes of a text: a console's log of some days
MOST_FILES = 3  # that a function of this name may come from, to be named
_IDENTITY = re.compile(r"^packlog\b.*\b([0-9a-f]{16})\b")
_NO_ATTRIBUTE = re.compile(r"'([^']*)'( object has no attribute )'([^']*)'")
_NO_NAME = re.compile(r"(name )'([^']*)'( isn't defined)")
_NO_IMPORT = re.compile(r"(can't import name )(\w+)")
_OBJECT = re.compile(r"'(\w+)'( object)")
_RAISED = re.compile(r"^(\w+)(?=:|$)")
_SHOWN = re.compile(r"(?<=: )(\w+)(?=\()")  # as repr() shows an error: ": ValueError('...')"


def explain(path: Path | None, map_file: Path | None) -> None:
    """Print a file's text, or what is typed or piped in, with the source's names.

    They are those of the build whose id the text names, else of the newest one that was made on
    this PC. PacklogError, with the remedy, if its map is not here.
    """
    try:
        data = read_input(path, LARGEST) if path else sys.stdin.buffer.read(LARGEST + 1)
    except OSError as error:
        raise PacklogError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise PacklogError(f"standard input has more than {LARGEST} bytes: give the traceback only")
    text = data.decode(errors="replace")
    show(translate(text, maps.read(map_file) if map_file else _map_for(text)).rstrip("\n"))


def _map_for(text: str) -> Map:
    identity = identity_in(text)
    found = maps.find(identity)
    if found is not None:
        return found
    what = f"the names of build {identity} are" if identity else "the names of its build are"
    raise PacklogError(
        f"{what} not known on this PC: give the .map.json file of the release with --map"
    )


def follow(said: Iterable[str]) -> Iterator[str]:
    """A console's lines, translated as far as this PC knows the build's names."""
    return lines(said, maps.find(None) or {}, maps.find)


def identity_in(text: str) -> str | None:
    """The id of the build that the console names last, None if it names none."""
    found = [match[1] for line in text.splitlines() if (match := _IDENTITY.match(line))]
    return found[-1] if found else None


def translate(text: str, names: Map) -> str:
    """The text with long names in its tracebacks and in errors that packlog reports."""
    return "".join(line + "\n" for line in lines(text.splitlines(), names))


def lines(
    said: Iterable[str], names: Map, find: Callable[[str], Map | None] = lambda identity: None
) -> Iterator[str]:
    """The same lines, translated, each as soon as it is there. find: the map of another build,
    asked when a board starts with it.
    """
    words = _Words(names)
    in_traceback, module = False, ""
    for line in said:
        if (started := _IDENTITY.match(line)) and (found := find(started[1])) is not None:
            words = _Words(found)
        frame = _FRAME.match(line)
        if line.strip() == TRACEBACK:
            in_traceback, module = True, ""
        elif in_traceback and frame:
            module = frame[2]
            line = words.frame(frame)
        elif in_traceback:
            in_traceback = False
            line = words.error(_RAISED, line, module)
        elif line.startswith("packlog"):
            line = words.error(_SHOWN, line, "")
        yield line


class _Words:
    def __init__(self, names: Map):
        self._names = names

    def frame(self, frame: re.Match) -> str:
        """A line of a traceback: with the file that the function comes from, if that is plain."""
        begin, module, end, short = frame.groups()
        longs = [each.rpartition(":") for each in self._long(module, ("functions",), short)]
        files = sorted({file or module for file, _, _ in longs})
        functions = sorted({name for _, _, name in longs})
        file = " or ".join(files) if 0 < len(files) <= MOST_FILES else module
        return f"{begin}{file}{end}, in {' or '.join(functions) or short}"

    def of_class(self, short: str) -> str:
        return self._look_up("", ("classes",), short)

    def error(self, kind: re.Pattern, line: str, module: str) -> str:
        """A line with an error, the pattern of its class, and the module that raised it or ""."""
        return self._message(kind.sub(lambda match: self.of_class(match[1]), line), module)

    def _message(self, line: str, module: str) -> str:
        """An error's text; without a module, names may mean what they mean in any module."""
        if _NO_ATTRIBUTE.search(line):
            return _NO_ATTRIBUTE.sub(lambda m: self._attribute(module, *m.groups()), line)
        line = _OBJECT.sub(lambda m: f"'{self.of_class(m[1])}'{m[2]}", line)
        line = _NO_NAME.sub(lambda m: f"{m[1]}'{self._global(module, m[2])}'{m[3]}", line)
        return _NO_IMPORT.sub(lambda m: m[1] + self._global("", m[2]), line)

    def _attribute(self, module: str, owner: str, between: str, short: str) -> str:
        kinds = ("attributes", "globals") if owner == "module" else ("attributes",)
        return f"'{self.of_class(owner)}'{between}'{self._look_up(module, kinds, short)}'"

    def _global(self, module: str, short: str) -> str:
        return self._look_up(module, ("globals",), short)

    def _look_up(self, module: str, kinds: tuple[str, ...], short: str) -> str:
        """The long name, or several: "anchor or marks"; as it is if it is nobody's short name."""
        return " or ".join(sorted(self._long(module, kinds, short))) or short

    def _long(self, module: str, kinds: tuple[str, ...], short: str) -> set[str]:
        places = [self._names[module]] if module in self._names else self._names.values()
        return {long for place in places for kind in kinds for long in place[kind].get(short, ())}
