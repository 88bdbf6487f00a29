"""The commands of `packlog config`, thin over configure.py."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.cli_options import Port, connected
from host_tools.ground.progress import say

app = typer.Typer(help="Show, check or change the config.json on a board.", no_args_is_help=True)


@app.command("show")
def config_show(
    port: Port = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print every key with its value, including defaults. Passwords are hidden.

    The logger pauses meanwhile and is restarted.
    """
    from host_tools.board.configure import show

    show(connected(port), as_json)


@app.command("check")
def config_check(
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: the one on the board.")
    ] = None,
    port: Port = None,
) -> None:
    """Check a config.json, on the board or in a file."""
    from host_tools.board.configure import check

    check(None if path else connected(port), path, say)


@app.command("set")
def config_set(
    key: Annotated[str, typer.Argument(metavar="KEY", help="As in packs[0].cells, lcd.columns.")],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="A number, true, false or a text; - asks for it.")
    ],
    port: Port = None,
) -> None:
    """Change one key on the board and restart the logger with it.

    Reports side effects of the change. An invalid value is refused; if the logger reports a problem
    with it, such as a GPIO that the board does not have, the old value is restored.
    """
    from host_tools.board.configure import change

    change(connected(port), key, value, say)
