"""packlog config: the config.json on a board shown, checked and saved. reconfigure.py changes it.

A key is written as the errors name it: `packs[0].cells`, `lcd.columns`, `wifi.networks[0].ssid`.
What is secret (passwords) is never printed.
"""

import json
from collections.abc import Callable
from pathlib import Path

from host_tools.board import config_file, files, keys, timezones
from host_tools.board.device import Device, persist
from host_tools.board.talk import Refused, Unanswered
from host_tools.ground import progress, text
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import CONFIG as FILE
from host_tools.ground.output import open_output

import settings

NAME = f"the board's {FILE}"
OWNER_ONLY = 0o600  # the permissions of a file with secrets


def show(port: str, as_json: bool = False) -> None:
    """Print what the board's config says; what it leaves to the defaults is marked."""
    said = masked_of_board(port, progress.say)
    found = keys.masked(config_file.parse(said, NAME, with_hidden=True))
    if as_json:
        text.show(json.dumps(found, indent=2))
        return
    given = {key for key, _ in keys.flat(text.parse_json(said.lstrip("\ufeff")))}
    for key, value in keys.flat(found):
        text.show(f"{key} = {json.dumps(value)}{'' if key in given else '  (default)'}")


def get(port: str, key: str) -> None:
    """Print the value of one key, or of a section as JSON."""
    said = masked_of_board(port, progress.say)
    found = keys.take(keys.masked(config_file.parse(said, NAME, with_hidden=True)), key)
    text.show(found if isinstance(found, str) else json.dumps(found))


def save(port: str, path: Path, say: Callable[[str], None]) -> None:
    """Copy the board's config to a file as it is, with the passwords: for its owner only."""
    with open_output(path, permissions=OWNER_ONLY) as file:  # before the logger is stopped for it
        said = of_board(port, say)
        file.write(said)
    say(f"{path} is {NAME}, with its passwords: only you can read it")
    if not config_file.is_right(said):
        say("it is not valid: packlog config check says why")


def masked_of_board(port: str, say: Callable[[str], None]) -> str:
    """The text of the board's own; from a logger that runs, with asterisks for passwords."""

    def ask(device: Device) -> str:
        try:
            return device.talk().ask("config").decode("utf8", "replace").replace("\r\n", "\n")
        except Refused as refused:
            raise PacklogError(f"the board at {port} cannot read its {FILE}: {refused}") from None
        except Unanswered:
            with device.stopped():
                return read(device)

    return persist(port, say, ask)


def of_board(port: str, say: Callable[[str], None]) -> str:
    """The text of the board's own, with its secrets: the logger is stopped for it."""

    def read_it(device: Device) -> str:
        with device.stopped():
            return read(device)

    return persist(port, say, read_it)


def read(device: Device) -> str:
    """The text of a board's config; PacklogError if it has none."""
    found = files.read_text(device, FILE)
    if not found:
        raise PacklogError(f"the board has no {FILE}: packlog install puts an example there")
    return found


def check(port: str | None, path: Path | None, say: Callable[[str], None]) -> None:
    """Check a file, or the board's own; PacklogError is what is wrong with it."""
    if path:
        found, name = config_file.read_file(path).decode(), str(path)
    else:
        found, name = masked_of_board(port, say), NAME
    checked = config_file.parse(found, name, with_hidden=not path)
    say(f"{name} is valid")
    for note in timezones.notes(checked):
        say(note)


def put(device: Device, data: bytes) -> None:
    """Put a checked config.json on the board, and its finished form beside it.

    The form comes last: a board that loses its power in between makes one of its own.
    """
    files.put(device, FILE, data)
    files.put(device, settings.FINISHED, config_file.finished(data))
