"""The simulated JK unit: what it sends when it is asked, decoded with the firmware's decoder."""

import itertools

import pytest
from host_tools.sim.units import jk_wire as wire
from host_tools.sim.units.jk import PERIOD_S, Unit
from host_tools.sim.units.pack import Pack

from bms.jk import ASK_CELLS, ASK_DEVICE, Decoder
from sample import BALANCING, CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

WIRED = {"24S": 8, "32S": 16}


def asked(pack, **options) -> Unit:
    """A unit that sends cells, its answers to the questions already out."""
    unit = Unit(pack, **options)
    unit.write(ASK_DEVICE, 0)
    unit.write(ASK_CELLS, 0)
    return unit


def heard(unit, t0, t1) -> bytes:
    return b"".join(data for _, data in unit.bursts(t0, t1))


def decoded(data: bytes, **options):
    """(what each reading says, the decoder)."""
    said = []

    def take(sample):
        temperatures = tuple(sample.temperatures)
        shown = (sample.voltage, sample.current, sample.soc, sample.charge, sample.flags)
        said.append((*shown, temperatures, sample.cells[: sample.cell_count]))

    decoder = Decoder(take, **options)
    decoder.feed(data)
    decoder.finish()
    return said, decoder


def on_the_wire(pack: Pack, layout: str) -> tuple:
    """What a pack's values are once rounded for the wire."""
    cells = [round(volts * 1000) for volts in pack.cells]
    flags = int(pack.charge_stopped) + 2 * int(pack.discharge_stopped)
    t1, t2 = (round(t * 10) for t in pack.temperatures)
    mosfet = t1 + 15 + round(abs(pack.amps) / 5)
    inner = (None, None) if layout == "24S" else (t1, t2)
    temperatures = (t1, t2, None, *inner, mosfet)
    current, charge = round(pack.amps * 1000), round(pack.charge_ah * 1000)
    return (sum(cells), current, int(pack.soc), charge, flags, temperatures, cells)


@pytest.mark.parametrize("start", [0, 4 * 3600])
@pytest.mark.parametrize("layout", list(WIRED))
def test_what_is_decoded_is_what_the_pack_has(layout, start):
    options = {"cells": WIRED[layout], "seed": 4}
    unit = Unit(Pack(**options), layout, seed=4)
    unit.write(ASK_DEVICE + ASK_CELLS, start)
    said, decoder = decoded(heard(unit, start, start + 900))
    pack = Pack(**options)
    assert len(said) == 900 / PERIOD_S - 1  # the first comes once it has been asked
    for i, row in enumerate(said):
        pack.advance(start + (i + 1) * PERIOD_S)
        expected = on_the_wire(pack, layout)
        if not i:  # one frame is no proof of a sensor
            t1, t2, _, _, _, mosfet = expected[5]
            expected = (*expected[:5], (t1, t2, None, None, None, mosfet), *expected[6:])
        assert row == expected
    stats, sample = decoder.stats, decoder.sample
    assert stats["accepted"] == {1: 1, 2: len(said), 3: 1}
    assert stats["rejected"] == stats["mismatched"] == stats["repeated"] == 0
    assert stats["bytes_skipped"] == 2 * len(wire.ACKNOWLEDGEMENT)
    assert (sample.capacity, sample.soh) == (280000, 1000)
    assert sample.texts["software"] == {"24S": "10.07", "32S": "14.20"}[layout]
    assert sample.impedance_count == WIRED[layout]
    assert all(450 <= z <= 1300 for z in sample.impedances[: sample.impedance_count])


@pytest.mark.parametrize("hour", [11, 20])
def test_counters_that_grow(hour):
    unit = asked(Pack(soc=30, seed=1, start_hour=hour))
    first = decoded(heard(unit, 0, 10))[1].sample
    said, decoder = decoded(heard(unit, 10, 1800))
    last = decoder.sample
    assert last.extras["bms_uptime"] - first.extras["bms_uptime"] == 1790
    # What went out, whatever came in between
    discharged = last.extras["charge_out"] - first.extras["charge_out"]
    flowed = sum(max(-row[1], 0) for row in said) * PERIOD_S / 3600
    assert abs(discharged - flowed) < 10
    assert discharged > 1000 if hour == 20 else last.charge - first.charge > 1000
    assert last.cycles == last.extras["charge_out"] // 280_000


