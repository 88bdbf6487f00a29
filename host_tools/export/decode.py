"""packlog decode: segments and shards to a file of the PC, one series at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from host_tools.export import exporters
from host_tools.export.dialect import EXCEL_ROWS, PLAIN, Dialect
from host_tools.ground.output import is_file, open_output, spare_inputs
from host_tools.ground.progress import Progress, say
from host_tools.history import loading, logs, records, resample
from host_tools.history.ranges import EVER, Range


@dataclass(frozen=True)
class How:
    """form: an exporter's name; None: that of the file's extension, or CSV. decimals: of V and A;
    None: as many as a value has. guess: date rows without a date by what can be guessed.
    every: rows of one length, computed from frames or cells; None: those of the series. span: only
    rows of that time. dialect: of a CSV.
    """

    form: str | None = None
    decimals: int | None = None
    guess: bool = False
    every: loading.Every | None = None
    span: Range = EVER
    dialect: Dialect = PLAIN


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
    exporter, _ = _exporter(out, how)  # before anything is read
    paths = list(paths)
    spare_inputs(out, records.find(paths))
    problems, write_to = _source(exporter, paths, series, how)
    count = write_to(out, epoch, how)
    if how.dialect.mark and count >= EXCEL_ROWS:
        say(f"{count} rows: Excel opens the first {EXCEL_ROWS}; take --from and --to, or --every")
    if problems:
        raise records.damage(len(problems))
    return count


Write = Callable[[Path | str | None, bool, How], int]


def _source(exporter: ModuleType, paths: list, series: str, how: How) -> tuple[list[str], Write]:
    """(what is damaged, what writes the rows): in blocks if the exporter takes those."""
    found: logs.Loaded
    if how.every:
        found, blocks = loading.resampled(paths, series, how.every, how.guess, how.span)
    elif series == "pack" and hasattr(exporter, "write_blocks"):
        found, counts, blocks = loading.in_blocks(paths, how.guess, how.span)
        return found.problems, lambda out, epoch, how: write_blocks(
            blocks, out, epoch, how, (counts.undated + counts.guessed > 0, counts.guessed > 0)
        )
    else:
        rows = loading.load(paths, series, how.guess, how.span)
        return rows.problems, lambda out, epoch, how: write(rows, out, epoch, how)
    return found.problems, lambda out, epoch, how: write_blocks(blocks, out, epoch, how)


def write(
    rows: loading.Rows, out: Path | str | None = None, epoch: bool = False, how: How = How()
) -> int:
    """Write rows that loading.load() returned; returns their number."""
    exporter, more = _exporter(out, how)
    opened = open_output(out, exporters.mode(exporter))
    with opened as file, Progress("writing", len(rows), "rows", is_file(file)) as bar:
        count = exporter.write(rows, file.write, epoch, bar.at, **more)
        return len(rows) if count is None else count


def write_blocks(
    blocks: Iterator[loading.Rows],
    out: Path | str | None,
    epoch: bool,
    how: How,
    dateless: tuple[bool, bool] | None = None,
) -> int:
    """Write rows that loading.resampled() or in_blocks() returned; returns their number.

    dateless: have rows no date, or a guessed one? Is any guessed? None: the blocks show it.
    """
    exporter, more = _exporter(out, how)
    opened = open_output(out, exporters.mode(exporter))
    with opened as file, Progress("writing", 0, "rows", is_file(file)) as bar:
        if hasattr(exporter, "write_blocks"):
            if dateless is None and how.span and not how.guess:
                dateless = False, False
            count = exporter.write_blocks(
                blocks, file.write, epoch, bar.at, dateless=dateless, **more
            )
        else:
            count = exporter.write(resample.whole(blocks), file.write, epoch, bar.at, **more)
        return bar.done if count is None else count


def _exporter(out: Path | str | None, how: How) -> tuple[ModuleType, dict]:
    """The exporter, and what it is told besides."""
    exporter = exporters.get(how.form) if how.form else exporters.of_file(out)
    dialect = None if how.dialect == PLAIN else how.dialect
    return exporter, exporters.with_options(exporter, decimals=how.decimals, dialect=dialect)
