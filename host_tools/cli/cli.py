"""The command line: one function per command, each in a file of its own, thin over other modules.

Exit codes: 0 success, 1 failure (one line on stderr says what to do), 2 wrong usage.
"""

from importlib import import_module
from typing import Annotated

import typer
from host_tools.cli import cli_config, edge
from host_tools.ground.text import show

from version import VERSION

# In the order in which --help lists them
COMMANDS = (
    "install",
    "pull",
    "decode",
    "export",
    "sync",
    "check",
    "encode",
    "info",
    "view",
    "scan",
    "release",
    "replay",
    "watch",
    "explain",
    "sim",
    "demo",
)

app = typer.Typer(
    help="packlog: a logger on a $2 ESP32 that sits beside a home battery for years.",
    epilog="--debug, with any command: show the traceback of an unexpected error.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cli_config.app, name="config")


def _show_version(wanted: bool) -> None:
    if wanted:
        show(f"packlog {VERSION}")
        raise typer.Exit


@app.callback()
def _packlog(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """The options of packlog itself."""


for _name in COMMANDS:
    app.command()(getattr(import_module(f"host_tools.cli.commands.{_name}"), _name))


def main() -> None:
    """The console script."""
    edge.run(app)
