"""Home Assistant's MQTT discovery: a small config message an entity, composed when its turn comes.
In memory only while there is something to announce.

One document a device (Home Assistant 2024.11 and later) would be 15 KB in one packet for a pack
with cells; a config an entity works with every version and takes 600 bytes. The keys are Home
Assistant's abbreviations, see https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery

device is a net.announcing.Device.
"""

import json

from fields import ALARM, HEALTH, MEASUREMENT, PLAIN, SWITCH, TEXT, TOTAL
from version import MICROPYTHON, VERSION

PASSING = True

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


def link(device, payload, base):
    """Compose the config of whether the pack's BMS delivers readings; returns the topic. base: of
    the pack's topics.
    """
    base = json.dumps(base)[1:-1]
    payload.clear().add(LINK % (device.id, base, device.base))
    _add_device(device, payload)
    return "%s/binary_sensor/%s_link/config" % (device.prefix, device.id)


def health(device, payload, key, value_of_it):
    """The same for one of the logger's own values; "" if that is not shown."""
    if key in UNSHOWN:
        return ""
    return value(device, payload, key, _field_of(key, value_of_it))


def value(device, payload, key, field, element=None):
    """Compose the config of the entity of a key; returns the topic. field: (unit, decimals, kind).
    element: where its value is in a list, as a template.
    """
    unit, decimals, kind = field
    value = element or "value_json['%s']" % key
    binary = kind in (SWITCH, ALARM)
    number = not binary and kind != TEXT
    aside = (number and unit in ("", "s", "bytes", "dBm")) or key in IDENTITY
    payload.clear()
    for name, content in (
        ("name", name_of(key)),
        ("uniq_id", device.id + "_" + key),
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
    if element and not device.cells and key[0] != "t":
        payload.add(',"en":false')
    _add_state(device, payload)
    _add_device(device, payload)
    platform = "binary_sensor" if binary else "sensor"
    return "%s/%s/%s_%s/config" % (device.prefix, platform, device.id, key)


def _add_state(device, payload):
    """Where the value is, and when it is not known any more."""
    base, pack = device.base, device.pack
    payload.add(',"stat_t":"%s/' % base)
    payload.add('%s/state"' % pack if pack else 'health"')
    payload.add(',"exp_aft":%d,"avty_mode":"all"' % device.expire_s)
    payload.add(',"avty":[{"t":"%s/status"}' % base)
    payload.add(',{"t":"%s/%s/status"}]' % (base, pack) if pack else "]")


def _add_device(device, payload):
    """The device, and who says so. Ends the object."""
    payload.add(',"dev":{"mf":"packlog","mdl":"%s","name":"%s' % (device.model, device.base))
    if device.pack:
        payload.add(' %s","via_device":"%s"' % (device.pack, device.via))
    else:
        payload.add('","sw":"%s, MicroPython %s"' % (VERSION, MICROPYTHON))
    payload.add(',"ids":"%s"},"o":{"name":"packlog","sw":"%s"}}' % (device.id, VERSION))


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
