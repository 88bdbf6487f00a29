"""Payloads say what the reading says, to the last digit: decimals, Chargery's topics, JSON."""

import json
import sys

from known_readings import CHARGERY_TOPICS, bluenova, jk, reading

import fields
from energy import KEYS
from fields import value_of
from net.chargery_topics import CHARGERY, chargery
from net.payload import (
    ENERGY_AT,
    PLACES,
    TEXTS_AT,
    Payload,
    decimal,
    known_fields,
    say_errors,
    state,
)
from net.topics import health
from sample import EXTRAS, SCALARS, TEXTS, Sample

# What was counted of a pack, after twenty years
COUNTED = (99999999, 96543210, 1876543210, 1854321098, 66225, 951, None, 5940)


def state_of(sample, kind="chargery", unix=None, size=2048, energy=()):
    """The JSON state as it is published."""
    payload = Payload(memoryview(bytearray(size)))
    for _ in state(payload, sample, kind, unix, energy):
        pass
    assert not payload.full
    return bytes(payload.view())


def chargery_of(sample, cells=False):
    """{topic: payload} of Chargery's topics."""
    payload = Payload(memoryview(bytearray(64)))
    return {topic: bytes(payload.view()) for topic in chargery(payload, sample, cells)}


def test_decimals_are_exact():
    for value, places, text in (
        (0, 3, "0.0"),
        (-50, 3, "-0.05"),
        (-1, 3, "-0.001"),
        (5, 1, "0.5"),
        (-5, 1, "-0.5"),
        (53280, 3, "53.28"),
        (3000, 3, "3.0"),
        (-5200, 3, "-5.2"),
        (100, 0, "100"),
        (-7, 0, "-7"),
        (16777217, 3, "16777.217"),
        (4294967295, 3, "4294967.295"),
    ):
        assert decimal(value, places) == text, text


def test_decimals_are_what_python_writes():
    for value in range(-20000, 20000, 7):
        text = decimal(value, 3)
        whole, fraction = text.lstrip("-").split(".")
        assert int(whole) * 1000 + int((fraction + "000")[:3]) == abs(value), text
        assert text.startswith("-") == (value < 0)
        if sys.implementation.name == "cpython":  # MicroPython's floats have a digit more at times
            assert text == str(value / 1000)


def test_the_topics_of_a_chargery_pack():
    assert chargery_of(reading()) == CHARGERY_TOPICS
    assert len(CHARGERY) == 13


def test_the_topics_of_single_cells_begin_with_1():
    topics = chargery_of(reading(), True)
    assert len(topics) == 13 + 8
    assert [topics["cellvolt%d" % i] for i in (1, 2, 3, 4)] == [
        b"3.33",
        b"3.331",
        b"3.32",
        b"3.325",
    ]
    assert [topics["cellimped%d" % i] for i in (1, 2, 3, 4)] == [b"0.3", b"0.5", b"0.4", b"0.5"]


def test_charge_and_storage():
    sample = reading()
    for mode, current, name, text in ((1, 5200, b"Charge", b"5.2"), (2, 0, b"Storage", b"0.0")):
        sample.mode, sample.current = mode, current
        topics = chargery_of(sample)
        assert topics["modename"] == name
        assert topics["modeint"] == b"%d" % mode
        assert topics["current"] == text


def test_a_small_current_keeps_its_sign():
    sample = reading()
    sample.current = -50
    assert chargery_of(sample)["current"] == b"-0.05"
    assert b'"current":-0.05,' in state_of(sample)


def test_what_is_unknown_has_no_topic():
    assert chargery_of(Sample(), True) == {}
    sample = reading()
    sample.mode = sample.current = sample.temperatures[0] = None
    missing = {"modename", "modeint", "current", "temp1"}
    assert set(chargery_of(reading())) - set(chargery_of(sample)) == missing


def test_a_cell_that_is_not_known_has_no_topic():
    sample = reading()
    sample.cells[1] = 0
    assert "cellvolt2" not in chargery_of(sample, True)
    assert chargery_of(sample, True)["cellvolt3"] == b"3.32"
    assert json.loads(state_of(sample))["cells"] == [3.33, None, 3.32, 3.325]


def test_the_json_state_of_a_reading():
    assert json.loads(state_of(reading(), "chargery", 1700000000)) == {
        "bms": "chargery",
        "time": 1700000000,
        "voltage": 53.28,
        "current": -5.2,
        "power": -277.1,
        "soc": 74,
        "mode": "Discharge",
        "energy": 9871.234,
        "charge": 180.5,
        "full_cell_voltage": 3.65,
        "min_cell_voltage": 3.32,
        "max_cell_voltage": 3.331,
        "cell_difference": 0.011,
        "min_cell": 3,
        "max_cell": 2,
        "temperature": 22.8,
        "impedance": 1.7,
        "cells": [3.33, 3.331, 3.32, 3.325],
        "impedances": [0.3, 0.5, 0.4, 0.5],
        "temperatures": [22.8, -0.5],
    }


def test_the_bytes_of_a_state():
    sample = Sample()
    sample.voltage, sample.current = 3000, -1
    expected = b'{"bms":"jk","voltage":3.0,"current":-0.001,"power":0.0}'
    assert state_of(sample, "jk") == expected


def test_the_state_of_a_pack_that_is_silent_has_no_reading_in_it():
    assert state_of(None, "jk", 1700000000) == b'{"bms":"jk","time":1700000000}'
    assert state_of(Sample(), "jk") == b'{"bms":"jk"}'


def test_bits_are_true_false_or_not_there():
    sample = Sample()
    sample.flags, sample.switches = 2, 5
    said = json.loads(state_of(sample))
    del said["bms"]
    assert said == {
        "charge_stopped": False,
        "discharge_stopped": True,
        "charge_on": True,
        "discharge_on": False,
        "balancing": True,
    }


