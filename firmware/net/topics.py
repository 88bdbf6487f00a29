"""What is published, and how: the JSON state of a pack, the topics that a Chargery user's
dashboards listen to, the logger's own health.

A Sample's integers become exact decimals in V, A, degC, %, Wh, Ah and mOhm, written as Python does
with a float (-0.05, 53.28, 3.0): the scripts that fed those dashboards print floats. What is not
known is left out.
"""

import json

from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    EXTRAS,
    MAX_TEMPERATURES,
    TEXTS,
)

MODES = ("Discharge", "Charge", "Storage")

# Kinds of values, net.discovery has what they mean: their decimals where they have some
PLACES = {"V": 3, "A": 3, "W": 1, "Wh": 3, "Ah": 3, "Ah+": 3, "%": 1, "C": 1, "mOhm": 1}
# Keys of the JSON state by kind; "+" is a total, "b" a switch, "!" a protection, "" a plain number
FIELDS = (
    ("V", ("voltage", "min_cell_voltage", "max_cell_voltage", "cell_difference")),
    ("A", ("current", "balance_current")),
    ("W", ("power",)),
    ("soc", ("soc",)),
    ("t", ("mode",)),
    ("Wh", ("energy",)),
    ("Ah", ("charge", "capacity")),
    ("C", ("temperature", "mosfet_temperature")),
    ("%", ("soh",)),
    ("+", ("cycles",)),
    ("V", ("full_cell_voltage", "empty_cell_voltage")),
    ("mOhm", ("impedance",)),
    ("", ("min_cell", "max_cell", "error_bits")),
    ("!", ("charge_stopped", "discharge_stopped")),
    ("b", ("charge_on", "discharge_on", "balancing")),
)
BITS = {
    "charge_stopped": ("flags", CHARGE_STOPPED),
    "discharge_stopped": ("flags", DISCHARGE_STOPPED),
    "charge_on": ("switches", CHARGE_ON),
    "discharge_on": ("switches", DISCHARGE_ON),
    "balancing": ("switches", BALANCING),
}
SENSORS = {"temp1": 0, "temp2": 1, "mosfet_temperature": MAX_TEMPERATURES - 1}
# The keys of Sample.extras that are more than a plain number, by how they begin
EXTRA_KINDS = (
    ("energy", "Wh+"),
    ("charge", "Ah+"),
    ("adc", "V"),
    ("vc", "V"),
    ("bms", "s"),
    ("bad", "+"),
)
# Keys of the JSON state that are lists, and attributes of Sample: the name of one of it, its kind
LISTS = (
    ("cells", "cell", "V"),
    ("impedances", "impedance", "mOhm"),
    ("cell_temperatures", "cell_temperature", "C"),
    ("temperatures", "temperature", "C"),
)
# Chargery's topics: topic, key, decimals
CHARGERY = (
    ("watthour", "energy", 3),
    ("amphour", "charge", 3),
    ("batteryvolt", "voltage", 3),
    ("cellhigh", "max_cell_voltage", 3),
    ("celllow", "min_cell_voltage", 3),
    ("maxvolt", "full_cell_voltage", 3),
    ("current", "current", 3),
    ("modename", "mode", 0),
    ("modeint", "modeint", 0),
    ("temp1", "temp1", 1),
    ("temp2", "temp2", 1),
    ("soc", "soc", 0),
    ("aggimped", "impedance", 1),
)


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


def value_of(sample, key):
    """The value of a field, None if unknown."""
    try:
        return _derived(sample, key)
    except TypeError:  # what would follow from something unknown
        return None


def _derived(sample, key):
    if key in BITS:
        name, mask = BITS[key]
        return bool(getattr(sample, name) & mask)
    if key in SENSORS:
        return sample.temperatures[SENSORS[key]]
    if key == "mode":
        return MODES[sample.mode]
    if key == "power":
        return (sample.voltage * sample.current + 50000) // 100000
    if key == "cell_difference":
        return sample.max_cell_voltage - sample.min_cell_voltage
    if key == "impedance":
        return sum(sample.impedances[: sample.impedance_count]) or None
    if key == "modeint":
        return sample.mode
    if key == "error_bits":
        return sample.errors
    value = getattr(sample, key)
    return value + 1 if key in ("min_cell", "max_cell") else value


def known_fields(sample):
    """(key, kind, value) of all that is one value and known."""
    for kind, keys in FIELDS:
        for key in keys:
            value = value_of(sample, key)
            if value is not None:
                yield key, kind, value
    for key in EXTRAS:
        if sample.extras.get(key) is not None:
            kind = ""
            for start, special in EXTRA_KINDS:
                if key.startswith(start):
                    kind = special
            yield key, kind, sample.extras[key]
    for key in TEXTS:
        if sample.texts.get(key):
            yield key, "t", sample.texts[key]


def count_of(sample, key):
    """How many elements one of LISTS has, up to the last one that is known."""
    count = sample.cell_count
    if key == "impedances":
        count = sample.impedance_count
    elif key == "temperatures":
        count = MAX_TEMPERATURES - 1
    values = getattr(sample, key)
    while count and element(values[count - 1], key, 0) is None:
        count -= 1
    return count


def element(value, key, places):
    """An element of one of LISTS as text, None if it is not known: a cell of 0 mV is not wired."""
    return None if value is None or (key == "cells" and not value) else decimal(value, places)


class Payload:
    """Text composed in a buffer that is made once. full: it was too long for that."""

    def __init__(self, size):
        self._buffer = bytearray(size)
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
        return memoryview(self._buffer)[: self.size]

    def item(self, key, value, places=0):
        """Append a key and its value to a JSON object, the first one opens it."""
        text = decimal(value, places) if type(value) is int else json.dumps(value)
        self.add('%s"%s":%s' % ("," if self.size else "{", key, text))


def state(payload, sample, bms, unix):
    """Compose the JSON state of a pack; sample None: of one that is silent.

    A generator: it yields whenever the loop should get its turn. unix: seconds of the clock, None
    if that is not set.
    """
    payload.clear().item("bms", bms)
    if unix is not None:
        payload.item("time", unix)
    if sample:
        for turn, (key, kind, value) in enumerate(known_fields(sample)):
            payload.item(key, value, PLACES.get(kind))
            if turn & 7 == 7:
                yield
        for key, _, kind in LISTS:
            texts = [
                element(value, key, PLACES[kind]) or "null"
                for value in getattr(sample, key)[: count_of(sample, key)]
            ]
            if texts:
                payload.add(',"%s":[%s]' % (key, ",".join(texts)))
                yield
    payload.add("}")


def health(payload, values):
    """Compose the JSON of the logger's health from a dict of int, str, bool and None."""
    payload.clear().add(json.dumps(values))


def chargery(payload, sample, cells):
    """Compose what a Chargery user's dashboards listen to, one after the other; yields the topics.

    What is not known is not published. cells: those of the single cells too.
    """
    for topic, key, places in CHARGERY:
        value = value_of(sample, key)
        if value is not None:
            payload.clear().add(value if key == "mode" else decimal(value, places))
            yield topic
    for key, _, kind in LISTS[:2] if cells else ():
        topic = "cellvolt" if kind == "V" else "cellimped"
        for i in range(count_of(sample, key)):
            text = element(getattr(sample, key)[i], key, PLACES[kind])
            if text:
                payload.clear().add(text)
                yield topic + str(i + 1)
