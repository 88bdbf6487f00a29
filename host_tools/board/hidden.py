"""Secrets that are hidden in a config: packlog config show prints stars, and what it printed is not
lost for an install, which has the board's own put in their place.
"""

from host_tools.board import keys
from host_tools.ground.errors import PacklogError

import config

HIDDEN = keys.HIDDEN


def hidden_in(data) -> list[str]:
    """The keys whose secrets are hidden in a config."""
    return [key for key, value in keys.flat(data) if _is_hidden(key, value)]


def with_digits(data) -> bool:
    """Put a digit in place of PINs that are hidden, whose stars no config takes; True if there were
    any.
    """
    pins = [key for key, value in keys.flat(data) if _is_hidden_pin(key, value)]
    for key in pins:
        keys.put(data, key, "0")
    return bool(pins)


def _is_hidden(key: str, value) -> bool:
    is_secret = value == HIDDEN and key.rpartition(".")[2] in config.secrets()
    return is_secret or _is_hidden_pin(key, value)


def _is_hidden_pin(key: str, value) -> bool:
    is_hidden = isinstance(value, str) and bool(value) and not value.strip("*")
    return is_hidden and key.rpartition(".")[2] in config.secrets("passkey")


def refuse(data, name: str) -> None:
    """PacklogError if a secret is hidden in a config of that name: nobody would get in with it."""
    if found := hidden_in(data):
        raise PacklogError(
            f"{name}: {found[0]} is hidden: write it instead of {HIDDEN}, or take a file of "
            "packlog config save, which has it"
        )


def make_up(data, secret: str) -> None:
    """Put that in place of all hidden secrets."""
    for key in hidden_in(data):
        keys.put(data, key, secret)


def restore(data, board, name: str) -> list[str]:
    """Put the secrets of the board's config in place of hidden ones; returns their keys.

    An entry of a list takes that of the entry with the same needed keys: a password belongs to its
    network, wherever that stands. PacklogError names a secret that the board has not.
    """
    found = hidden_in(data)
    _fill(data, board)
    refuse(data, name)
    return found


def _fill(mine, theirs) -> None:
    if isinstance(mine, list) and isinstance(theirs, list):
        for each in mine:
            if isinstance(each, dict):
                _fill(each, _same(each, theirs))
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        return
    for key, value in mine.items():
        if _is_hidden(key, value) and theirs.get(key):
            mine[key] = theirs[key]
        else:
            _fill(value, theirs.get(key))


def _same(entry: dict, others: list):
    """The one of the others that is meant by an entry of a list; None if there is none."""
    names = _needed() & entry.keys()
    wanted = {key: entry[key] for key in names}
    fitting = (each for each in others if isinstance(each, dict))
    return next((it for it in fitting if {key: it.get(key) for key in names} == wanted), None)


def _needed() -> set[str]:
    """The keys without a default in entries of lists: they say which entry it is."""
    tables = [config.PACK["KEYS"]]
    for _, part in config.things("parts"):
        tables += [row[1] for row in part["KEYS"].values() if row[0] == "sections"]
    return {key for table in tables for key, row in table.items() if len(row) < 3}
