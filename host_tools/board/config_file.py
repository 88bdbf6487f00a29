"""The text of a config.json, a user's or a board's: read, checked, and finished."""

import contextlib
import json
import re
import zlib
from pathlib import Path

from host_tools.board import checks, hidden, timezones
from host_tools.ground import text
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import CONFIG as FILE
from host_tools.ground.inputs import read_input

import config
import settings

LARGEST = 64 * 1024  # bytes of a config.json: more than a board could read
_WHERE = re.compile(rf"{re.escape(FILE)}: ([^:]+): (unknown key)?")


class WrongConfig(PacklogError):
    """What is wrong with a config: key is the one that it names, "" if it is not one key."""

    def __init__(self, error: config.ConfigError, name: str):
        super().__init__(str(error).replace(FILE, name, 1))
        found = _WHERE.match(str(error))
        self.key = found[1] if found else ""
        self.is_unknown = bool(found and found[2])


def read_file(path: Path, with_hidden: bool = False) -> bytes:
    """A user's config.json, checked, with the rule of its timezone; PacklogError says what is
    wrong with it.

    with_hidden: secrets may be hidden in it, as packlog config show prints them.
    """
    try:
        found = timezones.with_rule(read_input(path, LARGEST).decode("utf8"))
    except OSError as error:
        raise PacklogError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PacklogError(f"{path} cannot be read: it is not UTF-8 text") from None
    parse(found, str(path), with_hidden)
    return found.encode()


def parse(data: str, name: str, with_hidden: bool = False) -> dict:
    """What the text says, with every default filled in; PacklogError calls it by that name."""
    raw = None
    with contextlib.suppress(ValueError):  # which config.parse says in its own words
        raw = text.parse_json(data.lstrip("\ufeff"))
        if not_text := _not_text(raw):
            raise PacklogError(f"{name}: {not_text} has a character that is not text")
    if raw is not None and hidden.with_digits(shown := text.parse_json(data.lstrip("\ufeff"))):
        data = as_text(shown)
    try:
        found = config.parse(data)
        checks.check(found)
    except config.ConfigError as error:
        raise WrongConfig(error, name) from None
    except RecursionError:
        raise PacklogError(f"{name} is nested too deeply to be a config") from None
    if not with_hidden:
        hidden.refuse(raw, name)
    return found


def is_right(data: str) -> bool:
    """Can a board run by it?"""
    try:
        config.parse(data)
    except (ValueError, RecursionError):  # ConfigError and what no UTF-8 can have
        return False
    return True


def as_text(data) -> str:
    """A config as a file has it."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def finished(data: bytes) -> bytes:
    """The form of a config.json that the board runs by. config.ConfigError if that is wrong."""
    form = config.finish(config.parse(data.decode()))
    # Characters as they are: of two halves with \u MicroPython makes two characters
    return settings.form(json.dumps(form, ensure_ascii=False).encode(), zlib.crc32(data))


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
