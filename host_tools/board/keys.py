"""The keys of a config.json as people write them: packs[0].cells, wifi.networks[0].ssid."""

import re
from collections.abc import Iterator

from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import declared, names
from host_tools.ground.text import parse_json
from host_tools.ground.words import counted

import config

HIDDEN = "********"


def value_of(typed: str):
    """What was typed as JSON, or as the text itself."""
    try:
        return parse_json(typed)
    except ValueError:
        return typed


def _steps(key: str) -> list[str | int]:
    """The names and numbers that lead to a key; PacklogError if it is not written as one."""
    if not re.fullmatch(r"\w+(\[\d+\])*(\.\w+(\[\d+\])*)*", key):
        raise PacklogError(f"{key!r} is not a key: write it as lcd.columns or packs[0].cells")
    return [int(n) if n else word for n, word in re.findall(r"\[(\d+)\]|(\w+)", key)]


def take(data, key: str):
    """The value of a key, or of a section; PacklogError says what there is instead."""
    for step in _steps(key):
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            raise PacklogError(f"the config has no {key}: {_there(data)}") from None
    return data


def _there(data) -> str:
    """What is there instead of a key that is not."""
    if isinstance(data, list):
        return f"that list has {counted(len(data), 'entry', 'entries')}, the first is [0]"
    return (
        f"known there: {', '.join(sorted(data))}"
        if data and isinstance(data, dict)
        else ("that is a value, it has no keys")
    )


def drop(data, key: str) -> None:
    """Take a key out that is there."""
    *way, last = _steps(key)
    for step in way:
        data = data[step]
    del data[last]


def put(data, key: str, value) -> None:
    """Set the value; sections and list entries on the way that are missing are made."""
    steps = _steps(key)
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if not isinstance(data, list if isinstance(step, int) else dict):
            raise PacklogError(f"{key!r} is not a key: write it as lcd.columns or packs[0].cells")
        if isinstance(data, list) and step > len(data):
            raise PacklogError(
                f"{key}: the list has {counted(len(data), 'entry', 'entries')}; the next is "
                f"[{len(data)}]"
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


def masked(data):
    """The same without secrets, and without the sections that are not in use: of some parts the
    section itself says that they are.
    """
    if isinstance(data, dict) and "parts" in data:
        said = {name for name in names("parts") if "IN_USE" not in declared("parts", name)}
        data = {key: data[key] for key in data if key not in said - set(data["parts"])}
    return _masked(data, frozenset(config.secrets()))


def _masked(data, secrets: frozenset[str]):
    if isinstance(data, dict):
        return {
            key: HIDDEN if key in secrets and value else _masked(value, secrets)
            for key, value in data.items()
            if key not in config.DERIVED
        }
    return [_masked(value, secrets) for value in data] if isinstance(data, list) else data


def flat(data, prefix: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(data, dict):
        for key in sorted(data):
            yield from flat(data[key], f"{prefix}.{key}" if prefix else key)
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from flat(value, f"{prefix}[{i}]")
    else:
        yield prefix, data
