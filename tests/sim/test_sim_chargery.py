"""The simulated unit and a played capture: what comes down the line, decoded with the firmware."""

from pathlib import Path

import pytest
from host_tools.ground.errors import PacklogError
from host_tools.sim.units import chargery_wire as wire
from host_tools.sim.units.capture import PIECE, Capture, paced
from host_tools.sim.units.chargery import FIRMWARES, Unit
from host_tools.sim.units.line import BAUD
from host_tools.sim.units.pack import Pack

from bms.chargery import Decoder

DATA = Path(__file__).resolve().parents[1] / "data" / "chargery"


def heard(unit, t0, t1) -> bytes:
    return b"".join(data for _, data in unit.bursts(t0, t1))


def decoded(data: bytes, cells: int = 0):
    """(what each reading says, statistics)."""
    said = []

    def take(sample):
        shown = sample.cells[: sample.cell_count]
        temperatures = tuple(sample.temperatures[:2])
        said.append((sample.current, sample.soc, temperatures, sample.flags, shown))

    decoder = Decoder(take, cells)
    decoder.feed(data)
    decoder.finish()
    return said, decoder


def on_the_wire(pack: Pack) -> tuple:
    """What a pack's values are once rounded for the wire."""
    flags = int(pack.charge_stopped) + 2 * int(pack.discharge_stopped)
    temperatures = tuple(round(t * 10) for t in pack.temperatures)
    return (round(pack.amps * 10) * 100, int(pack.soc), temperatures, flags)


@pytest.mark.parametrize("start", [0, 1, 4 * 3600])
def test_what_is_decoded_is_what_the_pack_has(start):
    said, decoder = decoded(heard(Unit(Pack(seed=4), seed=4), start, start + 1800))
    pack = Pack(seed=4)
    cells = []
    for i, row in enumerate(said):
        pack.advance(start + i)
        assert row[:4] == on_the_wire(pack)
        assert row[4] == cells
        if (start + i) % 2 == 0:
            cells = [round(v * 1000) for v in pack.cells]
            counters = (round(pack.energy_wh * 1000), round(pack.charge_ah * 1000))
    assert len(said) == 1800
    sample = decoder.sample
    assert (sample.full_cell_voltage, sample.empty_cell_voltage) == (3620, 2800)
    assert (sample.energy, sample.charge) == counters
    assert decoder.stats["rejected"] == 0


def test_timing_and_order():
    bursts = list(Unit(Pack(seed=1)).bursts(10, 40))
    times = [t for t, _ in bursts]
    assert times == sorted(times) and times[0] >= 10 and times[-1] < 40
    kinds = [data[2] if data[:2] == b"$$" else data for _, data in bursts]
    assert kinds.count(wire.READING) == 29  # the first comes behind the rest of a packet
    assert kinds.count(wire.CELLS) == 15 and kinds.count(wire.SPACER) == 10
    assert all(len(data) * 10 / BAUD < 0.15 for _, data in bursts)


def test_it_is_heard_from_the_middle_of_a_packet_on():
    first = next(iter(Unit(Pack(seed=1)).bursts(0, 1)))[1]
    at = first.index(b"$$W")
    assert 0 < at < 0x13 and len(first) == at + 0x13
    assert decoded(first)[1].stats["bytes_skipped"] == at


def test_any_windows_give_the_same_bytes():
    whole = list(Unit(Pack(seed=2), seed=2).bursts(0, 300))
    for step in (0.05, 0.25, 0.6, 1, 2.5, 60):
        unit, parts = Unit(Pack(seed=2), seed=2), []
        for n in range(round(300 / step)):
            parts += unit.bursts(n * step, (n + 1) * step)
        assert parts == whole, step


def test_seeds():
    assert heard(Unit(Pack(seed=1), seed=1), 0, 600) == heard(Unit(Pack(seed=1), seed=1), 0, 600)
    assert heard(Unit(Pack(seed=1), seed=1), 0, 600) != heard(Unit(Pack(seed=2), seed=2), 0, 600)


def test_impedances_come_when_the_current_turns():
    unit, turns, before = Unit(Pack(seed=0), seed=0), 0, None
    decoder = Decoder(lambda sample: None)
    for _, data in unit.bursts(0, 10 * 3600):
        decoder.feed(data)
        if data[2:3] == bytes([wire.IMPEDANCES]) and data[:2] == b"$$":
            turns += 1
            assert data[4] != before and len(data) == 0x28
            before = data[4]
    assert turns > 5
    assert decoder.sample.impedance_count == 16
    assert all(1 <= z <= 6 for z in decoder.sample.impedances[:16])


@pytest.mark.parametrize("cells", [1, 4, 8, 16, 24])
@pytest.mark.parametrize("firmware", list(FIRMWARES))
def test_every_firmware(firmware, cells):
    pack = Pack(cells=cells, seed=7)
    seconds = 3600 if firmware == "1.26" else 1200  # for the current to turn
    data = heard(Unit(pack, firmware), 0, seconds)
    said, decoder = decoded(data)
    stats, sample = decoder.stats, decoder.sample
    assert stats["accepted"][wire.READING] == seconds and stats["rejected"] == 0
    assert (stats["accepted"][wire.IMPEDANCES] > 0) == (firmware == "1.26")
    assert said[-1][4] == [round(v * 1000) for v in cells_after(seconds - 2, cells)]
    assert (sample.mode is None) == (firmware == "1.20")
    assert (sample.energy is None) == (firmware in ("1.20", "1.22"))
    assert (sample.flags is None) == (firmware != "1.26")
    assert said[-1][1] == int(pack.soc)
    assert decoded(data, cells)[0][-1][4] == said[-1][4]
    inputs = 8 if cells <= 8 else 16 if cells <= 16 else 24
    lengths = {"1.20": 2 * inputs + 6, "1.22": 2 * inputs + 6}
    assert data[data.index(b"$$V") + 3] == lengths.get(firmware, 2 * cells + 13)
    reading = {"1.20": 0x0D, "1.22": 0x0F, "1.24": 0x0F, "1.26": 0x13}
    assert data[data.index(b"$$W") + 3] == reading[firmware]


