"""What a running board's lines say, as a person reads it, and as JSON: numbers in the units of
MQTT, under its names.

A line has what the firmware has: bits, lists, V#cell, counts of mAh. ground/units.py says in which
unit a value is there.
"""

import re

from host_tools.ground import units
from host_tools.ground.firmware import declared, names
from host_tools.history import events as naming

import fields
from sample import TEXTS
from store import events

HEALTH = "health"
UNKNOWN = "--"
FIRST_WITH_ALARMS = "jk"  # of a logger that does not say its BMS's kind: it knew no other
READING = ("voltage", "current", "soc", "temperature", "min", "max")  # unknown: the BMS is silent
OF_LOGGER = ("uptime", "unix", "heap")  # in each pack's line, and in health's
LISTS = tuple(row[0] for row in fields.LISTS)
SWITCHES = {name: bits for name, (of, bits) in fields.BITS.items() if of == "switches"}
ALL_SWITCHES = sum(naming.SWITCHES)
# The logger's own words: a line has their blanks as _
WORDS = re.compile(r"cause|clock|wifi|mqtt|ntp|link|\w+_(link|sign)")
NAMES = {
    "age": "Newest reading",
    "soc": "State of charge",
    "soh": "State of health",
    "min": "Lowest cell",
    "max": "Highest cell",
    "energy": "Energy stored",
    "charge": "Charge stored",
    "switches": "Switches",
    "readings": "Readings since the start",
    "frames": "Frames since the start",
    "durable": "of these on flash",
    "dropped": "Frames lost",
    "rejected": "Damaged packets",
    "tap_errors": "Readings not stored",
    "boot": "Starts so far",
    "bms": "Kind of BMS",
    "lcd": "Display",
    "link": "Link",
    "sign": "Sign of the current",
    "connects": "Connected, times",
    "drops": "Connection lost, times",
    "stale": "Connected without data, times",
    "idf_free": "ESP-IDF's memory free",
    "idf_largest": "largest block of it",
    "idf_least": "least ever free of it",
    "unix": "Clock's time",
    "clock": "Clock set by",
    "cause": "Last start",
    "rssi": "WiFi signal",
    "wifi": "WiFi",
    "mqtt": "MQTT",
    "ntp": "NTP",
    "micropython": "MicroPython",
}

Said = dict[str, dict[str, str]]  # by pack, and "health": the values of its lines


def arranged(said: Said) -> Said:
    """Each value once, with what it is of: the link's with the pack, the logger's with health."""
    packs = {name: dict(values) for name, values in said.items() if name != HEALTH}
    health = dict(said.get(HEALTH, {}))
    for name, values in packs.items():
        for key in OF_LOGGER:
            values.pop(key, None)
        if "lcd" in values:
            health["lcd"] = values.pop("lcd")
        for key in [key for key in health if key.startswith(f"{name}_")]:
            values[key.removeprefix(f"{name}_")] = health.pop(key)
    return {**packs, HEALTH: health}


def rows(values: dict[str, str]) -> list[tuple[str, str]]:
    """(name, value) of a table: a silent BMS in words instead of what is unknown then."""
    silent = is_silent(values)
    found = [("No data from the BMS", _since(values))] if silent else []
    for key, value in values.items():
        if not (silent and key in (*READING, "age")):
            found.append((name_of(key), in_words(key, value, values.get("bms"))))
    return found


def is_silent(values: dict[str, str]) -> bool:
    """Is there no reading that is new enough to be shown?"""
    return "age" in values and all(values.get(key, UNKNOWN) == UNKNOWN for key in READING)


def _since(values: dict[str, str]) -> str:
    since = " since the start" if values.get("readings") == "0" else ""
    return f"for {in_words('age', values['age'])}{since}"


def name_of(key: str) -> str:
    """The key of a line as a person reads it."""
    return NAMES.get(key) or key[:1].upper() + key[1:].replace("_", " ")


def in_words(key: str, value: str, bms: str | None = None) -> str:
    """A value of a line with its unit, or what its bits mean to a BMS of that kind."""
    if key == "errors" and (bits := _number(value)) is not None:  # some BMSs have words
        return _errors(bits, bms)
    if key == "switches" and (on := _number(value)) is not None:
        return naming.in_words(events.SWITCHES, 0, on, ~on & ALL_SWITCHES)[1]
    if key == "lcd":
        return "shows what it is given" if value == "1" else "none, or not connected"
    if WORDS.fullmatch(key):
        return value.replace("_", " ")
    return units.of_status(key, value)


def _errors(bits: int, bms: str | None) -> str:
    bms = bms or FIRST_WITH_ALARMS
    number = declared("bms", bms)["NUMBER"] if bms in names("bms") else 0  # of a newer packlog
    return naming.in_words(events.BMS_ERRORS, number, bits, 0)[1] or "none"


def _number(value: str) -> int | None:
    """The bits that a value stands for, None if it is a text."""
    return int(value) if re.fullmatch(r"[0-9]{1,10}", value) else None


def numbers(values: dict[str, str]) -> dict:
    """The values as JSON has them; null is unknown."""
    found = {}
    for key, value in values.items():
        found.update(_entries(key, value, values.get("bms")))
    return found


def _entries(key: str, value: str, bms: str | None) -> dict:
    if key in ("min", "max"):
        volts, _, cell = value.partition("#")
        return {f"{key}_cell_voltage": units.number(key, volts), f"{key}_cell": _number(cell)}
    if key == "switches" and (on := _number(value)) is not None:
        return {name: bool(on & bits) for name, bits in SWITCHES.items()}
    if key == "errors" and (bits := _number(value)) is not None:
        return {"error_bits": bits, "errors": _errors(bits, bms)}
    if key == "lcd":
        return {key: value == "1"}
    if key == "bms" or key in TEXTS:  # a version such as 10.07 is not a number
        return {key: None if value == UNKNOWN else value}
    if key in LISTS and value != UNKNOWN:
        return {key: [units.number(key, each) for each in value.split(",")]}
    if WORDS.fullmatch(key) and value != UNKNOWN:
        return {key: value.replace("_", " ")}
    return {key: units.number(key, value)}
