"""What is right in config.json: the kinds of values, and the rules between keys.

A key's row is (kind, limits, default). Limits are (lowest, highest) of a number, (shortest,
longest) of a secret, the most digits of a passkey, the most bytes of a text, host or topic, the
words of a choice, (wing, other names) of a thing, whose keys then belong to the section, too.
"""

import json

import config_keys

PASSING = True

LONGEST_SAID = 60  # of a value that is wrong
MAX_PIN = 48
SECRETS = ("secret", "passkey")  # kinds of what is never shown
_HEX = "0123456789abcdef"
_DIGITS = "0123456789"
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


class ConfigError(ValueError):
    """One line: the key, its value and what is allowed."""

    def __init__(self, where, what):
        line = "config.json: " + (where + ": " if where else "") + what
        super().__init__("".join([c if " " <= c < "\x7f" or c > "\x9f" else "?" for c in line]))


def things(wing):
    """[(name, what it says of itself)] of all in a wing, such as bms, in their order."""
    return config_keys.WINGS.get(wing, ())


# Kinds of values


def takes(row):
    """What a key takes, in words."""
    return KINDS[row[0]][1](row[1])


def right_value(value, row, where):
    """The value as the logger uses it; ConfigError if it is not what the row takes."""
    kind, limits, *_ = row
    is_right, _, clean = KINDS[kind]
    if not is_right(value, limits):
        said = "this value" if kind in SECRETS else repr(value)[:LONGEST_SAID]
        raise ConfigError(where, said + " is not " + takes(row))
    _check_characters(value, where)
    trouble = TROUBLES[kind](value, limits) if kind in TROUBLES else None
    if trouble:
        raise ConfigError(where, trouble)
    return clean(value)


def _check_characters(value, where):
    if isinstance(value, str) and (min(value.encode() or b" ") < 32 or "\x7f" in value):
        raise ConfigError(where, "has a control character, such as a tab or the end of a line")


def _names(limits):
    """Of the things that a key can name."""
    return [name for name, _ in things(limits[0])] + list(limits[1:])


def _is_number(value, limits):
    return type(value) is int and limits[0] <= value <= limits[1]


def _is_optional_number(value, limits):
    return _is_number(value, limits) or _is_number(value, (0, 0))


def tenths(value):
    """A decimal in whole tenths. A board's floats have 32 bits: 0.7 is not quite that."""
    return int(10 * value + 0.5)


def _is_decimal(value, limits):
    if type(value) not in (int, float) or not limits[0] <= value <= limits[1]:
        return False
    return abs(10 * value - tenths(value)) < 0.001


def _is_dbm(value, limits):
    return type(value) in (int, float) and (value == 0 or limits[0] <= value <= limits[1])


def _is_pin(value, limits):
    return _is_number(value, (0, MAX_PIN))


def _is_optional_pin(value, limits):
    return _is_number(value, (-1, MAX_PIN))


def _is_switch(value, limits):
    return isinstance(value, bool)


def _is_text(value, limits):
    return isinstance(value, str) and len(value.encode()) <= limits


def _is_secret(value, limits):
    return _is_text(value, limits[1])


def _is_passkey(value, limits):
    return _is_text(value, limits) and not value.strip(_DIGITS)


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


def _decimal_words(limits):
    return "a number from " + str(limits[0]) + " to " + str(limits[1]) + " in steps of 0.1"


def _dbm_words(limits):
    return (
        "a number of dBm from " + str(limits[0]) + " to " + str(limits[1]) + ", such as 8.5; or 0"
    )


def _text_words(limits):
    return "a text of at most " + str(limits) + " characters"


def _choice_words(limits):
    return ("one of " if len(limits) > 1 else "") + ", ".join(limits)


def _same(value):
    return value


