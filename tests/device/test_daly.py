"""The Daly decoder, against frames that others have published and frames worked out by hand."""

from asked_stream import SIZES, asked, daly_wire, decode, flipped, hexed, kelvin, last_sample

from bms import daly, daly_alarms
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# Of aiobmsble's tests: 14.0 V, 3 A in, 90 %, 4 cells, 57 cycles, 345.6 Ah
FOUR_CELLS = hexed(
    "d2037c 101f 1029 1033 103d" + 56 * "00" + "003c 003d 003e 003f" + 8 * "00"
    + "008c 754e 0384 103d 101f 0000 0000 0000 0d80 0004 0004 0039 0001 0000 0001"
    + "102e 0141 002a 0000 0000 0000 0000 a0df"
)  # fmt: skip
FOUR_MOSFET = hexed("d20312 0000 0000 7530 0000 004e ffff ffff ffff ffff 0b4e")
# Of ESPHome's tests: 27.1 V, no current, full, 8 cells, 25.0 Ah, "charge too hot" as a warning
EIGHT_CELLS = hexed(
    "d2037c 0d6e 0d69 0d59 0dd7 0d0b 0d0b 0d0c 0d0b" + 48 * "00" + "003d 0028 0028" + 10 * "00"
    + "010f 7530 03e8 0dd7 0d0b 003d 003d 0000 00fa 0008 0001 0000 0000 0001 0001"
    + "0d46 00cc 0000 0100 0000 0000 0000 cf2d"
)  # fmt: skip
TEXTS_SH39 = hexed(
    "d20340 323034303132" + 26 * "00" + "5348333946303033" + 24 * "00" + "b8f5"
)  # fmt: skip
QUESTIONS = [daly_wire.question(b) for b in (daly_wire.TEXTS, daly_wire.MOSFET, daly_wire.STATUS)]
CELLS = [3281, 3279] + [3282] * 14


def status(current=-31, **more):
    """A unit that discharges with 3.1 A: 53.0 %, 111.3 Ah, four sensors at 15 degC."""
    said = {"charge": 1113, "soc": 530, "temperatures": (15, 15, 15, 14), "cycles": 57}
    said.update(more)
    return daly_wire.status(said.pop("cells", CELLS), current, **said)


def test_a_frame_of_aiobmsbles():
    sample = last_sample(daly, FOUR_MOSFET + FOUR_CELLS)
    assert (sample.voltage, sample.current, sample.soc) == (14000, 3000, 90)
    assert (sample.charge, sample.cycles, sample.balance_current) == (345600, 57, 0)
    assert sample.temperatures == [200, 210, 220, 230, None, 380]
    assert sample.cells[: sample.cell_count] == [4127, 4137, 4147, 4157]
    assert sample.switches == DISCHARGE_ON | BALANCING and sample.errors == sample.flags == 0


def test_frames_of_esphomes():
    sample = last_sample(daly, TEXTS_SH39 + EIGHT_CELLS)
    assert (sample.voltage, sample.current, sample.soc, sample.charge) == (27100, 0, 100, 25000)
    assert sample.cells[: sample.cell_count] == [3438, 3433, 3417, 3543, 3339, 3339, 3340, 3339]
    assert sample.temperatures == kelvin(210)
    assert sample.texts == {"software": "204012", "hardware": "SH39F003"}
    names = [name for bit, name in enumerate(daly.ALARMS) if sample.errors >> bit & 1]
    assert names == ["charge too hot"] and sample.flags == 0


def refit(frame, at, value):
    """The frame with another register there."""
    body = frame[:at] + bytes([value >> 8, value & 0xFF]) + frame[at + 2 : -2]
    return body + daly_wire.crc(body)


def test_a_cell_that_is_beyond_the_named_extremes_comes_twice():
    for cell in (3270, 3290):  # the unit names 3279 and 3282
        far = refit(status(), daly.CELLS_AT + 30, cell)
        assert [sample[7][15] for sample in decode(daly, status() + far + status())[0]] == [
            3282
        ] * 2
        twice = decode(daly, status() + far + far + far)[0]
        assert [sample[7][15] for sample in twice] == [3282, cell, cell]
    zeros = refit(refit(status(), daly.HIGHEST_AT, 0), daly.LOWEST_AT, 0)  # a unit that names none
    assert len(decode(daly, zeros + zeros)[0]) == 2


def test_below_30000_it_discharges():
    # The registers of a frame that ESPHome shows: its own state is 2, "discharging"
    sample = last_sample(daly, status())
    assert (sample.voltage, sample.current, sample.soc) == (52500, -3100, 53)
    assert last_sample(daly, status(), {"invert_current": True}).current == 3100
    assert daly_wire.status(CELLS, -31, 1113, 530, (15,))[85:87] == hexed("7511")
    assert last_sample(daly, status(soc=994)).soc == 99
    assert last_sample(daly, status(soc=995)).soc == 100


def test_a_mosfet_without_a_sensor():
    for degrees, shown in ((None, None), (-40, None), (-39, -390), (150, 1500), (151, None)):
        data = daly_wire.mosfet(degrees, balance=-250) + status()
        sample = last_sample(daly, data)
        assert sample.temperatures[5] == shown and sample.balance_current == -250


def test_texts_in_the_other_places():
    data = bytearray(daly_wire.texts("T00K_321042_11", ""))
    data[19:35] = b"H2.0_103R_309F9F"
    data[-2:] = daly_wire.crc(data[:-2])
    sample = last_sample(daly, bytes(data) + status())
    assert sample.texts == {"software": "T00K_321042_11", "hardware": "H2.0_103R_309F9F"}


