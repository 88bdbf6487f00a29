"""config.json: what it may say, read and checked. docs/config.md explains every key.

An error names the key, what it got and what it takes. Plain Python: the PC checks a file with this
module before it goes to the board.
"""

import binascii
import json

REQUIRED = object()
MAX_PIN = 48
_HEX = "0123456789abcdef"
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

# key: (lowest, highest, default) for whole numbers, (choices, default) for one of these words,
# (longest, default) for any text, (default,) for true or false
BMS = {
    "chargery": {
        "uart": (1, 2, 2),
        "rx": (0, MAX_PIN, 16),
        "tx": (0, MAX_PIN, 17),
        "baudrate": (1200, 1000000, 115200),
        "cells": (0, 24, 0),
    },
    "jk": {"address": (17, ""), "device": (20, ""), "timeout_s": (3, 3600, 15)},
    "bluenova": {
        "host": (63, "10.0.0.2"),
        "port": (1, 65535, 9000),
        "path": (63, "/ws/"),
        "timeout_s": (3, 3600, 30),
        "cells": (0, 16, 0),
    },
}
PACK = {
    "name": None,
    "bms": (tuple(BMS), REQUIRED),
    "cells": (0, 32, 0),
    "capacity_ah": (1, 10000, 280),
    "timeout_s": (3, 3600, 10),
}
NETWORK = {"ssid": (32, REQUIRED), "password": (63, ""), "hidden": (False,)}
WIFI = {
    "hostname": (32, "packlog"),
    "country": (2, ""),
    "power_save": (True,),
    "address": (15, ""),
    "netmask": (15, "255.255.255.0"),
    "gateway": (15, ""),
    "dns": (15, ""),
}
NTP = {"server": (63, "pool.ntp.org"), "interval_s": (60, 86400, 3600)}
MQTT = {
    "host": (63, ""),
    "port": (0, 65535, 0),
    "user": (63, ""),
    "password": (63, ""),
    "client_id": (32, ""),
    "base": (32, "packlog"),
    "chargery_base": (32, "chargerybms"),
    "cells": (False,),
    "qos": (0, 1, 0),
    "interval_s": (1, 3600, 5),
    "discovery": (True,),
    "discovery_prefix": (32, "homeassistant"),
    "tls": (False,),
    "ca_file": (63, ""),
}
SECRETS = ("password",)  # keys whose values are never shown
LCD = {
    "none": {},
    "i2c": {
        "scl": (0, MAX_PIN, 22),
        "sda": (0, MAX_PIN, 21),
        "address": (0, 127, 0),
        "frequency": (50000, 400000, 100000),
    },
    "gpio": dict.fromkeys(("rs", "e", "d4", "d5", "d6", "d7"), (0, MAX_PIN, REQUIRED)),
}
DERIVED = ("tolerances", "pins")  # what parse() adds to sections, for those who use them
PIN_KEYS = ("rx", "tx", "scl", "sda", "rs", "e", "d4", "d5", "d6", "d7")
PANEL = {
    "kind": (tuple(LCD), "i2c"),
    "columns": (16, 20, 20),
    "rows": (2, 4, 4),
    "page_s": (1, 60, 4),
}
STORE = {
    "window_s": (1, 3600, 30),
    "interval_s": (1, 3600, 900),
    "gap_s": (3, 300, 15),
    "budget_kb": (128, 1000000, 1536),
    "cells_mv": (1, 100, 10),
    "cells_s": (10, 36000, 3600),
    "cells_min_s": (1, 3600, 300),
}
# What a frame may be wrong by: store.bounds.Tolerances
TOLERANCES = {
    "current_percent": (0, 100, 8),
    "charge_permille": (0, 100, 1),
    "voltage_permille": (0, 100, 10),
    "soc_percent": (0, 50, 1),
    "temperature_degrees": (0, 50, 2),
    "step_percent": (0, 100, 10),
}
STORE.update(TOLERANCES)
TOP = {"status_s": (1, 3600, 5), "watchdog_s": (0, 600, 60), "health_page": (True,)}
# The sections that are nothing but their keys
SECTIONS = {"store": STORE, "ntp": NTP, "mqtt": MQTT}


class ConfigError(ValueError):
    """One line: where in config.json, what stands there and what may."""

    def __init__(self, where, what):
        super().__init__("config.json: " + (where + ": " if where else "") + what)


def load(path="config.json"):
    """Read and check the file; ConfigError says what is wrong with it."""
    try:
        with open(path) as file:
            text = file.read()
    except UnicodeError:
        raise ConfigError("", "not UTF-8 text: save it as UTF-8")
    except OSError:
        raise ConfigError("", "not found: copy the example from the repository to the board")
    return parse(text)


def tolerances(pack, store):
    """What the frames of a pack may be wrong by, as store.history.History takes it."""
    found = {key: store[key] for key in TOLERANCES}
    found["capacity_ah"] = pack["capacity_ah"]
    return found


def checksum(path="config.json"):
    """CRC-32 of the file: another one says that it was changed."""
    with open(path, "rb") as file:
        return binascii.crc32(file.read())


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
    checked = _section(data, TOP, "", ("packs", "lcd", "wifi") + tuple(SECTIONS))
    checked["packs"] = [_pack(pack, "packs[" + str(i) + "]") for i, pack in enumerate(packs)]
    checked["lcd"] = _lcd(data.get("lcd", {}))
    checked["wifi"] = _wifi(data.get("wifi", {}))
    for name in SECTIONS:
        checked[name] = _section(data.get(name, {}), SECTIONS[name], name)
    for section in checked["packs"] + [checked["lcd"]]:
        section["pins"] = [key for key in PIN_KEYS if key in section]
    for pack in checked["packs"]:
        pack["tolerances"] = tolerances(pack, checked["store"])
    _reject_twins(checked)
    for key in ("base", "chargery_base", "discovery_prefix"):
        if "+" in checked["mqtt"][key] or "#" in checked["mqtt"][key]:
            raise ConfigError("mqtt." + key, "a topic has neither + nor #")
    if not checked["wifi"]["networks"]:
        _reject_offline(checked)
    elif not checked["wifi"]["power_save"] and any(
        pack["bms"] == "jk" for pack in checked["packs"]
    ):
        raise ConfigError("wifi.power_save", "has to be true with a jk: both radios are one")
    checked["parts"] = _parts(checked)
    return checked


