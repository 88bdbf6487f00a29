"""The commands of `packlog config`, thin over configure.py and reconfigure.py."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, connected
from host_tools.ground.progress import say

app = typer.Typer(help="Show, check or change the config.json on a board.", no_args_is_help=True)


@app.command("show")
def config_show(
    port: Port = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print every key that is in use with its value; defaults are marked. Passwords are hidden."""
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


@app.command("get")
def config_get(
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="As in lcd.columns; or a section, such as lcd.")
    ],
    port: Port = None,
) -> None:
    """Print the value of one key, or a section as JSON. Passwords are hidden."""
    from host_tools.board.configure import get

    get(connected(port), key)


@app.command("save")
def config_save(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to.")],
    port: Port = None,
) -> None:
    """Copy the board's config.json to a file, with the passwords: only you can read it.

    packlog install --config FILE puts it on a board again. The logger pauses meanwhile and is
    restarted.
    """
    from host_tools.board.configure import save

    save(connected(port), path, say)


@app.command("set", context_settings={"ignore_unknown_options": True})
def config_set(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY=VALUE...",
            help="As in lcd.columns=16 packs[0].cells=8; or one KEY VALUE. A value is a number, "
            "true, false, a text or JSON; - asks for it.",
        ),
    ],
    port: Port = None,
) -> None:
    """Change keys on the board, all or none, and restart the logger with them.

    Reports side effects of the change. An invalid value is refused; if the logger reports a problem
    with it, such as a GPIO that the board does not have, the old config is restored.
    """
    from host_tools.board.reconfigure import change

    pairs = _pairs(words)  # wrong usage is said without a board, too
    change(connected(port), pairs, say)


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    """(key, value) of KEY=VALUE words, or of one KEY VALUE."""
    is_pair = len(words) == 2 and "=" not in words[0]
    for word in words[: 1 if is_pair else None]:
        if word.startswith("-"):  # no key does
            raise typer.BadParameter(f"no such option: {word}")
        if not is_pair and "=" not in word:
            raise typer.BadParameter(f"{word!r} has no value: write {word}=VALUE")
    if is_pair:
        return [(words[0], words[1])]
    return [tuple(word.split("=", 1)) for word in words]


@app.command("edit")
def config_edit(port: Port = None) -> None:
    """Edit the board's config.json in $EDITOR. It is checked before it goes to the board.

    Passwords are hidden; what stays hidden stays as it is on the board. If the logger reports a
    problem with the new config, the old one is restored.
    """
    from host_tools.board.reconfigure import edit

    edit(connected(port), sys.stdin.isatty() and sys.stderr.isatty(), say)
