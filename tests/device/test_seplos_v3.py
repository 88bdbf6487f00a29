"""The Seplos V3 decoder, against published frames and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, flipped, hexed, last_sample
from asked_wires import seplos_v3_wire as wire

from bms import seplos_v3
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# Of aiobmsble's tests: pack 1, 52.34 V, -7.20 A, 134.12 of 280 Ah, 47.9 %, 9 cycles, 2130 Ah
TOTALS = hexed(
    "010422 1472 fd30 3464 6d60 00d5 01df 03e7 0009 0cc7 0b9f 0cc8 0cc6 0ba5 0b99 0000 00b4 00b4"
    "6ff3"
)
CELLS_1 = hexed(
    "010434 0cc80cc80cc80cc70cc70cc70cc70cc60cc60cc70cc70cc70cc70cc80cc80cc8"
    "0ba50b990b9a0ba4 0aab0aab0aab0aab 0bc4 0bb5 971f"
)
# Of ESPHome's log of an SP05B: pack 1, standby, both MOSFETs on
STATES = hexed("010112 0000000000000000 10 000000000000 03 00 00 7af5")
QUESTIONS = {
    unit: [wire.question(unit, kind) for kind in (wire.STATES, wire.CELLS, wire.TOTALS)]
    for unit in (0, 1, 16)
}
CELLS = [3300 + i for i in range(16)]
BOTH = CHARGE_ON | DISCHARGE_ON


def totals(current=-1250, **more):
    """52.92 V, 12.5 A out, 55.0 %, 154 of 280 Ah."""
    said = {"voltage": 5292, "charge": 15400, "capacity": 28000, "soc": 550}
    said.update(more)
    return wire.totals(current=current, **said)


def named(data):
    """The errors in words."""
    sample = last_sample(seplos_v3, data + totals())
    return [name for bit, name in enumerate(seplos_v3.ALARMS) if sample.errors >> bit & 1]


def test_the_published_frames():
    assert QUESTIONS[1][2] == hexed("01041000001134c6")
    sample = last_sample(seplos_v3, STATES + CELLS_1 + TOTALS)
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (52340, -7200, 48, 999)
    assert (sample.charge, sample.capacity, sample.cycles) == (134120, 280000, 9)
    assert sample.extras == {"charge_out": 2130000}
    assert sample.temperatures == [250, 238, 239, 249, 281, 266]
    cells = 3 * [3272] + 4 * [3271] + 2 * [3270] + 4 * [3271] + 3 * [3272]
    assert sample.cells[: sample.cell_count] == cells
    assert sample.switches == BOTH and sample.errors == sample.flags == 0


def test_what_is_built_by_hand():
    data = wire.cells(CELLS[:8], (215, -35, 1501, -601), -100, 320) + totals(250, soc=555, soh=987)
    sample = last_sample(seplos_v3, data)
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (52920, 2500, 56, 987)
    assert sample.cells[: sample.cell_count] == CELLS[:8]
    assert sample.temperatures == [215, -35, None, None, -100, 320]
    assert sample.switches is None and sample.errors is None  # not answered
    data = wire.states((2, 0, 0, 0x40, 0, 0), fets=0, balance=1 << 15) + totals()
    sample = last_sample(seplos_v3, data)
    assert (sample.switches, sample.flags) == (BALANCING, CHARGE_STOPPED | DISCHARGE_STOPPED)
    sample = last_sample(seplos_v3, wire.states(fets=2) + totals())
    assert (sample.switches, sample.flags) == (CHARGE_ON, 0)  # by its owner


def test_each_pack_has_its_number():
    for unit in (0, 1, 16):
        decoder = seplos_v3.Decoder(lambda sample: None)
        decoder.configure({"unit": unit})
        assert asked(decoder, 4) == QUESTIONS[unit] + QUESTIONS[unit][:1]
        data = b"".join(
            wire.totals(5200 + other, 0, 1, 1, 1, unit=other) for other in (0, 1, 2, 16)
        )
        decoder.feed(data)
        assert decoder.sample.voltage == 52000 + 10 * unit
        assert decoder.stats["accepted"][seplos_v3.TOTALS] == 1


def test_the_alarms():
    found = {}
    for event in range(7):
        for bit in range(8):
            events = [0] * 6
            if event < 6:
                events[event] = 1 << bit
            names = named(wire.states(events, faults=(event == 6) << bit))
            assert len(names) < 2
            found[event, bit] = names[0] if names else None
    for event, first in ((0, 0), (1, 4)):  # a warning and a protection each
        for bit in range(8):
            assert found[event, bit] == seplos_v3.ALARMS[first + bit // 2]
    hot, cold = "box overheated", "box too cold"
    assert [found[2, bit] for bit in range(8)] == [
        hot, hot, cold, cold, "MOSFET overheated", "MOSFET overheated", None, None
    ]  # fmt: skip
    charge, load, short = "charge overcurrent", "load overcurrent", "short circuit"
    assert [found[3, bit] for bit in range(8)] == 3 * [charge] + 3 * [load] + [short, None]
    assert [found[4, bit] for bit in range(8)] == [short, None, charge, load] + 4 * [None]
    assert [found[5, bit] for bit in range(8)] == [
        None, None, "SoC low", "SoC low", "cells differ", None, None, None
    ]  # fmt: skip
    assert [found[6, bit] for bit in range(8)] == [
        "temperature sensor", "front-end IC", "MOSFET fault", "MOSFET fault", "cells differ",
        "cell wire off", None, None,
    ]  # fmt: skip
    assert set(seplos_v3.ALARMS) == {name for name in found.values() if name}


def test_cells_that_are_configured():
    data = wire.cells([3300, 0, 3310], (215,)) + totals()
    assert last_sample(seplos_v3, data).cells[:3] == [3300, 1, 3310]
    assert last_sample(seplos_v3, data, cells=2).cell_count == 2
    assert last_sample(seplos_v3, data, cells=32).cell_count == 16


def test_pieces_of_any_size():
    data = b"\x01\x04" + b"".join(QUESTIONS[1]) + TOTALS + b"AT\r\n" + STATES + totals() + CELLS_1
    data += totals() + QUESTIONS[1][2] + wire.states(fets=1) + totals(current=300) + TOTALS[:30]
    whole = decode(seplos_v3, data)
    assert [found[1] for found in whole[0]] == [-7200, -12500, 3000]
    for size in SIZES:
        assert decode(seplos_v3, data, size) == whole, size


def test_frames_that_are_wrong():
    for good in (totals(), STATES, CELLS_1):
        for at, bad in flipped(good):
            rows, stats = decode(seplos_v3, bad + TOTALS + totals())
            kinds = stats["accepted"]
            assert sum(kinds.values()) == kinds[seplos_v3.TOTALS], at
    for more in ({"soc": 1001}, {"soh": 1201}, {"voltage": 10001}):
        assert decode(seplos_v3, totals(**more))[0] == [], more
    data = wire.cells([6001] * 4, (215,)) + totals()
    assert decode(seplos_v3, data)[0][0][7] == []
    assert decode(seplos_v3, hexed("0184029301") + wire.answer(1, 1, bytes(34)))[0] == []


def test_what_a_pack_cannot_have_become_comes_twice():
    start = totals(current=0)
    for change, times in (
        ({"soc": 570}, 1), ({"soc": 571}, 2), ({"voltage": 6092}, 1), ({"voltage": 6093}, 2),
        ({"soh": 989}, 2), ({"charge": 15500}, 1), ({"charge": 15501}, 2), ({"cycles": 2}, 2),
        ({"capacity": 28001}, 2), ({"out": 1}, 1), ({"out": 2}, 2), ({"current": 15000}, 1),
        ({"current": -15001}, 2),
    ):  # fmt: skip
        far = totals(**dict({"current": 10}, **change))
        assert len(decode(seplos_v3, start + far + start)[0]) == 4 - times, change
        assert len(decode(seplos_v3, start + far + far)[0]) == 4 - times, change
    cells = wire.cells(CELLS, (215, 215, 215, 215))
    for far in (
        wire.cells([2799] + CELLS[1:], (215, 215, 215, 215)),
        wire.cells(CELLS[:15], (215, 215, 215, 215)),
        wire.cells(CELLS, (215, 215, 215, 316)),
        wire.cells(CELLS, (215, 215, 215, 215), mosfet=351),
    ):
        assert last_sample(seplos_v3, cells + far + start).cells[0] == 3300
        assert decode(seplos_v3, cells + far + far)[1]["rejected"] == 1
    for far in (
        wire.states((0, 0, 0, 0, 0, 8)), wire.states((1, 0, 0, 0, 0, 0)), wire.states(fets=2),
        wire.states(faults=1),
    ):  # fmt: skip
        assert last_sample(seplos_v3, STATES + far + start).switches == BOTH
        assert decode(seplos_v3, STATES + far + far)[1]["rejected"] == 1
    more = wire.states(balance=7, system=2, battery=0x10)
    assert last_sample(seplos_v3, STATES + more + start).switches == BOTH | BALANCING
    assert decode(seplos_v3, totals(), live=True)[0] == []
    assert len(decode(seplos_v3, totals() + totals(), live=True)[0]) == 1


def test_what_is_not_answered_becomes_unknown():
    heard = []
    decoder = seplos_v3.Decoder(
        lambda sample: heard.append((sample.cell_count, sample.temperatures[5], sample.errors))
    )
    decoder.feed(STATES + CELLS_1)
    for _ in range(31):
        decoder.feed(totals())
    assert heard == [(16, 266, 0)] * 30 + [(0, None, None)]


def test_the_next_question_is_due_when_one_is_answered():
    decoder = seplos_v3.Decoder(lambda sample: None)
    asked(decoder, 1)
    assert not decoder.feed(STATES[:10])
    assert decoder.feed(STATES[10:])
    asked(decoder, 1)
    assert decoder.feed(CELLS_1)
    asked(decoder, 1)
    assert not decoder.feed(TOTALS)
