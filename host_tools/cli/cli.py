"""The command line: one function per command, each in a file of its own, thin over other modules.

Exit codes: 0 success, 1 failure (one line on stderr says what to do), 2 wrong usage.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer
from host_tools.cli import edge
from host_tools.ground.text import show

from version import VERSION

# In the order in which --help lists them
COMMANDS = (
    "install",
    "pull",
    "decode",
    "encode",
    "info",
    "view",
    "scan",
    "release",
    "capture",
    "replay",
    "watch",
    "explain",
    "sim",
    "demo",
)
_CONFIG = "config"  # has commands of its own


def _show_version(wanted: bool) -> None:
    if wanted:
        show(f"packlog {VERSION}")
        raise typer.Exit


def _packlog(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """The options of packlog itself."""


def application(names: Iterable[str] = (*COMMANDS, _CONFIG)) -> typer.Typer:
    """The command line with these commands: the others are not even imported."""
    app = typer.Typer(
        help="packlog: a logger on a $2 ESP32 that sits beside a home battery for years.",
        epilog="--debug, with any command: show the traceback of an unexpected error.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_packlog)
    for name in names:
        if name == _CONFIG:
            app.add_typer(import_module("host_tools.cli.cli_config").app, name=name)
        else:
            app.command()(getattr(import_module(f"host_tools.cli.commands.{name}"), name))
    return app


def main() -> None:
    """The console script."""
    word = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    edge.run(application([word]) if word in (*COMMANDS, _CONFIG) else application())
