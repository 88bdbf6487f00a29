"""config.json: read and checked by what each thing in it says of its keys. docs/config.md explains
every key.

The keys of a BMS, a link, a part or a display stand in its own file; they come here as the module
config_keys, which is made from those files (host_tools). Plain Python: the PC checks a file with
this module before it goes to the board. An error names the key, what it got and what it takes.
"""

import binascii
import json
import os

import config_keys

PASSING = True

LONGEST = 8192  # bytes of a config.json
BRACKETS = 100  # so many open in it at most: what is nested deeper has no room in RAM
LONGEST_SAID = 60  # of a value that is wrong
MAX_PIN = 48
_HEX = "0123456789abcdef"
_DIGITS = "0123456789"
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
# key: (kind of value, its limits, default); without a default the key is needed. KINDS has the
# kinds. Limits are (lowest, highest) of a number, (shortest, longest) of a secret, the most bytes
# of a text, host or topic, the words of a choice, the keys of sections, which are a list of
# objects; (wing, other names) of a thing, whose keys then belong to the section, too.
# RULES: what several keys have to do with each other; those of the end of this module.
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
# What check() adds for its users
DERIVED = ("tolerances", "pins", "parameters", "parts", "radios", "checksum")


class ConfigError(ValueError):
    """One line: the key, its value and what is allowed."""

    def __init__(self, where, what):
        line = "config.json: " + (where + ": " if where else "") + what
        super().__init__("".join([c if " " <= c < "\x7f" or c > "\x9f" else "?" for c in line]))


# Reading


def load(path="config.json"):
    """(what the file says, checked, as parse() returns it; the file's CRC-32). ConfigError says
    what is wrong with it.
    """
    try:
        _check_size(os.stat(path)[6])
        with open(path, "rb") as file:
            data = file.read()
        return parse(data.decode()), binascii.crc32(data)
    except OSError:
        raise ConfigError("", "not found: copy the example from the repository to the board")
    except UnicodeError:
        raise ConfigError("", "not UTF-8 text: save it as UTF-8")
    except MemoryError:
        raise ConfigError("", "takes more memory than there is")


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


def parse(text):
    """Check the text of a config.json; returns it as a dict with every default filled in."""
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
        return check(data)
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


def check(data):
    """The same for what the text says.

    checksum: CRC-32 of that without secrets. The history keeps it, to say that a config changed.
    """
    _expect(data, dict, "", "an object in { }")
    packs = data.get("packs")
    if not isinstance(packs, list) or not packs:
        raise ConfigError("packs", "a list in [ ] with at least one pack is needed")
    parts = things("parts")
    checked = _section(data, TOP, "", ["packs", "store"] + [name for name, _ in parts])
    found = [_pack(pack, "packs[" + str(i) + "]") for i, pack in enumerate(packs)]
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
    _check_rules(checked, found)
    checked["parts"] = [name for name, thing in parts if _in_use(checked, thing, name in data)]
    checked["checksum"] = _checksum(data, secrets(), 0)
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
    for key in data:
        _expect(key, str, where, "an object in { } with keys in quotes")
    prefix = where + "." if where else ""
    for key in sorted(data):
        if key not in keys and key not in also:
            known = ", ".join(sorted(list(keys) + list(also)))
            raise ConfigError(prefix + key[:LONGEST_SAID], "unknown key; known here: " + known)
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
        said = "what stands here" if kind == "secret" else repr(value)[:LONGEST_SAID]
        raise ConfigError(where, said + " is not " + takes(row))
    _check_characters(value, where)
    trouble = TROUBLES[kind](value, limits) if kind in TROUBLES else None
    if trouble:
        raise ConfigError(where, trouble)
    return clean(value)


def _check_characters(value, where):
    if isinstance(value, str) and (min(value.encode() or b" ") < 32 or "\x7f" in value):
        raise ConfigError(where, "has a control character, such as a tab or the end of a line")


def _sections(data, keys, where):
    _expect(data, list, where, "a list in [ ]")
    return [_section(data[i], keys, where + "[" + str(i) + "]") for i in range(len(data))]


# What is wrong with a text that is better said than by what the key takes; None if nothing is


def _secret_trouble(value, limits):
    if 0 < len(value.encode()) < limits[0]:
        return "has fewer than the " + str(limits[0]) + " characters that are asked for"


def _topic_trouble(value, limits):
    return _prefix_trouble(value, limits) if value else "is empty: topics begin with it"


