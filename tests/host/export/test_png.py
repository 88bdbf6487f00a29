"""The picture of a history: what is drawn where, and what cannot be drawn."""

import io
import subprocess

import numpy as np
import pytest
from host_tools.export import png
from host_tools.export.decode import How, decode
from host_tools.ground.errors import PacklogError
from PIL import Image
from tests.helpers.command_line import PACKLOG, ROOT
from tests.helpers.pictures import lines
from tests.helpers.segment_bytes import NOON, frames, header, put
from tests.host.export.test_decimals import with_values


def at(second, volts, amps):
    return second.to_bytes(2, "little") + with_values(volts, amps)[2:]


def panel(drawn, number):
    """The rows of a panel, from its top."""
    top = png.TOP + sum(each[2] + png.BETWEEN for each in png.PANELS[:number])
    return drawn[top : top + png.PANELS[number][2]]


def test_a_value_stands_for_the_time_before_it(tmp_path):
    """10 A for the first half, 50 A for the second: low on the left, high on the right."""
    data = at(0, 53, 10) + at(1800, 53, 10) + at(3600, 53, 50)
    decode([put(tmp_path, header(utc=NOON, clock=3) + data)], tmp_path / "day.png")
    current = panel(lines(tmp_path / "day.png"), 0)
    middle = (png.LEFT + png.WIDTH - png.RIGHT) // 2
    quarter = (png.WIDTH - png.LEFT) // 4
    low, high = (np.flatnonzero(current[:, middle + x]) for x in (-quarter, quarter))
    assert len(low) and len(high)
    assert low.min() > 0.8 * len(current) and high.max() < 0.2 * len(current)
    assert current[:, middle - 1 : middle + 2].sum() > 0.7 * len(current)  # the step


def test_a_gap_has_no_line(tmp_path):
    later = header(2, uptime=7200, utc=NOON + 7200, clock=3) + frames(0, 3600)
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(0, 3600), later)
    decode([where], tmp_path / "day.png")
    drawn = lines(tmp_path / "day.png")
    span = png.WIDTH - png.RIGHT - png.LEFT
    shares = [drawn[:, png.LEFT + round(share * span)].any() for share in (0.15, 0.5, 0.85)]
    assert shares == [True, False, True]


def test_one_frame_and_unknown_values_are_a_picture(tmp_path):
    decode([put(tmp_path, header(utc=NOON, clock=3) + frames(0))], tmp_path / "day.png")
    assert Image.open(tmp_path / "day.png").width == png.WIDTH
    nothing = with_values(float("nan"), float("nan"))
    decode([put(tmp_path, header(utc=NOON, clock=3) + nothing)], tmp_path / "day.png")
    assert Image.open(tmp_path / "day.png").width == png.WIDTH


@pytest.mark.parametrize("days", (0.001, 0.1, 1, 3, 400, 9000))
def test_the_axis_of_time_has_some_round_times(days):
    axis = png.Axis(NOON, NOON + days * 86400, 0, 900)
    found = png._times(axis)
    assert 1 <= len(found) <= 11
    assert all(moment % 60 == 0 for moment, _ in found)


def test_what_cannot_be_drawn_is_said(tmp_path):
    where = put(tmp_path, header() + frames(0))
    with pytest.raises(PacklogError, match="no frame has a date"):
        decode([where], tmp_path / "day.png")
    with pytest.raises(PacklogError, match=r"no events in|of the frames"):
        decode([where], tmp_path / "day.png", series="events")
    assert not (tmp_path / "day.png").exists()


def test_a_picture_goes_to_a_pipe_as_bytes_but_not_to_a_terminal(tmp_path, monkeypatch):
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(0, 10))
    command = [*PACKLOG, "decode", where, "--format", "png"]
    piped = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    assert piped.startswith(b"\x89PNG") and Image.open(io.BytesIO(piped)).width == png.WIDTH
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with pytest.raises(PacklogError, match="name a file with -o"):
        decode([where], how=How("png"))
