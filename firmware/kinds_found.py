"""Kinds of BMS that the logger has found out itself ("bms": "auto"), kept through restarts.

A JSON object in a file beside config.json: kinds by their units, as unit_of() names these.
"""

import json
import os

PASSING = True

FILE = "auto.json"


def unit_of(pack):
    """How config.json names a pack's unit: its address, else its name. pack: its section, checked
    or not.
    """
    address = str(pack.get("address") or "").lower()
    return address or str(pack.get("device") or "").strip()


def read(folder=""):
    """The object; {} if there is none."""
    try:
        with open(folder + FILE) as file:
            found = json.load(file)
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def add(unit, kind):
    """Add a kind. The file is the old one or the new one, whenever the power goes. OSError."""
    found = read()
    found[unit] = kind
    new = FILE + ".new"
    with open(new, "w") as file:
        json.dump(found, file)
    os.rename(new, FILE)
