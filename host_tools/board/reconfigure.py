"""packlog config set and edit: the config.json on a board changed.

A change with which the logger does not start, or of which it complains, is taken back.
"""

import getpass
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from host_tools.board import config_file, configure, hidden, keys, status, timezones
from host_tools.board.device import Device, persist
from host_tools.board.port import Restarted
from host_tools.board.script import script
from host_tools.ground import asking, editor, text
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import CONFIG as FILE
from host_tools.ground.words import listed

NO_MODULE = "no module named"  # MicroPython's words
ASK = "-"  # as a value: ask for it


def _always(before: dict, after: dict) -> bool:
    return True


def _with_as_many_packs(before: dict, after: dict) -> bool:
    """Is no pack new or gone? Else the keys of the others can have moved."""
    counts = [sum(key.endswith("].bms") for key in flat) for flat in (before, after)]
    return counts[0] == counts[1]


def _with_network(before: dict, after: dict) -> bool:
    return "wifi.networks[0].ssid" in after


# What a change of these means besides the restart that puts it into effect, and when:
# by the keys before and after
CONSEQUENCES = (
    (r"packs\[\d+\]\.name", _with_as_many_packs, "the history goes on under the new name; what was "
     "recorded stays under the old one"),
    (r"packs\[\d+\]\.(bms|cells)", _with_as_many_packs, "the history goes on in new files"),
    (r"timezone(_rule)?", _always, "days that are recorded already keep the midnight that "
     "they had"),
    (r"store\.budget_kb", _always, "if the history is larger than that, its oldest files go"),
    (r"wifi\..*|mqtt\..*", _with_network, "watch the display's health page to see that the board "
     "gets in"),
)  # fmt: skip


@dataclass
class _Setting:
    """A key, what was typed for it, and that as a value."""

    key: str
    typed: str
    value: object


def change(port: str, pairs: list[tuple[str, str]], say: Callable[[str], None]) -> None:
    """Set keys, all or none: (key, value) pairs. A value is JSON, or text as it stands; '-' asks
    for it without showing it.
    """
    settings = [_setting(key, typed) for key, typed in pairs]
    named = listed([each.key for each in settings])
    done = f"{named} {'is' if len(settings) == 1 else 'are'} set"
    made = _Change(lambda old: _with(old, settings), done)
    persist(port, say, made)
    say(f"{done}; the logger starts again with {'it' if len(settings) == 1 else 'them'}")
    made.report(say)


def edit(port: str, terminal: bool, say: Callable[[str], None]) -> None:
    """Open the board's config in $EDITOR, and put what comes back on the board once it is right.

    Secrets are hidden in it; a hidden one stays as it is on the board. At a terminal, what is not
    right can be edited again.
    """
    old = _readable(configure.of_board(port, say))
    shown = config_file.as_text(keys.masked(text.parse_json(old)))
    while (edited := editor.edited(shown, FILE)) is not None:
        made = _Change(lambda now, mine=edited: _edited(mine, old, now), f"{FILE} is changed")
        try:
            config_file.parse(timezones.with_rule(edited), FILE, with_hidden=True)
            persist(port, say, made)
        except PacklogError as error:
            if not terminal:
                raise
            say(str(error))
            if not asking.confirm("Edit it again?", True):
                raise
            shown = edited
            continue
        say(f"{FILE} is changed; the logger starts again with it")
        made.report(say)
        return
    say("nothing is changed")


def _edited(edited: str, old: str, now: str) -> tuple[str, list[str]]:
    """The text for the board, with its own secrets in place of those that stayed hidden."""
    if now != old:
        raise PacklogError(f"{configure.NAME} was changed meanwhile: edit it again")
    data = text.parse_json(edited.lstrip("\ufeff"))
    hidden.restore(data, text.parse_json(now), FILE)
    timezones.follow(data, text.parse_json(now))
    said = config_file.as_text(data)
    config_file.parse(said, FILE)
    return said, []


def _setting(key: str, typed: str) -> _Setting:
    if typed == ASK:
        typed = _asked(key)
        return _Setting(key, typed, typed)
    return _Setting(key, typed, keys.value_of(typed))


