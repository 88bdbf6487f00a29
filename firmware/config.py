"""config.json: read and checked by what each thing in it says of its keys. docs/config.md explains
every key.

The keys of a BMS, a link, a part or a display stand in its own file; they come here as the module
config_keys, which is made from those files (host_tools). What values are right: config_rules.
Plain Python: the PC checks a file with this module before it goes to the board. An error names the
key, what it got and what it takes.
"""

import binascii
import json
import os

from config_rules import (
    LONGEST_SAID,
    SECRETS,
    ConfigError,
    check_rules,
    has_value,
    right_value,
    takes,
    tenths,
    things,
)
from config_zone import local_rule
from kinds_found import unit_of

PASSING = True

LONGEST = 8192  # bytes of a config.json
BRACKETS = 100  # the deepest nesting: deeper ones would not fit in RAM
# key: (kind of value, its limits, default), as config_rules explains them; without a default the
# key is needed. A list of objects is "sections", its limits are the keys of each; one object, which
# may be missing, is a "section".
FIND_OUT = "auto"  # the kind of a pack whose BMS finder.py finds
PACK = {
    "KEYS": {
        "name": ("name", ()),
        "bms": ("thing", ("bms",)),
        "cells": ("number", (0, 32), 0),
        "capacity_ah": ("number", (1, 10000), 280),
        "timeout_s": ("number", (3, 3600), 10),
    },
    "RULES": ({"rule": "unique", "keys": ("name",), "any_case": True},),
}
# What a frame may be wrong by: store.bounds.Tolerances
TOLERANCES = {
    "current_percent": ("decimal", (0, 100), 2.5),
    "charge_permille": ("number", (0, 100), 1),
    "voltage_permille": ("number", (0, 100), 10),
    "soc_percent": ("number", (0, 50), 1),
    "temperature_degrees": ("number", (0, 50), 2),
    "step_percent": ("number", (0, 100), 10),
}
STORE = {
    "window_s": ("number", (1, 3600), 10),
    "interval_s": ("number", (1, 3600), 900),
    "gap_s": ("number", (3, 300), 15),
    "budget_kb": ("optional_number", (128, 1000000), 0),
    "cells_mv": ("number", (1, 100), 50),
    "cells_deviation_mv": ("number", (1, 100), 4),
    "cells_s": ("number", (10, 36000), 7200),
    "cells_min_s": ("number", (1, 3600), 300),
}
STORE.update(TOLERANCES)
TOP = {
    "status_s": ("number", (1, 3600), 5),
    "watchdog_s": ("number", (0, 600), 60),
    "health_page": ("switch", (), True),
    "timezone": ("text", 40, ""),
    "timezone_rule": ("text", 60, ""),
}
# What check() adds for its users
DERIVED = ("tolerances", "pins", "parameters", "parts", "radios", "local", "checksum", "complaints")


# Reading


def load(path="config.json", known=None):
    """(what the file says, checked, as parse() returns it; the file's CRC-32). ConfigError says
    what is wrong with it.

    known: kinds of BMS by their units, for packs that leave it to the logger. If what else the file
    says does not fit them, they stay unknown and a complaint says so.
    """
    try:
        _check_size(os.stat(path)[6])
        with open(path, "rb") as file:
            data = file.read()
        return _parse_known(data.decode(), known), binascii.crc32(data)
    except OSError:
        raise ConfigError("", "not found: copy the example from the repository to the board")
    except UnicodeError:
        raise ConfigError("", "not UTF-8 text: save it as UTF-8")
    except MemoryError:
        raise ConfigError("", "takes more memory than there is")


def _parse_known(text, known):
    if known:
        try:
            return parse(text, known)
        except ConfigError as error:
            checked = parse(text)
            checked["complaints"] = [str(error)]
            return checked
    return parse(text)


