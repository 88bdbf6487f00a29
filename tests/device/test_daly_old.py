"""The decoder of the older Daly protocol, against a published exchange and frames made by hand."""

from asked_stream import SIZES, asked, decode, hexed, kelvin, last_sample, row
from asked_stream import daly_old_wire as wire

from bms import daly_old
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON

# An exchange with a 14S pack that a user has published (diysolarforum), by command
PUBLISHED = {
    0x90: ("a501900802100000753001f4ea",),
    0x93: ("a501930800010110 00004e20c1",),
    0x94: ("a50194080e01000002000020 73",),
    0x95: (
        "a5019508010ec00ec20ec720d7", "a5019508020ec80ec80ec620e5", "a5019508030ec20ec20e9c20b0",
        "a5019508040ec40ec40ec420dd", "a5019508050ec30ec00ec420d9",
    ),
    0x96: ("a5019608013d00000000000082", "a501960802000000000000 0046"),
    0x97: ("a5019708000000000000000045",),
    0x98: ("a5019808000000000000000046",),
}  # fmt: skip
ORDER = (0x94, 0x96, 0x97, 0x98, 0x93, 0x95, 0x90)
ALL = b"".join([hexed(text) for kind in ORDER for text in PUBLISHED[kind]])
QUESTIONS = [wire.question(kind) for kind in ORDER]
CELLS = [3300 + i for i in range(16)]


def rest(cells=CELLS, degrees=(21, -5), **more):
    """All but the totals."""
    said = {"cycles": 12, "mode": 2, "fets": (1, 1), "charge": 154000, "bits": 0, "faults": (0,)}
    said.update(more)
    data = wire.sizes(len(cells), len(degrees), said["cycles"])
    data += b"".join(wire.temperatures(degrees)) + wire.balance(said["bits"])
    data += wire.faults(*said["faults"]) + wire.state(said["mode"], said["fets"], said["charge"])
    return data + b"".join(wire.cells(cells))


def test_the_published_exchange():
    sample = last_sample(daly_old, ALL)
    assert (sample.voltage, sample.current, sample.soc, sample.charge) == (52800, 0, 50, 20000)
    cells = [3776, 3778, 3783, 3784, 3784, 3782, 3778, 3778, 3740, 3780, 3780, 3780, 3779, 3776]
    assert sample.cells[: sample.cell_count] == cells
    assert (sample.min_cell, sample.max_cell) == (8, 3)
    assert sample.temperatures == kelvin(210) and sample.cycles == 0
    assert sample.switches == CHARGE_ON | DISCHARGE_ON and sample.errors == sample.flags == 0
    # Another one, of the Arduino library's page: 57.0 V, no current, 49.3 %
    sample = last_sample(daly_old, hexed("a5019008023a0000753001ed0d"))
    assert (sample.voltage, sample.current, sample.soc) == (57000, 0, 49)


def test_what_is_built_by_hand():
    data = rest(bits=1 << 40, faults=(2, 0, 4), fets=(0, 1)) + wire.totals(528, 125, 555)
    sample = last_sample(daly_old, data)
    assert (sample.voltage, sample.current, sample.soc) == (52800, -12500, 56)
    assert sample.cells[: sample.cell_count] == CELLS and sample.charge == 154000
    assert sample.temperatures == kelvin(210, -50) and sample.cycles == 12
    names = [name for bit, name in enumerate(daly_old.ALARMS) if sample.errors >> bit & 1]
    assert names == ["cell overvoltage", "load overcurrent"]
    assert sample.flags == CHARGE_STOPPED and sample.switches == DISCHARGE_ON | BALANCING
    assert last_sample(daly_old, data, {"invert_current": True}).current == 12500


def test_cells_are_taken_by_their_number():
    frames = wire.cells(CELLS)
    mixed = [frames[i] for i in (3, 0, 5, 1, 4, 2)] + wire.cells([3000] * 21)[6:]
    data = wire.sizes(16, 2) + b"".join(mixed) + wire.totals(528, 0, 500)
    assert row(last_sample(daly_old, data))[7] == CELLS
    assert row(last_sample(daly_old, data, cells=4))[7] == CELLS[:4]
    torn = wire.sizes(3, 0) + wire.cells([3300, 0, 3301])[0] + wire.totals(66, 0, 500)
    assert row(last_sample(daly_old, torn))[7] == [3300, 1, 3301]


