"""The SOK decoder, against published frames and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, flipped, hexed, kelvin, last_sample
from asked_wires import sok_wire as wire

from bms import sok
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# Of aiobmsble's tests, a SOK of 24 V: 27.554 V, 0 A, 106.048 of 100 Ah, 99 %, 7 cycles
TOTALS = hexed("ccf0 a26b00 000000 a08601 409e01 0700 63 0000 21")
NAME = hexed("ccf1 534f4b2d424d530d 000000000000000000 40")
STATES = hexed("ccf2 01 01 01 1400 0000000000000200000000 00 7f")
BALANCE = hexed("ccf3 170312006400 00 01 000000000000000000 36")
CELLS_4 = hexed("ccf4 01720d00 02a80d00 032f0d00 04880d00 00 8b")
CELLS_8 = hexed("ccf4 05810d00 06650d00 071f0d00 085c0d00 00 33")
PROTECTIONS = hexed("ccf9" + 17 * "00" + "ed")
ALARMED = hexed("ccf9 69" + 16 * "00" + "1d")
QUESTIONS = [
    wire.QUESTIONS[kind] for kind in (wire.NAME, wire.PROTECTIONS, wire.CELLS, wire.TOTALS)
]
CELLS = [3300 + i for i in range(16)]
BOTH = CHARGE_ON | DISCHARGE_ON


def totals(current=-12500, **more):
    """52.92 V, 12.5 A out, 154 of 280 Ah, 55 %."""
    said = {"voltage": 52920, "capacity": 280000, "charge": 154000, "soc": 55}
    said.update(more)
    return wire.totals(current=current, **said)


def cells(millivolts):
    return b"".join(wire.cells(millivolts))


def test_the_frames_of_aiobmsbles():
    data = NAME + STATES + BALANCE + CELLS_4 + CELLS_8 + PROTECTIONS + TOTALS
    sample = last_sample(sok, data)
    assert (sample.voltage, sample.current, sample.soc, sample.cycles) == (27554, 0, 99, 7)
    assert (sample.capacity, sample.charge) == (100000, 106048)
    assert sample.cells[:8] == [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420]
    assert sample.cell_count == 8 and sample.temperatures == kelvin(200)
    assert sample.switches == BOTH and sample.errors == sample.flags == 0
    assert sample.texts == {"model": "SOK-BMS?"}
    # In any order; without protections, which not all units report
    sample = last_sample(sok, CELLS_8 + CELLS_4 + TOTALS)
    assert sample.cells[:8] == [3442, 3496, 3375, 3464, 3457, 3429, 3359, 3420]
    assert sample.errors is sample.switches is sample.flags is None
    assert last_sample(sok, CELLS_8 + TOTALS).cells[:5] == [0, 0, 0, 0, 3457]


def test_what_is_built_by_hand():
    data = wire.states((1, 0), (-3, 151, -61, 20)) + wire.balance(1) + cells(CELLS[:6])
    sample = last_sample(sok, data + totals(current=-1, soc=100))
    assert (sample.voltage, sample.current, sample.soc) == (52920, -1, 100)
    assert sample.cells[: sample.cell_count] == CELLS[:6]
    assert sample.temperatures == [-30, None, None, 200, None, None]
    assert sample.switches == CHARGE_ON | BALANCING
    assert last_sample(sok, totals(current=-500000)).current == -500000
    sample = last_sample(sok, data + wire.balance(0) + wire.balance(0) + totals())
    assert sample.switches == CHARGE_ON


def test_a_protection():
    assert wire.refit(ALARMED) == ALARMED
    for fets, flags in (
        ((1, 1), 0), ((0, 1), CHARGE_STOPPED), ((1, 0), DISCHARGE_STOPPED),
        ((0, 0), CHARGE_STOPPED | DISCHARGE_STOPPED),
    ):  # fmt: skip
        for data in (ALARMED, wire.protections(0), wire.protections(16)):
            sample = last_sample(sok, wire.states(fets, ()) + data + totals())
            assert sample.errors == 1 and sample.flags == flags, fets
    sample = last_sample(sok, wire.states((0, 0), ()) + PROTECTIONS + totals())
    assert sample.errors == sample.flags == 0
    assert sok.ALARMS == ("protection",)


def test_cells_that_are_configured():
    assert last_sample(sok, cells([3300, 0, 3310]) + totals()).cells[:3] == [3300, 1, 3310]
    assert last_sample(sok, cells(CELLS) + totals(), cells=6).cell_count == 6
    assert last_sample(sok, cells(CELLS * 2) + totals()).cell_count == 32


def test_cells_that_come_no_more_are_forgotten():
    decoder = sok.Decoder(lambda sample: None)
    decoder.feed(cells(CELLS[:8]))
    for i in range(31):
        decoder.feed(cells(CELLS[:4]))
        assert decoder.sample.cell_count == 8, i
    decoder.feed(cells(CELLS[:4]))
    assert decoder.sample.cell_count == 4


def test_pieces_of_any_size():
    data = b"\xcc" + b"".join(QUESTIONS) + STATES + CELLS_4 + TOTALS + b"AT\r\n" + totals()
    data += totals() + NAME + BALANCE + totals(current=300) + CELLS_8[:10]
    whole = decode(sok, data)
    assert [found[1] for found in whole[0]] == [0, -12500, 300]
    for size in SIZES:
        assert decode(sok, data, size) == whole, size


def test_frames_that_are_wrong():
    for good in (TOTALS, STATES, CELLS_4, PROTECTIONS):
        for at, bad in flipped(good):
            rows, _ = decode(sok, bad + totals())
            assert len(rows) == 1 and rows[0][1] == -12500, at
            assert rows[0][3] is rows[0][4] is None and not rows[0][7], at
    for more in (
        {"soc": 101}, {"voltage": 100001}, {"current": 500001}, {"current": -500001},
        {"capacity": 2000001}, {"charge": 2000001},
    ):  # fmt: skip
        assert decode(sok, totals(**more))[0] == [], more
    for bad in (
        wire.states((2, 1), ()), wire.states((1, 0x81), ()), wire.frame(0xF2, b"\1\1\x08"),
        cells([6001] * 4), cells([0x10CE4] * 4), wire.frame(0xF4, b"\x02\xe4\x0c\0\x03\xe4\x0c"),
        wire.frame(0xF4, b"\x21\xe4\x0c\0"), wire.frame(0xF4, b"\x01\xe4\x0c\0\x03\xe4\x0c"),
        wire.frame(0xF4, b"\x01\xe4\x0c\0\0\0\0\0\x03\xe4\x0c"), wire.frame(0xF4, b""),
    ):  # fmt: skip
        row = decode(sok, bad + totals())[0][0]
        assert row[4] is None and row[7] == [], bad


def test_what_a_pack_cannot_have_become_comes_twice():
    start = totals(current=0)
    for change, times in (
        ({"soc": 57}, 1), ({"soc": 58}, 2), ({"voltage": 60920}, 1), ({"voltage": 60921}, 2),
        ({"charge": 155000}, 1), ({"charge": 155001}, 2), ({"capacity": 280001}, 2),
        ({"cycles": 2}, 2), ({"current": 150000}, 1), ({"current": -150001}, 2), ({"more": 1}, 2),
    ):  # fmt: skip
        far = totals(**dict({"current": 10}, **change))
        assert len(decode(sok, start + far + start)[0]) == 4 - times, change
        assert len(decode(sok, start + far + far)[0]) == 4 - times, change
    for good, far, rejected in (
        (cells(CELLS[:4]), cells([3300, 3300, 3300, 3804]), 1),
        (cells(CELLS[:4]), cells([3300, 3300, 3300, 3803]), 0),
        (cells(CELLS[:4]), cells(CELLS[:3]), 1),
        (cells(CELLS[4:8]), cells(CELLS[4:8]), 0),
        (wire.states((1, 1), (20,)), wire.states((1, 0), (20,)), 1),
        (wire.states((1, 1), (20,)), wire.states((1, 1), (31,)), 1),
        (wire.states((1, 1), (-5,)), wire.states((1, 1), (5,)), 0),
        (wire.balance(), wire.balance(1), 1),
        (wire.protections(), wire.protections(16), 1),
        (NAME, wire.name("SOK-BMT"), 1),
    ):
        assert decode(sok, good + far + far)[1]["rejected"] == rejected, far
    assert decode(sok, totals(), live=True)[0] == []
    assert len(decode(sok, totals() + totals(), live=True)[0]) == 1


def test_what_is_not_answered_becomes_unknown():
    heard = []
    decoder = sok.Decoder(lambda s: heard.append((s.cell_count, s.switches, s.temperatures[0])))
    decoder.feed(CELLS_4 + STATES + PROTECTIONS)
    for _ in range(31):
        decoder.feed(totals())
    assert heard == [(4, BOTH, 200)] * 30 + [(0, None, None)]
    assert decoder.sample.errors is decoder.sample.flags is None


def test_the_questions():
    decoder = sok.Decoder(lambda sample: None)
    assert asked(decoder, 8) == QUESTIONS * 2
    assert asked(decoder, 2) == QUESTIONS[2:]
    decoder.forget()
    asked(decoder, 1)
    assert decoder.feed(NAME)
    asked(decoder, 1)
    assert decoder.feed(PROTECTIONS)
    asked(decoder, 1)
    # The first time nobody knows how many cells there are
    assert not decoder.feed(TOTALS + BALANCE + CELLS_4)
    assert decoder.feed(CELLS_8)
    assert decoder.stats["accepted"][sok.TOTALS] == 0  # what comes beside cells is no reading
    asked(decoder, 1)
    assert not decoder.feed(TOTALS + STATES)
    assert decoder.stats["accepted"][sok.TOTALS] == 1
    asked(decoder, 3)
    assert not decoder.feed(TOTALS + BALANCE + CELLS_4)
    assert decoder.feed(CELLS_8)