@pytest.mark.parametrize(
    ("options", "flags", "errors"),
    [
        ({"soc": 100, "start_hour": 11}, {0, CHARGE_STOPPED}, {0, 1 << 4}),
        ({"soc": 3, "start_hour": 20}, {0, DISCHARGE_STOPPED}, {0, 1 << 11}),
    ],
)
def test_protections_and_the_balancer(options, flags, errors):
    pack = Pack(cells=8, seed=2, **options)
    unit = asked(pack)
    seen = []
    for second in range(0, 4 * 3600, 300):
        sample = decoded(heard(unit, second, second + 1))[1].sample
        seen.append((sample.flags, sample.errors, sample.balance_current))
        assert (sample.flags == CHARGE_STOPPED) == pack.charge_stopped
        assert (sample.flags == DISCHARGE_STOPPED) == pack.discharge_stopped
        assert bool(sample.switches & CHARGE_ON) == (not pack.charge_stopped)
        assert bool(sample.switches & DISCHARGE_ON) == (not pack.discharge_stopped)
        assert bool(sample.switches & BALANCING) == (sample.balance_current == -1200)
    assert {row[0] for row in seen} == flags and {row[1] for row in seen} == errors
    assert {row[2] for row in seen} == ({0, -1200} if options["soc"] == 100 else {0})


def test_nothing_is_sent_before_it_is_asked():
    unit = Unit(Pack(seed=1))
    assert heard(unit, 0, 60) == b""
    unit.write(b"AT\r\n", 60)
    unit.write(ASK_CELLS[:19] + b"\x00", 60)
    unit.write(wire.command(0xA1), 60)
    assert heard(unit, 60, 70) == b""
    unit.write(ASK_DEVICE, 70)
    data = heard(unit, 70, 80)
    assert data[4] == wire.DEVICE and data[300:] == wire.ACKNOWLEDGEMENT
    unit.write(ASK_CELLS, 80.2)
    bursts = list(unit.bursts(80, 83))
    assert [round(t, 3) for t, _ in bursts] == [80.3, 80.5, 81, 81.5, 82, 82.5]
    assert [data[4] for _, data in bursts] == [wire.SETTINGS] + [wire.CELLS] * 5
    unit.write(ASK_CELLS, 83)  # again: they just go on
    assert {data[4] for _, data in unit.bursts(83, 90)} == {wire.CELLS}


def test_a_link_that_is_gone():
    unit = asked(Pack(seed=1))
    heard(unit, 0, 10)
    unit.write(ASK_DEVICE, 10)
    unit.disconnect()
    assert heard(unit, 10, 60) == b""
    unit.write(ASK_CELLS, 60)
    assert decoded(heard(unit, 60, 70))[1].stats["accepted"] == {1: 1, 2: 19, 3: 0}


def test_it_has_to_be_asked_again():
    unit = asked(Pack(seed=1))
    unit.forgets_after_s = 120
    said, _ = decoded(heard(unit, 0, 600))
    assert len(said) == 2 * 120 - 1
    unit.write(ASK_CELLS, 600)
    assert len(decoded(heard(unit, 600, 660))[0]) == 2 * 60 - 1


def test_the_decoders_own_questions_keep_it_sending():
    unit = Unit(Pack(seed=1))
    unit.forgets_after_s = 120
    times = []
    decoder = Decoder(lambda sample: times.append(second), live=True)
    for second in range(1800):
        unit.write(decoder.request(), second)
        for _, data in unit.bursts(second, second + 1):
            decoder.feed(data)
    assert times[0] <= 2 and times[-1] == 1799
    assert max(b - a for a, b in itertools.pairwise(times)) <= 8
    assert decoder.stats["rejected"] == 0


