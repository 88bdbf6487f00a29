"""config.json: read and checked by what each thing in it says of its keys. docs/config.md explains
every key.

The keys of a BMS, a link, a part or a display stand in its own file; they come here as the module
config_keys, which is made from those files (host_tools). Plain Python: the PC checks a file with
this module before it goes to the board. An error names the key, what it got and what it takes.
"""

import binascii
import json

import config_keys

MAX_PIN = 48
_HEX = "0123456789abcdef"
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

# key: (kind of value, its limits, default); without a default the key is needed. KINDS has the
# kinds. Limits are (lowest, highest) of a number, (shortest, longest) of a secret, the most bytes
# of a text or topic, the words of a choice, the keys of sections, which are a list of objects;
# (wing, other names) of a thing, whose keys then belong to the section, too.
# RULES: what several keys have to do with each other; those of the end of this module.
PACK = {
    "KEYS": {
        "name": ("name", ()),
        "bms": ("thing", ("bms",)),
        "cells": ("number", (0, 32), 0),
        "capacity_ah": ("number", (1, 10000), 280),
        "timeout_s": ("number", (3, 3600), 10),
    },
    "RULES": ({"rule": "unique", "keys": ("name",)},),
}
# What a frame may be wrong by: store.bounds.Tolerances
TOLERANCES = {
    "current_percent": ("number", (0, 100), 8),
    "charge_permille": ("number", (0, 100), 1),
    "voltage_permille": ("number", (0, 100), 10),
    "soc_percent": ("number", (0, 50), 1),
    "temperature_degrees": ("number", (0, 50), 2),
    "step_percent": ("number", (0, 100), 10),
}
STORE = {
    "window_s": ("number", (1, 3600), 30),
    "interval_s": ("number", (1, 3600), 900),
    "gap_s": ("number", (3, 300), 15),
    "budget_kb": ("number", (128, 1000000), 1536),
    "cells_mv": ("number", (1, 100), 10),
    "cells_s": ("number", (10, 36000), 3600),
    "cells_min_s": ("number", (1, 3600), 300),
}
STORE.update(TOLERANCES)
TOP = {
    "status_s": ("number", (1, 3600), 5),
    "watchdog_s": ("number", (0, 600), 60),
    "health_page": ("switch", (), True),
}
DERIVED = ("tolerances", "pins", "parameters")  # what parse() adds to sections for their users


class ConfigError(ValueError):
    """One line: the key, its value and what is allowed."""

    def __init__(self, where, what):
        super().__init__("config.json: " + (where + ": " if where else "") + what)


# Reading


