"""The resistance that load steps show is that of the pack, within the error that is stated."""

import random

import numpy as np
import pytest
from host_tools.history import packed, records, resistance
from host_tools.sim.units import pack as simulated
from host_tools.trial import encode
from host_tools.trial.plan import Plan
from tests.bench import household
from tests.helpers.frame_bytes import a_frame
from tests.helpers.segment_bytes import NOON, header, put

DAY_S = 86400
# Of a pack: ohm at once and, beside it, of slower parts with their time constants
OHM, PARTS = 0.004, ((0.002, 22.0), (0.003, 1100.0))


def ohm_after(seconds, ohm=OHM, parts=PARTS):
    """What the voltage has followed a step of 1 A by after so many s."""
    return ohm + sum(part * (1 - np.exp(-seconds / tau)) for part, tau in parts)


def days_of_loads(folder, seed, days=8, scale=1.0):
    """Frames of a pack of that resistance: a load a frame, the voltage at its end."""
    chance = random.Random(seed)
    segments, slow = [], [0.0 for _ in PARTS]
    charge = 0.0
    for day in range(days):
        data, stamp = b"", 0
        while stamp < 40_000:
            length = chance.choice((6, 10, 30, 60, 200, 600))
            stamp += length
            amps = chance.choice((-4, -6, -30, -45, 15, 35)) + chance.gauss(0, 0.5)
            keep = [np.exp(-length / tau) for _, tau in PARTS]
            slow = [amps + (s - amps) * k for s, k in zip(slow, keep, strict=True)]
            charge += amps * length / 3600
            drop = OHM * amps + sum(r * s for (r, _), s in zip(PARTS, slow, strict=True))
            volts = 52.8 + 0.002 * charge + scale * drop + chance.gauss(0, 0.004)
            data += a_frame(stamp, volts=volts, amps=amps, soc=60)
        begun = header(day + 1, boot=day + 1, utc=NOON + day * DAY_S, clock=3)
        segments.append(begun + data)
    return packed.load([put(folder, *segments)])


@pytest.mark.parametrize("seed", range(4))
def test_of_a_pack_whose_resistance_is_known(tmp_path, seed):
    found = resistance.estimate(resistance.changes(days_of_loads(tmp_path, seed)))
    assert found.days == 8 and found.steps > 500
    for after, ohm, error in zip(resistance.AFTER_S, found.ohm, found.error, strict=True):
        assert abs(ohm - ohm_after(after)) < error < 0.12 * ohm, after


def test_twice_the_resistance_is_found_to_be_twice(tmp_path):
    found = []
    for scale in (1.0, 2.0):
        folder = tmp_path / f"{scale}"
        folder.mkdir()
        changes = resistance.changes(days_of_loads(folder, 1, scale=scale))
        found.append(resistance.estimate(changes).ohm[0])
    assert found[1] == pytest.approx(2 * found[0], rel=0.05)


def test_few_days_or_nothing_say_nothing(tmp_path):
    assert resistance.estimate(resistance.changes(days_of_loads(tmp_path, 0, days=3))) is None
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    source = packed.load([put(nothing, header())])
    assert resistance.estimate(resistance.changes(source)) is None


def test_by_month(tmp_path):
    months = dict(resistance.by_month(resistance.changes(days_of_loads(tmp_path, 2, days=60))))
    assert list(months) == ["2026-06", "2026-07"]
    for found in months.values():
        assert abs(found.ohm[1] - ohm_after(60)) < found.error[1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_of_the_simulated_household_by_the_boards_own_frames(tmp_path, seed):
    """Readings every 2 s through the sampler: frames say means of the current, not its steps."""
    encode.store(household.month(10, seed), tmp_path, Plan(name="house", capacity_ah=280))
    source = packed.load(records.find([tmp_path / "house"]))
    found = resistance.estimate(resistance.changes(source))
    ohm = sum(simulated.Pack(16, 280, seed=seed)._ohm)
    slower = (simulated.FAST, simulated.FAST_S), (simulated.SLOW, simulated.SLOW_S)
    parts = [(share * ohm, tau) for share, tau in slower]
    for after, said, error in zip(resistance.AFTER_S, found.ohm, found.error, strict=True):
        assert abs(said - ohm_after(after, ohm, parts)) < error, after
