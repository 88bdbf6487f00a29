"""What a reading says as text: JSON for MQTT and the web server, and each value by itself.

A Sample's integers become exact decimals in V, A, degC, %, Wh, Ah and mOhm, written as Python does
with a float (-0.05, 53.28, 3.0): the scripts that fed those dashboards print floats. What is not
known is left out.
"""

import json

from fields import ENERGY, EXTRAS, FIELDS, LISTS, TEXT, value_of
from lib import once
from sample import MAX_TEMPERATURES, TEXTS

PLACES = 72  # of known_fields, at most
TEXTS_AT = PLACES - len(TEXTS)
ENERGY_AT = TEXTS_AT - 8


def decimal(value, places):
    """value / 10**places as text, exactly: -50, 3 -> -0.05; 3000, 3 -> 3.0. places: 0, 1 or 3."""
    if not places:
        return str(value)
    if value < 0:
        return "-" + decimal(-value, places)
    unit = 10 if places == 1 else 1000
    text = ("%d.%d" if places == 1 else "%d.%03d") % (value // unit, value % unit)
    text = text.rstrip("0")
    return text + "0" if text[-1] == "." else text


def known_fields(sample, energy=()):
    """(key, value, unit, decimals, kind, place) of all that is one value and known.

    energy: what Energy.values() says, () for nothing. place: a number of its own for each key,
    from 0 on.
    """
    place = -1
    for unit, decimals, kind, *keys in FIELDS:
        for key in keys:
            value = value_of(sample, key)
            place += 1
            if value is not None:
                yield key, value, unit, decimals, kind, place
    at = 0
    for unit, decimals, kind, *keys in ENERGY if energy else ():
        for key in keys:
            if energy[at] is not None:
                yield key, energy[at], unit, decimals, kind, ENERGY_AT + at
            at += 1
    for unit, decimals, kind, *keys in EXTRAS if sample.extras else ():
        for key in keys:
            value = sample.extras.get(key)
            place += 1
            if value is not None:
                yield key, value, unit, decimals, kind, place
    place = TEXTS_AT
    for key in TEXTS:
        if sample.texts.get(key):
            yield key, sample.texts[key], "", 0, TEXT, place
        place += 1


def list_of(sample, key):
    """One of LISTS. Two of them share one place in a Sample: which it is, its wires say."""
    return sample.impedances if key[0] == "w" else getattr(sample, key)


def count_of(sample, key):
    """How many elements one of LISTS has, up to the last one that is known."""
    count = sample.cell_count
    if key in ("impedances", "wire_resistances"):
        count = sample.impedance_count if sample.wires == (key[0] == "w") else 0
    elif key == "temperatures":
        count = MAX_TEMPERATURES - 1
    values = list_of(sample, key)
    while count and element(values[count - 1], key, 0) is None:
        count -= 1
    return count


def element(value, key, places):
    """An element of one of LISTS as text, None if it is not known: a cell of 0 mV is not wired."""
    return None if value is None or (key == "cells" and not value) else decimal(value, places)


class Payload:
    """Text composed in place, in a buffer of somebody else's. full: it was too long for that."""

    @once.start
    def __init__(self, buffer):
        self._buffer = buffer
        self.clear()

    def clear(self):
        """Begin anew; returns self."""
        self.size = 0
        self.full = False
        return self

    def add(self, text):
        """Append a str."""
        data = text.encode()
        end = self.size + len(data)
        if end > len(self._buffer):
            self.full = True
            return
        self._buffer[self.size : end] = data
        self.size = end

    def view(self):
        """What has been composed."""
        return self._buffer[: self.size]

    def item(self, key, value, places=0):
        """Append a key and its value to a JSON object, the first one opens it."""
        text = decimal(value, places) if type(value) is int else json.dumps(value)
        self.add('%s"%s":%s' % ("," if self.size else "{", key, text))


def state(payload, sample, bms, unix, energy=()):
    """Compose the JSON state of a pack; sample None: of one that is silent.

    A generator: it yields whenever the loop should get its turn. unix: seconds of the clock, None
    if that is not set. energy: what Energy.values() says.
    """
    payload.clear().item("bms", bms)
    if unix is not None:
        payload.item("time", unix)
    if sample:
        for turn, (key, value, _, decimals, _, _) in enumerate(known_fields(sample, energy)):
            payload.item(key, value, decimals)
            if turn & 7 == 7:
                yield
        for key, _, _, decimals in LISTS:
            texts = [
                element(value, key, decimals) or "null"
                for value in list_of(sample, key)[: count_of(sample, key)]
            ]
            if texts:
                payload.add(',"%s":[%s]' % (key, ",".join(texts)))
                yield
    payload.add("}")


def say_errors(sample, names):
    """Put the bits of sample.errors in words, in front of what the BMS says in words itself.

    names: of the bits. "none" if it is known that there is no error.
    """
    bits = sample.errors
    text = sample.texts.get("errors")
    if bits is None and text is None:
        return
    words = [text] if text else []
    i = 31
    while i >= 0:
        if (bits or 0) >> i & 1:
            words.insert(0, names[i] if i < len(names) else str(i))
        i -= 1
    sample.texts["errors"] = ", ".join(words) or "none"
