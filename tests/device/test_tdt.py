"""The TDT decoder, against published frames of four units and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, flipped, hexed, last_sample
from asked_wires import tdt_wire as wire

from bms import tdt
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# Of wattcycle_ble's tests, XDZN_001_EF2F: 13.17 V, 0 A, 183.4 of 314 Ah, 58 %, 5 cycles
DATA_4 = hexed(
    "7e000103008c0020 04 0cde0cdd0cdf0cda 04 0b650b700b5a0b5a 4000 0525 072a 0c44 0005 0c44 003a"
    "4b220d"
)
STATES_4 = hexed(
    "7e000103008d0018 04 00000000 04 00000000 000000 00 00000601 00 0018 0000 00 1f910d"
)
TEXTS_4 = hexed(
    "7e0001030092003c 575431325f32303030345357 31305f4c3434370020202020 00000000000000000000000000"
    "000000 3630303136303136323037323730303031 000000 52aa0d"
)
# Of aiobmsble's tests: 16 cells, 52.7 V, -5.7 A, 99.1 of 108.3 Ah, 91 %, 8 cycles
DATA_16 = hexed(
    "7e000103008c003c 10 0ce30ce60cde0cde0cdd0cde0cdd0cdc0cdc0cda0cde0cde0cde0cdd0cdf0cde"
    "06 0b5e0b6f0b5e0b5e0b5e0b66 c039 1496 03df 043b 0008 03e8 005b 2b9c0d"
)
STATES_16 = hexed(
    "7e000103008d0027 10"
    + 16 * "00"
    + "06 000000000000 000000 02 0000 0e01 00 0018 0000 0000 0b7b0d"
)
# Of another one, version 4: 52.16 V, -16.2 A, 64.5 of 127.4 Ah, 51 %, 213 cycles
DATA_V4 = hexed(
    "7e040103008c003c 10 0cb20cb80cb50cb80cb40cb60cb80cb90cb50cb90cb90cb90cba0cb70cb70cb8"
    "06 0ba90ba60bb80bae0bc20bbb c0a2 1460 0285 04fa 00d5 04b0 0033 2fb40d"
)
QUESTIONS = [wire.question(kind) for kind in (wire.TEXTS, wire.STATES, wire.DATA)]
OTHERS = [wire.question(kind, 0x1E) for kind in (wire.TEXTS, wire.STATES, wire.DATA)]
CELLS = [3300 + i for i in range(16)]
BOTH = CHARGE_ON | DISCHARGE_ON


def data(current=-125, cells=CELLS, **more):
    """52.92 V, 12.5 A out, 154 of 280 Ah, 55 %."""
    said = {"charge": 1540, "full": 2800, "soc": 55, "temperatures": (250, 215, -35, 216)}
    said.update(more)
    return wire.data(cells, current, **said)


def named(**more):
    """(the errors in words, what is stopped)"""
    sample = last_sample(tdt, wire.states(**more) + data())
    found = [name for bit, name in enumerate(tdt.ALARMS) if sample.errors >> bit & 1]
    return found, sample.flags


def test_the_frames_of_wattcycle_bles():
    assert QUESTIONS[1:] == [hexed("7e000103008d0000 59130d"), hexed("7e000103008c0000 99420d")]
    sample = last_sample(tdt, TEXTS_4 + STATES_4 + DATA_4)
    assert (sample.voltage, sample.current, sample.soc, sample.cycles) == (13170, 0, 58, 5)
    assert (sample.charge, sample.capacity) == (183400, 314000)
    assert sample.cells[: sample.cell_count] == [3294, 3293, 3295, 3290]
    assert sample.temperatures == [175, 175, None, None, 197, 186]
    assert sample.switches == BOTH and sample.errors == sample.flags == 0
    assert sample.texts == {"model": "", "software": "WT12_20004SW10_L447"}


def test_the_frames_of_aiobmsbles():
    sample = last_sample(tdt, STATES_16 + DATA_16)
    assert (sample.voltage, sample.current, sample.soc, sample.cycles) == (52700, -5700, 91, 8)
    assert (sample.charge, sample.capacity) == (99100, 108300)
    assert sample.cells[:4] == [3299, 3302, 3294, 3294] and sample.cell_count == 16
    assert sample.temperatures == [179, 179, 179, 187, 196, 179]
    assert sample.switches == BOTH and sample.errors == sample.flags == 0
    sample = last_sample(tdt, DATA_V4)
    assert (sample.voltage, sample.current, sample.soc, sample.cycles) == (52160, -16200, 51, 213)
    assert sample.errors is sample.switches is None  # not answered


def test_what_is_built_by_hand():
    sample = last_sample(tdt, data())
    assert (sample.voltage, sample.current, sample.soc) == (52920, -12500, 55)
    assert sample.cells[: sample.cell_count] == CELLS
    assert sample.temperatures == [-35, 216, None, None, 215, 250]
    assert last_sample(tdt, data(125)).current == 12500
    assert last_sample(tdt, data(125, in_tenths=False)).current == 125000
    assert last_sample(tdt, data(-2, in_tenths=False)).current == -2000
    newer = data(more=bytes(18), temperatures=(1501, -601), version=4)
    assert last_sample(tdt, newer).temperatures == [None] * 6
    sample = last_sample(tdt, wire.states(balance=1 << 15, fets=4) + data())
    assert sample.switches == CHARGE_ON | BALANCING


def test_errors_in_words():
    assert named() == ([], 0)
    for bit, name in enumerate(tdt.ALARMS[:8]):
        assert named(first=1 << bit) == ([name], 0), name
    for bit, name in enumerate(tdt.ALARMS[8:15]):
        assert named(second=1 << bit) == ([name], 0), name
    for bit, name in enumerate(tdt.ALARMS[15:19]):
        assert named(faults=1 << bit) == ([name], 0), name
    assert named(warnings=(1, 0)) == named(warnings=(0, 0x80)) == (["warning"], 0)
    assert named(second=0x80) == named(faults=0xF0) == ([], 0)  # unknown
    assert named(first=1, fets=2) == (["cell overvoltage"], CHARGE_STOPPED)
    assert named(first=2, fets=4) == (["cell undervoltage"], DISCHARGE_STOPPED)
    assert named(second=16, fets=0)[1] == CHARGE_STOPPED | DISCHARGE_STOPPED
    assert named(second=2, fets=0)[1] == DISCHARGE_STOPPED
    assert named(faults=2, fets=0)[1] == CHARGE_STOPPED
    assert named(faults=8, warnings=(255, 255), fets=0)[1] == 0
    everything = named(first=255, second=255, faults=255, warnings=(255, 255))
    assert everything == (list(tdt.ALARMS), 0)


def test_cells_that_are_configured():
    assert last_sample(tdt, data(cells=[3300, 0, 3310])).cells[:3] == [3300, 1, 3310]
    assert last_sample(tdt, DATA_16, cells=2).cell_count == 2
    assert last_sample(tdt, data(cells=CELLS * 2)).cell_count == 32


def test_pieces_of_any_size():
    stream = b"\x7e\x00" + b"".join(QUESTIONS) + STATES_4 + DATA_4 + b"AT\r\n" + data() + data()
    stream += TEXTS_4 + OTHERS[0] + data(3) + DATA_16[:40]
    whole = decode(tdt, stream)
    assert [found[1] for found in whole[0]] == [0, -12500, 300]
    for size in SIZES:
        assert decode(tdt, stream, size) == whole, size


def test_frames_that_are_wrong():
    for good in (DATA_4, STATES_4):
        for at, bad in flipped(good):
            rows, _ = decode(tdt, bad + data())
            assert len(rows) == 1 and rows[0][1] == -12500 and rows[0][3] is None, at
    for more in (
        {"soc": 101}, {"voltage": 20001}, {"cells": [6001] * 4}, {"cells": []},
        {"cells": [3300] * 33}, {"temperatures": (1,)}, {"temperatures": (1,) * 11},
        {"more": bytes(33)}, {"version": 5},
    ):  # fmt: skip
        assert decode(tdt, data(**more))[0] == [], more
    for good, place in ((DATA_4, 8), (DATA_4, 17), (STATES_4, 8), (STATES_4, 13)):
        bad = bytearray(good)
        bad[place] = 3  # a number that does not fit the length
        assert decode(tdt, wire.refit(bytes(bad)) + data())[1]["rejected"] == 1, place
    for bad in (wire.frame(wire.DATA, DATA_4[8:-3], function=0x86), wire.frame(0x95, bytes(32))):
        assert decode(tdt, bad + data())[1]["rejected"] == 0
    assert decode(tdt, wire.frame(wire.TEXTS, bytes(59)))[1]["accepted"][wire.TEXTS] == 0


def test_what_a_pack_cannot_have_become_comes_twice():
    start = data(0)
    for change, times in (
        ({"soc": 57}, 1), ({"soc": 58}, 2), ({"voltage": 6092}, 1), ({"voltage": 6093}, 2),
        ({"charge": 1550}, 1), ({"charge": 1551}, 2), ({"full": 2802}, 2), ({"cycles": 2}, 2),
        ({"current": 1500}, 1), ({"current": -1501}, 2),
        ({"temperatures": (350, 215, -35, 216)}, 1),
        ({"temperatures": (351, 215, -35, 216)}, 2), ({"temperatures": (250, 215, -35)}, 2),
        ({"cells": CELLS[:15], "voltage": 5292}, 2), ({"more": bytes(18)}, 2),
        ({"cells": [2799] + CELLS[1:], "voltage": 5292}, 2),
    ):  # fmt: skip
        far = data(**dict({"current": 1}, **change))
        assert len(decode(tdt, start + far + start)[0]) == 4 - times, change
        assert len(decode(tdt, start + far + far)[0]) == 4 - times, change
    for more in (
        {"first": 1}, {"second": 1}, {"faults": 1}, {"warnings": (0, 1)}, {"fets": 4},
        {"count": 15},
    ):  # fmt: skip
        far = wire.states(**more)
        assert decode(tdt, wire.states() + far + far)[1]["rejected"] == 1, more
    assert decode(tdt, wire.states() + wire.states(balance=1, mode=1))[1]["rejected"] == 0
    assert decode(tdt, data(), live=True)[0] == []
    assert len(decode(tdt, data() + data(), live=True)[0]) == 1


def test_what_is_not_answered_becomes_unknown():
    heard = []
    decoder = tdt.Decoder(lambda sample: heard.append((sample.switches, sample.errors)))
    decoder.feed(STATES_4)
    for _ in range(31):
        decoder.feed(data())
    assert heard == [(BOTH, 0)] * 30 + [(None, None)]


def test_the_questions():
    decoder = tdt.Decoder(lambda sample: None)
    # As long as nothing is answered they begin with 7E and with 1E in turn
    assert asked(decoder, 4) == QUESTIONS + QUESTIONS[:1]
    assert asked(decoder, 4) == OTHERS[1:] + OTHERS[1:]
    decoder.forget()
    assert asked(decoder, 1) == QUESTIONS[:1]
    for good in (TEXTS_4, STATES_4):
        assert decoder.feed(good)
        asked(decoder, 1)
    assert not decoder.feed(DATA_4)
    decoder = tdt.Decoder(lambda sample: None)
    assert asked(decoder, 6)[5] == OTHERS[2]
    assert not decoder.feed(DATA_4)  # a unit that hears 1E
    for _ in range(10):
        assert set(asked(decoder, 2)) <= set(OTHERS)
        decoder.feed(STATES_4 + DATA_4)
