"""What packlog info shows of a running board: words, units, and numbers as JSON."""

import json

import pytest
from host_tools.board import live, readable, status
from known_readings import bluenova, jk, reading

import console
from energy import KEYS
from fields import BITS, ENERGY
from net.payload import Payload, count_of, state
from sample import TEXTS

COUNTS = (("readings", 12), ("frames", 3), ("durable", 2), ("dropped", 0), ("rejected", 1))
MORE = (("tap_errors", 0), ("boot", 4), ("uptime", 90), ("unix", None), ("heap", 50000), ("lcd", 1))
HEALTH = (
    ("uptime", 90),
    ("cause", "power on"),
    ("clock", "not set"),
    ("unix", None),
    ("house_link", "up, no data"),
    ("house_connects", 2),
    ("wifi", "WiFi: no address"),
    ("rssi", -61),
)
COUNTED = (1234567, 1200321, 23456789, 22345678, 797, 951, None, 125)  # of KEYS
SILENT = "packlog house age=35.2 voltage=-- current=-- soc=-- temperature=-- min=-- max=-- "


def said(*lines):
    """What is heard of a round of lines."""
    health = " ".join(console.health_words(HEALTH))
    return live.listen(iter([health, *lines, health]), "port")


def of_a_reading(sample):
    lines = " ".join(console.status_words("house", sample, True, 1234, COUNTS + MORE))
    energy = console.energy_words("house", zip(KEYS, COUNTED, strict=True))
    return said(lines, " ".join(energy), " ".join(console.extras_words("house", sample)))


@pytest.mark.parametrize("make", [reading, jk, bluenova])
def test_json_has_the_numbers_of_mqtt_under_its_names(make):
    sample, payload = make(), Payload(memoryview(bytearray(4000)))
    for _ in state(payload, sample, "jk", None, COUNTED):
        pass
    published = json.loads(bytes(payload.view()))
    found = readable.numbers(readable.arranged(of_a_reading(sample))["house"])
    same = [key for key in found if key in published and key not in (*TEXTS, "temperatures")]
    assert len(same) > 15
    assert {key: found[key] for key in same} == {key: published[key] for key in same}
    known = found.get("temperatures", [])[: count_of(sample, "temperatures")]
    assert known == published.get("temperatures", [])
    assert found["min_cell"] == sample.min_cell + 1


def test_the_console_counts_what_the_table_of_fields_has():
    assert tuple(key for _, _, _, *keys in ENERGY for key in keys) == KEYS


def test_what_was_counted_has_its_units():
    found = readable.arranged(of_a_reading(reading()))["house"]
    assert readable.numbers(found).items() >= {
        ("total_energy_in", 1234.567),
        ("total_charge_out", 22345.678),
        ("full_cycles", 79.7),
        ("energy_efficiency", 95.1),
        ("time_to_empty", 125),
    }
    assert "time_to_full" not in found
    assert dict(readable.rows(found)).items() >= {
        ("Total energy out", "1200.321 kWh"),
        ("Full cycles", "79.7"),
        ("Energy efficiency", "95.1 %"),
        ("Time to empty", "125 min"),
    }


def test_json_has_bits_and_texts_as_they_are():
    found = readable.numbers(readable.arranged(of_a_reading(jk()))["house"])
    assert {name: found[name] for name in BITS if name in found} == {
        "charge_on": True,
        "discharge_on": False,
        "balancing": True,
    }
    assert (found["error_bits"], found["errors"]) == (65536, "charge MOSFET fault")
    assert (found["software"], found["model"]) == ("10.07", "JK_B2A24S20P")
    assert found["wire_resistances"] == [123.4] * 32


def test_bits_mean_what_that_kind_of_bms_calls_them():
    for bms, words in (
        ("jk", "charge MOSFET fault"),
        ("daly_old", "MOSFET sensor"),
        ("one_of_tomorrow", "error 16 on"),
    ):
        found = readable.arranged(said(f"packlog house readings=1 bms={bms} errors=65536"))["house"]
        assert readable.numbers(found).items() >= {("bms", bms), ("errors", words)}
        rows = dict(readable.rows(found))
        assert (rows["Kind of BMS"], rows["Errors"]) == (bms, words)


def test_each_value_is_there_once_with_what_it_is_of():
    found = readable.arranged(of_a_reading(reading()))
    assert (found["house"]["link"], found["house"]["connects"]) == ("up,_no_data", "2")
    assert not {"uptime", "unix", "heap", "lcd"} & set(found["house"])
    assert found["health"]["lcd"] == "1" and "house_link" not in found["health"]
    health = readable.numbers(found["health"])
    assert health["cause"] == "power on" and health["clock"] == "not set"
    assert health["wifi"] == "WiFi: no address" and health["rssi"] == -61
    assert health["unix"] is None and health["lcd"] is True


def test_a_silent_bms_is_said_in_words():
    found = readable.arranged(said(SILENT + "readings=12 frames=3 durable=2 tap_errors=0"))
    rows = dict(readable.rows(found["house"]))
    assert rows["No data from the BMS"] == "for 35.2 s"
    assert rows["Link"] == "up, no data"
    assert not {"Voltage", "State of charge", "Newest reading"} & set(rows)
    rows = dict(readable.rows(readable.arranged(said(SILENT + "readings=0"))["house"]))
    assert rows["No data from the BMS"] == "for 35.2 s since the start"


def test_no_row_has_the_name_of_a_variable():
    for make in (reading, jk, bluenova):
        for values in readable.arranged(of_a_reading(make())).values():
            for name, _ in readable.rows(values):
                assert name[0].isupper() or name.startswith(("of these", "largest", "least"))
                assert "_" not in name and "tap" not in name and "durable" not in name


def test_a_round_as_json_and_as_a_table(monkeypatch, capsys):
    lines = [" ".join(console.health_words(HEALTH)), SILENT + "readings=0"]
    lines += [console.TROUBLE + "no BMS", lines[0]]
    assert status.trouble(lines[2])

    class Port:
        def close(self):
            pass

    monkeypatch.setattr(live, "open_port", lambda port: Port())
    monkeypatch.setattr(live, "_round", lambda transport, port: iter(lines))
    live.live("port", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["house"]["voltage"] is None and found["house"]["age"] == 35.2
    assert found["health"]["troubles"] == ["no BMS"]
    live.live("port")
    shown = capsys.readouterr().out
    assert "No data from the BMS" in shown and "trouble: no BMS" in shown
