"""The Renogy decoders, against published frames and frames worked out by hand."""

from asked_stream import SIZES, asked, decode, flipped, hexed, kelvin, last_sample
from asked_wires import renogy_wire as wire

from bms import renogy, renogy_pro
from sample import CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# Of aiobmsble: an RBT100LFP12-BT, 13.6 V, -0.86 A, 97.2 of 100 Ah (the 15 cycles are made up)
TEXTS = hexed(
    "300338 000000000006000000 0000c8 32303231303532360000000000000000 2020202020202020"
    "5242543130304c465031322d42542020 30313030 552f"
)
STATES_0 = hexed("300310" + 16 * "00" + "96a1")
CELLS_4 = hexed("300344 0004 0023002100210021" + 24 * "00" + "0002 00aa00aa" + 28 * "00" + "2574")
TOTALS = hexed("30030e ffaa 0088 00017bb0 000186a0 000f e01e")
# Of a Renogy Pro, by the same: 13.3 V, -1.2 A, 208.962 of 211.930 Ah, both MOSFETs on
PRO_STATES = hexed("300310" + 12 * "00" + "000e 0000 f762")
PRO_CELLS = hexed(
    "300344 0004 0021002100210021" + 24 * "00" + "0003 0111010c0113" + 26 * "00" + "654a"
)
PRO_TOTALS = hexed("30030e fff4 0085 00033042 00033bda 0006 3e33")
QUESTIONS = [wire.question(48, kind) for kind in (wire.TEXTS, wire.STATES, wire.CELLS, wire.TOTALS)]
BOTH = CHARGE_ON | DISCHARGE_ON


def totals(current=-1250, **more):
    """48.6 V, 12.5 A out, 46.68 of 50 Ah."""
    said = {"voltage": 486, "charge": 46680, "capacity": 50000}
    said.update(more)
    return wire.totals(current=current, **said)


def named(*args, **more):
    """(the errors in words, what is stopped)"""
    sample = last_sample(renogy, wire.states(*args, **more) + totals())
    found = [name for bit, name in enumerate(renogy.ALARMS) if sample.errors >> bit & 1]
    return found, sample.flags


def test_the_frames_of_aiobmsbles():
    expected = ["300313f0001c4495", "300313ec0008855c", "300313880022455c", "300313b20007a48a"]
    assert QUESTIONS == [hexed(text) for text in expected]
    sample = last_sample(renogy, TEXTS + STATES_0 + CELLS_4 + TOTALS)
    assert (sample.voltage, sample.current, sample.soc) == (13600, -860, 97)
    assert (sample.charge, sample.capacity, sample.cycles) == (97200, 100000, 15)
    assert sample.cells[: sample.cell_count] == [3500, 3300, 3300, 3300]
    assert sample.temperatures == kelvin(170, 170)
    assert sample.texts == {"model": "RBT100LFP12-BT", "software": "0100"}
    assert sample.switches == sample.errors == sample.flags == 0


def test_the_frames_of_a_pro():
    sample = last_sample(renogy_pro, PRO_STATES + PRO_CELLS + PRO_TOTALS)
    assert (sample.voltage, sample.current, sample.soc) == (13300, -1200, 99)
    assert (sample.charge, sample.capacity, sample.cycles) == (208962, 211930, 6)
    assert sample.cells[: sample.cell_count] == [3300] * 4
    assert sample.temperatures == kelvin(273, 268, 275)
    assert sample.switches == BOTH and sample.errors == sample.flags == 0
    assert decode(renogy_pro, totals(5001))[0] == []  # more than 500 A
    assert last_sample(renogy, PRO_TOTALS).current == -120


def test_what_renogy_smart_battery_shows():
    """An RBT50LFP48S: 48.6 V, -36.18 A (F1DE), 46.68 of 50 Ah, 15 cells, 15 sensors, 000E 0200."""
    tenths, degrees = [32] * 15, [220] * 8 + [230] * 7
    data = wire.states(more=2) + wire.cells(tenths, degrees) + totals(0xF1DE)
    sample = last_sample(renogy, data)
    assert (sample.voltage, sample.current, sample.soc) == (48600, -36180, 93)
    assert sample.cells[: sample.cell_count] == [3200] * 15
    assert sample.temperatures == [220] * 5 + [None] and sample.switches == BOTH


def test_what_is_built_by_hand():
    data = wire.cells([33, 0, 34], (-35, -601, 1501, 1500)) + totals(charge=100)
    sample = last_sample(renogy, data)
    assert sample.cells[:3] == [3300, 1, 3400] and sample.cell_count == 3 and sample.soc == 0
    assert sample.temperatures == [-35, None, None, 1500, None, None]
    assert sample.errors is sample.switches is None  # not answered
    assert last_sample(renogy, data, cells=2).cell_count == 2
    assert last_sample(renogy, totals(charge=50300)).soc == 100
    assert last_sample(renogy, totals(charge=100, capacity=0)).soc is None