def test_the_alarms():
    found = {}
    for byte in range(7):
        for bit in range(8):
            data = bytearray(8)
            data[byte] = 1 << bit
            errors = daly_alarms.alarms(data, 0, 0)
            swapped = bytes([data[i ^ 1] for i in range(8)])
            assert errors == daly_alarms.alarms(swapped, 0, 1)
            names = [name for i, name in enumerate(daly.ALARMS) if errors >> i & 1]
            found[byte, bit] = names[0] if names else None
            assert len(names) == (byte < 3 or (byte, bit) < (3, 4) or byte in (4, 5) or
                                  (byte == 6 and bit < 4)), (byte, bit)  # fmt: skip
    assert [found[0, bit] for bit in range(8)] == [
        each for each in daly.ALARMS[:4] for _ in range(2)
    ]
    for place, name in (
        ((1, 0), "charge too hot"), ((1, 7), "discharge too cold"), ((2, 1), "charge overcurrent"),
        ((2, 2), "load overcurrent"), ((2, 7), "SoC low"), ((3, 0), "cells differ"),
        ((3, 3), "temperatures differ"), ((4, 0), "charge MOSFET hot"), ((4, 2), "MOSFET sensor"),
        ((4, 5), "MOSFET stuck"), ((4, 6), "MOSFET open"), ((5, 0), "front-end IC"),
        ((5, 5), "precharge failed"), ((5, 6), "communication"), ((5, 7), "communication"),
        ((6, 0), "current sensor"), ((6, 2), "short circuit"), ((6, 3), "too low to charge"),
    ):  # fmt: skip
        assert found[place] == name
    assert set(daly.ALARMS) == {name for name in found.values() if name}


def test_what_stops_it():
    for alarms, fets, flags in (
        ((2, 0, 0, 0), (0, 1), CHARGE_STOPPED), ((8, 0, 0, 0), (1, 0), DISCHARGE_STOPPED),
        ((2, 0, 0, 0), (1, 1), 0), ((0, 0, 0, 0), (0, 0), 0),
        ((0, 0, 1, 0), (1, 0), 0), ((0, 0, 0, 4), (1, 0), DISCHARGE_STOPPED),
    ):  # fmt: skip
        sample = last_sample(daly, status(alarms=alarms, fets=fets))
        assert sample.flags == flags, (alarms, fets)
        assert sample.switches == fets[0] * CHARGE_ON + fets[1] * DISCHARGE_ON


def test_pieces_of_any_size():
    data = b"\xd2" + QUESTIONS[2] + status() + b"AT\r\n" + FOUR_MOSFET + status(current=700)
    data += TEXTS_SH39 + status(current=701) + status()[:100]
    whole = decode(daly, data)
    assert [found[1] for found in whole[0]] == [-3100, 70000, 70100]
    for size in SIZES:
        assert decode(daly, data, size) == whole, size


def test_frames_that_are_wrong():
    good = status()
    for at, bad in flipped(good):
        rows, stats = decode(daly, bad + good)
        assert len(rows) == 1 and rows[0][1] == -3100, at
    for more in (
        {"soc": 1001}, {"voltage": 2001}, {"cells": [6001] * 4}, {"fets": (256, 1)},
        {"current": 20001}, {"temperatures": (1,) * 9},
    ):  # fmt: skip
        assert decode(daly, status(**more))[0] == [], more
    assert decode(daly, daly_wire.answer([0] * 62))[0] == []  # no cells


def test_what_a_pack_cannot_have_become_comes_twice():
    start = status(current=0)
    for change, times in (
        ({"soc": 550}, 1), ({"soc": 551}, 2), ({"voltage": 605}, 1), ({"voltage": 606}, 2),
        ({"temperatures": (25, 15, 15, 14)}, 1), ({"temperatures": (26, 15, 15, 14)}, 2),
        ({"alarms": (2, 0, 0, 0)}, 2), ({"charge": 1124}, 2), ({"cycles": 59}, 2),
        ({"fets": (0, 1)}, 2), ({"current": 1500}, 1), ({"current": 1501}, 2),
        ({"cells": CELLS[:15]}, 2), ({"cells": [2780] + CELLS[1:], "voltage": 525}, 2),
    ):  # fmt: skip
        far = status(**dict({"current": 10}, **change))
        assert len(decode(daly, start + far + start)[0]) == 4 - times, change
        assert len(decode(daly, start + far + far)[0]) == 4 - times, change
    assert decode(daly, status(), live=True)[0] == []
    assert len(decode(daly, status() + status(), live=True)[0]) == 1


def test_the_questions():
    decoder = daly.Decoder(print)
    assert asked(decoder, 6) == QUESTIONS * 2
    assert asked(decoder, 8) == QUESTIONS[2:] * 8  # nobody answers the others: less often
    assert asked(decoder, 5) == (QUESTIONS[1:] * 2 + QUESTIONS[2:])[:5]
    decoder = daly.Decoder(print)
    asked(decoder, 2)
    assert decoder.feed(FOUR_MOSFET)
    asked(decoder, 3)
    decoder.feed(FOUR_MOSFET)
    assert asked(decoder, 5) == QUESTIONS[2:] * 4 + QUESTIONS[1:2]


def test_old_temperatures_become_unknown():
    heard = []
    decoder = daly.Decoder(lambda sample: heard.append(sample.temperatures[5]))
    decoder.feed(FOUR_MOSFET)
    for _ in range(31):
        decoder.feed(status())
    assert heard == [380] * 30 + [None]
