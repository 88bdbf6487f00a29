"""packlog demo."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import check_terminals


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the results.")] = Path(
        "demo"
    ),
    minutes: Annotated[int, typer.Option(metavar="N", min=5, help="Board time to simulate.")] = 90,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another day.")] = 0,
) -> None:
    """Run an end-to-end demo on the virtual board: install, log, display, pull, CSV."""
    check_terminals()
    from host_tools.sim.demo import demo as run

    run(folder, minutes, seed)
