"""The EG4 decoder, against a published frame and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, flipped, hexed, last_sample
from asked_wires import eg4_wire as wire

from bms import eg4
from sample import CHARGE_STOPPED, DISCHARGE_STOPPED

# Of aiobmsble's tests, by Bluetooth: 13.24 V, -6.2 A, 48 %, four cells, 17 degC
STATUS_4 = hexed(
    "01034e 052c ffc2 0cee0cf10ced0cf1" + 24 * "00" + "0011 0011 0011 0000 02ee 0064 0030 0002"
    "0000 0000 0000 00000001 00000000 11c800000000 0004 0000 0000 95a4"
)
QUESTIONS = [wire.question(1, kind) for kind in (wire.TEXTS, wire.STATUS)]
CELLS = [3300 + i for i in range(16)]
FULL = 280 * 3600 * 1000  # mA times seconds


def status(current=-1250, cells=CELLS, **more):
    """52.92 V, 12.5 A out, 55 %, 154 of 280 Ah."""
    said = {"charge": 154, "full": FULL, "soc": 55, "temperatures": (21, 22)}
    said.update(more)
    return wire.status(cells, current, **said)


def named(**more):
    """(the errors in words, what is stopped)"""
    sample = last_sample(eg4, status(**more))
    found = [name for bit, name in enumerate(eg4.ALARMS) if sample.errors >> bit & 1]
    return found, sample.flags


def test_the_frame_of_aiobmsbles():
    assert QUESTIONS == [hexed("01030069 0017 d5d8"), hexed("01030000 0027 05d0")]
    sample = last_sample(eg4, STATUS_4, {"link": "ble"})
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (13240, -6200, 48, 1000)
    assert sample.cells[: sample.cell_count] == [3310, 3313, 3309, 3313]
    assert sample.charge is sample.capacity is None and sample.cycles == 1
    assert sample.temperatures == [170, None, None, None, None, 170]  # -56 degC is no temperature
    assert sample.errors == sample.flags == 0 and sample.switches is None


def test_what_is_built_by_hand():
    data = wire.texts("LFP-51.2V100Ah-V1.0", "Z02T05", "1234567890123456") + status()
    sample = last_sample(eg4, data)
    assert (sample.voltage, sample.current, sample.soc, sample.soh) == (52920, -12500, 55, 1000)
    assert sample.cells[: sample.cell_count] == CELLS and sample.cycles == 0
    assert (sample.charge, sample.capacity) == (154000, 280000)
    assert sample.temperatures == [210, 220, None, None, None, 210]
    assert sample.texts == {"model": "LFP-51.2V100Ah-V1.0", "software": "Z02T05"}
    sample = last_sample(eg4, status(full=0, design=1005, charge=1540), {"link": "ble"})
    assert (sample.current, sample.charge, sample.capacity) == (-125000, 154000, 100500)
    # 1193 Ah are all that four bytes hold
    assert last_sample(eg4, status(full=0xFFFFFFFF)).capacity == 1193046
    found = last_sample(eg4, status(temperatures=(-3, -40, -41, 0, 5), board=-3))
    assert found.temperatures == [-30, -400, None, 0, 50, -30]


def test_sensors_that_are_not_there():
    seen, gone = status(temperatures=(5, 4, 1)), status(temperatures=(5, 4, 0))
    assert last_sample(eg4, seen + gone).temperatures[:4] == [50, 40, 0, None]
    decoder = eg4.Decoder(lambda sample: None)
    decoder.feed(seen)
    decoder.forget()  # the next unit may have fewer
    decoder.feed(gone)
    assert decoder.sample.temperatures[:4] == [50, 40, None, None]


def test_errors_in_words():
    assert named() == ([], 0)
    assert named(warnings=1) == (["pack overvoltage"], 0)  # a warning stops nothing
    assert named(protections=2) == (["cell overvoltage"], CHARGE_STOPPED)
    assert named(protections=8) == (["cell undervoltage"], DISCHARGE_STOPPED)
    both = CHARGE_STOPPED | DISCHARGE_STOPPED
    assert named(warnings=0x80, protections=0x80) == (["MOSFET overheated"], both)
    assert named(protections=0x2000) == (["short circuit"], DISCHARGE_STOPPED)
    assert named(warnings=0x1000) == (["SoC low"], 0)
    for more in (
        {"warnings": 0x2000}, {"protections": 0x1000}, {"protections": 0x8000}, {"errors": 8},
    ):  # fmt: skip
        assert named(**more) == (["other alarm"], 0), more
    last = ["voltage sensing", "temperature sensor", "current sensor", "cells differ"]
    assert named(errors=0x17) == (last, 0)
    assert len(named(warnings=0xFFFF, protections=0xFFFF, errors=0xFFFF)[0]) == len(eg4.ALARMS)


def test_cells_that_are_configured():
    assert last_sample(eg4, status(cells=[3300, 0, 3310])).cells[:3] == [3300, 1, 3310]
    assert last_sample(eg4, STATUS_4, cells=2).cell_count == 2


def test_a_unit_with_another_number():
    decoder = eg4.Decoder(lambda sample: None)
    decoder.configure({"unit": 16})
    assert asked(decoder, 2) == [hexed("10030069 0017 d699"), hexed("10030000 0027 0691")]
    decoder.feed(status() + status(unit=16))
    assert decoder.stats["accepted"][eg4.STATUS] == 1


def test_pieces_of_any_size():
    data = b"\x01\x03" + b"".join(QUESTIONS) + STATUS_4 + b"AT\r\n" + status() + status()
    data += wire.texts("a", "b", "c") + QUESTIONS[0] + status(current=300) + STATUS_4[:40]
    whole = decode(eg4, data)
    assert [found[1] for found in whole[0]] == [-620, -12500, 3000]
    for size in SIZES:
        assert decode(eg4, data, size) == whole, size


def test_frames_that_are_wrong():
    for at, bad in flipped(STATUS_4):
        rows, _ = decode(eg4, bad + status())
        assert len(rows) == 1 and rows[0][1] == -12500, at
    for more in (
        {"soc": 101}, {"soh": 201}, {"voltage": 10001}, {"charge": 2001}, {"cycles": 65536},
        {"board": 201}, {"board": -61}, {"cells": [6001] * 4}, {"cells": []},
    ):  # fmt: skip
        more.setdefault("voltage", 5292)
        assert decode(eg4, status(**more))[0] == [], more
    assert len(decode(eg4, status(board=200))[0]) == 1


def test_what_a_pack_cannot_have_become_comes_twice():
    start = status(current=0)
    for change, times in (
        ({"soc": 57}, 1), ({"soc": 58}, 2), ({"voltage": 6092}, 1), ({"voltage": 6093}, 2),
        ({"soh": 98}, 2), ({"charge": 155}, 1), ({"charge": 156}, 2), ({"cycles": 2}, 2),
        ({"full": FULL + 3 * 65536}, 2), ({"design": 1}, 2), ({"current": 15000}, 1),
        ({"current": -15001}, 2), ({"warnings": 1}, 2), ({"protections": 1}, 2),
        ({"errors": 1}, 2), ({"temperatures": (21, 32)}, 1), ({"temperatures": (21, 33)}, 2),
        ({"board": 32}, 2), ({"cells": CELLS[:15], "voltage": 5292}, 2),
        ({"cells": [2799] + CELLS[1:], "voltage": 5292}, 2), ({"state": 4, "most": 1}, 1),
    ):  # fmt: skip
        far = status(**dict({"current": 10}, **change))
        assert len(decode(eg4, start + far + start)[0]) == 4 - times, change
        assert len(decode(eg4, start + far + far)[0]) == 4 - times, change
    assert decode(eg4, status(), live=True)[0] == []
    assert len(decode(eg4, status() + status(), live=True)[0]) == 1


def test_the_questions():
    decoder = eg4.Decoder(lambda sample: None)
    assert asked(decoder, 5) == QUESTIONS * 2 + QUESTIONS[1:]
    decoder.forget()
    asked(decoder, 1)
    assert decoder.feed(wire.texts("a", "b", "c"))
    asked(decoder, 1)
    assert not decoder.feed(STATUS_4)
