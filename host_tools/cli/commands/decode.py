"""packlog decode."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import Output
from host_tools.ground.errors import UsageError


def decode(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="A pulled folder, or files from it.")
    ],
    output: Output = None,
    epoch: Annotated[
        bool, typer.Option("--epoch", help="Time as seconds since 1970 instead of ISO 8601.")
    ] = False,
    series: Annotated[
        str,
        typer.Option(
            metavar="SERIES",
            help="pack: the frames. cells: all cell voltages. events: what happened, in words. "
            "hours, days: what the board has added up of each.",
        ),
    ] = "pack",
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
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --every 1d: days of this time zone, such as Europe/Berlin. Default: UTC.",
        ),
    ] = None,
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
    from host_tools.history.loading import Every

    if every is None and (values or zone):
        raise UsageError(f"--{'values' if values else 'zone'} goes with --every")
    rows = Every.of(every, zone, values or "mean") if every else None
    run(paths, output, epoch, series, How(form, decimals, guess, rows))
