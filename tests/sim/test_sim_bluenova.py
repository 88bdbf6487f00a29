"""The simulated BlueNova console: what it says, decoded with the firmware, is what the pack has."""

import pytest
from host_tools.sim.units.bluenova import ENERGY_EVERY, IDENTITY_EVERY, Unit
from host_tools.sim.units.pack import Pack

import hold
from bms.bluenova import LINE, Decoder

SCALARS = ("voltage", "current", "soc", "soh")


def heard(unit, t0, t1) -> list:
    return list(unit.messages(t0, t1))


def decoded(unit, t0: int, t1: int):
    """(what each reading says, the decoder): fed and asked as a link does it."""
    said = []

    def take(sample):
        row = {name: getattr(sample, name) for name in SCALARS}
        row |= {"temperature": sample.temperature, "cells": sample.cells[: sample.cell_count]}
        row |= {name: sample.extras[name] for name in sample.extras}
        said.append(row | {"words": dict(sample.texts), "degrees": sample.cell_temperatures[0]})

    decoder = Decoder(take)
    for second in range(t0, t1):
        decoder.request()
        for _, text in unit.messages(second, second + 1):
            decoder.feed(text.encode())
            decoder.feed(b"\n")
    decoder.finish()
    return said, decoder


def on_the_wire(pack: Pack) -> dict:
    """What a pack's values are once rounded for the console."""
    cells = [round(1000 * volts) for volts in pack.cells]
    degrees = 10 * round(pack.temperatures[0])
    return {
        "voltage": sum(cells),
        "current": 10 * round(100 * pack.amps),
        "soc": int(pack.soc),
        "soh": 987,
        "temperature": degrees,
        "degrees": degrees,
        "cells": cells,
        "vc_max": max(cells),
        "vc_min": min(cells),
        "adc_vp": round(1000 * pack.volts),
        "adc_1": 2500,
        "adc_4": -13,
    }


@pytest.mark.parametrize("period", [1, 2, 5])
def test_what_is_decoded_is_what_the_pack_has(period):
    unit = Unit(Pack(seed=4), seed=4, period_s=period, noise=False)
    said, decoder = decoded(unit, 0, 600 * period)
    pack = Pack(seed=4)
    assert len(said) == 600
    for i, row in enumerate(said):
        if i:
            pack.advance(i * period)
        expected = on_the_wire(pack)
        assert {name: row[name] for name in expected} == expected, i
    last = said[-1]
    assert (last["mcu_id"], last["units"], last["rank"]) == (unit.mcu_id, unit.units, unit.rank)
    assert last["cells_present"] == 16 and last["bad_crc"] == 0
    assert last["energy_out"] == pytest.approx(unit.energy_out_wh, abs=100)
    assert last["energy_in"] - said[1]["energy_in"] >= 0
    assert decoder.stats["rejected"] == decoder.stats["bytes_skipped"] == 0


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))]
)
@pytest.mark.parametrize("period", [1, 2, 5])
def test_noise_spoils_no_value(period, seed):
    said, decoder = decoded(Unit(Pack(seed=seed), seed=seed, period_s=period), 0, 1000 * period)
    pack, true = Pack(seed=seed), []
    for i in range(1000):
        if i:
            pack.advance(i * period)
        true.append(on_the_wire(pack))
    for name in (*SCALARS, "vc_max", "vc_min", "adc_vp", "temperature"):
        at = 0
        for row in said:  # every value is the pack's own, in order: none is older than the last
            if row[name] is not None:
                while true[at][name] != row[name]:
                    at += 1
    whole = [row for row in said if len(row["cells"]) == 16 and all(row["cells"])]
    known = [row for row in whole if all(row[name] is not None for name in SCALARS)]
    assert 900 < len(said) < 1200 and len(known) > 600
    assert decoder.stats["rejected"] > 10 and decoder.stats["bytes_skipped"] > 10000
    last = said[-1]
    assert min(last["bad_crc"], last["parse_fail"], last["bad_cell_voltage"]) > 5


def test_cells_are_those_of_one_or_two_rounds():
    said, _ = decoded(Unit(Pack(seed=5), seed=5), 0, 1000)
    pack, true = Pack(seed=5), []
    for i in range(500):
        if i:
            pack.advance(2 * i)
        true.append(on_the_wire(pack)["cells"])
    assert sum(any(row["cells"]) for row in said) > 100
    for i in range(16):
        at = 0
        for row in said:
            mv = row["cells"][i] if i < len(row["cells"]) else 0
            while mv and true[at][i] != mv:
                at += 1
                assert at < len(true), f"cell {i + 1} never had {mv} mV from then on"


def test_texts_change_with_the_pack():
    unit = Unit(Pack(seed=1, soc=0.5), seed=1, period_s=60, noise=False)
    states = set()
    decoder = Decoder(lambda sample: states.add(tuple(sample.texts.values())[:4]))
    for _, text in unit.messages(0, 40 * 3600):
        decoder.feed(text.encode() + b"\n")
    errors, system, breaker, charging = (set(column) for column in zip(*states, strict=True))
    assert charging == {"IDLE", "CHARGING", "DISCHARGING"}
    assert errors == {"", "CELL UNDERVOLTAGE"} and system == {"NORMAL RUN", "PROTECTION"}
    assert breaker == {"CLOSED", "OPEN"}


