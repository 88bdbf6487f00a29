"""packlog decode."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands import csv_options as csv
from host_tools.cli.commands.options import Output
from host_tools.ground.errors import UsageError


def decode(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="A pulled folder, or files from it.")
    ],
    output: Output = None,
    series: Annotated[
        str,
        typer.Option(
            metavar="SERIES",
            help="pack: the frames. cells: all cell voltages. events: what happened, in words. "
            "hours, days: what the board has added up of each.",
        ),
    ] = "pack",
    begin: csv.From = None,
    end: csv.To = None,
    every: Annotated[
        str | None,
        typer.Option(
            "--every",
            metavar="SPAN",
            help="Rows of one length, 10s, 5min, 1h or 1d, computed from the frames or the cells.",
        ),
    ] = None,
    values: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="With --every: mean, min and max, or some of them. Default: mean.",
        ),
    ] = None,
    align: csv.Align = False,
    share: csv.Share = None,
    least_known: csv.MinKnown = None,
    times: csv.Time = None,
    epoch: Annotated[bool, typer.Option("--epoch", help="The same as --time epoch.")] = False,
    zone: csv.Zone = None,
    separator: csv.Separator = None,
    quote: csv.Quote = None,
    decimal: csv.Decimal = None,
    excel: csv.Excel = None,
    no_header: csv.NoHeader = False,
    columns: csv.Columns = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="What to write: a module of host_tools/export. Default: by FILE's extension, "
            "or csv.",
        ),
    ] = None,
    decimals: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=6,
            help="Decimals of all values in V and A. Default: those that a value has, 52.81.",
        ),
    ] = None,
    guess: Annotated[
        bool,
        typer.Option(
            "--guess",
            help="Date rows without a date by what can be guessed; two more columns, guessed and "
            "error_s, mark them.",
        ),
    ] = False,
) -> None:
    """Turn pulled files into CSV: time,voltage,current,temperature,soc and the extreme cells.

    Where the time is unknown, its column is empty, and the columns boot, uptime, not_before and
    not_after are added.
    """
    from host_tools.export.decode import How
    from host_tools.export.decode import decode as run
    from host_tools.history.grids import zone_of
    from host_tools.history.loading import Every
    from host_tools.history.ranges import Range

    only = {"--values": values, "--align": align, "--share": share}
    if every is None and any(only.values()):
        raise UsageError(f"{next(name for name in only if only[name])} goes with --every")
    if epoch and times not in (None, "epoch"):
        raise UsageError(f"--epoch and --time {times}: leave one of them out")
    local = zone_of(zone)
    span = Range.of(begin, end, local)
    rows = Every.of(every, zone, values or "mean", (share or 0) / 100) if every else None
    if rows and align:
        span = rows.aligned(span)
    dialect = csv.dialect(
        {"separator": separator, "quote": quote, "decimal": decimal, "columns": columns},
        {"times": "epoch" if epoch else times, "zone": local, "least_known": least_known},
        header=not no_header,
        excel=excel,
    )
    run(paths, output, series=series, how=How(form, decimals, guess, rows, span, dialect))
