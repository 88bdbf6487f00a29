"""packlog sync."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, connected


def sync(
    targets: Annotated[
        list[str],
        typer.Option(
            "--to", metavar="TARGET", help="Where to, as packlog export has it. Any number."
        ),
    ],
    boards: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[BOARD]...",
            help="http://HOST or a serial port. Default: the board that is plugged in.",
        ),
    ] = None,
    port: Port = None,
    every: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="Again and again: 5min, 1h. Default: once."),
    ] = None,
    folder: Annotated[
        Path,
        typer.Option(
            "--into",
            metavar="DIR",
            help="Where the history is pulled to; several boards have a folder each in there.",
        ),
    ] = Path("history"),
    every_board: Annotated[
        bool,
        typer.Option("--all", help="Each board in the network that packlog pull --all finds."),
    ] = False,
    series: Annotated[
        str | None,
        typer.Option(
            metavar="LIST", help="frames, cells, events, hours, days: some. Default: all."
        ),
    ] = None,
) -> None:
    """Pull what is new from boards and export it, once or again and again. The loggers go on.

    What fails is said, and comes with the next round. As a service of systemd it reports when it is
    ready, and that it lives (docs/sync.md).
    """
    from host_tools.ground import lengths
    from host_tools.sync.export import Wanted
    from host_tools.sync.sync import Plan, check_names
    from host_tools.sync.sync import sync as run

    every_s = lengths.seconds("--every", every) if every else None
    if not boards and not every_board:
        boards = [connected(port)]
    check_names(boards or [])
    wanted = Wanted(series=tuple(series.split(",")) if series else None)
    run(Plan(tuple(boards or ()), tuple(targets), folder, every_board, wanted), every_s)