def test_errors_in_words():
    assert named() == ([], 0)
    for bits, warning, name in (
        (0x100, 2, "cell overvoltage"), (0x80, 1, "cell undervoltage"),
        (0x40, 8, "pack overvoltage"), (0x8000, 4, "pack undervoltage"),
        (0x4000, 0x20, "charge too hot"), (0x2000, 0x10, "charge too cold"),
        (0x1000, 0x80, "discharge too hot"), (0x800, 0x40, "discharge too cold"),
    ):  # fmt: skip
        assert named(bits) == named(0, warning) == ([name], 0), name
        stopped = DISCHARGE_STOPPED if "under" in name or "discharge" in name else CHARGE_STOPPED
        assert named(bits, fets=0) == ([name], stopped), name
    for bits, others, name in (
        (0x10, 2 << 20, "charge overcurrent"), (0x200, 1 << 20, "charge overcurrent"),
        (0x20, 2 << 18, "load overcurrent"), (0x400, 1 << 18, "load overcurrent"),
    ):  # fmt: skip
        assert named(bits) == named(others=others) == ([name], 0), name
    assert named(1, fets=2) == (["short circuit"], DISCHARGE_STOPPED)
    for more in ({"others": 1 << 22}, {"others": 1 << 31}, {"degrees": 1}, {"degrees": 1 << 31}):
        assert named(**more) == (["temperature"], 0), more
    assert named(volts=2) == named(volts=2 << 30) == (["cell overvoltage"], 0)
    assert named(volts=1) == named(volts=1 << 30) == (["cell undervoltage"], 0)
    everything = named(0xFFFF, 0xFF, volts=0xFFFFFFFF, degrees=0xFFFFFFFF, others=0xFFFFFFFF)
    assert everything == (list(renogy.ALARMS), 0)


def test_a_unit_with_another_number():
    decoder = renogy.Decoder(lambda sample: None)
    decoder.configure({"unit": 247})
    assert asked(decoder, 4)[3] == hexed("f70313b20007b43d")
    decoder.feed(totals() + totals(unit=247))
    assert decoder.stats["accepted"][renogy.TOTALS] == 1


def test_pieces_of_any_size():
    data = b"\x30\x03" + b"".join(QUESTIONS) + STATES_0 + CELLS_4 + TOTALS + b"AT\r\n" + totals()
    data += totals() + TEXTS + QUESTIONS[0] + totals(current=300) + CELLS_4[:40]
    whole = decode(renogy, data)
    assert [found[1] for found in whole[0]] == [-860, -12500, 3000]
    for size in SIZES:
        assert decode(renogy, data, size) == whole, size


def test_frames_that_are_wrong():
    for good in (TOTALS, CELLS_4, PRO_STATES):
        for at, bad in flipped(good):
            rows, _ = decode(renogy, bad + totals())
            assert len(rows) == 1 and rows[0][1] == -12500 and not rows[0][7], at
            assert rows[0][3] is None, at
    for more in ({"voltage": 1001}, {"charge": 2000001}, {"capacity": 2000001}):
        assert decode(renogy, totals(**more))[0] == [], more
    for cells in ([61] * 4, []):
        assert decode(renogy, wire.cells(cells, (1,)) + totals())[0][0][7] == []
    bad = bytearray(CELLS_4)
    bad[4] = 17
    assert decode(renogy, wire.refit(bytes(bad)) + totals())[0][0][7] == []


def test_what_a_pack_cannot_have_become_comes_twice():
    start = totals(current=0)
    for change, times in (
        ({"voltage": 566}, 1), ({"voltage": 567}, 2), ({"charge": 47680}, 1),
        ({"charge": 47681}, 2), ({"capacity": 50001}, 2), ({"cycles": 1}, 1), ({"cycles": 256}, 2),
        ({"current": 15000}, 1), ({"current": -15001}, 2),
    ):  # fmt: skip
        far = totals(**dict({"current": 10}, **change))
        assert len(decode(renogy, start + far + start)[0]) == 4 - times, change
        assert len(decode(renogy, start + far + far)[0]) == 4 - times, change
    for good, far in (
        (wire.cells([33] * 4, (215, -3)), wire.cells([33] * 3 + [39], (215, -3))),
        (wire.cells([33] * 4, (215, -3)), wire.cells([33] * 4, (215, -104))),
        (wire.cells([33] * 4, (215, -3)), wire.cells([33] * 5, (215, -3))),
        (wire.states(), wire.states(0x100)),
        (wire.states(), wire.states(fets=4)),
        (wire.states(), wire.states(warnings=1)),
        (wire.texts("1", "a", "0100"), wire.texts("1", "b", "0100")),
    ):
        assert decode(renogy, good + far + far)[1]["rejected"] == 1
    assert decode(renogy, wire.states() + wire.states(more=0x42))[1]["rejected"] == 0
    near = wire.cells([33] * 3 + [38], (215, -103))
    assert decode(renogy, wire.cells([33] * 4, (215, -3)) + near)[1]["rejected"] == 0
    assert decode(renogy, totals(), live=True)[0] == []
    assert len(decode(renogy, totals() + totals(), live=True)[0]) == 1


def test_what_is_not_answered_becomes_unknown():
    heard = []
    decoder = renogy.Decoder(lambda sample: heard.append((sample.cell_count, sample.switches)))
    decoder.feed(CELLS_4 + PRO_STATES)
    for _ in range(31):
        decoder.feed(totals())
    assert heard == [(4, BOTH)] * 30 + [(0, None)]


def test_the_questions():
    decoder = renogy.Decoder(lambda sample: None)
    assert asked(decoder, 11) == QUESTIONS * 2 + QUESTIONS[1:]
    decoder.forget()
    for good in (TEXTS, STATES_0, CELLS_4):
        asked(decoder, 1)
        assert decoder.feed(good)
    asked(decoder, 1)
    assert not decoder.feed(TOTALS)
