"""packlog explain."""

from pathlib import Path
from typing import Annotated

import typer


def explain(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Text with a traceback. Default: standard input."),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="A release's NAME.map.json."),
    ] = None,
) -> None:
    """Translate the short names in a traceback of the board to those of the source."""
    from host_tools.build.explain import explain as run

    run(path, names)
