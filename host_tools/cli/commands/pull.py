"""packlog pull."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, at_network, connected
from host_tools.ground.errors import UsageError
from host_tools.ground.progress import say


def pull(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[http://HOST] DIR",
            help="Target: DIR/PACK/ is created. In front of it, a board in the network.",
        ),
    ],
    port: Port = None,
    join: Annotated[
        bool,
        typer.Option(
            "--join",
            help="DIR/PACK/ holds the history of another board, or of this one before its flash "
            "was erased, and it is of the same battery: add to it.",
        ),
    ] = False,
    every: Annotated[
        bool,
        typer.Option(
            "--all",
            help="From each board in the network that answers as packlog.local, packlog-2.local, "
            "..., each into DIR/NAME/.",
        ),
    ] = False,
) -> None:
    """Copy new history files from a board, and set its clock.

    The logger goes on meanwhile. One of an older packlog pauses and is restarted. Nothing on the
    board is changed or deleted. Two boards with packs of the same name need a folder each.
    """
    from host_tools.board.pull import pull as run
    from host_tools.board.pull import pull_all

    if every:
        if len(words) != 1 or words[0].startswith("http:/"):
            raise UsageError("pull --all takes one folder and no board's address")
        pull_all(Path(words[0]), say, join)
        return
    port, folder = at_network(words, port)
    if len(folder) != 1:
        raise UsageError("pull takes one folder, and in front of it http://HOST or nothing")
    run(connected(port), Path(folder[0]), say, join)
