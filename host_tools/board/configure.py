"""packlog config: the config.json on a board shown, checked and changed, key by key.

A key is written as the errors name it: `packs[0].cells`, `lcd.columns`, `wifi.networks[0].ssid`.
What is secret (passwords) is never printed.
"""

import getpass
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from host_tools.board import checks, files, status
from host_tools.board.device import Device
from host_tools.board.script import script
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import CONFIG as FILE
from host_tools.ground.inputs import read_input

import config
import settings

HIDDEN = "********"
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
    with Device(port) as device, device.stopped():
        found = _parse(_read(device), f"the board's {FILE}")
    if as_json:
        print(json.dumps(_masked(found), indent=2))
    else:
        for key, value in _flat(_masked(found)):
            print(f"{key} = {json.dumps(value)}")


def check(port: str | None, path: Path | None, say: Callable[[str], None]) -> None:
    """Check a file, or the board's own; PacklogError is what is wrong with it."""
    if path:
        read_file(path)
        say(f"{path} is right")
        return
    with Device(port) as device, device.stopped():
        _parse(_read(device), f"the board's {FILE}")
    say(f"the board's {FILE} is right")


def read_file(path: Path) -> bytes:
    """A user's config.json, checked; PacklogError says what is wrong with it."""
    try:
        text = read_input(path, LARGEST).decode("utf8")
    except (OSError, UnicodeDecodeError) as error:
        raise PacklogError(f"{path} cannot be read: {error}") from None
    _parse(text, str(path))
    return text.encode()


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
    with Device(port) as device:
        with device.stopped():
            old = _readable(_read(device))
            text = _with(json.loads(old), key, value if typed else _value(value), value)
            known = device.run(script("complaints")).splitlines()
            put(device, text.encode())
        if complaint := _complaint(device, known):
            _take_back(device, key, old, complaint)
    say(f"{key} is set; the logger starts again with it")
    for pattern, consequence in CONSEQUENCES:
        if re.fullmatch(pattern, key):
            say(consequence)


def _complaint(device: Device, known: list[str]) -> str | None:
    """What is wrong with the logger that was just started and was not before."""
    try:
        running, _ = status.see_start(device.lines(status.START_S), known)
    except PacklogError as complaint:
        return f"the logger says: {complaint}"
    return None if running else "the logger does not start with it"


def _take_back(device: Device, key: str, old: str, complaint: str) -> NoReturn:
    """Put the old config back, if the logger could run with it and that is what helps."""
    if NO_MODULE in complaint:
        raise PacklogError(f"{key} is set, but {complaint}: packlog install brings that")
    try:
        config.parse(old)
    except config.ConfigError:
        raise PacklogError(f"{key} is set, but {complaint}") from None
    with device.stopped():
        put(device, old.encode())
    raise PacklogError(f"{complaint}; the board has its old {FILE} again")


def _with(data, key: str, value, text: str) -> str:
    """The config with that value; with the text itself where its number is refused."""
    _put(data, key, value)
    said = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    try:
        _parse(said, f"{FILE} with that")
    except PacklogError:
        if value == text:
            raise
        try:
            return _with(data, key, text, text)  # an ssid may be 12345678
        except PacklogError:
            pass
        raise
    return said


def _read(device: Device) -> str:
    text = files.read_text(device, FILE)
    if not text:
        raise PacklogError(f"the board has no {FILE}: packlog install puts an example there")
    return text


def _readable(text: str) -> str:
    try:
        json.loads(text.lstrip("\ufeff"))
    except ValueError as error:
        raise PacklogError(
            f"the board's {FILE} is not JSON ({error}): packlog install --config FILE replaces it"
        ) from None
    return text.lstrip("\ufeff")


def _parse(text: str, name: str) -> dict:
    try:
        found = config.parse(text)
        checks.check(found)
    except config.ConfigError as error:
        raise PacklogError(str(error).replace(FILE, name, 1)) from None
    return found


def _value(text: str):
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, float) else value


def _put(data, key: str, value) -> None:
    """Set the value; sections and list entries on the way that are missing are made."""
    if not re.fullmatch(r"\w+(\[\d+\])*(\.\w+(\[\d+\])*)*", key):
        raise PacklogError(f"{key!r} is not a key: write it as lcd.columns or packs[0].cells")
    steps = [int(n) if n else word for n, word in re.findall(r"\[(\d+)\]|(\w+)", key)]
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int) != isinstance(data, list):
            raise PacklogError(f"{key!r} is not a key: write it as lcd.columns or packs[0].cells")
        if isinstance(data, list) and step > len(data):
            raise PacklogError(
                f"{key}: the list has {len(data)} entries; the next is [{len(data)}]"
            )
        if following is None:
            _assign(data, step, value)
        elif isinstance(data, list) and step == len(data):
            data.append([] if isinstance(following, int) else {})
            data = data[step]
        elif isinstance(data, list):
            data = data[step]
        else:
            data = data.setdefault(step, [] if isinstance(following, int) else {})


def _assign(data, step, value) -> None:
    if isinstance(data, list) and step == len(data):
        data.append(value)
    else:
        data[step] = value


def _masked(data, secrets: frozenset[str] | None = None):
    """The same without secrets."""
    secrets = secrets or frozenset(config.secrets())
    if isinstance(data, dict):
        return {
            key: HIDDEN if key in secrets and value else _masked(value, secrets)
            for key, value in data.items()
            if key not in config.DERIVED
        }
    return [_masked(value, secrets) for value in data] if isinstance(data, list) else data


def _flat(data, prefix: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(data, dict):
        for key in sorted(data):
            yield from _flat(data[key], f"{prefix}.{key}" if prefix else key)
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from _flat(value, f"{prefix}[{i}]")
    else:
        yield prefix, data
