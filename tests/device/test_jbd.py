"""The JBD decoder, against frames worked out by hand and frames that others have published."""

from asked_stream import SIZES, asked, decode, jbd_wire, kelvin, last_sample

from bms import jbd
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# The example of the maker's paper V4: 58.88 V, 15 cells, 20.3 and 21.5 degC
PAPER = bytes((
    0xDD, 0x03, 0x00, 0x1B, 0x17, 0x00, 0x00, 0x00, 0x02, 0xD0, 0x03, 0xE8, 0x00, 0x00, 0x20, 0x78,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x48, 0x03, 0x0F, 0x02, 0x0B, 0x76, 0x0B, 0x82, 0xFB,
    0xFF, 0x77,
))  # fmt: skip
# Frames of an SP04S034 that ESPHome's and aiobmsble's tests show: 15.60 V, -2.87 A, four cells
SP04 = bytes((
    0xDD, 0x03, 0x00, 0x1D, 0x06, 0x18, 0xFE, 0xE1, 0x01, 0xF2, 0x01, 0xF4, 0x00, 0x2A, 0x2C, 0x7C,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x64, 0x03, 0x04, 0x03, 0x0B, 0x8B, 0x0B, 0x8A, 0x0B,
    0x84, 0xF8, 0x84, 0x77,
))  # fmt: skip
SP04_CELLS = bytes((
    0xDD, 0x04, 0x00, 0x08, 0x0D, 0x66, 0x0D, 0x61, 0x0D, 0x68, 0x0D, 0x59, 0xFE, 0x3C, 0x77,
))  # fmt: skip
QUESTIONS = [jbd_wire.question(kind) for kind in (5, 4, 3)]
CELLS = [3300 + i for i in range(16)]


def basic(current=-1250, temperatures=(215, -35), **more):
    """52.80 V, 154 of 280 Ah, 55 %."""
    said = {"voltage": 5280, "charge": 15400, "capacity": 28000, "soc": 55}
    said.update(more)
    return jbd_wire.basic_frame(current=current, temperatures=temperatures, **said)


def test_the_example_of_the_paper():
    sample = last_sample(jbd, PAPER)
    assert (sample.voltage, sample.current, sample.soc) == (58880, 0, 72)
    assert (sample.charge, sample.capacity, sample.cycles) == (7200, 10000, 0)
    assert sample.temperatures == kelvin(203, 215)
    assert sample.switches == CHARGE_ON | DISCHARGE_ON and sample.flags == sample.errors == 0
    assert sample.texts["software"] == "1.0" and sample.cell_count == 0


def test_the_frames_of_an_sp04s034():
    sample = last_sample(jbd, SP04_CELLS + SP04)
    assert (sample.voltage, sample.current, sample.soc) == (15600, -2870, 100)
    assert (sample.charge, sample.capacity, sample.cycles) == (4980, 5000, 42)
    assert sample.temperatures == kelvin(224, 223, 217)
    assert sample.cells[: sample.cell_count] == [3430, 3425, 3432, 3417]
    assert (sample.min_cell, sample.max_cell) == (3, 2)


def test_what_is_built_by_hand():
    data = jbd_wire.name_frame("JBD-SP16S") + jbd_wire.cells_frame(CELLS)
    sample = last_sample(jbd, data + basic(balance=1 << 20, errors=0x402, fets=1))
    assert (sample.voltage, sample.current) == (52800, -12500)
    assert sample.temperatures == kelvin(215, -35)
    assert sample.cells[: sample.cell_count] == CELLS
    assert sample.texts == {"model": "JBD-SP16S", "software": "2.0"}
    assert sample.errors == 0x402 and sample.switches == CHARGE_ON | BALANCING
    assert sample.flags == DISCHARGE_STOPPED
    names = [name for bit, name in enumerate(jbd.ALARMS) if sample.errors >> bit & 1]
    assert names == ["cell undervoltage", "load short circuit"]
    assert last_sample(jbd, basic(errors=1, fets=2)).flags == CHARGE_STOPPED
    assert last_sample(jbd, basic(fets=0)).flags == 0  # switched off by its owner


def test_newer_units_say_more_behind_the_temperatures():
    sample = last_sample(jbd, basic(more=bytes(range(9))))
    assert sample.temperatures == kelvin(215, -35) and sample.current == -12500


