"""packlog report."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands import csv_options as csv


def report(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="A pulled folder, or files from it.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The page: report.html.")
    ],
    begin: csv.From = None,
    end: csv.To = None,
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The time zone of days and times, such as Europe/Berlin; local: that of this PC. "
            "Default: as the board's days show it, or UTC.",
        ),
    ] = None,
) -> None:
    """Make a page about a pack: energy, SoC, cells, temperatures, resistance, gaps, events.

    One file of HTML that needs nothing else, for the browser and the printer.
    """
    from host_tools.history.grids import zone_of
    from host_tools.history.ranges import Range
    from host_tools.report.report import report as run

    run(paths, output, Range.of(begin, end, zone_of(zone)), zone)
