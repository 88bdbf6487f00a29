"""Decode a captured byte stream with the firmware's own decoder, to CSV and statistics."""

import csv
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from host_tools.capture.captures import looks_like_hex, read_capture, size_of
from host_tools.ground import units
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import names
from host_tools.ground.output import is_file, open_output, spare_inputs
from host_tools.ground.progress import Progress, say

COLUMNS = (
    "reading",
    "voltage",
    "current",
    "temperature",
    "soc",
    "min_cell_voltage",
    "max_cell_voltage",
    "min_voltage_cell",
    "max_voltage_cell",
    "cell_voltages",
)


def replay(
    bms: str,
    capture: Path,
    hex: bool = False,
    out: Path | None = None,
    stats: bool = False,
) -> int:
    """Write one CSV row a reading to out, or standard output; return how many there were.

    stats adds one line of JSON on standard error, with the packets accepted per command (of a JK:
    frames per type), those rejected, and the bytes skipped. Without a reading a line there says
    what may be the reason.
    """
    rows = Rows()
    decoder = open_decoder(bms, rows.add)
    spare_inputs(out, [capture])
    size = size_of(capture)
    with open_output(out) as file, Progress("decoding", size, shown=is_file(file)) as bar:
        pieces = read_capture(capture, hex, bar.at)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for piece in pieces:
            decoder.feed(piece)
            writer.writerows(rows.take())
        decoder.finish()
        writer.writerows(rows.take())
    if stats:
        say(json.dumps(readable(decoder.stats)))
    if not rows.count:
        say(no_reading(bms, capture, hex, decoder.stats))
    return rows.count


def open_decoder(bms: str, on_sample: Callable):
    """The firmware's decoder for that kind of BMS."""
    if bms not in names("bms"):
        known = ", ".join(sorted(names("bms")))
        raise PacklogError(f"no BMS is called {bms!r}: the ones known are {known}")
    decoder = importlib.import_module(f"bms.{bms}").Decoder(on_sample)
    decoder.kept = sys.maxsize  # a capture has no clock: what came once stays, however long ago
    return decoder


class Rows:
    """The CSV rows of the readings since the last take(), numbered from 1."""

    def __init__(self):
        self.count = 0
        self._rows = []

    def add(self, sample) -> None:
        self.count += 1
        self._rows.append((self.count, *columns(sample)))

    def take(self) -> Iterator[tuple]:
        rows, self._rows = self._rows, []
        return iter(rows)


def columns(sample) -> tuple[str, ...]:
    """A reading as the CSV shows it, without its number."""
    return (
        units.volts(sample.voltage),
        units.amps(sample.current),
        units.celsius(sample.temperature),
        units.whole(sample.soc),
        units.volts(sample.min_cell_voltage),
        units.volts(sample.max_cell_voltage),
        units.cell(sample.min_cell),
        units.cell(sample.max_cell),
        " ".join(units.volts(sample.cells[i]) for i in range(sample.cell_count)),
    )


def readable(stats: dict) -> dict:
    """A decoder's statistics with the commands or types as people write them: 0x56."""
    accepted = {
        kind if isinstance(kind, str) else f"0x{kind:02x}": count
        for kind, count in stats["accepted"].items()
    }
    return {**stats, "accepted": accepted}


def no_reading(bms: str, capture: Path, hex: bool, stats: dict) -> str:
    """The line that says so, with what is most likely the reason."""
    hint = "is it from that BMS?"
    if stats.get("mismatched"):
        hint = (
            "its frames of cells are whole, but their layout is not that of the unit's software, "
            "or none that is known: see docs/jk.md"
        )
    elif not hex and looks_like_hex(capture):
        hint = "it looks like hex text: add --hex"
    return f"no {bms} reading in {capture}: {hint}"
