"""Home Assistant's discovery messages: every key and value is one that its documentation allows."""

import json

import home_assistant
from known_readings import bluenova, jk, reading

from net.announcing import Device
from net.discovery import name_of
from net.payload import Payload, state
from sample import Sample
from version import MICROPYTHON, VERSION

SETTINGS = {"base": "packlog", "discovery_prefix": "homeassistant", "cells": False}
HEALTH = {
    "uptime": 12,
    "heap_free": 100000,
    "flash_free": 1000000,
    "rssi": -61,
    "wifi": "home",
    "wifi_drops": 3,
    "clock_set": True,
    "storage_error": None,
    "unix": 1700000000,
    "packlog": "0.1.0",
    "micropython": "1.27.0",
}


def every_value():
    """A pack that knows everything there is to know."""
    sample = reading()
    for other in (jk(), bluenova()):
        sample.extras.update(other.extras)
        sample.texts.update(other.texts)
    sample.soh, sample.cycles, sample.capacity, sample.balance_current = 985, 3, 280000, 12
    sample.empty_cell_voltage, sample.flags, sample.switches, sample.errors = 2800, 0, 7, 5
    sample.cell_temperatures[:4] = [201, 202, 203, 204]
    sample.temperatures[5] = 402
    return sample


def pack(**settings):
    settings = dict(SETTINGS, **settings)
    return Device(settings, "a1b2c3", "house", "chargery", 85)


def messages(topics, payload):
    """{topic: config, spelled out} of a generator of Device."""
    found = {}
    for topic in topics:
        if not topic:
            continue
        assert not payload.full
        assert topic not in found, topic
        found[topic] = home_assistant.spelled_out(json.loads(bytes(payload.view())))
    return found


COUNTED = (1234567, 1200321, 23456789, 22345678, 797, 951, 305, 125)  # what the logger counts


def of_pack(device, sample, energy=()):
    payload = Payload(memoryview(bytearray(700)))
    return messages(device.of_pack(payload, sample, energy), payload)


def of_health(values, device=None):
    payload = Payload(memoryview(bytearray(700)))
    device = device or Device(SETTINGS, "a1b2c3", "", "logger", 130)
    return messages(device.of_health(payload, values), payload)


def test_every_message_is_one_that_home_assistant_documents():
    found = of_pack(pack(), every_value(), COUNTED)
    found.update(of_health(HEALTH))
    assert len(found) == 27 + 8 + 17 + 7 + 14 + 7  # fields, counted, extras, texts, lists, health
    for topic in found:
        home_assistant.check(topic, found[topic])
    assert len({config["unique_id"] for config in found.values()}) == len(found)


def test_a_voltage():
    assert of_pack(pack(), reading())["homeassistant/sensor/a1b2c3_house_voltage/config"] == {
        "name": "Voltage",
        "unique_id": "a1b2c3_house_voltage",
        "state_topic": "packlog/house/state",
        "value_template": "{{value_json['voltage']|default(none)}}",
        "unit_of_measurement": "V",
        "device_class": "voltage",
        "state_class": "measurement",
        "suggested_display_precision": 3,
        "expire_after": 85,
        "availability": [{"topic": "packlog/status"}, {"topic": "packlog/house/status"}],
        "availability_mode": "all",
        "device": {
            "identifiers": "a1b2c3_house",
            "name": "packlog house",
            "manufacturer": "packlog",
            "model": "chargery",
            "via_device": "a1b2c3",
        },
        "origin": {"name": "packlog", "sw_version": VERSION},
    }


def test_a_protection_is_a_problem_and_a_switch_is_none():
    found = of_pack(pack(), every_value())
    stopped = found["homeassistant/binary_sensor/a1b2c3_house_charge_stopped/config"]
    assert stopped["device_class"] == "problem"
    assert (stopped["payload_on"], stopped["payload_off"]) == ("True", "False")
    switch = found["homeassistant/binary_sensor/a1b2c3_house_discharge_on/config"]
    assert "device_class" not in switch


