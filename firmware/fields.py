"""What a reading's fields are: their units, their decimals, their kinds. The one table of it, for
MQTT and the PC; a board without MQTT does not import it.

A Sample's integers count 10**-decimals of the unit: voltage 53280 with 3 decimals is 53.28 V. A row
is what several fields have in common, and their names, in the order in which they are published:
unit, decimals, kind, *names.
"""

from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    MAX_TEMPERATURES,
)

# Kinds: a total only grows, as readings of real units show or as we count it ourselves; an alarm is
# a protection that is active or not; plain is a number of which no readings show what it counts
MEASUREMENT, TOTAL, TEXT, SWITCH, ALARM, PLAIN = 0, 1, 2, 3, 4, 5

# Attributes of Sample, and what follows from them: see value_of()
FIELDS = (
    ("V", 3, MEASUREMENT, "voltage", "min_cell_voltage", "max_cell_voltage", "cell_difference"),
    ("A", 3, MEASUREMENT, "current", "balance_current"),
    ("W", 1, MEASUREMENT, "power"),
    ("%", 0, MEASUREMENT, "soc"),
    ("", 0, TEXT, "mode"),
    ("Wh", 3, MEASUREMENT, "energy"),
    ("Ah", 3, MEASUREMENT, "charge", "capacity"),
    ("degC", 1, MEASUREMENT, "temperature", "mosfet_temperature"),
    ("%", 1, MEASUREMENT, "soh"),
    ("", 0, PLAIN, "cycles"),
    ("V", 3, MEASUREMENT, "full_cell_voltage", "empty_cell_voltage"),
    ("mOhm", 1, MEASUREMENT, "impedance"),
    ("", 0, MEASUREMENT, "min_cell", "max_cell", "error_bits"),
    ("", 0, ALARM, "charge_stopped", "discharge_stopped"),
    ("", 0, SWITCH, "charge_on", "discharge_on", "balancing"),
)
# What energy.py counts of a pack, in its order
ENERGY = (
    ("kWh", 3, TOTAL, "total_energy_in", "total_energy_out"),
    ("Ah", 3, TOTAL, "total_charge_in", "total_charge_out"),
    ("", 1, TOTAL, "full_cycles"),
    ("%", 1, MEASUREMENT, "energy_efficiency"),
    ("min", 0, MEASUREMENT, "time_to_full", "time_to_empty"),
)
# Keys of Sample.extras
EXTRAS = (
    ("", 0, MEASUREMENT, "mcu_id", "units", "rank", "cells_present"),
    ("Wh", 0, PLAIN, "energy_in", "energy_out"),
    ("Ah", 3, TOTAL, "charge_out"),
    ("s", 0, MEASUREMENT, "bms_uptime"),
    ("V", 3, MEASUREMENT, "adc_vp", "adc_0", "adc_1", "adc_2", "adc_3", "adc_4"),
    ("", 0, TOTAL, "bad_crc"),
    ("", 0, MEASUREMENT, "parse_fail"),
    ("", 0, TOTAL, "bad_cell_voltage"),
    ("V", 3, MEASUREMENT, "vc_max", "vc_min"),
)
# Lists, attributes of Sample: (name, of an element, unit, decimals), all of them measurements
LISTS = (
    ("cells", "cell", "V", 3),
    ("impedances", "impedance", "mOhm", 1),
    ("wire_resistances", "wire_resistance", "mOhm", 1),
    ("cell_temperatures", "cell_temperature", "degC", 1),
    ("temperatures", "temperature", "degC", 1),
)
# The logger's own health, as far as it is more than plain numbers and texts
HEALTH = (
    ("s", 0, MEASUREMENT, "uptime"),
    (
        "bytes",
        0,
        MEASUREMENT,
        "heap_free",
        "flash_free",
        "heap_used",
        "idf_free",
        "idf_largest",
        "idf_least",
    ),
    ("dBm", 0, MEASUREMENT, "rssi"),
)

MODES = ("Discharge", "Charge", "Storage")
# Bits of an attribute of Sample
BITS = {
    "charge_stopped": ("flags", CHARGE_STOPPED),
    "discharge_stopped": ("flags", DISCHARGE_STOPPED),
    "charge_on": ("switches", CHARGE_ON),
    "discharge_on": ("switches", DISCHARGE_ON),
    "balancing": ("switches", BALANCING),
}
SENSORS = {"temp1": 0, "temp2": 1, "mosfet_temperature": MAX_TEMPERATURES - 1}


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
    if key == "cell_difference":
        return sample.max_cell_voltage - sample.min_cell_voltage
    if key == "impedance":
        return None if sample.wires else sum(sample.impedances[: sample.impedance_count]) or None
    if key == "error_bits":
        return sample.errors
    value = getattr(sample, key)
    return value + 1 if key in ("min_cell", "max_cell") else value