# kind: (is a value right?, what a key takes, in words; what is made of a right value)
KINDS = {
    "number": (_is_number, _number_words, _same),
    "optional_number": (
        _is_optional_number,
        lambda limits: "0, or " + _number_words(limits),
        _same,
    ),
    "decimal": (_is_decimal, _decimal_words, _same),
    "dbm": (_is_dbm, _dbm_words, _same),
    "pin": (_is_pin, lambda limits: _number_words((0, MAX_PIN)), _same),
    "optional_pin": (_is_optional_pin, lambda limits: _number_words((-1, MAX_PIN)), _same),
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
    "passkey": (
        _is_passkey,
        lambda limits: "a text in quotes of at most " + str(limits) + " digits",
        _same,
    ),
    "choice": (_is_choice, _choice_words, _same),
    "thing": (_is_thing, lambda limits: _choice_words(_names(limits)), _same),
    "name": (_is_name, lambda limits: "1 to 16 letters, digits, - and _", _same),
    "mac": (_is_mac, lambda limits: "like c8:47:8c:00:00:01", lambda value: value.lower()),
}


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
    bare = value.split("://")[-1].split("@")[-1].split("/")[0].strip()
    if bare.count(":") == 1:
        bare = bare.split(":")[0]
    labels = bare.split(".")
    if bare != value:
        scheme, found, _ = value.partition("://")
        extra = scheme + found if found and "@" not in scheme else "blanks, port and path"
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
    shown = "this value" if "@" in value else repr(value)  # it may have a password
    return shown + " is not a host: " + remedy


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


# Rules


def check_rules(checked, found):
    """found: (where, section, rules) of all sections. Pins come last: no GPIO does two things."""
    seen = {}
    for where, section, rules in found:
        for rule in rules:
            RULES[rule["rule"]](checked, where, section, rule, seen)
    for where, section, _ in found:
        if ("shares", where) in seen:
            continue
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


def _shared(checked, where, section, rule, seen):
    """Sections with the same first key share a line: the other keys are the same, too, and the key
    "apart" differs.
    """
    keys = rule["keys"]
    line = "line", section[keys[0]]
    if line not in seen:
        _note(keys[:1], section[keys[0]], where + "." + keys[0], seen)
        seen[line] = where, section
        _unique(checked, where, section, {"keys": (keys[0], rule["apart"])}, seen)
        return
    first, other = seen[line]
    for key in keys:
        if section[key] != other[key]:
            trouble = "is not that of " + first + ", which has the same " + keys[0]
            raise ConfigError(where + "." + key, trouble)
    seen["shares", where] = True
    _unique(checked, where, section, {"keys": (keys[0], rule["apart"])}, seen)


def _needs(checked, where, section, rule, seen):
    """The key of another section has a value: always, or if the section's key "for" has one, or
    has that "value". words: what else there is to say.
    """
    if "for" in rule:
        value = section[rule["for"]]
        if not value or value != rule.get("value", value):
            return
    if not has_value(checked, rule["key"]):
        who = "a " + section["bms"] + " " if "bms" in section else ""
        words = ": " + rule["words"] if "words" in rule else ""
        raise ConfigError(where, who + "needs " + rule["key"].replace("|", " or ") + words)


def _fixed(checked, where, section, rule, seen):
    """The key of another section has that value, if the key "for" of another has one."""
    if value_of(checked, rule["for"]) and value_of(checked, rule["key"]) != rule["value"]:
        has_to = "has to be " + json.dumps(rule["value"]) + " with a " + section["bms"]
        raise ConfigError(rule["key"], has_to + ": " + rule["words"])


def _most(checked, where, section, rule, seen):
    """At most rule["count"] packs have that link."""
    kinds = [pack["bms"] for pack in checked["packs"] if pack["link"] == section["link"]]
    if len(kinds) > rule["count"]:
        who = " and ".join(sorted(set(kinds)))
        most = "an ESP32 connects to " + str(rule["count"]) + " " + who + " at most"
        raise ConfigError("packs", most)


def value_of(checked, key):
    """That of a key such as mqtt.host."""
    section, name = key.split(".")
    return checked[section][name]


def has_value(checked, key):
    """Has the key one? Of several, as in a.b|a.c: has one of them?"""
    return any(value_of(checked, each) not in ("", [], {}, "none", 0) for each in key.split("|"))


RULES = {
    "one_of": _one_of,
    "together": _together,
    "unique": _unique,
    "shared": _shared,
    "needs": _needs,
    "fixed": _fixed,
    "most": _most,
}
