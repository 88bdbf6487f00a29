"""The options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.ground.errors import PacklogError

Port = Annotated[
    str | None,
    typer.Option(
        "--port",
        metavar="PORT",
        envvar="PACKLOG_PORT",
        help="The board's serial port (/dev/ttyUSB0, COM3, ...); for pull, info and watch also "
        "http://HOST, a board in the network. "
        "Default: the board that is plugged in.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write here. Default: the terminal."),
]


def bounds(key: str) -> dict[str, int]:
    """What config.json takes for a number of a pack or of the section store: an option's bounds."""
    import config

    lowest, highest = {**config.PACK["KEYS"], **config.STORE}[key][1]
    return {"min": lowest, "max": highest}


def check_terminals() -> None:
    """PacklogError on Windows: the virtual board's port is a pseudo terminal."""
    try:
        import pty  # noqa: F401
    except ImportError:
        raise PacklogError(
            "the virtual board runs on Linux and macOS: on Windows, run packlog in WSL"
        ) from None


def connected(port: str | None) -> str:
    """That port, or the one at which a board is plugged in."""
    from host_tools.board.find import find_port

    return port or find_port()


def at_network(words: list[str], port: str | None) -> tuple[str | None, list[str]]:
    """(the board's address if the words begin with one, else the port; the rest of the words)."""
    if words and words[0].startswith("http:/"):
        return words[0], words[1:]
    return port, words
