"""The Redodo decoder, against frames that others have published and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, hexed, last_sample
from asked_wires import redodo_wire as wire

from bms import redodo
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

HEAD = "0000650193 55aa00"
# Of aiobmsble's and batmon-ha's tests: 8 cells, 26.556 V, -1.435 A, 65 %, 68.89 of 105 Ah
EIGHT = hexed(
    HEAD + "46660000 bc670000 f50cf70cfc0cfb0cf80cf20cfa0cf50c" + 16 * "00" + "65faffff"
    + "17001600feff00000000 e91a 04290000 00000000 00000000 00000000 00000000 00000000"
    + "0000 4100 64000000 03000000 5f010000 a2"
)  # fmt: skip
# Of an R-12100BNNA70 whose user saw 13.3 V, 0.0 A and 99 % in the maker's app at the same time
R_12100 = hexed(
    HEAD + "46340000 24340000 0a0d0a0d080d080d" + 24 * "00" + "00000000 15001500000000000000"
    + "762b 73270000 00000000 00000000 00000000 00000000 00000000 0000 6300 64000000"
    + "02000000 de000000 2e"
)  # fmt: skip
# Of a full Power Queen: balancing as bits of cells, and bits in what is not known
FULL = hexed(
    HEAD + "d2360000 26360000 860d9c0d700d940d" + 24 * "00" + "00000000 1a001900000000000000"
    + "6927 69270000 48000000 04000000 00000000 00000000 04000000 0000 6400 64000000"
    + "01000000 6b000000 8d"
)  # fmt: skip
QUESTION = hexed("000004011355aa17")
CELLS = [3300 + i for i in range(16)]
BOTH = CHARGE_ON | DISCHARGE_ON


def status(current=-12500, cells=CELLS, **more):
    """52.92 V, 55 %, 154 of 280 Ah, 21 degC, MOSFETs at 25."""
    said = {"charge": 15400, "capacity": 28000, "soc": 55, "temperatures": (21, 25)}
    said.update(more)
    return wire.status(cells, current, **said)


def named(sample):
    """The errors in words."""
    return [name for bit, name in enumerate(redodo.ALARMS) if sample.errors >> bit & 1]


def test_the_frame_of_aiobmsbles():
    sample = last_sample(redodo, EIGHT)
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (26556, -1435, 65, 1000)
    assert (sample.charge, sample.capacity, sample.cycles) == (68890, 105000, 3)
    assert sample.extras == {"charge_out": 351000}
    assert sample.temperatures == [230, -20, None, None, None, 220]
    cells = [3317, 3319, 3324, 3323, 3320, 3314, 3322, 3317]
    assert sample.cells[: sample.cell_count] == cells and sum(cells) == sample.voltage
    assert sample.switches == BOTH and sample.errors == sample.flags == 0


def test_the_frame_of_an_r_12100():
    sample = last_sample(redodo, R_12100)
    assert (sample.voltage, sample.current, sample.soc) == (13348, 0, 99)
    assert (sample.charge, sample.capacity, sample.cycles) == (111260, 100990, 2)
    assert sample.temperatures == [210, None, None, None, None, 210]
    assert sample.cells[: sample.cell_count] == [3338, 3338, 3336, 3336]


def test_the_frame_of_a_full_one():
    sample = last_sample(redodo, FULL)
    assert (sample.voltage, sample.soc, sample.soh) == (13862, 100, 1000)
    assert sample.switches == BOTH | BALANCING and sample.errors == 0
    assert sample.extras == {"charge_out": 107000}


def test_what_is_built_by_hand():
    data = status(protections=0x4020, state=4, switch=0x80, balance=1 << 20, soh=98, out=70000)
    sample = last_sample(redodo, data)
    assert (sample.voltage, sample.current, sample.soh) == (52920, -12500, 980)
    assert sample.cells[: sample.cell_count] == CELLS and sample.extras["charge_out"] == 70000000
    assert named(sample) == ["overdischarged", "short circuit"]
    assert sample.switches == BALANCING and sample.flags == DISCHARGE_STOPPED
    sample = last_sample(redodo, status(protections=4, state=4))
    assert (sample.switches, sample.flags) == (DISCHARGE_ON, CHARGE_STOPPED)
    assert last_sample(redodo, status(state=4)).flags == 0  # full, or switched off by its owner
    assert last_sample(redodo, status(400000)).current == 400000


def test_the_alarms():
    for bit, name in (
        (2, "overcharged"), (5, "overdischarged"), (6, "charge overcurrent"),
        (7, "load overcurrent"), (8, "charge too hot"), (9, "discharge too hot"),
        (10, "charge too cold"), (11, "discharge too cold"), (14, "short circuit"),
        (0, "other protection"), (12, "other protection"), (31, "other protection"),
    ):  # fmt: skip
        assert named(last_sample(redodo, status(protections=1 << bit))) == [name]
    for bit in (0, 15, 31):
        assert named(last_sample(redodo, status(faults=1 << bit))) == ["BMS fault"]
    assert redodo.STOP_CHARGE | redodo.STOP_DISCHARGE == (1 << len(redodo.ALARMS)) - 1


def test_sensors_that_read_0_are_none_until_they_read_something():
    heard = []
    decoder = redodo.Decoder(lambda sample: heard.append(list(sample.temperatures)))
    for others in ((0, 0, 0), (0, 1, 0), (0, 0, 0), (-1, 0, 9)):
        decoder.feed(status(temperatures=(0, 25) + others))
    assert heard == [
        [0, None, None, None, None, 250], [0, 0, 10, None, None, 250],
        [0, 0, 0, None, None, 250], [0, -10, 0, 90, None, 250],
    ]  # fmt: skip
    decoder.forget()
    decoder.feed(status(temperatures=(-300, 151, -60, -61)))
    assert len(heard) == 4  # a jump, in doubt at first
    decoder.feed(status(temperatures=(-300, 151, -60, -61)))
    assert heard[-1] == [None, -600, None, 90, None, None]


def test_cells_that_are_configured():
    data = status(cells=[3300, 0, 3310], voltage=6610)
    assert last_sample(redodo, data).cells[:3] == [3300, 1, 3310]
    assert last_sample(redodo, data, cells=2).cell_count == 2
    assert last_sample(redodo, data, cells=4).cells[:4] == [3300, 1, 3310, 1]
    assert last_sample(redodo, data, cells=32).cell_count == 16


def test_pieces_of_any_size():
    data = b"\0" + QUESTION + R_12100 + b"AT\r\n\0\0" + status() + status() + QUESTION
    data += b"\0\0\0" + status(current=800) + EIGHT[:99]
    whole = decode(redodo, data)
    assert [found[1] for found in whole[0]] == [0, -12500, 800]  # another unit comes twice
    assert whole[1] == {
        "accepted": {redodo.STATUS: 3}, "rejected": 2, "bytes_skipped": len(data) - 3 * 105
    }  # fmt: skip
    for size in SIZES:
        assert decode(redodo, data, size) == whole, size


def test_frames_that_are_wrong():
    good = status()
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 0x10
        rows, stats = decode(redodo, bytes(bad) + good)
        assert len(rows) == 1 and rows[0][1] == -12500, at
    for more in (
        {"soc": 101}, {"soh": 201}, {"voltage": 100001}, {"current": 500001}, {"state": 256},
        {"current": -500001}, {"cells": [6001] * 4}, {"capacity": 200001}, {"cycles": 65536},
        {"out": 1000001},
    ):  # fmt: skip
        assert decode(redodo, status(**more))[0] == [], more


def test_what_a_pack_cannot_have_become_comes_twice():
    start = status(current=0)
    for change, times in (
        ({"soc": 57}, 1), ({"soc": 58}, 2), ({"voltage": 60920}, 1), ({"voltage": 60921}, 2),
        ({"temperatures": (31, 25)}, 1), ({"temperatures": (32, 25)}, 2), ({"soh": 102}, 2),
        ({"temperatures": (21, 36)}, 2), ({"temperatures": (21, 25, 11)}, 2),
        ({"protections": 4}, 2), ({"faults": 1}, 2), ({"charge": 15501}, 2), ({"cycles": 2}, 2),
        ({"capacity": 28001}, 2), ({"out": 3}, 2), ({"current": 150000}, 1),
        ({"current": 150001}, 2), ({"cells": [2799] + CELLS[1:], "voltage": 52920}, 2),
        ({"cells": CELLS[:15]}, 2), ({"state": 4}, 2),
        ({"switch": 0x80}, 2), ({"state": 2, "switch": 0x48, "balance": 1}, 1),
    ):  # fmt: skip
        far = status(**dict({"current": 10}, **change))
        assert len(decode(redodo, start + far + start)[0]) == 4 - times, change
        assert len(decode(redodo, start + far + far)[0]) == 4 - times, change
    assert decode(redodo, status(), live=True)[0] == []
    rows, stats = decode(redodo, status() + status(), live=True)
    assert len(rows) == 1 and stats["rejected"] == 0


def test_the_question():
    decoder = redodo.Decoder(print)
    assert asked(decoder, 3) == [QUESTION] * 3
    assert not redodo.Decoder(lambda sample: None).feed(status())  # nothing else is to be asked