def finish(checked):
    """The finished form, which the logger runs by: without the sections of parts not in use.

    checked is what parse() returns.
    """
    unused = [name for name, _ in things("parts") if name not in checked["parts"]]
    found = {key: checked[key] for key in checked if key not in unused}
    with_radio = [name for name, thing in things("parts") if "RADIO" in thing]
    found["radios"] = [name for name in found["parts"] if name in with_radio]
    return found


def again(finished):
    """Check a finished form, which can be another version's; returns what parse() does."""
    return check(_plain(finished))


def _plain(value):
    """What config.json would say."""
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in value if key not in DERIVED}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def parse(text, known=None):
    """Check the text of a config.json; returns it as a dict with every default filled in. known: as
    load() takes it.
    """
    _check_size(len(text))
    if text.count("[") + text.count("{") > BRACKETS:
        raise ConfigError("", "has more than " + str(BRACKETS) + " opening brackets")
    try:
        data = json.loads(text.lstrip("\ufeff"))  # Windows puts that in front
    except ValueError as error:
        raise ConfigError("", "not JSON (a comma, quote or bracket is wrong): " + str(error))
    except TypeError:  # MicroPython's takes any value for a key
        raise ConfigError("", "not JSON: a key has to be a text in quotes")
    try:
        return check(data, known)
    except UnicodeError:
        raise ConfigError("", "has half a character: write it as it is, without \\u")


def _check_size(size):
    if size > LONGEST:
        raise ConfigError("", "is longer than " + str(LONGEST) + " bytes")


def _checksum(value, hidden, crc):
    if isinstance(value, dict):
        for key in sorted(value):
            if key not in hidden:
                crc = _checksum(value[key], hidden, binascii.crc32(key.encode(), crc))
    elif isinstance(value, list):
        for each in value:
            crc = _checksum(each, hidden, binascii.crc32(b",", crc))
    else:
        crc = binascii.crc32(b"=" + str(value).encode(), crc)
    return crc


def check(data, known=None):
    """The same for what the text says.

    checksum: CRC-32 of that without secrets. The history keeps it, to say that a config changed.
    """
    _expect(data, dict, "", "an object in { }")
    packs = data.get("packs")
    if not isinstance(packs, list) or not packs:
        raise ConfigError("packs", "a list in [ ] with at least one pack is needed")
    parts = things("parts")
    checked = _section(data, TOP, "", ["packs", "store"] + [name for name, _ in parts])
    found = [_pack(pack, "packs[" + str(i) + "]", known or {}) for i, pack in enumerate(packs)]
    checked["local"] = local_rule(checked)
    checked["packs"] = [section for _, section, _ in found]
    checked["store"] = _section(data.get("store", {}), STORE, "store")
    for i, pack in enumerate(checked["packs"]):
        if pack["name"] in [name for name, _ in parts]:  # in health theirs stand beside its values
            taken = (
                repr(pack["name"]) + " is what the logger calls a part of its own: choose another"
            )
            raise ConfigError("packs[" + str(i) + "].name", taken)
        pack["tolerances"] = tolerances(pack, checked["store"])
    for name, thing in parts:
        found.append(_thing(data.get(name, {}), thing, name))
        checked[name] = found[-1][1]
    check_rules(checked, found)
    checked["parts"] = [name for name, thing in parts if _in_use(checked, thing, name in data)]
    checked["checksum"] = _checksum(data, secrets(), 0)
    return checked


def part(name):
    """The section of a part with every default filled in."""
    return _thing({}, dict(things("parts"))[name], name)[1]


def _in_use(checked, thing, named):
    """Is a part to be started? If all the keys that IN_USE names have values (of a|b: one of
    them); without IN_USE if config.json names it.
    """
    if "IN_USE" not in thing:
        return named
    return all(has_value(checked, key) for key in thing["IN_USE"])


def tolerances(pack, store):
    """What the frames of a pack may be wrong by, as store.history.History takes it."""
    found = {key: store[key] for key in TOLERANCES}
    found["current_permille"] = tenths(found.pop("current_percent"))  # no floats beyond here
    found["capacity_ah"] = pack["capacity_ah"]
    return found


