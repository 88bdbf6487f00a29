"""packlog info."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, at_network, connected
from host_tools.ground.errors import UsageError


def info(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[http://HOST | PATH...]",
            help="A pulled folder, or files from it; or a board in the network.",
        ),
    ] = None,
    port: Port = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    days: Annotated[
        bool,
        typer.Option(
            "--days", help="A row a day: energy, peaks, extreme cells, SoC, temperatures, gaps."
        ),
    ] = False,
    last: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="With --days: only the last N days.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --days: the time zone of days that the board has not added up, such as "
            "Europe/Berlin. Default: as the other days show it, or UTC.",
        ),
    ] = None,
) -> None:
    """Show what pulled files contain: span, gaps, boots, frames, sizes, charge, events, damage.

    Without files: show the state of a running board and its packs, without interrupting it.
    """
    port, words = at_network(paths or [], port)
    files = list(map(Path, words))
    if not days and (last or zone):
        raise UsageError(f"--{'last' if last else 'zone'} goes with --days")
    if days and files:
        from host_tools.history.info_days import info as run

        run(files, as_json, last, zone)
    elif days:
        from host_tools.board.days import days as run

        run(connected(port), as_json, last, zone)
    elif files:
        from host_tools.history.info import info as run

        run(files, as_json)
    else:
        from host_tools.board.live import live
        from host_tools.build.explain import follow

        live(connected(port), as_json, follow)