def test_numbers_of_the_bms_and_what_it_says_in_words():
    said = json.loads(state_of(jk(), "jk"))
    assert said["charge_out"] == 987654.321
    assert said["bms_uptime"] == 123456789
    assert said["error_bits"] == 65536
    assert said["soh"] == 98.5
    assert said["cycles"] == 12
    assert said["balance_current"] == -0.512
    assert said["temperature"] == -10.5
    assert said["mosfet_temperature"] == 40.2
    assert said["temperatures"] == [-10.5, 22.8, 22.9, 23.0, 23.1]
    assert said["model"] == "JK_B2A24S20P"
    assert said["power"] == -1314.7  # 106.496 V times -12.345 A is -1314.69312 W
    said = json.loads(state_of(bluenova(), "bluenova"))
    assert said["energy_in"] == 4294967295
    assert said["adc_vp"] == 53.281
    assert said["cell_temperatures"] == [-10.5] * 16
    assert "error_bits" not in said


def test_words_with_quotes_and_other_scripts_are_json_still():
    sample = Sample()
    for text in ('CELL "7"', "back\\slash", "Überspannung", "line\nbreak\ttab"):
        sample.texts["errors"] = text
        assert json.loads(state_of(sample))["errors"] == text
    sample.texts["errors"] = ""
    assert "errors" not in json.loads(state_of(sample))


def test_errors_are_words():
    """Of a BMS that knows them as bits, or says them itself; a BMS without them has none."""
    for bits, text, said in (
        (0, None, "none"),
        (5, None, "first, third"),
        (1 << 31 | 2, None, "second, 31"),
        (0, "No cells", "No cells"),
        (1, "No cells", "first, No cells"),
        (None, "", "none"),
        (None, "CELL", "CELL"),
        (None, None, None),
    ):
        sample = Sample()
        sample.errors = bits
        if text is not None:
            sample.texts["errors"] = text
        say_errors(sample, ("first", "second", "third"))
        assert json.loads(state_of(sample)).get("errors") == said


def test_the_resistances_of_sense_wires_have_a_name_of_their_own():
    said = json.loads(state_of(jk(), "jk"))
    assert said["wire_resistances"] == [123.4] * 32
    assert "impedances" not in said and "impedance" not in said
    said = json.loads(state_of(reading()))
    assert "wire_resistances" not in said and "impedance" in said


def test_an_impedance_of_nothing_and_a_temperature_of_0_are_known():
    sample = reading()
    sample.temperatures[0] = 0
    sample.impedances[3] = 0
    said = json.loads(state_of(sample))
    assert said["temperatures"] == [0.0, -0.5]
    assert said["temperature"] == 0.0
    assert said["impedances"] == [0.3, 0.5, 0.4, 0.0]


def test_the_longest_states_fit_into_what_a_board_has_for_them():
    for sample in (jk(), bluenova()):
        assert len(state_of(sample, "bluenova", 1700000000, 1500, COUNTED)) > 1000


def test_what_is_counted_is_in_the_state():
    found = json.loads(state_of(reading(), energy=COUNTED))
    counted = {
        "total_energy_in": 99999.999,
        "total_energy_out": 96543.21,
        "total_charge_in": 1876543.21,
        "total_charge_out": 1854321.098,
        "full_cycles": 6622.5,
        "energy_efficiency": 95.1,
        "time_to_empty": 5940,
    }
    assert found == dict(json.loads(state_of(reading())), **counted)


def test_a_payload_that_is_too_long_says_so():
    payload = Payload(memoryview(bytearray(16)))
    for _ in state(payload, reading(), "chargery", None):
        pass
    assert payload.full
    assert payload.size <= 16
    assert not payload.clear().full


def test_health():
    values = {"uptime": 12, "restart": "power", "storage_error": None, "online": True}
    payload = Payload(memoryview(bytearray(200)))
    health(payload, values)
    assert json.loads(bytes(payload.view())) == values


def test_known_fields_name_each_key_once():
    for sample in (reading(), jk(), bluenova()):
        places = {found[5]: found[0] for found in known_fields(sample, range(8))}
        assert set(places) <= set(range(PLACES))
        keys = [found[0] for found in known_fields(sample, range(8))]
        assert len(set(keys)) == len(places) == len(keys)


def test_the_table_has_every_field_that_a_sample_has():
    names = [name for row in fields.FIELDS for name in row[3:]]
    derived = {"power", "cell_difference", "impedance", "error_bits"}
    derived |= {"min_cell_voltage", "max_cell_voltage", "temperature", "min_cell", "max_cell"}
    own = set(SCALARS) - {"flags", "switches", "errors"}  # whose bits are fields
    assert set(names) == own | derived | set(fields.BITS) | {"mosfet_temperature"}
    assert [name for row in fields.EXTRAS for name in row[3:]] == list(EXTRAS)
    for name in names:
        value_of(Sample(), name)  # knows where it comes from


def test_each_field_has_a_place_of_its_own():
    alone = sum([len(row) - 3 for row in fields.FIELDS + fields.EXTRAS])
    assert alone <= ENERGY_AT <= TEXTS_AT - len(KEYS) and TEXTS_AT == PLACES - len(TEXTS)
    assert [name for row in fields.ENERGY for name in row[3:]] == list(KEYS)


def test_a_chargery_s_topics_have_the_decimals_of_the_table():
    decimals = {name: places for _, places, _, *names in fields.FIELDS for name in names}
    decimals.update(modeint=0, temp1=1, temp2=1)
    assert [(key, decimals[key]) for _, key, _ in CHARGERY] == [
        (key, places) for _, key, places in CHARGERY
    ]
