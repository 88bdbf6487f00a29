"""packlog config: the config.json on a board shown, checked and changed, key by key.

A key is written as the errors name it: `packs[0].cells`, `lcd.columns`, `wifi.networks[0].ssid`.
What is secret (passwords) is never printed.
"""

import contextlib
import getpass
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from host_tools.board import checks, files, keys, status
from host_tools.board.device import Device, persist
from host_tools.board.port import Restarted
from host_tools.board.script import script
from host_tools.board.talk import Refused, Unanswered
from host_tools.ground import progress, text
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import CONFIG as FILE
from host_tools.ground.inputs import read_input

import config
import settings

LARGEST = 64 * 1024  # bytes of a config.json: more than a board could read
NO_MODULE = "no module named"  # MicroPython's words
# What a change of these means besides the restart that puts it into effect
CONSEQUENCES = (
    (r"packs\[\d+\]\.name", "the history goes on under the new name; what was recorded stays under "
     "the old one"),
    (r"packs\[\d+\]\.(bms|cells)", "the history goes on in new files"),
    (r"store\.budget_kb", "if the history is larger than that, its oldest files go"),
    (r"wifi\..*|mqtt\..*", "watch the display's health page to see that the board gets in"),
)  # fmt: skip


def show(port: str, as_json: bool = False) -> None:
    """Print what the board's config says, with what it leaves to the defaults."""
    found = _parse(_of_board(port, progress.say), f"the board's {FILE}")
    if as_json:
        text.show(json.dumps(keys.masked(found), indent=2))
    else:
        for key, value in keys.flat(keys.masked(found)):
            text.show(f"{key} = {json.dumps(value)}")


def _of_board(port: str, say: Callable[[str], None]) -> str:
    """The text of the board's own; from a logger that runs, with asterisks for passwords."""

    def read(device: Device) -> str:
        try:
            return device.talk().ask("config").decode("utf8", "replace").replace("\r\n", "\n")
        except Refused as refused:
            raise PacklogError(f"the board at {port} cannot read its {FILE}: {refused}") from None
        except Unanswered:
            with device.stopped():
                return _read(device)

    return persist(port, say, read)


def check(port: str | None, path: Path | None, say: Callable[[str], None]) -> None:
    """Check a file, or the board's own; PacklogError is what is wrong with it."""
    if path:
        read_file(path)
        say(f"{path} is right")
        return
    _parse(_of_board(port, say), f"the board's {FILE}")
    say(f"the board's {FILE} is right")


def read_file(path: Path) -> bytes:
    """A user's config.json, checked; PacklogError says what is wrong with it."""
    try:
        found = read_input(path, LARGEST).decode("utf8")
    except (OSError, UnicodeDecodeError) as error:
        raise PacklogError(f"{path} cannot be read: {error}") from None
    _parse(found, str(path))
    return found.encode()


def finished(data: bytes) -> bytes:
    """The form of a config.json that the board runs by. config.ConfigError if that is wrong."""
    form = config.finish(config.parse(data.decode()))
    # Characters as they are: of two halves with \u MicroPython makes two characters
    return settings.form(json.dumps(form, ensure_ascii=False).encode(), zlib.crc32(data))


def put(device: Device, data: bytes) -> None:
    """Put a checked config.json on the board, and its finished form beside it.

    The form comes last: a board that loses its power in between makes one of its own.
    """
    files.put(device, FILE, data)
    files.put(device, settings.FINISHED, finished(data))


def change(port: str, key: str, value: str, say: Callable[[str], None]) -> None:
    """Set one key. value is JSON, or text as it stands; '-' asks for it without showing it.

    A value of which the logger complains, or with which it does not start, is taken back.
    """
    typed = value == "-"
    if typed:
        value = getpass.getpass(f"{key}: ")
    persist(port, say, _Change(key, value, value if typed else keys.value_of(value)))
    say(f"{key} is set; the logger starts again with it")
    for pattern, consequence in CONSEQUENCES:
        if re.fullmatch(pattern, key):
            say(consequence)


class _Change:
    """A key that is being set. What was on the board before stays known if that restarts."""

    def __init__(self, key: str, typed: str, value):
        self._key, self._typed, self._value = key, typed, value
        self._old: str | None = None
        self._known: list[str] = []

    def __call__(self, device: Device) -> None:
        with device.stopped():
            if self._old is None:
                old = _readable(_read(device))
                self._known = device.run(script("complaints")).splitlines()
                self._new = _with(text.parse_json(old), self._key, self._value, self._typed)
                self._old = old
            put(device, self._new.encode())
        if complaint := _complaint(device, self._known):
            _take_back(device, self._key, self._old, complaint)


def _complaint(device: Device, known: list[str]) -> str | None:
    """What is wrong with the logger that was just started and was not before."""
    try:
        running, _ = status.see_start(device.lines(status.START_S), known)
    except Restarted:
        raise  # the cable's fault, not the value's
    except PacklogError as complaint:
        return f"the logger says: {complaint}"
    return None if running else "the logger does not start with it"


def _take_back(device: Device, key: str, old: str, complaint: str) -> NoReturn:
    """Put the old config back, if the logger could run with it and that is what helps."""
    if NO_MODULE in complaint:
        raise PacklogError(f"{key} is set, but {complaint}: packlog install brings that")
    try:
        config.parse(old)
    except (ValueError, RecursionError):
        raise PacklogError(f"{key} is set, but {complaint}") from None
    with device.stopped():
        put(device, old.encode())
    raise PacklogError(f"{complaint}; the board has its old {FILE} again")


def _with(data, key: str, value, typed: str) -> str:
    """The config with that value; with what was typed itself where its number is refused."""
    keys.put(data, key, value)
    said = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    try:
        _parse(said, f"{FILE} with that")
    except PacklogError:
        if value == typed:
            raise
        try:
            return _with(data, key, typed, typed)  # an ssid may be 12345678
        except PacklogError:
            pass
        raise
    return said


def _read(device: Device) -> str:
    found = files.read_text(device, FILE)
    if not found:
        raise PacklogError(f"the board has no {FILE}: packlog install puts an example there")
    return found


def _readable(found: str) -> str:
    try:
        text.parse_json(found.lstrip("\ufeff"))
    except ValueError as error:
        raise PacklogError(
            f"the board's {FILE} is not JSON ({error}): packlog install --config FILE replaces it"
        ) from None
    return found.lstrip("\ufeff")


def _parse(data: str, name: str) -> dict:
    with contextlib.suppress(ValueError):  # which config.parse says in its own words
        raw = text.parse_json(data.lstrip("\ufeff"))
        if not_text := _not_text(raw):
            raise PacklogError(f"{name}: {not_text} has a character that is no text")
    try:
        found = config.parse(data)
        checks.check(found)
    except config.ConfigError as error:
        raise PacklogError(str(error).replace(FILE, name, 1)) from None
    except RecursionError:
        raise PacklogError(f"{name} is nested too deeply to be a config") from None
    return found


def _not_text(found, key: str = "") -> str:
    """The key of a text that cannot be written as UTF-8: half a surrogate pair. "" if all can."""
    if isinstance(found, str):
        return (key or "it") if any("\ud800" <= c <= "\udfff" for c in found) else ""
    if isinstance(found, list):
        inner = [(f"{key}[{i}]", value) for i, value in enumerate(found)]
    else:
        items = found.items() if isinstance(found, dict) else ()
        inner = [(f"{key}.{name}".lstrip("."), value) for name, value in items]
    return next(filter(None, (_not_text(value, name) for name, value in inner)), "")