def test_the_energy_dashboard_takes_what_is_counted():
    """It lists sensors of this device class, unit and state class: a home battery needs two."""
    found = of_pack(pack(), every_value(), COUNTED)
    for way in ("in", "out"):
        config = found["homeassistant/sensor/a1b2c3_house_total_energy_%s/config" % way]
        assert config["name"] == "Total energy " + way
        assert config["device_class"] == "energy"
        assert config["state_class"] == "total_increasing"
        assert config["unit_of_measurement"] == "kWh"
        assert config["value_template"] == "{{value_json['total_energy_%s']|default(none)}}" % way
        assert "entity_category" not in config
    config = found["homeassistant/sensor/a1b2c3_house_time_to_full/config"]
    names = ("name", "device_class", "state_class", "unit_of_measurement")
    assert [config[name] for name in names] == ["Time to full", "duration", "measurement", "min"]


def test_what_is_counted_is_announced_once_it_is_known():
    device, sample = pack(), reading()
    first = of_pack(device, sample, COUNTED[:5] + (None, None, 125))
    assert "homeassistant/sensor/a1b2c3_house_time_to_empty/config" in first
    assert set(of_pack(device, sample, COUNTED)) == {
        "homeassistant/sensor/a1b2c3_house_energy_efficiency/config",
        "homeassistant/sensor/a1b2c3_house_time_to_full/config",
    }


def test_totals_and_contents():
    found = of_pack(pack(), every_value(), COUNTED)
    classes = {}
    for key in (
        "energy",
        "energy_in",
        "charge",
        "charge_out",
        "total_charge_out",
        "full_cycles",
        "soc",
        "mode",
        "min_cell",
        "bad_crc",
    ):
        config = found["homeassistant/sensor/a1b2c3_house_%s/config" % key]
        names = ("device_class", "state_class", "unit_of_measurement")
        classes[key] = tuple(config.get(name) for name in names)
    assert classes == {
        "energy": ("energy_storage", "measurement", "Wh"),
        "energy_in": (None, "measurement", "Wh"),
        "charge": (None, "measurement", "Ah"),
        "charge_out": (None, "total_increasing", "Ah"),
        "total_charge_out": (None, "total_increasing", "Ah"),
        "full_cycles": (None, "total_increasing", None),
        "soc": ("battery", "measurement", "%"),
        "mode": (None, None, None),
        "min_cell": (None, "measurement", None),
        "bad_crc": (None, "total_increasing", None),
    }


def lookup(template, said):
    """What Home Assistant's template gets out of the JSON state: the path in it, followed."""
    path = template.split("value_json['")[1].split("'")[0]
    value = said.get(path)
    if path + "']|default([]))[" in template:
        value = value[int(template.split("[")[-1].split("]")[0])]
    return value


def test_every_template_finds_its_value_in_the_state():
    sample = every_value()
    payload = Payload(memoryview(bytearray(4000)))
    for _ in state(payload, sample, "chargery", None, COUNTED):
        pass
    said = json.loads(bytes(payload.view()))
    del said["bms"]
    for config in of_pack(pack(), sample, COUNTED).values():
        value = lookup(config["value_template"], said)
        assert value is not None, config["value_template"]
        if "payload_on" in config:
            assert str(value) in (config["payload_on"], config["payload_off"])
    paths = set()
    for config in of_pack(pack(), sample, COUNTED).values():
        paths.add(config["value_template"].split("value_json['")[1].split("'")[0])
    assert paths == set(said)  # and there is an entity for all that is said


def test_templates_are_made_of_known_pieces():
    for config in of_pack(pack(), every_value()).values():
        template = config["value_template"]
        assert template.startswith("{{") and template.endswith(")}}")
        assert template.count("(") == template.count(")")
        assert "|default(none)" in template or "|default('',true)" in template


