"""packlog install."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import Port
from host_tools.ground.progress import say


def install(
    port: Port = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Your config.json. By default the board keeps its own; a new board gets one from "
            "your answers to some questions, or the example if there is no terminal.",
        ),
    ] = None,
    micropython: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="First flash MicroPython itself: the .bin for the chip."),
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="With --micropython only: erase the whole flash first.")
    ] = False,
    make_littlefs: Annotated[
        bool,
        typer.Option("--format", help="Replace a FAT file system by littlefs: erases its files."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    bluetooth: Annotated[
        bool,
        typer.Option("--bluetooth", help="Install aioble even if no pack of the config needs it."),
    ] = False,
    loose: Annotated[
        bool,
        typer.Option(
            "--loose", help="Copy single modules instead of one file, to edit them on the board."
        ),
    ] = False,
    lib: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Take third-party packages (DIR/aioble/, DIR/umqtt/) from here, not the internet.",
        ),
    ] = None,
) -> None:
    """Put the firmware on a board and start it. Copies only what differs; the history stays.

    Run it again after a cut cable or a power cut: it goes on where it was.
    """
    from host_tools.board.find import find_port
    from host_tools.install.answers import file_for
    from host_tools.install.install import Options
    from host_tools.install.install import install as run
    from host_tools.install.questions import which_port

    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    options = Options(terminal, yes, micropython, erase, make_littlefs, bluetooth, lib, loose)
    port = port or find_port(which_port if terminal else None)
    options.answers = file_for(port)
    run(port, config, say, options)
