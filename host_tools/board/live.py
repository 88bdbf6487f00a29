"""packlog info without files: what a running board says of itself, asked without interrupting it.

The firmware prints it on its console when it is asked, and every few seconds: console.py.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator

from host_tools.board import readable, status
from host_tools.board.port import Gone, open_port, read_lines, unplugged
from host_tools.board.site import Site, is_url
from host_tools.board.talk import Lost, Talk, Unanswered
from host_tools.board.trouble import with_trouble
from host_tools.ground.text import PlainTable, console, show
from mpremote.transport_serial import SerialTransport

SILENT_S = 20  # with no line of the logger's
ROUND_S = 50  # for both health lines, of a board that says others meanwhile
MOST_PACKS = 16
MOST_TROUBLES = 20


def live(
    port: str,
    as_json: bool = False,
    translated: Callable[[Iterator[str]], Iterator[str]] = iter,
) -> None:
    """Print one round of what the board says: as tables, or as JSON with numbers.

    translated: puts the source's names into the board's lines. PacklogError if it says nothing.
    """
    troubles: list[str] = []
    said = readable.arranged(state(port, troubles, translated))
    if as_json:
        found = {name: readable.numbers(values) for name, values in said.items()}
        found[readable.HEALTH]["troubles"] = troubles
        show(json.dumps(found))
        return
    for name, values in said.items():
        table = PlainTable(title=name, show_header=False)
        for row in readable.rows(values):
            table.add_row(*row)
        console().print(table)
    for trouble in troubles:
        show(f"trouble: {trouble}")


def state(
    port: str,
    troubles: list[str],
    translated: Callable[[Iterator[str]], Iterator[str]] = iter,
) -> dict[str, dict[str, str]]:
    """One round of what the board says: values by pack, and by "health". What it complains of is
    added to troubles. PacklogError if it says nothing.
    """
    if is_url(port):
        with Site(port) as site:
            lines = itertools.chain([status.HEALTH], site.lines(again=False))
            return listen(_noting(translated(lines), troubles), port)
    transport = open_port(port)
    try:
        return listen(_noting(translated(_round(transport, port)), troubles), port)
    finally:
        transport.close()


def _round(transport: SerialTransport, port: str) -> Iterator[str]:
    """What a logger says that is asked for its state; an older one says it by itself."""
    try:
        said = Talk(port, transport.serial).ask_and_hear("status")[1]
    except Gone:
        raise unplugged(port) from None
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
    raise status.not_running(port)
