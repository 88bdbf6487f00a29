"""The words that the page shares with the PC, as a JavaScript module: src/tables.js.

Made from the modules that the board and `packlog decode` take them from: they are said once.
"""

import json
from pathlib import Path

from host_tools.ground.firmware import declared, names
from host_tools.history import events as words

import fields
import sample
from store import events

_ROWS = (*fields.FIELDS, *fields.EXTRAS, *getattr(fields, "ENERGY", ()))
SOURCE = Path(__file__).with_name("src") / "tables.js"


def source() -> str:
    """The text of the module."""
    found = {
        "EVENTS": list(events.NAMES),
        "PLAIN": events.PLAIN,
        "CAUSES": list(words.CAUSES),
        "CLOCKS": list(words.CLOCKS),
        "PROTECTIONS": words.PROTECTIONS,
        "SWITCHES": words.SWITCHES,
        "SERIES": words.SERIES,
        "ERRORS": words.ERRORS,
        "TEXTS": list(sample.TEXTS),
        "EXTRAS": list(sample.EXTRAS),
        "ALARMS": _alarms(),
        "UNITS": _units(),
    }
    lines = [f"export const {name} = {json.dumps(it)};" for name, it in found.items()]
    return "\n".join(("// Made by host_tools.page.build", *lines, ""))


def _alarms() -> dict[int, list[str]]:
    """What the error bits of the BMSs are called, by the NUMBER of the BMS."""
    said = (declared("bms", name) for name in names("bms"))
    return {it["NUMBER"]: list(it["ALARMS"]) for it in said if it.get("ALARMS")}


def _units() -> list[list]:
    """Of the values of a state: a unit, the decimals, and the names of those that have them."""
    rows = [[unit, decimals, *named] for unit, decimals, _, *named in _ROWS if unit]
    return rows + [[unit, decimals, name] for name, _, unit, decimals in fields.LISTS]
