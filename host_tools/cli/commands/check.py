"""packlog check."""

from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, connected


def check(
    places: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH | BOARD]...",
            help="Pulled folders, or boards: http://HOST or a serial port. Default: the board that "
            "is plugged in.",
        ),
    ] = None,
    port: Port = None,
    grace: Annotated[
        str,
        typer.Option(metavar="SPAN", help="How old it may be: 60 (s), 5min, 2h."),
    ] = "60",
) -> None:
    """Say of each pack how old what is newest is, and exit with 1 if one is older than --grace.

    Of a board that is its last reading, of a pulled folder its newest record.
    """
    from host_tools.ground import lengths
    from host_tools.sync.check import check as run

    grace_s = lengths.seconds("--grace", grace)
    if not run(places or [connected(port)], grace_s):
        raise typer.Exit(1)
