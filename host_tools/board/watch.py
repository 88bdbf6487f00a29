"""Follows a board's status lines without interrupting it, as a live table or as plain lines."""

import sys
import time
from collections.abc import Callable, Iterator

from host_tools.board import readable, status
from host_tools.board.port import open_port, read_lines
from host_tools.board.site import Site, is_url
from host_tools.board.trouble import with_trouble
from host_tools.ground import units
from host_tools.ground.text import PlainTable, console, show
from rich.live import Live

import fields

SILENT_S = 20
MOST_PACKS = 16  # shown beside each other
_ROWS = (
    ("soc", "State of charge", "%"),
    ("voltage", "Voltage", "V"),
    ("current", "Current", "A"),
    ("min", "Lowest cell", "V # cell"),
    ("max", "Highest cell", "V # cell"),
    ("temperature", "Temperature", "degC"),
    ("age", "Age of the reading", "s"),
    ("readings", "Readings", ""),
    ("frames", "Frames stored", ""),
)
# What the logger counts stands in lines of its own
_COUNTED = {key: unit for unit, _, _, *keys in fields.ENERGY for key in keys}


def watch(
    port: str,
    count: int | None = None,
    translated: Callable[[Iterator[str]], Iterator[str]] = iter,
) -> None:
    """Show status lines until Ctrl-C, or count of them. PacklogError if the board prints none.

    port: or http://HOST.
    translated: puts the source's names into the board's lines.
    """
    if is_url(port):
        with Site(port) as site:
            _follow(_statuses(translated(site.lines()), port), count)
        return
    transport = open_port(port)
    try:
        _follow(_statuses(translated(read_lines(transport)), port), count)
    finally:
        transport.close()


def _follow(found: Iterator[status.Status | str], count: int | None) -> None:
    _live(found, count) if sys.stdout.isatty() else _plain(found, count)


def _statuses(lines: Iterator[str], port: str) -> Iterator[status.Status | str]:
    """Statuses, each with what was counted before it; complaints and tracebacks as text. An error
    if there is none of it for a while.
    """
    counted: dict[str, dict[str, str]] = {}
    last = time.monotonic()
    for line, trouble in with_trouble(lines):
        found = status.parse(line) or trouble
        if not found and (more := status.any_line(line)) and more[0] == "extra":
            _, pack, values = more
            if len(counted) < MOST_PACKS and values.keys() & _COUNTED.keys():
                mine = [key for key in _COUNTED if key in values]
                counted[pack] = {key: str(units.number(key, values[key])) for key in mine}
        if found:
            last = time.monotonic()
            if isinstance(found, status.Status):
                found.values |= counted.pop(found.pack, {})
            yield found
        elif time.monotonic() - last > SILENT_S:
            break
    raise status.not_running(port)


def _plain(found: Iterator[status.Status | str], count: int | None) -> None:
    for n, item in enumerate(found, 1):
        if isinstance(item, str):
            show(f"trouble: {item}")
        else:
            pairs = " ".join(f"{key}={value}" for key, value in item.values.items())
            show(f"{item.pack} {pairs}")
        if n == count:
            return


def _live(found: Iterator[status.Status | str], count: int | None) -> None:
    packs: dict[str, status.Status] = {}
    complaint = ""
    with Live(console=console(), auto_refresh=False) as live:
        for n, item in enumerate(found, 1):
            if isinstance(item, str):
                complaint = item
            elif item.pack in packs or len(packs) < MOST_PACKS:
                packs[item.pack] = item
            live.update(_table(packs, complaint), refresh=True)
            if n == count:
                return


def _table(packs: dict[str, status.Status], complaint: str) -> PlainTable:
    table = PlainTable(title="packlog", caption=complaint or None, caption_style="bold red")
    table.add_column("")
    for name in packs:
        table.add_column(name, justify="right")
    table.add_column("")
    for key, label, unit in _ROWS:
        table.add_row(label, *(pack.values.get(key, "--") for pack in packs.values()), unit)
    for key, unit in _COUNTED.items():
        if any(key in pack.values for pack in packs.values()):
            values = (pack.values.get(key, "--") for pack in packs.values())
            table.add_row(readable.name_of(key), *values, unit)
    return table
