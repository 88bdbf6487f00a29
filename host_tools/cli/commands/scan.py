"""packlog scan."""

from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, connected
from host_tools.ground.progress import say


def scan(
    port: Port = None,
    seconds: Annotated[int, typer.Option(metavar="N", min=1, max=60, help="Duration.")] = 8,
) -> None:
    """List Bluetooth devices in reach of the board: names and addresses for config.json.

    The logger pauses meanwhile and is restarted.
    """
    from host_tools.board.bluetooth import scan as run

    run(connected(port), seconds, say)
