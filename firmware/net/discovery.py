"""Home Assistant's MQTT discovery: a small config message an entity, composed when its turn comes.

One document a device (Home Assistant 2024.11 and later) would be 15 KB in one packet for a pack
with cells; a config an entity works with every version and takes 600 bytes. An entity is announced
once its value is known. The keys are Home Assistant's abbreviations, see
https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

import json

from fields import ALARM, HEALTH, LISTS, MEASUREMENT, PLAIN, SWITCH, TEXT, TOTAL
from lib import once
from net.payload import PLACES, count_of, known_fields
from version import MICROPYTHON, VERSION

# Units as Home Assistant spells them, and its device classes
UNITS = {"degC": "°C", "mOhm": "mΩ", "bytes": "B"}
CLASSES = {
    "V": "voltage",
    "A": "current",
    "W": "power",
    "Wh": "energy_storage",
    "kWh": "energy",
    "degC": "temperature",
    "s": "duration",
    "min": "duration",
    "bytes": "data_size",
    "dBm": "signal_strength",
}
IDENTITY = ("model", "hardware", "software")
UNSHOWN = ("unix", "packlog", "micropython")  # a time that is always now; the device has the others
WORDS = ("SoC", "SoH", "ADC", "BMS", "MCU", "MOSFET", "CRC", "MQTT", "WiFi", "RSSI")

LINK_AT = len(LISTS)
# Of the entity that says whether the BMS delivers readings
LINK = (
    '{"name":"BMS","uniq_id":"%s_link","dev_cla":"connectivity","pl_on":"online",'
    '"pl_off":"offline","stat_t":"%s/status","avty_t":"%s/status"'
)


def name_of(key):
    """The key as a person reads it: Min cell voltage, SoC."""
    if key in ("energy", "charge"):  # in the pack
        return "Energy stored" if key == "energy" else "Charge stored"
    text = key.replace("_", " ")
    for word in WORDS:
        text = text.replace(word.lower(), word)
    return text[0].upper() + text[1:]


class Device:
    """What Home Assistant shows as a device: a pack, or the logger itself (pack "").

    expire_s: without news for so long, a value is not shown any more.
    """

    @once.start
    def __init__(self, settings, device_id, pack, model, expire_s):
        base = settings["base"]
        self._prefix = settings["discovery_prefix"]
        self._cells = settings["cells"]  # entities of single cells are enabled from the start
        self._base = json.dumps(base)[1:-1]
        self._pack = pack
        self._model = model
        self._expire_s = expire_s
        self._id = self._via = device_id
        # Of a pack: how many of each of LISTS, the link, then each field by its place: in a dict it
        # would take 600 bytes more. Of the logger: the keys
        self._announced = bytearray(LINK_AT + 1 + PLACES) if pack else {}
        if pack:
            self._id += "_" + pack

    def forget(self):
        """Announce everything anew."""
        known = self._announced
        self._announced = {} if isinstance(known, dict) else bytearray(len(known))

    def of_pack(self, payload, sample, energy=()):
        """Compose a config for each entity that is not announced yet; yields the topics. energy:
        as known_fields takes it.

        And "" whenever the loop should get its turn.
        """
        for key, _, unit, decimals, kind, place in known_fields(sample, energy):
            if self._is_new(LINK_AT + 1 + place):
                yield self._config(payload, key, (unit, decimals, kind))
        for at, (key, name, unit, decimals) in enumerate(LISTS):
            field = (unit, decimals, MEASUREMENT)
            yield ""
            for i in range(self._announced[at], count_of(sample, key)):
                self._announced[at] = i + 1
                value = "(value_json['%s']|default([]))[%d]" % (key, i)
                yield self._config(payload, "%s_%d" % (name, i + 1), field, value)

    def of_link(self, payload, base):
        """The same for whether the pack's BMS delivers readings. base: of the pack's topics."""
        if self._is_new(LINK_AT):
            base = json.dumps(base)[1:-1]
            payload.clear().add(LINK % (self._id, base, self._base))
            self._add_device(payload)
            yield "%s/binary_sensor/%s_link/config" % (self._prefix, self._id)

    def of_health(self, payload, values):
        """The same for the logger's health, a dict of int, str, bool and None."""
        for key in values:
            value = values[key]
            if value is not None and key not in self._announced and key not in UNSHOWN:
                self._announced[key] = 1
                yield self._config(payload, key, _field_of(key, value))

    # What all entities say is composed anew each time: kept, it would take half a KB a device

    def _add_state(self, payload):
        """Where the value is, and when it is not known any more."""
        base, pack = self._base, self._pack
        payload.add(',"stat_t":"%s/' % base)
        payload.add('%s/state"' % pack if pack else 'health"')
        payload.add(',"exp_aft":%d,"avty_mode":"all"' % self._expire_s)
        payload.add(',"avty":[{"t":"%s/status"}' % base)
        payload.add(',{"t":"%s/%s/status"}]' % (base, pack) if pack else "]")

    def _add_device(self, payload):
        """The device, and who says so. Ends the object."""
        payload.add(',"dev":{"mf":"packlog","mdl":"%s","name":"%s' % (self._model, self._base))
        if self._pack:
            payload.add(' %s","via_device":"%s"' % (self._pack, self._via))
        else:
            payload.add('","sw":"%s, MicroPython %s"' % (VERSION, MICROPYTHON))
        payload.add(',"ids":"%s"},"o":{"name":"packlog","sw":"%s"}}' % (self._id, VERSION))

    def _is_new(self, at):
        """Is nothing of it announced? Now it is. at: among what a pack has."""
        new = not self._announced[at]
        self._announced[at] = 1
        return new

    def _config(self, payload, key, field, element=None):
        unit, decimals, kind = field
        value = element or "value_json['%s']" % key
        binary = kind in (SWITCH, ALARM)
        number = not binary and kind != TEXT
        aside = (number and unit in ("", "s", "bytes", "dBm")) or key in IDENTITY
        payload.clear()
        for name, content in (
            ("name", name_of(key)),
            ("uniq_id", self._id + "_" + key),
            ("val_tpl", "{{%s|default(%s)}}" % (value, "none" if kind != TEXT else "'',true")),
            ("unit_of_meas", UNITS.get(unit, unit)),
            ("dev_cla", _class_of(key, unit, kind)),
            ("stat_cla", number and ("total_increasing" if kind == TOTAL else "measurement")),
            ("sug_dsp_prc", decimals),
            ("ent_cat", aside and "diagnostic"),
        ):
            if content:
                payload.item(name, content)
        if binary:
            payload.add(',"pl_on":"True","pl_off":"False"')
        if element and not self._cells and key[0] != "t":
            payload.add(',"en":false')
        self._add_state(payload)
        self._add_device(payload)
        platform = "binary_sensor" if binary else "sensor"
        return "%s/%s/%s_%s/config" % (self._prefix, platform, self._id, key)


def _class_of(key, unit, kind):
    """Home Assistant's device class, None without one."""
    if key == "soc":
        return "battery"
    if kind == ALARM:
        return "problem"
    if kind in (TOTAL, PLAIN) and unit != "kWh":
        return None
    return CLASSES.get(unit)


def _field_of(key, value):
    """(unit, decimals, kind) of one of the logger's own values."""
    for unit, decimals, kind, *names in HEALTH:
        if key in names:
            return unit, decimals, kind
    kind = TEXT if isinstance(value, str) else SWITCH if isinstance(value, bool) else MEASUREMENT
    return "", 0, kind
