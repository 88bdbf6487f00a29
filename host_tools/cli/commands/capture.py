"""packlog capture."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, connected
from host_tools.ground.progress import say


def capture(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The file; it is added to.")
    ],
    port: Port = None,
    minutes: Annotated[int, typer.Option(metavar="N", min=1, max=60, help="Duration.")] = 5,
    pack: Annotated[
        str | None, typer.Option(metavar="NAME", help="That pack alone. Default: all packs.")
    ] = None,
) -> None:
    """Keep what packs and their BMSs say to each other, for packlog replay and for bug reports.

    The logger goes on meanwhile, but links are opened anew at both ends. Passcodes are overwritten.
    Ctrl-C ends it before.
    """
    from host_tools.board.capture import capture as run

    run(connected(port), output, minutes, pack, say)
