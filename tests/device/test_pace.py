"""The PACE decoder, against published frames and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, flipped, hexed, kelvin, last_sample
from asked_wires import pace_wire as wire

from bms import pace

# Of aiobmsble's tests: 53.02 V, -3.84 A, 74.23 of 100 Ah, 74 %, 239 cycles; one pack
PACK = hexed(
    "9a00000a0100002b 02 fe80 14b6 1cff 2710 2710 4a 64 00ef 0000000000000000 14d7 0000"
    + "03 0b8e010b890b930b9c 0a 0cf0 10 0cec a4b4 9d"
)  # fmt: skip
TOTALS = hexed(
    "9a00000a00000033 01 fffffe59 000014b5 00001ce8 00002710 00002710 4a 64 000000ef"
    + 8 * "00" + "01080cef 01100cec 01030b8e 01010b89 9916 9d"
)  # fmt: skip
# Of the same unit: 16 cells, four of them with a temperature
CELLS_16 = hexed(
    "9a00000a02000044 02 14b6 10 0cee0b89 0cec0b8b 0cee0b8e 0cef0b8b 0cef0000 0cee0000 0cef0000"
    + "0cef0000 0cef0000 0cf00000 0cef0000 0cee0000 0cee0000 0cef0000 0cee0000 0cec0000 32a1 9d"
)  # fmt: skip
QUESTIONS = [wire.QUESTIONS[kind] for kind in (wire.TOTALS, wire.CELLS, wire.PACK)]
CELLS = [3300 + i for i in range(16)]


def pack(current=-1250, **more):
    """52.92 V, 12.5 A out, 55 %, 154 of 280 Ah."""
    said = {"voltage": 5292, "charge": 15400, "capacity": 28000, "soc": 55}
    said.update(more)
    return wire.pack(current=current, **said)


def test_the_frames_of_aiobmsbles():
    sample = last_sample(pace, TOTALS + CELLS_16 + PACK)
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (53020, -3840, 74, 1000)
    assert (sample.charge, sample.capacity, sample.cycles) == (74230, 100000, 239)
    assert sample.extras == {"units": 1} and sample.temperatures == kelvin(222, 224, 227, 224)
    cells = [3310, 3308, 3310, 3311, 3311, 3310, 3311, 3311, 3311, 3312, 3311, 3310, 3310, 3311]
    assert sample.cells[: sample.cell_count] == cells + [3310, 3308]
    assert sample.errors is sample.switches is sample.flags is None  # nobody knows where
    assert last_sample(pace, PACK, {"invert_current": True}).current == 3840


def test_what_is_built_by_hand():
    data = wire.totals(3) + wire.cells(CELLS[:8], (215, -35, 1501, -601, 320, -100))
    sample = last_sample(pace, data + pack(30000, soh=98))
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (52920, 300000, 55, 980)
    assert sample.cells[: sample.cell_count] == CELLS[:8] and sample.extras == {"units": 3}
    assert sample.temperatures == [215, -35, None, None, -100, 320]
    data = wire.cells(CELLS[:2], (215, 216)) + pack(more=b"")
    assert last_sample(pace, data).temperatures == kelvin(215, 216)


def test_cells_that_are_configured():
    data = wire.cells([3300, 0, 3310], (215,)) + pack()
    assert last_sample(pace, data).cells[:3] == [3300, 1, 3310]
    assert last_sample(pace, data, cells=2).cell_count == 2


def test_pieces_of_any_size():
    data = b"\x9a\x00" + b"".join(QUESTIONS) + CELLS_16 + PACK + b"AT\r\n" + pack() + pack()
    data += wire.cells(CELLS, (215,)) + QUESTIONS[0] + pack(current=300) + PACK[:40]
    whole = decode(pace, data)
    assert [found[1] for found in whole[0]] == [-3840, -12500, 3000]
    for size in SIZES:
        assert decode(pace, data, size) == whole, size


def test_frames_that_are_wrong():
    for good in (PACK, CELLS_16, TOTALS):
        for at, bad in flipped(good):
            rows, stats = decode(pace, bad + pack())
            assert len(rows) == 1 and rows[0][1] == -12500 and not rows[0][7], at
    for more in (
        {"soc": 101}, {"soh": 201}, {"voltage": 10001}, {"voltage": 0}, {"more": bytes(50)},
    ):  # fmt: skip
        assert decode(pace, pack(**more))[0] == [], more
    for cells in ([6001] * 4, [3300] * 33, []):
        data = wire.cells(cells, (215,)) + pack()
        assert decode(pace, data)[0][0][7] == []
    bad = bytearray(CELLS_16)
    bad[11] = 15  # a number of cells that does not fit the length
    assert decode(pace, wire.refit(bad) + pack())[0][0][7] == []


def test_what_a_pack_cannot_have_become_comes_twice():
    start = pack(current=0)
    for change, times in (
        ({"soc": 57}, 1), ({"soc": 58}, 2), ({"voltage": 6092}, 1), ({"voltage": 6093}, 2),
        ({"soh": 98}, 2), ({"charge": 15500}, 1), ({"charge": 15501}, 2), ({"cycles": 2}, 2),
        ({"capacity": 28001}, 2), ({"current": 15000}, 1),
        ({"current": -15001}, 2), ({"more": bytes(8)}, 2),
    ):  # fmt: skip
        far = pack(**dict({"current": 10}, **change))
        assert len(decode(pace, start + far + start)[0]) == 4 - times, change
        assert len(decode(pace, start + far + far)[0]) == 4 - times, change
    cells = wire.cells(CELLS, (215, 215))
    for far in (
        wire.cells([2799] + CELLS[1:], (215, 215)),
        wire.cells(CELLS[:15], (215, 215)),
        wire.cells(CELLS, (215, 316)),
    ):
        assert last_sample(pace, cells + far + start).cells[0] == 3300
        assert decode(pace, cells + far + far)[1]["rejected"] == 1
    assert decode(pace, pack(), live=True)[0] == []
    assert len(decode(pace, pack() + pack(), live=True)[0]) == 1


def test_what_is_not_answered_becomes_unknown():
    heard = []
    decoder = pace.Decoder(lambda sample: heard.append((sample.cell_count, sample.temperatures[0])))
    decoder.feed(CELLS_16)
    for _ in range(31):
        decoder.feed(pack())
    assert heard == [(16, 222)] * 30 + [(0, None)]


def test_how_many_packs_there_are():
    """The main one says it; what the others say of all are zeros, and no reading."""
    for count, shown in ((0, None), (64, 64), (65, None)):
        assert decode(pace, wire.totals(count))[0] == []
        assert last_sample(pace, wire.totals(count) + pack()).extras == {"units": shown}
    changed = wire.totals(2) + wire.totals(3)
    assert last_sample(pace, changed + pack()).extras == {"units": 2}
    assert last_sample(pace, changed + wire.totals(3) + pack()).extras == {"units": 3}
    heard = []
    decoder = pace.Decoder(lambda sample: heard.append(sample.extras["units"]))
    decoder.feed(wire.totals(2))
    for _ in range(31):
        decoder.feed(pack())
    assert heard == [2] * 30 + [None]


def test_the_questions():
    decoder = pace.Decoder(lambda sample: None)
    assert asked(decoder, 8) == QUESTIONS * 2 + QUESTIONS[1:]
    asked(decoder, 1)
    assert not decoder.feed(CELLS_16[:40])
    assert decoder.feed(CELLS_16[40:])
    asked(decoder, 1)
    assert not decoder.feed(PACK)
