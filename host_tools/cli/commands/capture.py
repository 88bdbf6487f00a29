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
    minutes: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="Duration. 0: until Ctrl-C."),
    ] = 5,
    pack: Annotated[
        str | None, typer.Option(metavar="NAME", help="That pack alone. Default: all packs.")
    ] = None,
    most: Annotated[
        float | None,
        typer.Option(
            "--most",
            metavar="MB",
            min=0.001,
            help="When FILE has that size, it becomes FILE.1, the one before FILE.2, and so on.",
        ),
    ] = None,
    keep: Annotated[
        int, typer.Option("--keep", metavar="N", min=1, help="How many of those are kept.")
    ] = 5,
) -> None:
    """Keep what packs and their BMSs say to each other, for packlog replay and for bug reports.

    The logger goes on meanwhile, but links are opened anew at both ends. Passcodes are overwritten.
    Ctrl-C ends it before.
    """
    from host_tools.board.capture import Wanted
    from host_tools.board.capture import capture as run

    run(connected(port), output, Wanted(minutes or None, pack, most, keep), say)
