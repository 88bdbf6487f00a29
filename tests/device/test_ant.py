"""The ANT decoder, against frames that others have published and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, flipped, hexed, last_sample
from asked_wires import ant_wire as wire

from bms import ant, ant_alarms
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# Of a log of a 16ZMUB that ESPHome's component shows. From the one to the other, some seconds
# later, the charge goes down from 252.602 to 252.588 Ah and the discharged charge up by 13 mAh,
# with 1.0 to 1.5 A in each: above 0 it discharges.
BEFORE = hexed(
    "7ea11100008e 05010210 0000000000000000 8000800100000000 0000000000000000"
    "e20ce20ce40ce40ce70ce60ce60ce50ce70ce70ce60ce60ce50ce60ce50ce70c 0000020002000700"
    "a214 0f00 5b00 6400 01010000 0076b010 8c660e0f ba324a00 44000000 11582e02 00000000"
    "e70c0500e20c01000500e50c000080007a000f02f2fa b98c3b00 bbd85800 db2d4300 e8b64900 c0b8aa55"
)
AFTER = hexed(
    "7ea11100008e 05010210 0000000000000000 8000800100000000 0000000000000000"
    "e10ce10ce20ce30ce60ce40ce50ce30ce50ce50ce40ce50ce40ce40ce40ce50c 0100020002000700"
    "9f14 0a00 5b00 6400 01010000 0076b010 94300e0f c1324a00 34000000 40582e02 00000000"
    "e60c0500e10c01000500e30c000080007a000f02f2fa c78c3b00 bbd85800 0b2e4300 e8b64900 5b73aa55"
)
# Of aiobmsble's tests: 22 cells, 50.88 V, 2.1 A, 10 %
CELLS_22 = "1e091b091e091d091d091e0920091e098f088e0890082209eb082009"
CELLS_22 += "20091f091e091f091e091f0921091f09"
TWENTY_TWO = hexed(
    "7ea11100009e 05040416 0000000000000000 0000880100000000 0000000000000000" + CELLS_22
    + "1d001d001d001d001e001e00 e013 1500 0a00 6400 01010000 00b4c404 86f19700 3aede800 6a000000"
    + "a1f2c003 00000000 22090c008e080a00940008090000 6d006a00af02f3fa 4c74e500 2866ec00 c35d6200"
    + "ccb39200 edc8aa55"
)  # fmt: skip
# Of ESPHome's component: 14 cells, three of four sensors; the load is switched off
FOURTEEN = hexed(
    "7ea11100008e 0501040e 0200000000000000 0000000100000000 0000000000000000" + 14 * "1110"
    + "1c001c00d8ff1c001c001c00 7e16 0000 6000 6400 01020000 80c3c901 4f55b301 08530000 00000000"
    + "6b281200 00000000 1110010011100100 0000111002007000 0300ac02f1fa 7d2e0000 94770000 de070000"
    + "77760000 35e2aa55"
)  # fmt: skip
TEXTS = hexed(
    "7ea1126c0220 32344248" + 12 * "00" + "323442485542303 02d323131303236415796 ff0b000041f2 aa55"
)  # fmt: skip
QUESTIONS = [wire.QUESTIONS[kind] for kind in (wire.TEXTS, wire.STATUS)]
CELLS = [3300 + i for i in range(16)]
BOTH = CHARGE_ON | DISCHARGE_ON


def status(current=125, cells=CELLS, **more):
    """52.92 V, 12.5 A out, 55 %, 154 of 280 Ah, 21 and -3 degC, MOSFETs at 25."""
    said = {"charge": 154000000, "capacity": 280000000, "soc": 55}
    said["temperatures"] = (21, -3, 25, 26)
    said.update(more)
    return wire.status(cells, current, **said)


def test_above_0_it_discharges():
    before, after = last_sample(ant, BEFORE), last_sample(ant, AFTER)
    assert (before.voltage, before.current, before.soc, before.soh) == (52820, -1500, 91, 1000)
    assert (after.voltage, after.current, after.soc, after.soh) == (52790, -1000, 91, 1000)
    assert (before.charge, after.charge, after.capacity) == (252601, 252588, 280000)
    assert before.extras == {"charge_out": 3902649, "bms_uptime": 36591633}
    assert after.extras == {"charge_out": 3902663, "bms_uptime": 36591680}
    assert after.temperatures == [10, 20, None, None, None, 20]
    assert after.cells[:5] == [3297, 3297, 3298, 3299, 3302] and after.cell_count == 16
    assert after.switches == BOTH and after.errors == after.flags == 0
    assert last_sample(ant, AFTER, {"invert_current": True}).current == 1000


def test_the_frames_of_aiobmsbles():
    sample = last_sample(ant, TEXTS + TWENTY_TWO)
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (50880, -2100, 10, 1000)
    assert (sample.charge, sample.capacity) == (9957, 80000)
    assert sample.temperatures == [290, 290, 290, 290, None, 300]
    assert sample.cell_count == 22 and sample.cells[8:13] == [2191, 2190, 2192, 2338, 2283]
    assert sample.texts == {"hardware": "24BH", "software": "24BHUB00-211026A"}
    assert sample.extras["charge_out"] == 15037516


def test_a_sensor_that_is_missing_and_a_load_that_is_off():
    sample = last_sample(ant, FOURTEEN)
    assert (sample.voltage, sample.current, sample.soc) == (57580, 0, 96)
    assert (sample.charge, sample.capacity) == (28529, 30000)
    assert sample.temperatures == [280, 280, None, 280, None, 280]
    assert sample.cells[: sample.cell_count] == [4113] * 14
    assert (sample.switches, sample.flags) == (CHARGE_ON, DISCHARGE_STOPPED)
    assert sample.errors == 2 and ant.ALARMS[1] == "cell undervoltage"


def test_what_is_built_by_hand():
    data = wire.texts("24BH", "1", True) + status(-32768, soh=98, balancer=4, protections=1 << 63)
    sample = last_sample(ant, data)
    assert (sample.voltage, sample.current, sample.soh) == (52920, 3276800, 980)
    assert (sample.charge, sample.capacity) == (154000, 280000)
    assert sample.cells[: sample.cell_count] == CELLS
    assert sample.temperatures == [210, -30, None, None, None, 250]
    assert sample.switches == BOTH | BALANCING and sample.flags == 0
    assert sample.errors == 1 << ant_alarms.OTHER and ant.ALARMS[-1] == "other protection"
    assert sample.texts == {"hardware": "24BH", "software": "1"}
    assert last_sample(ant, status(balancer=10)).switches == BOTH
    sample = last_sample(ant, status(temperatures=(1, 2, 3, 4, 5, 6, -39, 8)))
    assert sample.temperatures == [10, 20, 30, 40, 50, -390]
    assert last_sample(ant, status(temperatures=(25, 26))).temperatures == 5 * [None] + [250]


def named(charge, discharge):
    """(the errors in words, the switches, the flags) of two states."""
    sample = last_sample(ant, status(fets=(charge, discharge)))
    names = [name for bit, name in enumerate(ant.ALARMS) if sample.errors >> bit & 1]
    return names, sample.switches, sample.flags


def test_the_states_of_the_mosfets():
    for state, name in (
        (2, "cell overvoltage"), (3, "charge overcurrent"), (5, "pack overvoltage"),
        (6, "charge too hot"), (7, "MOSFET overheated"), (8, "current sensor"),
        (9, "cell wire off"), (10, "box overheated"), (12, "MOSFET fault"), (13, "MOSFET fault"),
        (16, "cell overvoltage"), (17, "charge too cold"), (18, "cells differ"),
        (20, "self-test failed"),
    ):  # fmt: skip
        assert named(state, 1) == ([name], DISCHARGE_ON, CHARGE_STOPPED)
    for state in (0, 4, 11, 14, 15, 19):  # off, full, reserved, waiting, by hand, reserved
        assert named(state, 1) == ([], DISCHARGE_ON, 0)
    for state, name in (
        (2, "cell undervoltage"), (3, "load overcurrent"), (4, "load overcurrent"),
        (5, "pack undervoltage"), (6, "discharge too hot"), (7, "MOSFET overheated"),
        (8, "current sensor"), (9, "cell wire off"), (10, "box overheated"),
        (12, "short circuit"), (13, "MOSFET fault"), (14, "MOSFET fault"),
        (16, "cell undervoltage"), (17, "discharge too cold"), (18, "cells differ"),
        (19, "self-test failed"),
    ):  # fmt: skip
        assert named(1, state) == ([name], CHARGE_ON, DISCHARGE_STOPPED)
    for state in (0, 11, 15, 20):
        assert named(1, state) == ([], CHARGE_ON, 0)
    assert named(2, 12)[0] == ["cell overvoltage", "short circuit"]


def test_pieces_of_any_size():
    data = b"\x7e\xa1" + QUESTIONS[1] + TEXTS + AFTER + b"AT\r\n" + status() + status()
    data += wire.texts("24BH", "1", True) + QUESTIONS[0] + status(current=-300) + BEFORE[:100]
    whole = decode(ant, data)
    assert [found[1] for found in whole[0]] == [-1000, -12500, 30000]
    for size in SIZES:
        assert decode(ant, data, size) == whole, size


def test_frames_that_are_wrong():
    good = status()
    for at, bad in flipped(good):
        rows, stats = decode(ant, bad + good)
        assert len(rows) == 1 and rows[0][1] == -12500, at
    for more in (
        {"soc": 101}, {"soh": 201}, {"voltage": 20001}, {"cells": [6001] * 4}, {"fets": (21, 1)},
        {"fets": (1, 21)}, {"balancer": 16}, {"temperatures": (1,) * 9}, {"cells": [3300] * 33},
        {"capacity": 2000000001}, {"charge": 2000000001}, {"out": 1000000001},
    ):  # fmt: skip
        assert decode(ant, status(**more))[0] == [], more
    flaky = bytearray(status())
    flaky[8] = 1  # a number of sensors that does not fit the length
    assert decode(ant, wire.refit(bytes(flaky)))[0] == []


def test_what_a_pack_cannot_have_become_comes_twice():
    start = status(current=0)
    for change, times in (
        ({"soc": 57}, 1), ({"soc": 58}, 2), ({"voltage": 6092}, 1), ({"voltage": 6093}, 2),
        ({"temperatures": (31, -3, 25, 26)}, 1), ({"temperatures": (32, -3, 25, 26)}, 2),
        ({"temperatures": (21, 7, 25, 26)}, 1), ({"temperatures": (21, 8, 25, 26)}, 2),
        ({"temperatures": (21, -3, 36, 26)}, 2), ({"temperatures": (21, -3, -3, 25, 26)}, 2),
        ({"soh": 102}, 2), ({"protections": 1}, 2), ({"fets": (0, 1)}, 2), ({"fets": (1, 0)}, 2),
        ({"charge": 155000000}, 1), ({"charge": 155000001}, 2), ({"capacity": 280000001}, 2),
        ({"out": 1000}, 1), ({"out": 1001}, 2), ({"current": 1500}, 1), ({"current": -1501}, 2),
        ({"cells": CELLS[:15]}, 2), ({"cells": [2799] + CELLS[1:], "voltage": 5292}, 2),
        ({"balancer": 4, "uptime": 99999, "warnings": 1}, 1),
    ):  # fmt: skip
        far = status(**dict({"current": 10}, **change))
        assert len(decode(ant, start + far + start)[0]) == 4 - times, change
        assert len(decode(ant, start + far + far)[0]) == 4 - times, change
    assert decode(ant, status(), live=True)[0] == []
    assert len(decode(ant, status() + status(), live=True)[0]) == 1


def test_cells_that_are_configured():
    data = status(cells=[3300, 0, 3310])
    assert last_sample(ant, data).cells[:3] == [3300, 1, 3310]
    assert last_sample(ant, data, cells=2).cell_count == 2


def test_the_questions():
    decoder = ant.Decoder(lambda sample: None)
    assert asked(decoder, 6) == QUESTIONS * 2 + QUESTIONS[1:] * 2
    decoder.forget()
    assert asked(decoder, 1) == QUESTIONS[:1]
    assert not decoder.feed(TEXTS[:41])
    assert decoder.feed(TEXTS[41:])
