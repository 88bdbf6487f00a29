"""The decoder of older ANT units, against published frames and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, hexed, last_sample
from asked_wires import ant_old_wire as wire

from bms import ant_old
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# Of aiobmsble's tests and ESPHome's log of the same unit: 14 cells, 48.8 V, 8 A out, 41 %. In that
# log the charge goes down by 0.011 Ah in five seconds: above 0 it discharges.
FOURTEEN = hexed(
    "aa55aaff 01e8 0daa0d9c0da40d8e0d9c0d900db40d970db50db50da80d910d9e0d8c" + 36 * "00"
    + "00000050 29 0a21fe80 04195893 00a9840f 00fa0831 001600150015001500150015 010100 03e8001700"
    + "00000186 090db5 0e0d8c 0d9f 0e 00000070006b02ac 00000000 4001 15f4"
)  # fmt: skip
# Of aiobmsble's tests: 16 cells, full: "cell overvoltage" has switched the charge off; no capacity
SIXTEEN = hexed(
    "aa55aaff 021e 0d0a0d0b0d0b0d0b0d550d3f0d6c0d480d880d760d460db20d0b0d0b0d0b0d0b" + 32 * "00"
    + "00000000 64 00000000 08581e02 0b387953 0a13fbf3 001a001dfffb001500000000 020102"
    + "0000000000 00000000 0c0db2 010d0a 0d39 10 ffef008000000000 00000b50 3409 0f0d"
)  # fmt: skip
QUESTION = wire.QUESTION
CELLS = [3300 + i for i in range(16)]
BOTH = CHARGE_ON | DISCHARGE_ON


def status(current=125, cells=CELLS, **more):
    """52.9 V, 12.5 A out, 55 %, 154 of 280 Ah, 21 and -3 degC."""
    said = {"charge": 154000000, "capacity": 280000000, "soc": 55, "temperatures": (21, -3)}
    said.update(more)
    return wire.status(cells, current, **said)


def test_the_frame_of_a_discharge():
    sample = last_sample(ant_old, FOURTEEN)
    assert (sample.voltage, sample.current, sample.soc) == (48800, -8000, 41)
    assert (sample.charge, sample.capacity) == (68769, 170000)
    assert sample.extras == {"charge_out": 11109391, "bms_uptime": 16386097}
    assert sample.temperatures == [220, 210, 210, 210, None, None]
    assert sample.cells[:4] == [3498, 3484, 3492, 3470] and sample.cell_count == 14
    assert sample.switches == BOTH and sample.errors == sample.flags == 0
    assert last_sample(ant_old, FOURTEEN, {"invert_current": True}).current == 8000


def test_the_frame_of_a_full_one():
    sample = last_sample(ant_old, SIXTEEN)
    assert (sample.voltage, sample.current, sample.soc) == (54200, 0, 100)
    assert (sample.charge, sample.capacity) == (139992, None)
    assert sample.temperatures == [260, 290, -50, 210, None, None]
    assert sample.cells[4:8] == [3413, 3391, 3436, 3400] and sample.cell_count == 16
    assert (sample.switches, sample.flags) == (DISCHARGE_ON, CHARGE_STOPPED)
    assert sample.errors == 1 and ant_old.ALARMS[0] == "cell overvoltage"


def test_what_is_built_by_hand():
    sample = last_sample(ant_old, status(-3000, balancer=4, fets=(1, 12), temperatures=(151, -40)))
    assert (sample.voltage, sample.current, sample.soc) == (52900, 300000, 55)
    assert (sample.charge, sample.capacity) == (154000, 280000)
    assert sample.cells[: sample.cell_count] == CELLS and sample.temperatures == 6 * [None]
    assert (sample.switches, sample.flags) == (CHARGE_ON | BALANCING, DISCHARGE_STOPPED)
    assert sample.errors == 1 << 10 and ant_old.ALARMS[10] == "short circuit"
    assert last_sample(ant_old, status(fets=(15, 15))).errors == 0  # by hand


def test_cells_that_are_configured():
    data = status(cells=[3300, 0, 3310])
    assert last_sample(ant_old, data).cells[:3] == [3300, 1, 3310]
    assert last_sample(ant_old, data, cells=2).cell_count == 2


def test_pieces_of_any_size():
    data = b"\xaa\x55" + QUESTION + FOURTEEN + b"AT\r\n" + status() + status()
    data += QUESTION + b"\xaa" + status(current=-300) + SIXTEEN[:100]
    whole = decode(ant_old, data)
    assert [found[1] for found in whole[0]] == [-8000, -12500, 30000]
    for size in SIZES:
        assert decode(ant_old, data, size) == whole, size


def test_frames_that_are_wrong():
    good = status()
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 0x10
        rows, stats = decode(ant_old, bytes(bad) + good)
        assert len(rows) == 1 and rows[0][1] == -12500, at
    for more in (
        {"soc": 101}, {"voltage": 2001}, {"cells": [6001] * 4}, {"fets": (21, 1)},
        {"fets": (1, 21)}, {"balancer": 16}, {"current": 50001}, {"current": -50001},
        {"capacity": 2000000001}, {"charge": 2000000001}, {"out": 1000000001},
    ):  # fmt: skip
        assert decode(ant_old, status(**more))[0] == [], more
    for count in (0, 33):
        bad = bytearray(good)
        bad[123] = count
        assert decode(ant_old, wire.refit(bytes(bad)))[0] == []


def test_what_a_pack_cannot_have_become_comes_twice():
    start = status(current=0)
    for change, times in (
        ({"soc": 57}, 1), ({"soc": 58}, 2), ({"voltage": 609}, 1), ({"voltage": 610}, 2),
        ({"temperatures": (31, -3)}, 1), ({"temperatures": (32, -3)}, 2),
        ({"temperatures": (21, 7)}, 1), ({"temperatures": (21, 8)}, 2),
        ({"fets": (0, 1)}, 2), ({"fets": (1, 0)}, 2), ({"capacity": 280000001}, 2),
        ({"charge": 155000000}, 1), ({"charge": 155000001}, 2),
        ({"out": 1000}, 1), ({"out": 1001}, 2), ({"current": 1500}, 1), ({"current": -1501}, 2),
        ({"cells": CELLS[:15]}, 2), ({"cells": [2799] + CELLS[1:], "voltage": 529}, 2),
        ({"balancer": 4, "uptime": 99999}, 1),
    ):  # fmt: skip
        far = status(**dict({"current": 10}, **change))
        assert len(decode(ant_old, start + far + start)[0]) == 4 - times, change
        assert len(decode(ant_old, start + far + far)[0]) == 4 - times, change
    assert decode(ant_old, status(), live=True)[0] == []
    assert len(decode(ant_old, status() + status(), live=True)[0]) == 1


def test_the_question():
    assert asked(ant_old.Decoder(print), 3) == [QUESTION] * 3