def _prefix_trouble(value, limits):
    """A topic that may be empty. What begins with $ is the brokers' own."""
    if "+" in value or "#" in value:
        return "a topic has neither + nor #"
    if value[:1] == "$" or value != value.strip("/ "):
        return repr(value) + " begins or ends with a / or a blank, or begins with $: leave that out"


def _host_trouble(value, limits):
    """A host is a name or an IPv4 address, and nothing else: the resolver knows no more."""
    bare = value.split("://")[-1].split("/")[0].split("@")[-1].strip()
    if bare.count(":") == 1:
        bare = bare.split(":")[0]
    labels = bare.split(".")
    if bare != value:
        extra = value[: value.find("://") + 3] if "://" in value else "blanks, port and path"
        remedy = "write it without " + extra + (", as " + bare if bare else "")
        remedy += "; port and path have keys of their own"
    elif not labels[-1] or labels[-1].strip(_DIGITS):  # a name; none ends in a number
        if all(_is_label(label, 63) and label[0] != "-" != label[-1] for label in labels):
            return None
        remedy = "write a name or an IPv4 address"
    elif _is_ip(bare, 15) and 0 < int(labels[0]) < 224:
        return None
    else:
        remedy = "an address is like 192.168.1.77"
    shown = "what stands here" if "@" in value else repr(value)  # it may have a password
    return shown + " is no host: " + remedy


def _name_trouble(value, limits):
    """A pack's name is a word of the status lines and, on the PC, a folder."""
    if value in ("health", "extra"):
        return repr(value) + " is what the logger calls lines of its own: choose another"
    low = value.lower()
    numbered = low[:3] in ("com", "lpt") and len(low) == 4 and low[3] in _DIGITS
    if numbered or low in ("con", "prn", "aux", "nul"):
        return repr(value) + " cannot be a folder on Windows: choose another"


TROUBLES = {
    "secret": _secret_trouble,
    "topic": _topic_trouble,
    "optional_topic": _prefix_trouble,
    "host": _host_trouble,
    "optional_host": lambda value, limits: _host_trouble(value, limits) if value else None,
    "name": _name_trouble,
}


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


def _is_filled(value, limits):
    return _is_text(value, limits) and value


def _is_label(value, limits):
    return _is_filled(value, limits) and not value.strip(_NAME)


def _is_name(value, limits):
    return _is_label(value, 16)


def _is_path(value, limits):
    return _is_filled(value, limits) and value[0] == "/" and all("!" <= c <= "~" for c in value)


def _is_ip(value, limits):
    """Four numbers up to 255, written as short as they can be; or nothing."""
    if value == "":
        return True
    parts = value.split(".") if _is_text(value, limits) else ()
    return len(parts) == 4 and all(_is_octet(part) for part in parts)


def _is_octet(text):
    return text and not text.strip(_DIGITS) and text == str(int(text)) and int(text) < 256


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
    "filled": (_is_filled, _text_words, _same),
    "topic": (_is_text, _text_words, _same),
    "optional_topic": (_is_text, _text_words, _same),
    "host": (_is_text, _text_words, lambda value: value.lower()),
    "optional_host": (_is_text, _text_words, lambda value: value.lower()),
    "path": (_is_path, lambda limits: "a path: it begins with / and has no blanks", _same),
    "ip": (_is_ip, lambda limits: "like 192.168.1.77", _same),
    "label": (_is_label, lambda limits: "1 to " + str(limits) + " letters, digits, - and _", _same),
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


def _note(what, value, where, seen, any_case=False):
    """Note a value that may stand only once; any_case: small and capital letters are the same."""
    key = what, value.lower() if any_case else value
    if key in seen:
        more = ", small and capital letters are one folder on some PCs" if any_case else ""
        raise ConfigError(where, repr(value) + " is taken by " + seen[key] + more)
    seen[key] = where


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
            _note(keys, values[0], where + "." + keys[0], seen, rule.get("any_case"))
    elif (keys, values) in seen:
        same = ", ".join(keys[:-1]) + " and " + keys[-1] + " are the same"
        raise ConfigError(where, "is the battery of " + seen[keys, values] + ": " + same)
    else:
        seen[keys, values] = where


def _needs(checked, where, section, rule, seen):
    """The key of another section has a value: always, or if the section's key "for" has one, or
    has that "value". words: what else there is to say.
    """
    if "for" in rule:
        value = section[rule["for"]]
        if not value or value != rule.get("value", value):
            return
    if not _of(checked, rule["key"]):
        who = "a " + section["bms"] + " " if "bms" in section else ""
        words = ": " + rule["words"] if "words" in rule else ""
        raise ConfigError(where, who + "needs " + rule["key"] + words)


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