def _parts(checked):
    """The parts in use, in the order of their start."""
    wifi = checked["wifi"]["networks"]
    used = {"wifi": wifi, "ntp": wifi and checked["ntp"]["server"], "mqtt": checked["mqtt"]["host"]}
    used["lcd"] = checked["lcd"]["kind"] != "none"
    return [name for name in ("wifi", "ntp", "lcd", "mqtt") if used[name]]


def part(name):
    """The section of a part with every default filled in."""
    return _lcd({})


def _reject_offline(checked):
    """What cannot be without a network."""
    for i, pack in enumerate(checked["packs"]):
        if pack["bms"] == "bluenova":
            raise ConfigError("packs[" + str(i) + "]", "a bluenova needs wifi.networks")
    if checked["mqtt"]["host"]:
        raise ConfigError("mqtt", "needs wifi.networks")


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
    return {key: _value(data, key, keys[key], prefix + key) for key in sorted(keys)}


def _value(data, key, bounds, where):
    if bounds is None:
        return _name(data.get(key), where)
    if key not in data:
        if bounds[-1] is REQUIRED:
            raise ConfigError(where, "is missing; it takes " + _takes(bounds))
        return bounds[-1]
    value = data[key]
    if not _is_right(value, bounds):
        said = "what stands here" if key in SECRETS else repr(value)
        raise ConfigError(where, said + " is not " + _takes(bounds))
    return value


def _is_right(value, bounds):
    if len(bounds) == 3:
        return type(value) is int and bounds[0] <= value <= bounds[1]
    if len(bounds) == 1:
        return isinstance(value, bool)
    if isinstance(bounds[0], tuple):
        return isinstance(value, str) and value in bounds[0]
    return isinstance(value, str) and len(value.encode()) <= bounds[0]


def _takes(bounds):
    """What a key takes, in words."""
    if len(bounds) == 3:
        return "a whole number from " + str(bounds[0]) + " to " + str(bounds[1])
    if len(bounds) == 1:
        return "true or false"
    if isinstance(bounds[0], tuple):
        return "one of " + ", ".join(bounds[0])
    return "a text of at most " + str(bounds[0]) + " characters"


def _name(value, where):
    good = isinstance(value, str) and 0 < len(value) <= 16
    if not good or any(c not in _NAME for c in value):
        raise ConfigError(where, repr(value) + " is not 1 to 16 letters, digits, - and _")
    return value


def _pack(data, where):
    _expect(data, dict, where, "an object in { }")
    kind = _value(data, "bms", PACK["bms"], where + ".bms")
    keys = dict(PACK)
    keys.update(BMS[kind])
    checked = _section(data, keys, where)
    if kind == "jk":
        _check_jk(checked, where)
    return checked


def _check_jk(checked, where):
    address = checked["address"] = checked["address"].lower()
    checked["device"] = checked["device"].strip()
    if not address and not checked["device"]:
        raise ConfigError(where, "a jk needs its device (the name) or its address: packlog scan")
    digits = address.replace(":", "")
    if address and (len(address) != 17 or len(digits) != 12 or digits.strip(_HEX)):
        raise ConfigError(where + ".address", repr(address) + " is not like c8:47:8c:00:00:01")


def _wifi(data):
    checked = _section(data, WIFI, "wifi", ("networks",))
    networks = data.get("networks", [])
    _expect(networks, list, "wifi.networks", "a list in [ ]")
    checked["networks"] = [_network(networks[i], i) for i in range(len(networks))]
    return checked


def _network(data, index):
    where = "wifi.networks[" + str(index) + "]"
    checked = _section(data, NETWORK, where)
    if 0 < len(checked["password"]) < 8:
        raise ConfigError(where + ".password", "has fewer than the 8 characters that WiFi asks for")
    return checked


def _lcd(data):
    _expect(data, dict, "lcd", "an object in { }")
    kind = _value(data, "kind", PANEL["kind"], "lcd.kind")
    keys = dict(PANEL)
    keys.update(LCD[kind])
    checked = _section(data, keys, "lcd")
    if (checked["columns"], checked["rows"]) not in ((16, 2), (20, 4)):
        raise ConfigError("lcd", "a display has 16 columns and 2 rows, or 20 columns and 4 rows")
    return checked


def _reject_twins(checked):
    """What two of them cannot share: names and UARTs of packs, GPIOs of anything."""
    packs = [("packs[" + str(i) + "]", pack) for i, pack in enumerate(checked["packs"])]
    for key in ("name", "uart", "address", "device"):
        _no_twins([(where + "." + key, pack[key]) for where, pack in packs if key in pack])
    pins = [
        (where + "." + key, section[key])
        for where, section in packs + [("lcd", checked["lcd"])]
        for key in section["pins"]
    ]
    _no_twins(pins)


def _no_twins(values):
    seen = {}
    for where, value in values:
        if value == "":
            continue
        if value in seen:
            raise ConfigError(where, repr(value) + " is taken by " + seen[value])
        seen[value] = where