# What things say of themselves


def secrets(*kinds):
    """The keys whose values are never shown; of these kinds, or of all."""
    kinds = kinds or SECRETS
    tables = [thing["KEYS"] for wing in ("parts", "transport", "bms") for _, thing in things(wing)]
    inner = [row[1] for keys in tables for row in keys.values() if row[0][:7] == "section"]
    return {key for keys in tables + inner for key, row in keys.items() if row[0] in kinds}


# Sections


def _pack(data, where, known):
    """(where, the section, its rules) of a pack: its keys, its BMS's and its link's."""
    _expect(data, dict, where, "an object in { }")
    kind = _value(data, "bms", PACK["KEYS"]["bms"], where + ".bms")
    if kind == FIND_OUT and unit_of(data) in known:
        data = dict(data, bms=known[unit_of(data)], link="ble")
        kind = _value(data, "bms", PACK["KEYS"]["bms"], where + ".bms")
    bms = dict(things("bms"))[kind]
    links = bms["LINKS"]  # (name, parameters), the usual one first
    row = ("choice", tuple(name for name, _ in links), links[0][0])
    name = _value(data, "link", row, where + ".link")
    link = dict(things("transport"))[name]
    parameters = dict(links)[name]
    keys = dict(PACK["KEYS"], link=row)
    for key, row in link["KEYS"].items():
        keys[key] = row[:2] + (parameters[key],) if key in parameters else row
    keys.update(bms.get("KEYS", {}))
    section = _section(data, keys, where)
    section["parameters"] = {key: parameters[key] for key in parameters if key not in keys}
    return where, section, [rule for thing in (PACK, link, bms) for rule in thing.get("RULES", ())]


def _thing(data, thing, where):
    """(where, the section, its rules) of a part: its keys and those of the things it names."""
    _expect(data, dict, where, "an object in { }")
    keys = dict(thing["KEYS"])
    rules = list(thing.get("RULES", ()))
    for key, row in thing["KEYS"].items():
        if row[0] == "thing":
            named = _value(data, key, row, where + "." + key)
            more = dict(things(row[1][0])).get(named, {})
            keys.update(more.get("KEYS", {}))
            rules += more.get("RULES", ())
    return where, _section(data, keys, where), rules


def _expect(value, kind, where, what):
    if not isinstance(value, kind):
        raise ConfigError(where, "this must be " + what)


def _section(data, keys, where, also=()):
    """The section with its defaults; every key known and every value within its bounds."""
    _expect(data, dict, where, "an object in { }")
    for key in data:
        _expect(key, str, where, "an object in { } with keys in quotes")
    prefix = where + "." if where else ""
    for key in sorted(data):
        if key not in keys and key not in also:
            known = ", ".join(sorted(list(keys) + list(also)))
            raise ConfigError(prefix + key[:LONGEST_SAID], "unknown key; known here: " + known)
    found = {key: _value(data, key, keys[key], prefix + key) for key in sorted(keys)}
    pins = [key for key in sorted(keys) if keys[key][0] in ("pin", "optional_pin")]
    pins = [key for key in pins if found[key] >= 0]
    if pins:
        found["pins"] = pins
    return found


def _value(data, key, row, where):
    kind, limits, *default = row
    if kind == "sections":
        return _sections(data.get(key, []), limits, where)
    if kind == "section":
        return _section(data[key], limits, where) if data.get(key, {}) != {} else {}
    if key not in data:
        if not default:
            raise ConfigError(where, "is missing; it takes " + takes(row))
        return default[0]
    return right_value(data[key], row, where)


def _sections(data, keys, where):
    _expect(data, list, where, "a list in [ ]")
    return [_section(data[i], keys, where + "[" + str(i) + "]") for i in range(len(data))]
