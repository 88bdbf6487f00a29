"""What lies between two frames: lines, steps, and where neither may go."""

import numpy as np
import pytest
from host_tools.history import between
from host_tools.history.between import Tolerances, lines
from host_tools.history.frames import load
from tests.helpers.frame_bytes import a_frame
from tests.helpers.segment_bytes import NOON, header, put, run


def of(folder, *parts, **more):
    return lines(load([put(folder, header(utc=NOON, clock=3) + b"".join(parts))]), **more)


def test_soc_and_temperature_are_lines_and_the_current_is_a_step(tmp_path):
    made = of(
        tmp_path,
        a_frame(0, amps=5, soc=50, degrees=20),
        a_frame(600, amps=10, soc=51, degrees=21),
        a_frame(900, amps=-8, soc=50.5, degrees=21),
    )
    assert (made.begin - NOON).tolist() == [0, 600] and (made.end - NOON).tolist() == [600, 900]
    assert made.current.tolist() == [10, -8]
    assert made.first["soc"].tolist() == [50, 51] and made.last["soc"].tolist() == [51, 50.5]
    assert made.at("soc", np.array([0]), np.array([NOON + 300])).tolist() == [50.5]
    assert made.first["temperature"].tolist() == [20, 21]


def test_a_load_pulls_the_voltage_down_at_once_and_not_along_a_line(tmp_path):
    """Of 8 mOhm: 10 A pull 53.25 V down by 0.08 V, and from then on it sinks with the charge."""
    volts = [53.25, 53.25 - 0.08, 53.17 - 0.04, 53.25 - 0.04]
    made = of(
        tmp_path,
        *(
            a_frame(1000 * i, volts=v, amps=a)
            for i, (v, a) in enumerate(zip(volts, [0, -10, -10, 0], strict=True))
        ),
        resistances={"voltage": 0.008},
    )
    assert made.first["voltage"] == pytest.approx([53.17, 53.17, 53.21], abs=0.02)
    assert made.last["voltage"] == pytest.approx(volts[1:], abs=0.02)


def test_the_resistance_is_that_of_the_changes(tmp_path):
    amps = [0, -40, 8, 0, 60, -16, 0]
    data = [
        a_frame(100 * i, volts=52 + 0.0125 * a, amps=a, cells=(3250 + a, 3260 + a))
        for i, a in enumerate(amps)
    ]
    rows = load([put(tmp_path, header(utc=NOON, clock=3) + b"".join(data))])
    regression = between.Regression()
    regression.add(rows, between.spans_of(rows).follows)
    found = regression.resistances
    assert found["voltage"] == pytest.approx(0.0125, abs=0.0005)
    assert found["min_cell_voltage"] == pytest.approx(0.001)
    assert found["max_cell_voltage"] == pytest.approx(0.001)


def test_without_a_change_of_the_current_or_with_a_strange_one_there_is_no_resistance(tmp_path):
    still = [a_frame(10 * i, volts=52 + i, amps=3) for i in range(3)]
    rows = load([put(tmp_path, header(utc=NOON, clock=3) + b"".join(still))])
    wrong = [a_frame(10 * i, volts=52 - i, amps=3 * i) for i in range(3)]
    other = load([put(tmp_path, header(utc=NOON, clock=3) + b"".join(wrong))])
    for each in (rows, other):
        regression = between.Regression()
        regression.add(each, between.spans_of(each).follows)
        assert regression.resistances["voltage"] == 0


def test_a_line_does_not_leave_what_the_tolerances_allow(tmp_path):
    """SoC jumps from 80 to 100 when the BMS finds the pack full: no reading was at 90."""
    data = a_frame(0, soc=80, volts=50), a_frame(600, soc=100, volts=56)
    made = of(tmp_path, *data, tolerances=Tolerances(voltage_permille=10, soc_percent=1))
    assert made.first["soc"].tolist() == [99]
    assert made.first["voltage"] == pytest.approx([56 - 0.56])


def test_silence_has_no_line_and_ends_as_it_is(tmp_path):
    data = a_frame(0, soc=50), a_frame(100, soc=50), run(1, 1000), a_frame(0, soc=60)
    made = of(tmp_path, *data, a_frame(100, soc=60.5))
    assert (made.begin - NOON).tolist() == [0, 1000]
    assert made.first["soc"].tolist() == [50, 60]


def test_what_is_not_known_is_nan_and_does_not_spread(tmp_path):
    data = a_frame(0, soc=None, amps=4), a_frame(60, soc=40, amps=None), a_frame(120, volts=None)
    made = of(tmp_path, *data, resistances={"voltage": 0.01})
    assert made.first["soc"].tolist()[0] == 40 and np.isnan(made.current[0])
    assert np.isfinite(made.first["voltage"][0]) and np.isnan(made.first["voltage"][1])


def test_a_clock_that_is_set_moves_lines_and_makes_none_longer(tmp_path):
    """600 s of uptime, of which UTC says 4200 s: the last frame is 300 s long."""
    rows = load([put(tmp_path, header(utc=NOON, clock=3) + b"".join(map(a_frame, (0, 300, 600))))])
    rows.time[2] += 3600
    spans = between.spans_of(rows)
    assert (spans.begin - NOON).tolist() == [0, 0, 3900]
    assert (spans.end - NOON).tolist() == [0, 300, 4200]
    assert spans.follows.tolist() == [False, True, True]


def test_spans_cut_at_a_grid_are_whole_again_together():
    begin, end = np.array([3, 20, 47]), np.array([20, 47, 48])
    pieces = between.cut(begin, end, begin // 10, (end - 1) // 10, lambda cell, line: cell * 10)
    assert pieces.line.tolist() == [0, 0, 1, 1, 1, 2]
    assert pieces.begin.tolist() == [3, 10, 20, 30, 40, 47]
    assert pieces.end.tolist() == [10, 20, 30, 40, 47, 48]
    assert pieces.seconds.sum() == 45