def test_silent_and_frozen():
    unit = asked(Pack(seed=1))
    assert heard(unit, 0, 10)
    unit.silent = True
    assert heard(unit, 10, 600) == b""
    unit.silent = False
    data = heard(unit, 600, 610)
    unit.frozen = True
    said, decoder = decoded(data + heard(unit, 610, 700), live=True)
    assert len(said) == 19 and decoder.stats["repeated"] == 180  # the first came twice
    unit.disconnect()
    unit.write(ASK_CELLS, 700)
    decoder.feed(heard(unit, 700, 710))
    assert len(said) == 19
    unit.frozen = False
    decoder.feed(heard(unit, 710, 720))
    assert len(said) == 39


@pytest.mark.parametrize("software", ["10.07", "14.20", "19.05"])
def test_rubbish_and_broken_frames(software):
    layout = "24S" if software.startswith("10") else "32S"
    unit = asked(Pack(seed=6), layout=layout, software=software, seed=6)
    unit.junk, unit.cut = 0.5, 0.2
    said, decoder = decoded(heard(unit, 0, 1800))
    stats = decoder.stats
    # A tenth of the frames is lost, a tenth starts again; one broken in its last bytes may yet be
    # whole enough, or a broken one right by chance.
    assert 0.87 < len(said) / 3599 < 0.93
    assert 600 < stats["rejected"] + stats["mismatched"] < 850
    pack = Pack(seed=6)
    true = set()
    for i in range(1, 3600):
        pack.advance(i * PERIOD_S)
        true.add((round(pack.amps * 1000), *(round(v * 1000) for v in pack.cells)))
    assert all((row[1], *row[6]) in true for row in said)


@pytest.mark.parametrize(
    ("software", "shown"),
    [("11.48", [0, 0, 0]), ("14.20", [0, 1, 1]), ("15.38", [1, 1, 1]), ("19.27", [1, 1, 1])],
)
def test_sensors_by_software(software, shown):
    pack = Pack(seed=1)
    data = heard(asked(pack, software=software), 0, 2)
    sample = decoded(data)[1].sample
    t1, t2 = (round(degrees * 10) for degrees in pack.temperatures)
    own = [(t1 + t2) // 2, t1, t2]
    assert sample.temperatures[2:5] == [
        t if is_one else None for t, is_one in zip(own, shown, strict=True)
    ]
    assert sample.texts["software"] == software
    assert (wire.AT in data) == (software == "19.27")


def test_a_unit_in_another_layout_than_its_software_is_no_reading():
    data = heard(asked(Pack(seed=1), layout="24S", software="14.20"), 0, 60)
    said, decoder = decoded(data)
    assert said == [] and decoder.stats["mismatched"] == 119


def test_any_windows_give_the_same_bytes():
    def unit():
        made = asked(Pack(seed=2), seed=2)
        made.junk = made.cut = 0.3
        return made

    whole = list(unit().bursts(0, 120))
    for step in (0.05, 0.25, 0.6, 1, 2.5, 60):
        one, parts = unit(), []
        for n in range(round(120 / step)):
            parts += one.bursts(n * step, (n + 1) * step)
        assert parts == whole, step
    times = [t for t, _ in whole]
    assert times == sorted(times)


def test_seeds():
    assert heard(asked(Pack(), seed=1), 0, 60) == heard(asked(Pack(), seed=1), 0, 60)
    assert heard(asked(Pack(), seed=1), 0, 60) != heard(asked(Pack(), seed=2), 0, 60)


def test_a_unit_that_does_not_exist():
    with pytest.raises(ValueError, match="24S, 32S"):
        Unit(Pack(), "16S")
    with pytest.raises(ValueError, match="up to 24 cells, not 25"):
        Unit(Pack(cells=25), "24S")
    assert Unit(Pack(cells=32), "32S", name="Garage").name == "Garage"
    with pytest.raises(ValueError, match="no t3"):
        wire.cell_frame("24S", [3300], t3=250)
