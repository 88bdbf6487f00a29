"""Decode a captured byte stream with the firmware's own decoder, to CSV and statistics."""

import csv
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from host_tools.capture.captures import read_streams, size_of
from host_tools.ground import units
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.firmware import names
from host_tools.ground.output import is_file, open_output, spare_inputs
from host_tools.ground.progress import Progress, say
from host_tools.ground.words import listed, there_are

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
ENOUGH = 50  # readings that show which kind of BMS, and which stream
MOST_STREAMS = 64  # of a capture: a phone's log has those of every device near it


def replay(
    bms: str | None,
    capture: Path,
    hex: bool = False,
    out: Path | None = None,
    stats: bool = False,
) -> int:
    """Write one CSV row a reading to out, or standard output; return how many there were.

    Without a kind of BMS all are tried, and standard error says which it is. stats adds one line of
    JSON there, with the packets accepted per command (of a JK: frames per type), those rejected,
    and the bytes skipped. PacklogError if there is no reading, with what may be the reason.
    """
    trials = Trials([bms] if bms else names("bms"))
    spare_inputs(out, [capture])
    size = size_of(capture)
    with open_output(out) as file, Progress("decoding", size, shown=is_file(file)) as bar:
        writer = csv.writer(file, lineterminator="\n")
        for stream, piece in read_streams(capture, hex, bar.at):
            trials.feed(stream, piece)
            _write(writer, trials.take())
        trials.finish()
        _write(writer, trials.take())
        best = trials.best
        if stats and best:
            say(json.dumps(readable(best.decoder.stats)))
        if not trials.count:
            raise PacklogError(trials.no_reading(capture))
    if not bms:
        say(f"{capture} is of a {best.bms}")
    if trials.others:
        say(f"left out: {trials.others} readings of other units or copies in {capture}")
    return trials.count


def _write(writer, rows: list[tuple]) -> None:
    if rows and rows[0][0] == 1:
        writer.writerow(COLUMNS)
    writer.writerows(rows)


class Trial:
    """One kind of decoder on one stream."""

    def __init__(self, bms: str, stream: str):
        self.bms, self.stream = bms, stream
        self.rows = []
        self.count = 0
        self.decoder = open_decoder(bms, self._add)

    def _add(self, sample) -> None:
        self.count += 1
        self.rows.append(columns(sample))


class Trials:
    """Decoders of several kinds on all streams of a capture, until it is clear which is right.

    That is the one with the most readings, of the first ENOUGH, or at the end.
    """

    def __init__(self, kinds: list[str]):
        for bms in kinds:
            check_kind(bms)
        self._kinds = self._tried = kinds
        self._trials = {}  # of a stream
        self._all = []
        self.best = None  # once it is clear
        self.count = 0  # of its readings that were taken

    @property
    def others(self) -> int:
        """Readings of its kind in other streams."""
        return sum(t.count for t in self._all if t is not self.best and t.bms == self.best.bms)

    def feed(self, stream: str, data: bytes) -> None:
        """The next bytes of a stream. Those beyond MOST_STREAMS are of no unit, and left out."""
        if stream not in self._trials:
            if len(self._trials) >= MOST_STREAMS:
                return
            self._trials[stream] = [Trial(bms, stream) for bms in self._kinds]
            self._all += self._trials[stream]
        for trial in self._trials[stream]:
            trial.decoder.feed(data)
            if trial is not self.best and self.best:
                trial.rows.clear()
        if not self.best:
            self._choose(ENOUGH if len(self._all) > 1 else 1)

    def finish(self) -> None:
        """The capture has ended."""
        if not self._all:
            self.feed("", b"")
        for trial in self._all:
            trial.decoder.finish()
        if not self.best:
            self._choose(0)

    def take(self) -> list[tuple]:
        """The CSV rows since the last call, numbered from 1; none before it is clear whose."""
        if not self.best:
            return []
        rows, self.best.rows = self.best.rows, []
        first = self.count + 1
        self.count += len(rows)
        return [(first + i, *row) for i, row in enumerate(rows)]

    def _choose(self, fewest: int) -> None:
        best = max(self._all, key=lambda trial: trial.count, default=None)
        if best is None or best.count < fewest:
            return
        self.best = best
        for stream, trials in self._trials.items():
            self._trials[stream] = [trial for trial in trials if trial.bms == best.bms]
        self._kinds = [best.bms]

    def no_reading(self, capture: Path) -> str:
        """The line that says so, with what is most likely the reason."""
        one = len(self._tried) == 1
        what = f"{self._tried[0]} reading" if one else "reading of a BMS"
        hint = "is it from that BMS?" if one else f"packlog knows {listed(self._tried)}"
        if any(trial.decoder.stats.get("mismatched") for trial in self._all):
            hint = (
                "its frames of cells are whole, but their layout is not that of the unit's "
                "software, or none that is known: see docs/jk.md"
            )
        return f"no {what} in {capture}: {hint}"


def check_kind(bms: str) -> None:
    """PacklogError if there is no such kind of BMS."""
    if bms not in names("bms"):
        raise UsageError(f"no BMS is called {bms!r}: {there_are(sorted(names('bms')))}")


def open_decoder(bms: str, on_sample: Callable):
    """The firmware's decoder for that kind of BMS."""
    check_kind(bms)
    decoder = importlib.import_module(f"bms.{bms}").Decoder(on_sample)
    decoder.kept = sys.maxsize  # a capture has no clock: what came once stays, however long ago
    return decoder


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