def test_what_is_not_known_is_announced_once_it_is():
    device = pack()
    sample = reading()
    first = of_pack(device, sample)
    assert of_pack(device, sample) == {}
    sample.soh = 990
    sample.cells[4], sample.cell_count = 3330, 5
    assert set(of_pack(device, sample)) == {
        "homeassistant/sensor/a1b2c3_house_soh/config",
        "homeassistant/sensor/a1b2c3_house_cell_5/config",
    }
    device.forget()
    assert len(of_pack(device, sample)) == len(first) + 2
    assert of_pack(pack(), Sample()) == {}


def test_whether_the_bms_delivers_readings_is_a_connectivity_sensor():
    device, payload = pack(), Payload(memoryview(bytearray(700)))
    found = messages(device.of_link(payload, "packlog/house"), payload)
    config = found["homeassistant/binary_sensor/a1b2c3_house_link/config"]
    home_assistant.check("homeassistant/binary_sensor/a1b2c3_house_link/config", config)
    assert (config["name"], config["device_class"]) == ("BMS", "connectivity")
    assert (config["payload_on"], config["payload_off"]) == ("online", "offline")
    assert config["state_topic"] == "packlog/house/status"  # it is not unavailable when it is off
    assert config["availability_topic"] == "packlog/status"
    assert config["device"] == of_pack(pack(), reading()).popitem()[1]["device"]
    assert not list(device.of_link(payload, "packlog/house"))


def test_the_resistances_of_sense_wires_are_no_impedances_of_cells():
    for make, present, absent in ((reading, "impedance", "wire"), (jk, "wire", "impedance")):
        names = [topic.split("house_")[1].split("/")[0] for topic in of_pack(pack(), make())]
        assert any(name.startswith(present) for name in names)
        assert not any(name.startswith(absent) for name in names)
    wire = of_pack(pack(), jk())["homeassistant/sensor/a1b2c3_house_wire_resistance_7/config"]
    assert wire["name"] == "Wire resistance 7"
    assert (
        wire["value_template"]
        == "{{(value_json['wire_resistances']|default([]))[6]|default(none)}}"
    )


def test_single_cells_are_there_but_enabled_on_request_only():
    for cells in (False, True):
        found = of_pack(pack(cells=cells), reading())
        config = found["homeassistant/sensor/a1b2c3_house_cell_3/config"]
        assert config["name"] == "Cell 3"
        assert config.get("enabled_by_default", True) == cells
        temperature = found["homeassistant/sensor/a1b2c3_house_temperature_2/config"]
        assert "enabled_by_default" not in temperature


def test_the_logger_itself():
    found = of_health(HEALTH)
    assert len(found) == 7  # what is unknown comes when it is known; time and versions never
    uptime = found["homeassistant/sensor/a1b2c3_uptime/config"]
    assert uptime["state_topic"] == "packlog/health"
    assert uptime["availability"] == [{"topic": "packlog/status"}]
    assert uptime["device"]["name"] == "packlog"
    assert uptime["device"]["identifiers"] == "a1b2c3"
    assert "via_device" not in uptime["device"]
    assert uptime["device"]["sw_version"] == VERSION + ", MicroPython " + MICROPYTHON
    assert uptime["entity_category"] == "diagnostic"
    assert "homeassistant/binary_sensor/a1b2c3_clock_set/config" in found
    for config in found.values():
        assert lookup(config["value_template"], HEALTH) is not None


def test_names_as_a_person_reads_them():
    names = [name_of(key) for key in ("soc", "min_cell_voltage", "adc_0", "mosfet_temperature")]
    assert names == ["SoC", "Min cell voltage", "ADC 0", "MOSFET temperature"]
    # What is in the pack, not what went through it
    names = [name_of(key) for key in ("energy", "charge", "energy_in", "charge_out")]
    assert names == ["Energy stored", "Charge stored", "Energy in", "Charge out"]


def test_a_message_is_short():
    sample = every_value()
    payload = Payload(memoryview(bytearray(700)))
    longest = max(payload.size for _ in pack(cells=True).of_pack(payload, sample))
    assert longest < 600