def test_protections_in_words():
    pack = Pack(cells=4, seed=1)
    unit = Unit(pack)
    assert (unit.errors, unit.system_state, unit.breaker) == ("", "NORMAL RUN", "CLOSED")
    pack.discharge_stopped = True
    assert unit.errors == "CELL UNDERVOLTAGE"
    assert (unit.system_state, unit.breaker) == ("PROTECTION", "OPEN")
    pack.charge_stopped, pack.discharge_stopped = True, False
    assert (unit.errors, unit.breaker) == ("CELL OVERVOLTAGE", "CLOSED")


def test_any_windows_give_the_same_messages():
    whole = heard(Unit(Pack(seed=2), seed=2), 0, 120)
    assert [t for t, _ in whole] == sorted(t for t, _ in whole)
    for step in (0.05, 0.3, 1, 2.5, 60):
        unit, parts = Unit(Pack(seed=2), seed=2), []
        for n in range(round(120 / step)):
            parts += unit.messages(n * step, (n + 1) * step)
        assert parts == whole, step
    assert whole != heard(Unit(Pack(seed=2), seed=3), 0, 120)


def test_what_a_console_looks_like():
    texts = [text for _, text in heard(Unit(Pack(seed=3), seed=3), 0, 200)]
    lines = [line for text in texts for line in text.splitlines()]
    assert len(texts) > 1000 and len(lines) > 1.5 * len(texts) and "\r\n" in "".join(texts)
    assert {line[:6] for line in lines} > {
        "MCU ID",
        "--- PO",
        "after ",
        "CellCo",
        "C01) T",
        "C16) T",
    }
    store = lines.index("DEBUG: CALC PACK_CHARGE, STORE IN FLASH")
    assert any(line.startswith("Write EnergyOut: ") for line in lines[store : store + 6])
    rounds = 100
    assert 3 <= sum(line.startswith("MCU ID: ") for line in lines) <= rounds // IDENTITY_EVERY + 2
    assert 5 <= sum("STORE IN" in line for line in lines) <= rounds // ENERGY_EVERY + 3


def test_switched_off_and_on_again():
    unit, whole = Unit(Pack(seed=3), seed=3), heard(Unit(Pack(seed=3), seed=3), 0, 660)
    before = heard(unit, 0, 60)
    unit.silent = True
    assert heard(unit, 60, 600) == []
    unit.silent = False
    after = heard(unit, 600, 660)
    assert before and after and whole[: len(before)] == before and whole[-len(after) :] == after


def test_a_jump_in_time():
    unit = Unit(Pack(seed=3), seed=3, noise=False)
    heard(unit, 0, 10)
    said, _ = decoded(unit, 90000, 90010)
    pack = Pack(seed=3)
    for t in (*range(2, 10, 2), *range(90000, 90010, 2)):
        pack.advance(t)
    assert len(said) == 5 and said[-1]["voltage"] == on_the_wire(pack)["voltage"]
    assert heard(unit, 0, 100) == []  # that was said already


def test_garbage():
    unit = Unit(Pack(seed=6), seed=6, noise=False)
    unit.garbage = 1.0
    said, decoder = decoded(unit, 0, 100)
    assert said == [] and decoder.stats["accepted"] == {}
    unit.garbage = 0.3
    said, decoder = decoded(unit, 100, 300)
    assert len(said) > 50 and decoder.stats["bytes_skipped"] > 10000
    unit.garbage = 0.0
    said, decoder = decoded(unit, 300, 400)
    assert len(said) == 50 and decoder.stats["bytes_skipped"] == 0


def test_long_lines():
    unit = Unit(Pack(seed=6), seed=6, noise=False)
    unit.long_lines = 0.2
    lengths = [len(text) for _, text in heard(unit, 0, 100)]
    assert max(lengths) > 5000
    unit = Unit(Pack(seed=6), seed=6, noise=False)
    unit.long_lines = 0.2
    said, decoder = decoded(unit, 0, 100)
    assert decoder.stats["too_long"] == sum(length > LINE for length in lengths) > 100
    assert len(said) > 40


@pytest.mark.parametrize("cells", [1, 4, 16])
def test_any_size_of_pack(cells):
    said, _ = decoded(Unit(Pack(cells=cells), noise=False), 0, 20)
    assert [len(row["cells"]) for row in said] == [cells] * 10
    assert said[-1]["cells_present"] == cells


def test_a_battery_that_does_not_exist():
    with pytest.raises(ValueError, match="up to 16 cells, not 17"):
        Unit(Pack(cells=17))
    with pytest.raises(ValueError, match="longer than 0 s"):
        Unit(Pack(), period_s=0)


class Seconds:
    """An Uptime that the test sets."""

    seconds = ms = 0

    def update(self):
        pass


@pytest.mark.parametrize("period_s", [2, 5, 12])
def test_half_rounds_leave_nothing_unknown(period_s):
    """Whatever the console's pace: a round that is cut short is not a sensor that is gone."""
    uptime, lacks, shown = Seconds(), [], []
    held = hold.Hub(uptime)

    def put(sample):
        lacks.append(sample.soc is None)
        held.put(sample)
        shown.append((held.sample.soc, held.sample.temperature, held.sample.soh))

    decoder = Decoder(put, 0, True)
    unit = Unit(Pack(seed=1), 1, period_s)
    for second in range(1200):
        uptime.seconds = second
        for _, text in unit.messages(second, second + 1):
            decoder.feed(text.encode() + b"\n")
        decoder.request()
    assert sum(lacks) >= 3 and not any(None in values for values in shown[2:])
