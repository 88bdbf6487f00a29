"""packlog decode: segments and shards to a file of the PC, one series at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from host_tools.export import exporters
from host_tools.ground.output import is_file, open_output, spare_inputs
from host_tools.ground.progress import Progress
from host_tools.history import loading, records, resample
from host_tools.history.periods import Periods


@dataclass(frozen=True)
class How:
    """form: an exporter's name; None: that of the file's extension, or CSV. decimals: of V and A;
    None: as many as a value has. guess: date rows without a date by what can be guessed.
    every: rows of one length, computed from frames or cells; None: those of the series.
    """

    form: str | None = None
    decimals: int | None = None
    guess: bool = False
    every: loading.Every | None = None


def decode(
    paths: Iterable[Path | str],
    out: Path | str | None = None,
    epoch: bool = False,
    series: str = "pack",
    how: How = How(),
) -> int:
    """Write a series to out, None for stdout; returns the number of rows.

    stderr says first how many rows there are, from when to when. Damaged files are named there;
    PacklogError then says, once the rest is written, that there were some.
    """
    loading.check_series(series)
    _exporter(out, how)  # before anything is read
    paths = list(paths)
    spare_inputs(out, records.find(paths))
    if how.every:
        found, blocks = loading.resampled(paths, series, how.every, how.guess)
        count = write_blocks(blocks, out, epoch, how)
        if found.problems:
            raise records.damage(len(found.problems))
        return count
    rows = loading.load(paths, series, how.guess)
    write(rows, out, epoch, how)
    if rows.problems:
        raise records.damage(len(rows.problems))
    return len(rows)


def write(
    rows: loading.Rows, out: Path | str | None = None, epoch: bool = False, how: How = How()
) -> None:
    """Write rows that loading.load() returned."""
    exporter, more = _exporter(out, how)
    opened = open_output(out, exporters.mode(exporter))
    with opened as file, Progress("writing", len(rows), "rows", is_file(file)) as bar:
        exporter.write(rows, file.write, epoch, bar.at, **more)


def write_blocks(blocks: Iterable[Periods], out: Path | str | None, epoch: bool, how: How) -> int:
    """Write rows that loading.resampled() returned; returns their number."""
    exporter, more = _exporter(out, how)
    opened = open_output(out, exporters.mode(exporter))
    with opened as file, Progress("writing", 0, "rows", is_file(file)) as bar:
        if hasattr(exporter, "write_blocks"):
            exporter.write_blocks(blocks, file.write, epoch, bar.at, **more)
        else:
            exporter.write(resample.whole(blocks), file.write, epoch, bar.at, **more)
        return bar.done


def _exporter(out: Path | str | None, how: How) -> tuple[ModuleType, dict]:
    """The exporter, and what it is told besides."""
    exporter = exporters.get(how.form) if how.form else exporters.of_file(out)
    return exporter, exporters.with_decimals(exporter, how.decimals)