def test_pieces_of_any_size():
    data = QUESTIONS[0] + ALL + b"\xa5\x01\x90" + rest() + wire.totals(528, 30, 500)
    data += wire.totals(528, 31, 500) + QUESTIONS[6] + wire.totals(528, 31, 500)[:9]
    whole = decode(daly_old, data)
    assert [found[1] for found in whole[0]] == [0, -3000, -3100]
    for size in SIZES:
        assert decode(daly_old, data, size) == whole, size


def test_frames_that_are_wrong():
    good = wire.totals(528, 30, 500)
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 0x10
        rows, _ = decode(daly_old, bytes(bad) + good)
        assert len(rows) == 1 and rows[0][1] == -3000, at
    for bad in (wire.totals(2001, 0, 500), wire.totals(528, 20001, 0), wire.totals(528, 0, 1001)):
        assert decode(daly_old, bad)[0] == []
    for bad in (
        wire.cells([6001])[0], wire.sizes(0, 1), wire.sizes(49, 1), wire.sizes(16, 17),
        wire.state(3, (1, 1), 0), wire.state(0, (2, 1), 0), wire.state(0, (1, 1), 20000001),
        wire.frame(wire.UNIT, 0x95, bytes((17, 1, 2))), wire.frame(wire.UNIT, 0x96, bytes(8)),
        wire.frame(0x40, 0x90, b"\x01"), wire.frame(wire.UNIT, 0x91, b"\x01"),
    ):  # fmt: skip
        assert sum(decode(daly_old, bad)[1]["accepted"].values()) == 0, bad


def test_what_a_pack_cannot_have_become_comes_twice():
    start = wire.totals(528, 0, 500)
    for change, times in (
        ((608, 0, 500), 1), ((609, 0, 500), 2), ((528, 1500, 500), 1), ((528, -1501, 500), 2),
        ((528, 0, 520), 1), ((528, 0, 479), 2),
    ):  # fmt: skip
        far = wire.totals(*change)
        assert len(decode(daly_old, start + far + start)[0]) == 4 - times, change
        assert len(decode(daly_old, start + far + far)[0]) == 4 - times, change
    usual = rest()
    for more in (
        {"cells": [2799] + CELLS[1:]}, {"degrees": (32, -5)}, {"faults": (1,)}, {"fets": (0, 1)},
        {"charge": 155001}, {"cycles": 14},
    ):  # fmt: skip
        before = row(last_sample(daly_old, usual + start))
        assert row(last_sample(daly_old, usual + rest(**more) + start)) == before, more
        after = last_sample(daly_old, usual + 2 * rest(**more) + start)
        assert row(after) != before or after.charge == 155001 or after.cycles == 14, more


def test_live_every_frame_comes_twice_at_first():
    data = rest() + wire.totals(528, 30, 500)
    assert decode(daly_old, data, live=True)[0] == []
    rows, stats = decode(daly_old, data + data, live=True)
    assert len(rows) == 1 and rows[0][7] == CELLS and stats["rejected"] == 0


def test_the_questions():
    decoder = daly_old.Decoder(print)
    assert asked(decoder, 14) == QUESTIONS * 2
    decoder = daly_old.Decoder(print)
    decoder.configure({"link": "ble"})
    assert asked(decoder, 7) == [wire.question(kind, wire.RADIO) for kind in ORDER]


def test_the_next_question_is_due_when_all_frames_are_there():
    decoder = daly_old.Decoder(print)
    for kind in ORDER:
        decoder.request()
        *first, last = [hexed(text) for text in PUBLISHED[kind]]
        if kind == 0x96:  # one sensor: its first frame has all
            assert decoder.feed(first[0])
            continue
        for frame in first:
            assert not decoder.feed(frame)
        assert decoder.feed(last) == (kind != 0x90)


def test_what_is_no_longer_said_becomes_unknown():
    heard = []
    decoder = daly_old.Decoder(lambda sample: heard.append(row(sample)))
    decoder.feed(rest())
    for _ in range(31):
        decoder.feed(wire.totals(528, 30, 500))
    assert heard[29][7] == CELLS and heard[29][3:6] == (0, CHARGE_ON | DISCHARGE_ON, 0)
    assert heard[30][3:] == (None, None, 0, kelvin(), [])
