"""The CBT Power decoder, against published frames and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, flipped, hexed, kelvin, last_sample
from asked_wires import cbt_wire as wire

from bms import cbt

# Of aiobmsble's tests: 13.4 V, -3.14 A, 100 %, 40 Ah, 3 cycles, -2 degC, five cells, no alarm
VALUES = hexed("aa550b08 58340000 bcf3ffff 4c 0d0a")
SOC = hexed("aa550a06 64130d000000 94 0d0a")
RATED = hexed("aa551504 2800 0300 44 0d0a")
COLD = hexed("aa55090c fefffeff0000000000000000 0f 0d0a")
QUIET = hexed("aa552104 00000000 25 0d0a")
FIVE = hexed("aa55050a 0b0d0b0d0a0d0a0d0d09 83 0d0a") + hexed("aa55060a" + 20 * "0" + "10 0d0a")
# The same of another one, of 20 cells, and its alarms, the first and the last
TWENTY = hexed(
    "aa55050a 0b0d0a0d090d080d070d 7d 0d0a aa55060a 060d050d040d030d020d 65 0d0a"
    + "aa55070a 010d000dff0cfe0cfd0c 4a 0d0a aa55080a fc0cfb0cfa0cf90cf80c 30 0d0a"
)
ALARMED = (hexed("aa552104 01000000 26 0d0a"), hexed("aa552104 00000080 a5 0d0a"))
QUESTIONS = [wire.question(kind) for kind in wire.KINDS]
CELLS = [3300 + i for i in range(16)]


def cells(millivolts):
    return b"".join([wire.cells(group, millivolts) for group in range(4)])


def values(current=-12500, voltage=13400):
    return wire.values(voltage, current)


def test_the_frames_of_aiobmsbles():
    sample = last_sample(cbt, QUIET + RATED + COLD + SOC + FIVE + VALUES)
    assert (sample.voltage, sample.current, sample.soc) == (13400, -3140, 100)
    assert (sample.capacity, sample.cycles, sample.errors) == (40000, 3, 0)
    assert sample.temperatures == kelvin(-20)
    assert sample.cells[: sample.cell_count] == [3339, 3339, 3338, 3338, 2317]
    assert sample.charge is sample.switches is sample.flags is None
    sample = last_sample(cbt, TWENTY + VALUES)
    assert sample.cells[: sample.cell_count] == list(range(3339, 3319, -1))
    for alarmed in ALARMED:
        assert last_sample(cbt, alarmed + VALUES).errors == 1
    assert cbt.ALARMS == ("warning",)


def test_what_is_built_by_hand():
    data = wire.alarms() + wire.rated(280, 500) + wire.degrees(150) + wire.soc(55)
    sample = last_sample(cbt, data + cells(CELLS[:4]) + values(500000, 100000))
    assert (sample.voltage, sample.current, sample.soc) == (100000, 500000, 55)
    assert (sample.capacity, sample.cycles) == (280000, 500)
    assert sample.temperatures == kelvin(1500)
    assert sample.cells[: sample.cell_count] == CELLS[:4]
    assert last_sample(cbt, values(-1), {"invert_current": True}).current == 1


def test_cells_that_are_configured_or_read_0():
    assert last_sample(cbt, cells([3300, 0, 3310]) + values()).cells[:3] == [3300, 1, 3310]
    assert last_sample(cbt, cells(CELLS) + values()).cell_count == 16
    assert last_sample(cbt, cells(CELLS) + values(), cells=6).cell_count == 6
    # The first five have not come yet: which cells the others are is not known to a reader
    assert last_sample(cbt, wire.cells(1, CELLS) + values()).cell_count == 0


def test_pieces_of_any_size():
    data = b"\xaa\x55" + b"".join(QUESTIONS) + SOC + TWENTY + VALUES + b"AT\r\n" + values(-3000)
    data += COLD + values(300) + SOC[:8]
    whole = decode(cbt, data)
    assert [found[1] for found in whole[0]] == [-3140, -3000, 300]
    for size in SIZES:
        assert decode(cbt, data, size) == whole, size


def test_frames_that_are_wrong():
    for good in (VALUES, SOC, COLD, QUIET, TWENTY[:17]):
        for at, bad in flipped(good):
            rows, _ = decode(cbt, bad + values())
            assert len(rows) == 1 and rows[0][1] == -12500, at
            assert rows[0][2] is rows[0][3] is None and not rows[0][7], at
    for bad in (values(500001), values(-500001), values(0, 100001)):
        assert decode(cbt, bad)[0] == []
    for bad in (
        wire.soc(101), wire.degrees(151), wire.degrees(-61), cells([6001] * 4),
        wire.frame(0x0A, b"\x32"), wire.frame(0x0C, bytes(12)),
    ):  # fmt: skip
        row = decode(cbt, bad + values())[0][0]
        assert row[2] is None and row[6] == kelvin() and not row[7], bad
    assert last_sample(cbt, wire.rated(0, 1) + values()).capacity is None


def test_what_a_pack_cannot_have_become_comes_twice():
    for near, far, field in (
        (values(0, 21400), values(0, 21401), "voltage"),
        (values(150000), values(150001), "current"),
        (wire.soc(52), wire.soc(53), "soc"),
        (wire.rated(100, 4), wire.rated(100, 5), "cycles"),
        (wire.rated(100, 4), wire.rated(101, 3), "capacity"),
        (wire.alarms(0), wire.alarms(4), "errors"),
    ):
        first = values(0) + wire.soc(50) + wire.rated(100, 3) + wire.alarms()
        before = getattr(last_sample(cbt, first + values(0)), field)
        data = first + far
        assert getattr(last_sample(cbt, data + values(0)), field) == before, field
        after = getattr(last_sample(cbt, first + far + far), field)
        assert after != before, field
        assert decode(cbt, first + near)[1]["rejected"] == 0, field
    known = cells(CELLS[:4])
    for far in (cells([2799] + CELLS[1:4]), cells(CELLS[:3])):
        assert last_sample(cbt, known + far + values()).cells[:4] == CELLS[:4]
    assert decode(cbt, wire.degrees(20) + wire.degrees(31))[1]["rejected"] == 1
    assert decode(cbt, values(), live=True)[0] == []
    assert len(decode(cbt, values() + values(), live=True)[0]) == 1


def test_what_is_not_answered_becomes_unknown():
    heard = []

    def note(sample):
        values = (sample.soc, sample.capacity, sample.errors, sample.temperatures[0])
        heard.append((values, sample.cell_count))

    decoder = cbt.Decoder(note)
    decoder.feed(QUIET + RATED + COLD + SOC + TWENTY)
    for _ in range(31):
        decoder.feed(values())
    assert heard == [((100, 40000, 0, -20), 20)] * 30 + [((None,) * 4, 0)]


def test_the_questions():
    decoder = cbt.Decoder(lambda sample: None)
    assert asked(decoder, 18) == QUESTIONS * 2  # are there more cells than five?
    assert asked(decoder, 3) == [QUESTIONS[3], QUESTIONS[4], QUESTIONS[8]]
    decoder.feed(cells(CELLS[:8]))
    assert asked(decoder, 4) == QUESTIONS[3:6] + QUESTIONS[8:]
    assert not decoder.feed(SOC[:5])
    asked(decoder, 1)
    assert not decoder.feed(SOC[:5])
    assert decoder.feed(SOC[5:])
