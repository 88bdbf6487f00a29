"""packlog scan."""

from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, connected
from host_tools.ground.progress import say


def scan(
    port: Port = None,
    seconds: Annotated[int, typer.Option(metavar="N", min=1, max=60, help="Duration.")] = 8,
    no_ask: Annotated[
        bool, typer.Option("--no-ask", help="Do not connect to the BMSs for a reading each.")
    ] = False,
) -> None:
    """List Bluetooth devices in reach of the board: names, addresses and kinds for config.json.

    BMSs that are recognised are asked for a reading; nothing is written to them but the requests
    that read. The logger pauses meanwhile and is restarted.
    """
    from host_tools.board.bluetooth import scan as run

    run(connected(port), seconds, say, not no_ask)
