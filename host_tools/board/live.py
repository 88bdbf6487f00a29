"""packlog info without files: what a running board says of itself, asked without interrupting it.

The firmware prints it on its console when it is asked, and every few seconds: console.py.
"""

import json
import re
import time
from collections.abc import Callable, Iterator

from host_tools.board import status
from host_tools.board.port import open_port, read_lines
from host_tools.board.talk import Lost, Talk, Unanswered
from host_tools.board.trouble import with_trouble
from host_tools.ground import units
from host_tools.ground.errors import PacklogError
from host_tools.ground.text import PlainTable, console, show
from host_tools.history import events as naming
from mpremote.transport_serial import SerialTransport

from store import events

SILENT_S = 20  # with no line of the logger's
ROUND_S = 50  # for both health lines, of a board that says others meanwhile
MOST_PACKS = 16
MOST_TROUBLES = 20
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
        said = listen(_noting(translated(_round(transport, port)), troubles), port)
    finally:
        transport.close()
    if as_json:
        show(json.dumps(said))
        return
    for name, values in said.items():
        table = PlainTable(title=name, show_header=False)
        for key, value in values.items():
            table.add_row(key, in_words(key, value))
        console().print(table)
    for trouble in troubles:
        show(f"trouble: {trouble}")


def _round(transport: SerialTransport, port: str) -> Iterator[str]:
    """What a logger says that is asked for its state; an older one says it by itself."""
    try:
        said = Talk(port, transport.serial).ask_and_hear("status")[1]
    except (Unanswered, Lost):
        yield from read_lines(transport)
    else:
        yield status.HEALTH  # as the end of the round before
        yield from said.splitlines()


def _noting(lines: Iterator[str], troubles: list[str]) -> Iterator[str]:
    """The lines; what goes wrong in them is added to troubles."""
    for line, trouble in with_trouble(lines):
        if trouble and trouble not in troubles and len(troubles) < MOST_TROUBLES:
            troubles.append(trouble)
        yield line


def in_words(key: str, value: str) -> str:
    """A value of a status line with its unit, or what its bits mean."""
    if key == "errors" and _number(value) is not None:  # those of other BMSs are words
        kinds = naming.with_alarms()
        kind = kinds[0] if len(kinds) == 1 else 0  # the line does not say of which
        return naming.in_words(events.BMS_ERRORS, kind, _number(value), 0)[1] or "none"
    if key == "switches" and (on := _number(value)) is not None:
        return naming.in_words(events.SWITCHES, 0, on, ~on & ALL_SWITCHES)[1]
    return units.of_status(key, value)


def _number(value: str) -> int | None:
    """The bits that a value stands for, None if it is a text."""
    return int(value) if re.fullmatch(r"[0-9]{1,10}", value) else None


def listen(lines, port: str) -> dict[str, dict[str, str]]:
    """A whole round: from one health line to the next. By pack, and "health"."""
    said: dict[str, dict[str, str]] = {}
    begun = False
    first = last = time.monotonic()
    for line in lines:
        found = status.any_line(line)
        last = time.monotonic() if found else last
        if time.monotonic() > min(last + SILENT_S, first + ROUND_S):
            break
        if not found:
            continue
        kind, name, values = found
        name = "health" if kind == "health" else name
        if begun and (name in said or len(said) < MOST_PACKS):
            said.setdefault(name, {}).update(values)
        if kind == "health":
            if begun:
                return said
            begun = True
    raise PacklogError(f"{port} says nothing that packlog would: install it, or reset the board")
