"""What the board writes on its console, the PC reads: both by the same words."""

import pytest
from host_tools.board import status
from host_tools.ground import units
from known_readings import bluenova, jk, reading

import console
from fields import EXTRAS, FIELDS, HEALTH
from sample import MORE, Sample

COUNTS = (("readings", 12), ("frames", None))


@pytest.mark.parametrize("make", [reading, jk, bluenova])
def test_a_pack_s_lines_are_read_as_they_were_written(make):
    sample = make()
    kind, pack, values = status.any_line(
        " ".join(console.status_words("house", sample, True, 1234, COUNTS))
    )
    assert (kind, pack) == ("pack", "house")
    assert values["readings"] == "12" and values["frames"] == "--" and values["age"] == "1.2"
    found = status.parse(" ".join(console.status_words("house", sample, True, 1234, COUNTS)))
    assert found.number("frames") is None
    assert round(found.number("voltage") * 1000) == sample.voltage
    assert round(found.number("current") * 1000) == sample.current
    assert round(found.number("min") * 1000) == sample.min_cell_voltage
    kind, pack, values = status.any_line(" ".join(console.extras_words("house", sample)))
    assert (kind, pack) == ("extra", "house")
    for name in (name for name in MORE if name not in sample.texts):
        value = getattr(sample, name)
        assert values.get(name) == (None if value is None else str(value))
    for name, value in sample.extras.items():
        assert values.get(name) == (None if value is None else str(value))


def test_the_health_line_is_read_as_it_was_written():
    line = " ".join(console.health_words([("uptime", 7), ("wifi", "no address"), ("rssi", None)]))
    values = {"uptime": "7", "wifi": "no_address", "rssi": "--"}
    assert status.any_line(line) == ("health", "", values)
    assert status.trouble(console.TROUBLE + "no BMS") == "no BMS"


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("voltage", "53.280", "53.280 V"),
        ("min", "3.320#3", "3.320 V (cell 3)"),
        ("energy", "9871234", "9871.234 Wh"),
        ("energy_in", "4294967295", "4294967295 Wh"),
        ("charge_out", "987654321", "987654.321 Ah"),
        ("soh", "985", "98.5 %"),
        ("soc", "74", "74 %"),
        ("balance_current", "-512", "-0.512 A"),
        ("adc_0", "3281", "3.281 V"),
        ("bms_uptime", "77", "77 s"),
        ("flash_free", "8192", "8192 bytes"),
        ("rssi", "-61", "-61 dBm"),
        ("cycles", "12", "12"),
        ("temperatures", "22.8,--", "22.8,-- degC"),
        ("impedances", "0.3,0.5", "0.3,0.5 mOhm"),
        ("heap", "--", "--"),
    ],
)
def test_a_value_in_words_has_the_unit_of_the_table(key, text, words):
    assert units.of_status(key, text) == words


def test_every_unit_of_the_table_is_one_that_the_pc_writes():
    for unit, decimals, _, *names in (*FIELDS, *EXTRAS, *HEALTH):
        for name in names:
            assert units.STATUS[name][1] == unit
            assert units.STATUS[name][0] in (0, decimals)


def test_a_line_is_said_word_by_word(capsys):
    console.say(console.health_words([("uptime", 7), ("wifi", "no address")]))
    console.say(console.extras_words("house", Sample()))
    assert capsys.readouterr().out == "packlog health uptime=7 wifi=no_address\n"