def load(path="config.json"):
    """(what the file says, checked, as parse() returns it; the file's CRC-32). ConfigError says
    what is wrong with it.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
        return parse(data.decode()), binascii.crc32(data)
    except UnicodeError:
        raise ConfigError("", "not UTF-8 text: save it as UTF-8")
    except OSError:
        raise ConfigError("", "not found: copy the example from the repository to the board")


def finish(checked, checksum):
    """The finished form, which the logger runs by: without the sections of parts not in use.

    checked is what parse() returns, checksum the CRC-32 of the config.json: the same number means
    that it was not changed.
    """
    unused = [name for name, _ in things("parts") if name not in checked["parts"]]
    found = {key: checked[key] for key in checked if key not in unused}
    found["checksum"] = checksum
    return found


def parse(text):
    """Check the text of a config.json; returns it as a dict with every default filled in."""
    try:
        data = json.loads(text.lstrip("\ufeff"))  # Windows puts that in front
    except ValueError as error:
        raise ConfigError("", "not JSON (a comma, quote or bracket is wrong): " + str(error))
    _expect(data, dict, "", "an object in { }")
    packs = data.get("packs")
    if not isinstance(packs, list) or not packs:
        raise ConfigError("packs", "a list in [ ] with at least one pack is needed")
    parts = things("parts")
    checked = _section(data, TOP, "", ["packs", "store"] + [name for name, _ in parts])
    found = [_pack(pack, "packs[" + str(i) + "]") for i, pack in enumerate(packs)]
    checked["packs"] = [section for _, section, _ in found]
    checked["store"] = _section(data.get("store", {}), STORE, "store")
    for pack in checked["packs"]:
        pack["tolerances"] = tolerances(pack, checked["store"])
    for name, thing in parts:
        found.append(_thing(data.get(name, {}), thing, name))
        checked[name] = found[-1][1]
    _check_rules(checked, found)
    checked["parts"] = [name for name, thing in parts if _in_use(checked, thing, name in data)]
    return checked


def part(name):
    """The section of a part with every default filled in."""
    return _thing({}, dict(things("parts"))[name], name)[1]


def _in_use(checked, thing, named):
    """Is a part to be started? If all the keys that IN_USE names have values; without IN_USE if
    config.json names it.
    """
    if "IN_USE" not in thing:
        return named
    return all(_of(checked, key) not in ("", [], "none") for key in thing["IN_USE"])


def tolerances(pack, store):
    """What the frames of a pack may be wrong by, as store.history.History takes it."""
    found = {key: store[key] for key in TOLERANCES}
    found["capacity_ah"] = pack["capacity_ah"]
    return found


# What things say of themselves


def things(wing):
    """[(name, what it says of itself)] of all in a wing, such as bms, in their order."""
    return config_keys.WINGS.get(wing, ())


def secrets():
    """The keys whose values are never shown."""
    tables = [thing["KEYS"] for wing in ("parts", "transport", "bms") for _, thing in things(wing)]
    inner = [row[1] for keys in tables for row in keys.values() if row[0] == "sections"]
    return {key for keys in tables + inner for key, row in keys.items() if row[0] == "secret"}


# Sections


def _pack(data, where):
    """(where, the section, its rules) of a pack: its keys, its BMS's and its link's."""
    _expect(data, dict, where, "an object in { }")
    bms = dict(things("bms"))[_value(data, "bms", PACK["KEYS"]["bms"], where + ".bms")]
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
    prefix = where + "." if where else ""
    for key in sorted(data):
        if key not in keys and key not in also:
            known = ", ".join(sorted(list(keys) + list(also)))
            raise ConfigError(prefix + key, "unknown key; known here: " + known)
    found = {key: _value(data, key, keys[key], prefix + key) for key in sorted(keys)}
    pins = [key for key in sorted(keys) if keys[key][0] == "pin"]
    if pins:
        found["pins"] = pins
    return found


def _value(data, key, row, where):
    kind, limits, *default = row
    if kind == "sections":
        return _sections(data.get(key, []), limits, where)
    if key not in data:
        if not default:
            raise ConfigError(where, "is missing; it takes " + takes(row))
        return default[0]
    value = data[key]
    is_right, _, clean = KINDS[kind]
    if not is_right(value, limits):
        said = "what stands here" if kind == "secret" else repr(value)
        raise ConfigError(where, said + " is not " + takes(row))
    _look_closer(kind, value, limits, where)
    return clean(value)


def _sections(data, keys, where):
    _expect(data, list, where, "a list in [ ]")
    return [_section(data[i], keys, where + "[" + str(i) + "]") for i in range(len(data))]


def _look_closer(kind, value, limits, where):
    """What is wrong with a text that is better said than by what the key takes."""
    if kind == "secret" and 0 < len(value.encode()) < limits[0]:
        few = "has fewer than the " + str(limits[0]) + " characters that are asked for"
        raise ConfigError(where, few)
    if kind == "topic" and ("+" in value or "#" in value):
        raise ConfigError(where, "a topic has neither + nor #")


# Kinds of values


def takes(row):
    """What a key takes, in words."""
    return KINDS[row[0]][1](row[1])


def _names(limits):
    """Of the things that a key can name."""
    return [name for name, _ in things(limits[0])] + list(limits[1:])


def _is_number(value, limits):
    return type(value) is int and limits[0] <= value <= limits[1]


def _is_dbm(value, limits):
    return type(value) in (int, float) and (value == 0 or limits[0] <= value <= limits[1])


def _is_pin(value, limits):
    return _is_number(value, (0, MAX_PIN))


def _is_switch(value, limits):
    return isinstance(value, bool)


def _is_text(value, limits):
    return isinstance(value, str) and len(value.encode()) <= limits


def _is_secret(value, limits):
    return _is_text(value, limits[1])


def _is_choice(value, limits):
    return isinstance(value, str) and value in limits


def _is_thing(value, limits):
    return _is_choice(value, _names(limits))


def _is_name(value, limits):
    return _is_text(value, 16) and value and not value.strip(_NAME)


def _is_mac(value, limits):
    if value == "":
        return True
    if not _is_text(value, 17) or len(value) != 17:
        return False
    digits = value.replace(":", "").lower()
    return len(digits) == 12 and not digits.strip(_HEX)


def _number_words(limits):
    return "a whole number from " + str(limits[0]) + " to " + str(limits[1])


def _dbm_words(limits):
    return (
        "a number of dBm from " + str(limits[0]) + " to " + str(limits[1]) + ", such as 8.5; or 0"
    )


def _text_words(limits):
    return "a text of at most " + str(limits) + " characters"


def _choice_words(limits):
    return "one of " + ", ".join(limits)


def _same(value):
    return value


# kind: (is a value right?, what a key takes, in words; what is made of a right value)
KINDS = {
    "number": (_is_number, _number_words, _same),
    "dbm": (_is_dbm, _dbm_words, _same),
    "pin": (_is_pin, lambda limits: _number_words((0, MAX_PIN)), _same),
    "switch": (_is_switch, lambda limits: "true or false", _same),
    "text": (_is_text, _text_words, _same),
    "trimmed": (_is_text, _text_words, lambda value: value.strip()),
    "topic": (_is_text, _text_words, _same),
    "secret": (_is_secret, lambda limits: _text_words(limits[1]), _same),
    "choice": (_is_choice, _choice_words, _same),
    "thing": (_is_thing, lambda limits: _choice_words(_names(limits)), _same),
    "name": (_is_name, lambda limits: "1 to 16 letters, digits, - and _", _same),
    "mac": (_is_mac, lambda limits: "like c8:47:8c:00:00:01", lambda value: value.lower()),
}


# Rules


def _check_rules(checked, found):
    """found: (where, section, rules) of all sections. Pins come last: no GPIO does two things."""
    seen = {}
    for where, section, rules in found:
        for rule in rules:
            RULES[rule["rule"]](checked, where, section, rule, seen)
    for where, section, _ in found:
        for key in section.get("pins", ()):
            _note("pin", section[key], where + "." + key, seen)


def _note(what, value, where, seen):
    """Note a value that may stand only once."""
    if (what, value) in seen:
        raise ConfigError(where, repr(value) + " is taken by " + seen[what, value])
    seen[what, value] = where


def _one_of(checked, where, section, rule, seen):
    """At least one of the keys has a value."""
    if not any(section[key] for key in rule["keys"]):
        raise ConfigError(where, "a " + section["bms"] + " needs " + rule["words"])


def _together(checked, where, section, rule, seen):
    """The keys have one of these values, together."""
    if tuple(section[key] for key in rule["keys"]) not in rule["values"]:
        raise ConfigError(where, rule["words"])


def _unique(checked, where, section, rule, seen):
    """No two sections have the same; several keys together tell one battery from another."""
    keys = rule["keys"]
    values = tuple(section[key] for key in keys)
    if len(keys) == 1:
        if values[0] != "":
            _note(keys, values[0], where + "." + keys[0], seen)
    elif (keys, values) in seen:
        same = ", ".join(keys[:-1]) + " and " + keys[-1] + " are the same"
        raise ConfigError(where, "is the battery of " + seen[keys, values] + ": " + same)
    else:
        seen[keys, values] = where


def _needs(checked, where, section, rule, seen):
    """The key of another section has a value: always, or if the section's key "for" has one."""
    if "for" in rule and not section[rule["for"]]:
        return
    if not _of(checked, rule["key"]):
        who = "a " + section["bms"] + " " if "bms" in section else ""
        raise ConfigError(where, who + "needs " + rule["key"])


def _fixed(checked, where, section, rule, seen):
    """The key of another section has that value, if the key "for" of another has one."""
    if _of(checked, rule["for"]) and _of(checked, rule["key"]) != rule["value"]:
        has_to = "has to be " + json.dumps(rule["value"]) + " with a " + section["bms"]
        raise ConfigError(rule["key"], has_to + ": " + rule["words"])


def _most(checked, where, section, rule, seen):
    """At most rule["count"] packs have that link."""
    kinds = [pack["bms"] for pack in checked["packs"] if pack["link"] == section["link"]]
    if len(kinds) > rule["count"]:
        who = " and ".join(sorted(set(kinds)))
        most = "an ESP32 connects to " + str(rule["count"]) + " " + who + " at most"
        raise ConfigError("packs", most)


def _of(checked, key):
    section, name = key.split(".")
    return checked[section][name]


RULES = {
    "one_of": _one_of,
    "together": _together,
    "unique": _unique,
    "needs": _needs,
    "fixed": _fixed,
    "most": _most,
}