def test_cells_that_are_configured():
    data = jbd_wire.cells_frame([3300, 0, 3310]) + basic(cells=3)
    assert last_sample(jbd, data).cells[:3] == [3300, 1, 3310]
    assert last_sample(jbd, data, cells=2).cell_count == 2


def test_pieces_of_any_size():
    data = b"AT\r\n" + PAPER + jbd_wire.cells_frame(CELLS) + basic() + b"\xdd\xa5\x03\x00"
    data += basic(current=800) + SP04_CELLS[:9]
    whole = decode(jbd, data)
    assert [found[1] for found in whole[0]] == [0, 8000]  # other sensors: it has to come twice
    for size in SIZES:
        assert decode(jbd, data, size) == whole, size


def test_frames_that_are_wrong():
    good = basic()
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 0x10
        rows, stats = decode(jbd, bytes(bad) + good)
        assert len(rows) == 1 and rows[0][1] == -12500, at
    assert decode(jbd, jbd_wire.frame(3, b"", status=0x80))[0] == []
    for cells, soc in ((0, 50), (33, 50), (16, 101)):
        assert decode(jbd, basic(cells=cells, soc=soc))[0] == []
    assert decode(jbd, jbd_wire.cells_frame([3300, 6001]) + good)[0][0][7] == []


def test_a_temperature_that_cannot_be_is_unknown():
    assert last_sample(jbd, basic(temperatures=(215, 2000))).temperatures == kelvin(215)


def test_what_a_pack_cannot_have_become_comes_twice():
    start = basic(current=0)
    for change, times in (
        ({"soc": 57}, 1), ({"soc": 58}, 2), ({"voltage": 6080}, 1), ({"voltage": 6081}, 2),
        ({"temperatures": (315, -35)}, 1), ({"temperatures": (316, -35)}, 2), ({"errors": 1}, 2),
        ({"charge": 15501}, 2), ({"capacity": 28001}, 2), ({"cycles": 2}, 2), ({"fets": 1}, 2),
        ({"cells": 15}, 2), ({"software": 0x21}, 2),
    ):  # fmt: skip
        far = basic(**dict(change, current=100))
        assert len(decode(jbd, start + far + start)[0]) == 4 - times, change
        assert len(decode(jbd, start + far + far)[0]) == 4 - times, change
    for current, times in ((15000, 1), (15001, 2), (-32768, 2)):
        rows, _ = decode(jbd, start + 2 * basic(current=current))
        assert [found[1] for found in rows[1:]] == [10 * current] * (3 - times)


def test_live_the_first_answer_of_a_kind_comes_twice():
    assert decode(jbd, basic(), live=True)[0] == []
    rows, stats = decode(jbd, basic() + basic(current=-1200), live=True)
    assert [found[1] for found in rows] == [-12000] and stats["rejected"] == 0


def test_the_questions():
    decoder = jbd.Decoder(print)
    assert asked(decoder, 8) == QUESTIONS + QUESTIONS + QUESTIONS[1:]
    decoder.forget()
    assert asked(decoder, 1) == QUESTIONS[:1]


def test_the_next_question_is_due_when_one_is_answered():
    decoder = jbd.Decoder(print)
    asked(decoder, 2)
    assert not decoder.feed(SP04_CELLS[:9])
    assert decoder.feed(SP04_CELLS[9:])
    assert not decoder.feed(SP04_CELLS[:0])
    assert asked(decoder, 1) == QUESTIONS[2:]
    assert not decoder.feed(SP04_CELLS)  # late, or from the round before
    assert not decoder.feed(jbd_wire.frame(3, b"", status=0x80))


def test_old_cells_become_unknown():
    rows = []
    decoder = jbd.Decoder(lambda sample: rows.append(sample.cell_count))
    decoder.feed(jbd_wire.cells_frame(CELLS))
    for _ in range(31):
        decoder.feed(basic())
    assert rows == [16] * 30 + [0]
    decoder.feed(jbd_wire.cells_frame(CELLS) + basic())
    assert rows[-1] == 16
    decoder.forget()
    decoder.feed(basic())
    assert rows[-1] == 0
