"""packlog release."""

from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, connected
from host_tools.ground.progress import say


def release(
    port: Port = None,
    minutes: Annotated[int, typer.Option(metavar="N", min=1, max=60, help="Duration.")] = 5,
) -> None:
    """Disconnect from the Bluetooth BMS for some minutes, so that the phone app can connect."""
    from host_tools.board.bluetooth import release as run

    run(connected(port), minutes, say)
