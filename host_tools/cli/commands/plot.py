"""packlog plot."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands import csv_options as csv


def plot(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="A pulled folder, or files from it.")
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="The picture: .png, .svg or .pdf."),
    ],
    curves: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Of current, power, voltage, soc, cells (lowest and highest) and temperature. "
            "Default: current,voltage,soc,cells.",
        ),
    ] = None,
    begin: csv.From = None,
    end: csv.To = None,
    zone: csv.Zone = None,
) -> None:
    """Draw curves of a range of time, with tolerances as bands, gaps as gaps and events marked."""
    from host_tools.history.grids import zone_of
    from host_tools.history.ranges import Range
    from host_tools.report.plot import USUAL
    from host_tools.report.plot import plot as run

    local = zone_of(zone)
    run(paths, output, curves or USUAL, Range.of(begin, end, local), local)
