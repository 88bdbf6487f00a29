"""packlog info without files: what a running board says of itself, asked without interrupting it.

The firmware prints it on its console every few seconds: console.py.
"""

import json
import time
from collections.abc import Callable, Iterator

from host_tools.board import status
from host_tools.board.device import open_port, read_lines
from host_tools.board.trouble import with_trouble
from host_tools.ground import units
from host_tools.ground.errors import PacklogError
from host_tools.history import events as naming
from rich.console import Console
from rich.table import Table

from store import events

SILENT_S = 20
ALL_SWITCHES = sum(naming.SWITCHES)


def live(
    port: str,
    as_json: bool = False,
    translated: Callable[[Iterator[str]], Iterator[str]] = iter,
) -> None:
    """Print one round of what the board says; as JSON with the numbers as they stand in its lines.

    translated: puts the source's names into the board's lines. PacklogError if it says nothing.
    """
    troubles: list[str] = []
    transport = open_port(port)
    try:
        said = listen(_noting(translated(read_lines(transport)), troubles), port)
    finally:
        transport.close()
    if as_json:
        print(json.dumps(said))
        return
    console = Console()
    for name, values in said.items():
        table = Table(title=name, show_header=False)
        for key, value in values.items():
            table.add_row(key, in_words(key, value))
        console.print(table)
    for trouble in dict.fromkeys(troubles):
        print(f"trouble: {trouble}")


def _noting(lines: Iterator[str], troubles: list[str]) -> Iterator[str]:
    """The lines; what goes wrong in them is added to troubles."""
    for line, trouble in with_trouble(lines):
        troubles += [trouble] if trouble else []
        yield line


def in_words(key: str, value: str) -> str:
    """A value of a status line with its unit, or what its bits mean."""
    if key == "errors" and value.isdigit():  # those of other BMSs are words
        kinds = naming.with_alarms()
        kind = kinds[0] if len(kinds) == 1 else 0  # the line does not say of which
        return naming.in_words(events.BMS_ERRORS, kind, int(value), 0)[1] or "none"
    if key == "switches":
        return naming.in_words(events.SWITCHES, 0, int(value), ~int(value) & ALL_SWITCHES)[1]
    return units.of_status(key, value)


def listen(lines, port: str) -> dict[str, dict[str, str]]:
    """A whole round: from one health line to the next. By pack, and "health"."""
    said: dict[str, dict[str, str]] = {}
    begun = False
    last = time.monotonic()
    for line in lines:
        found = status.any_line(line)
        if not found:
            if time.monotonic() - last > SILENT_S:
                break
            continue
        last = time.monotonic()
        kind, name, values = found
        if begun:
            said.setdefault("health" if kind == "health" else name, {}).update(values)
        if kind == "health":
            if begun:
                return said
            begun = True
    raise PacklogError(f"{port} says nothing that packlog would: install it, or reset the board")
