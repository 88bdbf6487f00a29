"""packlog decode: segments and shards to a file of the PC, one series at a time."""

from collections.abc import Iterable
from pathlib import Path

from host_tools.export import exporters
from host_tools.ground.output import is_file, open_output, spare_inputs
from host_tools.ground.progress import Progress
from host_tools.history import load, records


def decode(
    paths: Iterable[Path | str],
    out: Path | str | None = None,
    epoch: bool = False,
    series: str = "pack",
    form: str | None = None,
) -> int:
    """Write a series to out, None for stdout; returns the number of rows.

    form names an exporter; None takes that of out's extension, or CSV. Damaged files are named on
    stderr; PacklogError then says, once the rest is written, that there were some.
    """
    load.check_series(series)
    exporter = exporters.get(form) if form else exporters.of_file(out)
    paths = list(paths)
    spare_inputs(out, records.find(paths))
    rows = load.load(paths, series)
    with open_output(out) as file, Progress("writing", len(rows), "rows", is_file(file)) as bar:
        exporter.write(rows, file.write, epoch, bar.at)
    if rows.problems:
        raise records.damage(len(rows.problems))
    return len(rows)
