"""The Seplos V2 decoder, against published frames and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, flipped, hexed, last_sample
from asked_wires import seplos_v2_wire as wire

from bms import seplos_v2
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# Of aiobmsble's tests: 16 cells, 54.43 V, 11.8 A in, 298.53 of 304 Ah, 98.2 %, 214 cycles
SIXTEEN = hexed(
    "7e14006100006a 000010 0d440d470d4c0d470d450d460d460d580d580d590d480d440d480d430d480d47 06"
    + "0b930b920b900b950bd00ba0 049c 1543 749d 06 76c0 03d6 76c0 00d6 03e8 1546" + 24 * "00"
    + "02 03 08 0000000000000000 0002 0000 d8c3 0d"
)  # fmt: skip
TEXTS = hexed(
    "7e140051000024 43414e3a504e475f4459455f4c7578705f5442 42313130312d53503736 20 1006 01014601"
    "a26c 0d"
)
# The data of ESPHome's tests: 8 cells, 48.00 V, -5.00 A, 100 of 200 Ah, 50.0 %
EIGHT = hexed(
    "000008 0ce80cea0ce60cec0ce80ce90ce70ceb 04 0ba60ba00bd70c09 fe0c 12c0 2710 00 4e20 01f4 4e20"
    + "0064 03e7 12c0" + 14 * "00" + "03 03 08 0000000000000000 00 00"
)  # fmt: skip
QUESTIONS = [wire.QUESTIONS[kind] for kind in (wire.TEXTS, wire.DATA)]
CELLS = [3300 + i for i in range(16)]
BOTH = CHARGE_ON | DISCHARGE_ON


def status(current=-1250, cells=CELLS, **more):
    """52.92 V, 12.5 A out, 55.0 %, 154 of 280 Ah, 21.5 and -3.5 degC, MOSFETs at 25."""
    said = {"charge": 15400, "capacity": 28000, "soc": 550}
    said["temperatures"] = (215, -35, 190, 250)
    said.update(more)
    return wire.status(cells, current, **said)


def named(sample):
    """The errors in words."""
    return [name for bit, name in enumerate(seplos_v2.ALARMS) if sample.errors >> bit & 1]


def test_the_frames_of_aiobmsbles():
    sample = last_sample(seplos_v2, TEXTS + SIXTEEN)
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (54430, 11800, 98, 1000)
    assert (sample.charge, sample.capacity, sample.cycles) == (298530, 304000, 214)
    assert sample.temperatures == [232, 231, 229, 234, 293, 245]
    cells = [3396, 3399, 3404, 3399, 3397, 3398, 3398, 3416, 3416, 3417, 3400, 3396, 3400, 3395]
    assert sample.cells[: sample.cell_count] == cells + [3400, 3399]
    assert sample.switches == BOTH | BALANCING and sample.errors == sample.flags == 0
    assert sample.texts == {"model": "B1101-SP76", "software": "16.6"}


def test_the_data_of_esphomes():
    sample = last_sample(seplos_v2, wire.frame(wire.DATA, EIGHT))
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (48000, -5000, 50, 999)
    assert (sample.charge, sample.capacity, sample.cycles) == (100000, 200000, 100)
    assert sample.temperatures == [251, 245, None, None, 300, 350]
    cells = [3304, 3306, 3302, 3308, 3304, 3305, 3303, 3307]
    assert sample.cells[: sample.cell_count] == cells and sample.switches == BOTH


def test_what_is_built_by_hand():
    events = (0, 2, 0, 0, 0x20, 0, 0, 0)
    sample = last_sample(seplos_v2, status(events=events, switches=0, balance=1 << 15, soc=555))
    assert (sample.voltage, sample.current, sample.soc) == (52920, -12500, 56)
    assert sample.temperatures == [215, -35, None, None, 190, 250]
    assert sample.cells[: sample.cell_count] == CELLS
    assert named(sample) == ["cell overvoltage", "short circuit"]
    assert (sample.switches, sample.flags) == (BALANCING, CHARGE_STOPPED | DISCHARGE_STOPPED)
    sample = last_sample(seplos_v2, status(switches=1))
    assert (sample.switches, sample.flags) == (DISCHARGE_ON, 0)  # by its owner
    data = status(temperatures=(215, 1501, -600, -601, 100, 110, 120, 130), events=(0,) * 12)
    assert last_sample(seplos_v2, data).temperatures == [215, None, -600, None, 120, 130]
    assert last_sample(seplos_v2, status(temperatures=(120, 130))).temperatures[3:] == [
        None, 120, 130
    ]  # fmt: skip


def test_the_alarms():
    found = {}
    for event in range(8):
        for bit in range(8):
            events = [0] * 8
            events[event] = 1 << bit
            names = named(last_sample(seplos_v2, status(events=events)))
            assert len(names) < 2
            found[event + 1, bit] = names[0] if names else None
    assert [found[1, bit] for bit in range(8)] == [
        "voltage sensing", "temperature sensor", "current sensor", "key switch", "cells differ",
    ] + 3 * ["MOSFET fault"]  # fmt: skip
    for event, first in ((2, 0), (3, 4)):  # a warning and a protection each
        for bit in range(8):
            assert found[event, bit] == seplos_v2.ALARMS[first + bit // 2]
    assert [found[4, bit] for bit in range(8)] == [
        "box overheated", "box overheated", "box too cold", "box too cold", "MOSFET overheated",
        "MOSFET overheated", None, "secondary trip",
    ]  # fmt: skip
    load = "load overcurrent"
    assert [found[5, bit] for bit in range(8)] == [
        "charge overcurrent", "charge overcurrent", load, load, load, "short circuit", load,
        "short circuit",
    ]  # fmt: skip
    assert [found[6, bit] for bit in range(8)] == [
        "charger voltage high", None, "SoC low", "SoC low", "too low to charge",
        "reversed polarity", "output connection", None,
    ]  # fmt: skip
    assert [found[7, bit] for bit in range(8)] == [None] * 8  # waiting to charge, internal
    assert [found[8, bit] for bit in range(8)] == [
        "EEPROM fault", "clock fault", "not calibrated", "not calibrated", "not calibrated", None,
        None, None,
    ]  # fmt: skip
    assert set(seplos_v2.ALARMS) == {name for name in found.values() if name}


def test_cells_that_are_configured():
    data = status(cells=[3300, 0, 3310])
    assert last_sample(seplos_v2, data).cells[:3] == [3300, 1, 3310]
    assert last_sample(seplos_v2, data, cells=2).cell_count == 2


def test_pieces_of_any_size():
    data = b"\x7e\x14\x00" + QUESTIONS[1] + TEXTS + SIXTEEN + b"AT\r\n" + status() + status()
    data += QUESTIONS[0] + status(current=300) + SIXTEEN[:100]
    whole = decode(seplos_v2, data)
    assert [found[1] for found in whole[0]] == [11800, -12500, 3000]
    for size in SIZES:
        assert decode(seplos_v2, data, size) == whole, size


def test_frames_that_are_wrong():
    good = status()
    for at, bad in flipped(good):
        rows, stats = decode(seplos_v2, bad + good)
        assert len(rows) == 1 and rows[0][1] == -12500, at
    for more in (
        {"soc": 1001}, {"soh": 1201}, {"voltage": 20001}, {"cells": [6001] * 4}, {"more": b"\0"},
        {"cells": [3300] * 33}, {"temperatures": (1,)}, {"temperatures": (1,) * 11},
        {"events": (0,) * 7}, {"events": (0,) * 17},
    ):  # fmt: skip
        assert decode(seplos_v2, status(**more))[0] == [], more
    data = good[7:-3]
    assert decode(seplos_v2, wire.frame(wire.DATA, data, version=0x20))[0] == []
    assert decode(seplos_v2, wire.frame(wire.DATA, data, error=1))[0] == []
    assert decode(seplos_v2, wire.frame(wire.DATA, data[:2] + b"\0" + data[3:]))[0] == []


def test_what_a_pack_cannot_have_become_comes_twice():
    start = status(current=0)
    for change, times in (
        ({"soc": 570}, 1), ({"soc": 571}, 2), ({"voltage": 6092}, 1), ({"voltage": 6093}, 2),
        ({"temperatures": (315, -35, 190, 250)}, 1), ({"temperatures": (316, -35, 190, 250)}, 2),
        ({"temperatures": (215, -35, 190, 351)}, 2), ({"temperatures": (215, 190, 250)}, 2),
        ({"soh": 989}, 2), ({"events": (0,) * 7 + (1,)}, 2), ({"switches": 1}, 2),
        ({"charge": 15500}, 1), ({"charge": 15501}, 2), ({"capacity": 28001}, 2),
        ({"cycles": 2}, 2), ({"current": 15000}, 1), ({"current": -15001}, 2),
        ({"cells": CELLS[:15]}, 2), ({"cells": [2799] + CELLS[1:], "voltage": 5292}, 2),
        ({"events": (0,) * 9}, 2), ({"balance": 7, "state": 2}, 1),
    ):  # fmt: skip
        far = status(**dict({"current": 10}, **change))
        assert len(decode(seplos_v2, start + far + start)[0]) == 4 - times, change
        assert len(decode(seplos_v2, start + far + far)[0]) == 4 - times, change
    assert decode(seplos_v2, status(), live=True)[0] == []
    assert len(decode(seplos_v2, status() + status(), live=True)[0]) == 1


def test_the_questions():
    decoder = seplos_v2.Decoder(lambda sample: None)
    assert asked(decoder, 6) == QUESTIONS * 2 + QUESTIONS[1:] * 2
    decoder.forget()
    assert asked(decoder, 1) == QUESTIONS[:1]
    assert not decoder.feed(TEXTS[:41])
    assert decoder.feed(TEXTS[41:])
