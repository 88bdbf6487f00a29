"""The decimals of the CSV: those that a value has, or as many as are asked for; and what decode
says of the rows that it writes.
"""

import struct

import numpy as np
import pytest
from host_tools.export import exporters, table
from host_tools.export.decode import How, decode
from host_tools.ground.errors import PacklogError
from tests.helpers.command_line import packlog_here
from tests.helpers.segment_bytes import NOON, a_frame, frames, header, put, rows
from tests.host.export.test_exporters import TOY


def with_values(volts, amps):
    """A frame of these."""
    data = bytearray(a_frame(0))
    struct.pack_into("<ee", data, 2, volts, amps)
    return bytes(data)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (52.81, "52.81"),  # float16 has 52.8125, and its neighbours are 0.03 away
        (39.41, "39.41"),
        (41, "41.00"),
        (13.2, "13.203"),  # 0.008
        (120.6, "120.62"),  # 0.06
        (200.1, "200.1"),  # 0.125
        (-600, "-600.0"),  # 0.5
        (1500, "1500"),  # 1
        (0.05, "0.050"),  # mA are all that readings have
        (-0.0002, "0.000"),
    ],
)
def test_a_value_has_the_decimals_that_it_is_known_to(tmp_path, value, said):
    where = put(tmp_path, header(utc=NOON, clock=3) + with_values(value, value))
    assert rows(where)[0].split(",")[1:3] == [said, said]


def test_from_2_up_no_two_values_are_written_alike():
    halves = np.arange(0x4000, 0x7C00, dtype=np.uint16).view(np.float16)
    (column,) = table.halves(halves.astype(np.float32)).parts
    assert (column.astype(float).astype(np.float16) == halves).all()
    assert len({len(text.partition(b".")[2]) for text in column}) == 4  # 0 to 3 decimals


@pytest.mark.parametrize(("layout", "said"), [(1, "24.0"), (2, "24")])
def test_a_temperature_in_whole_degrees_has_no_decimal(tmp_path, layout, said):
    data = bytearray(a_frame(0))
    data[6] = 128 if layout == 1 else 64  # half degrees, or degrees, above -40
    where = put(tmp_path, header(utc=NOON, clock=3, layout=layout) + data)
    assert rows(where)[0].split(",")[3] == said


def test_the_decimals_that_are_asked_for(tmp_path):
    where = put(tmp_path, header(utc=NOON, clock=3) + with_values(52.81, 41))
    decode([where], tmp_path / "out.csv", how=How(decimals=1))
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == (
        "2026-06-01T12:00:00Z,52.8,41.0,23.5,91,3.3,3.3,4,12"
    )
    done = packlog_here("decode", "--decimals", "4", where)
    assert ",52.8125,41.0000,23.5,91,3.3180,3.3410,4,12\n" in done.stdout


def test_an_exporter_that_has_no_decimals_says_so(tmp_path, monkeypatch):
    module = type(exporters)("host_tools.export.toy")
    exec(TOY, module.__dict__)
    monkeypatch.setattr(exporters, "get", lambda name: module)
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(0))
    decode([where], tmp_path / "out.toy", how=How("toy"))
    with pytest.raises(PacklogError, match="the format toy has no --decimals: leave it out"):
        decode([where], tmp_path / "out.toy", how=How("toy", decimals=2))


def test_stderr_says_first_what_is_written(tmp_path, capsys):
    gap = header(2, uptime=3600, utc=NOON + 3600, clock=3) + frames(0, 5)
    decode([put(tmp_path, header(utc=NOON, clock=3) + frames(0, 10), gap)], tmp_path / "out.csv")
    assert capsys.readouterr().err == (
        "house, frames: 5 rows, 2026-06-01T12:00:00Z to 2026-06-01T13:00:05Z; "
        "1 of them start a gap\n"
    )


def test_nothing_written_is_said_too(tmp_path, capsys):
    where = put(tmp_path, header(utc=NOON, clock=3))
    assert decode([where], tmp_path / "out.csv") == 0
    assert capsys.readouterr().err == "house, frames: 0 rows, the files hold none yet\n"
    with pytest.raises(PacklogError, match=r"no cells in .*, nothing is written"):
        decode([where], tmp_path / "cells.csv", series="cells")
    assert not (tmp_path / "cells.csv").exists()