def _asked(key: str) -> str:
    """What is typed without being shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"{key}: ")
        except (getpass.GetPassWarning, EOFError):
            raise PacklogError(f"{key}: - asks for the value, which needs a terminal") from None


class _Change:
    """A change that is being made. What was on the board before stays known if that restarts.

    make(old text) returns the new text and the keys that go with it. done: what to say of it.
    """

    def __init__(self, make: Callable[[str], tuple[str, list[str]]], done: str):
        self._make, self._done = make, done
        self._old: str | None = None
        self._new = ""
        self._gone: list[str] = []
        self._known: list[str] = []

    def __call__(self, device: Device) -> None:
        with device.stopped():
            if self._old is None:
                old = _readable(configure.read(device))
                self._known = device.run(script("complaints")).splitlines()
                self._new, self._gone = self._make(old)
                self._old = old
            configure.put(device, self._new.encode())
        if complaint := _complaint(device, self._known):
            _take_back(device, self._done, self._old, complaint)

    def report(self, say: Callable[[str], None]) -> None:
        """Say what the change means besides."""
        if self._gone:
            say(f"removed, because nothing uses it now: {', '.join(self._gone)}")
        before, after = (dict(keys.flat(text.parse_json(it))) for it in (self._old, self._new))
        changed = [key for key in before | after if before.get(key) != after.get(key)]
        for pattern, holds, consequence in CONSEQUENCES:
            if holds(before, after) and any(re.fullmatch(pattern, key) for key in changed):
                say(consequence)
        if timezones.NAME in changed:
            for note in timezones.notes(config_file.parse(self._new, FILE)):
                say(note)


def _complaint(device: Device, known: list[str]) -> str | None:
    """What is wrong with the logger that was just started and was not before."""
    try:
        running, _ = status.see_start(device.lines(status.START_S), known)
    except Restarted:
        raise  # the cable's fault, not the value's
    except PacklogError as complaint:
        return f"the logger says: {complaint}"
    return None if running else "the logger does not start with it"


def _take_back(device: Device, done: str, old: str, complaint: str) -> NoReturn:
    """Put the old config back, if the logger could run with it and that is what helps."""
    if NO_MODULE in complaint:
        raise PacklogError(f"{done}, but {complaint}: packlog install brings that")
    if not config_file.is_right(old):
        raise PacklogError(f"{done}, but {complaint}") from None
    with device.stopped():
        configure.put(device, old.encode())
    raise PacklogError(f"{complaint}; the board has its old {FILE} again")


def _with(old: str, settings: list[_Setting]) -> tuple[str, list[str]]:
    """The config with these values, and the keys that had to go.

    What is refused as a number is tried as the text that was typed: an ssid may be 12345678. A key
    that nothing has any more, such as lcd.scl after lcd.kind was set to gpio, goes.
    """
    data = text.parse_json(old)
    for each in settings:
        keys.put(data, each.key, each.value)
    was_right = config_file.is_right(old)
    gone: list[str] = []
    refused: dict[str, PacklogError] = {}  # by the key that was then tried as a text
    while True:
        timezones.follow(data, text.parse_json(old))
        said = config_file.as_text(data)
        try:
            config_file.parse(said, f"{FILE} with that")
            return said, gone
        except config_file.WrongConfig as error:
            if error.key in refused:
                raise refused[error.key] from None
            if typed := _typed_for(error.key, settings):
                refused[error.key] = error
                keys.put(data, error.key, typed)
            elif was_right and error.is_unknown and not _is_set(error.key, settings):
                keys.drop(data, error.key)
                gone.append(error.key)
            else:
                raise


def _typed_for(key: str, settings: list[_Setting]) -> str | None:
    """What was typed for a key, if something else than that text was made of it."""
    return next((it.typed for it in settings if it.key == key and it.value != it.typed), None)


def _is_set(key: str, settings: list[_Setting]) -> bool:
    """Is it one of the keys that are being set, or in one?"""
    return any(re.match(rf"{re.escape(each.key)}($|[.\[])", key) for each in settings)


def _readable(found: str) -> str:
    try:
        text.parse_json(found.lstrip("\ufeff"))
    except ValueError as error:
        raise PacklogError(
            f"{configure.NAME} is not JSON ({error}): packlog install --config FILE replaces it"
        ) from None
    return found.lstrip("\ufeff")