def cells_after(seconds, cells):
    pack = Pack(cells=cells, seed=7)
    for t in range(seconds + 1):
        pack.advance(t)
    return pack.cells


def test_a_unit_that_does_not_exist():
    with pytest.raises(ValueError, match=r"1\.20, 1\.22, 1\.24, 1\.26"):
        Unit(Pack(), firmware="2.0")
    with pytest.raises(ValueError, match="up to 24 cells, not 25"):
        Unit(Pack(cells=25))


def test_switched_off_and_on_again():
    unit = Unit(Pack(seed=3), seed=3)
    before = heard(unit, 0, 60)
    unit.silent = True
    assert heard(unit, 60, 600) == b""
    unit.silent = False
    after = heard(unit, 600, 660)
    whole = heard(Unit(Pack(seed=3), seed=3), 0, 660)
    assert whole.startswith(before) and whole.endswith(after)


def test_a_jump_in_time():
    unit = Unit(Pack(seed=3), seed=3)
    heard(unit, 0, 10)
    said, decoder = decoded(heard(unit, 90000, 90010))
    pack = Pack(seed=3)
    pack.advance(10)
    pack.advance(90000)
    assert len(said) == 10 and said[0][1] == int(pack.soc)
    assert decoder.stats["bytes_skipped"] % len(wire.SPACER) == 0


def test_damage_on_the_line():
    unit = Unit(Pack(seed=3), seed=3)
    unit.damage(0.01)
    said, decoder = decoded(heard(unit, 0, 3600))
    # 0.99 ** 19 of the readings and 0.99 ** 45 of the cells stay whole.
    assert 0.77 < len(said) / 3600 < 0.88
    assert 0.55 < decoder.stats["accepted"][wire.CELLS] / 1800 < 0.72
    assert decoder.stats["rejected"] > 500
    unit.damage(0)
    assert len(decoded(heard(unit, 3600, 3700))[0]) == 100
    unit.damage(1)
    assert decoded(heard(unit, 3700, 3800))[0] == []
    with pytest.raises(ValueError, match="0 to 1"):
        unit.damage(2)


def test_a_capture_starts_a_second_with_each_reading():
    data = bytes.fromhex((DATA / "pdf_v1.22_capture.hex").read_text())
    bursts = list(Capture(data).bursts(100, 200))
    assert b"".join(piece for _, piece in bursts) == data
    assert [t for t, _ in bursts] == [100 + n for n in range(29)]
    assert all(piece.startswith(b"$$W") for _, piece in bursts[1:])


def test_a_capture_in_any_windows():
    data = bytes.fromhex((DATA / "pdf_v1.22_capture.hex").read_text()) + bytes(5000)
    for loop in (False, True):
        whole = list(Capture(data, loop).bursts(5, 105))
        for step in (0.1, 0.5, 1, 12.5):
            capture, parts = Capture(data, loop), []
            for n in range(round(100 / step)):
                parts += capture.bursts(5 + n * step, 5 + (n + 1) * step)
            assert [piece for _, piece in parts] == [piece for _, piece in whole]
            assert [t for t, _ in parts] == pytest.approx([t for t, _ in whole])


def test_a_capture_once_and_over_and_over():
    reading = wire.reading_packet(3650, wire.CHARGE, 5, 1, 1, 50)
    data = reading * 3
    assert heard(Capture(data), 0, 100) == data
    assert heard(Capture(data, loop=True), 0, 30) == data * 10
    looped = Capture(data, loop=True)
    assert heard(looped, 0, 4) == reading * 4
    assert heard(looped, 1000, 1006) == reading * 6
    silent = Capture(data)
    silent.silent = True
    assert heard(silent, 0, 2) == b""
    silent.silent = False
    assert heard(silent, 2, 10) == reading


def test_a_capture_is_not_faster_than_the_line():
    data = bytes(100_000)
    bursts = list(paced(data))
    assert b"".join(piece for _, piece in bursts) == data
    assert max(len(piece) for _, piece in bursts) <= PIECE
    assert bursts[-1][0] == pytest.approx((100_000 // PIECE * PIECE) * 10 / BAUD)
    after = list(paced(data + wire.reading_packet(3650, wire.CHARGE, 5, 1, 1, 50)))[-1]
    assert after[0] == pytest.approx(100_000 * 10 / BAUD)


def test_capture_files(tmp_path):
    text = DATA / "pdf_v1.26_capture.hex"
    data = bytes.fromhex(text.read_text())
    raw = tmp_path / "capture"
    raw.write_bytes(data)
    for path, hex in ((text, None), (text, True), (raw, None), (raw, False)):
        assert heard(Capture.from_file(path, hex), 0, 100) == data
    with pytest.raises(PacklogError, match="line 1"):
        Capture.from_file(raw, hex=True)
    raw.write_bytes(b"")
    with pytest.raises(PacklogError, match="is empty"):
        Capture.from_file(raw)
    assert list(Capture(b"", loop=True).bursts(0, 10)) == []
