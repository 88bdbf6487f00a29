"""packlog decode: from the bytes of docs/format.md to rows of a CSV."""

import csv
import io
import struct
import time
from datetime import datetime, timezone

import numpy as np
import plain_reader
import pytest
from a_pack import Pack
from host_tools.export import csv as csv_export
from host_tools.export import decode as decoding
from host_tools.ground.errors import PacklogError
from host_tools.history.frames import FRAME
from host_tools.history.frames import load as load_frames
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.segment_bytes import NOON, REST, a_frame, anchor, frames, header, put, rows

from store import frame, half, segment


def test_the_csv_to_the_letter(tmp_path):
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(0, 10))
    assert decoding.decode([where], tmp_path / "out.csv") == 2
    assert (tmp_path / "out.csv").read_text() == (
        "time,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
        "min_voltage_cell,max_voltage_cell\n"
        f"2026-06-01T12:00:00Z,{REST}\n"
        f"2026-06-01T12:00:10Z,{REST}\n"
    )
    decoding.decode([where], tmp_path / "out.csv", epoch=True)
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [
        f"{NOON},{REST}",
        f"{NOON + 10},{REST}",
    ]


def test_to_standard_output(tmp_path, capsys):
    decoding.decode([put(tmp_path, header(utc=NOON, clock=3) + frames(0))], None)
    assert capsys.readouterr().out.endswith(f"2026-06-01T12:00:00Z,{REST}\n")


def test_the_history_is_never_written_over(tmp_path):
    data = header(utc=NOON, clock=3) + frames(0)
    where = put(tmp_path, data)
    segment_file = where / "00000001.seg"
    (tmp_path / "link.csv").symlink_to(segment_file)
    for paths, out in (
        ([segment_file], segment_file),
        ([tmp_path], str(segment_file)),
        ([where], tmp_path / "link.csv"),
    ):
        with pytest.raises(PacklogError, match="itself what is to be read"):
            decoding.decode(paths, out)
    assert segment_file.read_bytes() == data


def test_numbers_as_text(tmp_path):
    def said(current, temperature=None, soc=None, mv=None, volts=half.UNKNOWN):
        buf = bytearray(frame.SIZE)
        frame.encode_into(buf, 0, 1, 0, volts, current, temperature, soc, mv, mv, None, None)
        return rows(put(tmp_path, header(utc=NOON, clock=3) + buf))[0].partition(",")[2]

    unknown = half.UNKNOWN
    assert said(unknown) == ",,,,,,,"
    assert said(half.from_milli(0)) == ",0.000,,,,,,"
    assert said(half.from_milli(-22800)) == ",-22.80,,,,,,"
    assert said(half.from_milli(1)) == ",0.001,,,,,,"
    assert said(unknown, temperature=-223) == ",,-22.5,,,,,"
    assert said(unknown, temperature=-400, soc=0, mv=0) == ",,-40.0,0,0.000,0.000,,"
    assert said(unknown, temperature=870, soc=100, mv=65534) == ",,87.0,100,65.534,65.534,,"
    assert said(unknown, volts=half.from_milli(3325)) == "3.324,,,,,,,"
    assert said(unknown, volts=half.from_milli(-70000)) == "-70.00,,,,,,,"


def test_half_a_percent(tmp_path):
    data = bytearray(a_frame(0))
    data[7] = 183
    assert ",91.5," in rows(put(tmp_path, header(utc=NOON, clock=3) + data))[0]


def test_an_unknown_time_is_empty_and_boot_and_uptime_say_what_is_known(tmp_path):
    where = put(
        tmp_path,
        header(boot=4) + frames(0, 10),
        header(2, boot=5) + frames(3) + anchor(3, NOON) + frames(13),
    )
    stream = io.StringIO()
    csv_export.write(load_frames([where]), stream.write)
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith(",max_voltage_cell,boot,uptime,not_before,not_after")
    # Boot 5 began at 11:59:57, so that boot 4 was over by then
    assert lines[1:] == [
        f",{REST},4,0,,2026-06-01T11:59:47Z",
        f",{REST},4,10,,2026-06-01T11:59:57Z",
        ",,,,,,,,,4,11,,2026-06-01T11:59:58Z",
        f"2026-06-01T12:00:00Z,{REST},5,3,,",
        f"2026-06-01T12:00:10Z,{REST},5,13,,",
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.binary(min_size=11, max_size=11)), min_size=0, max_size=60
    ),
    st.sampled_from((1, 2)),
)
def test_whatever_a_field_can_hold_comes_back(tmp_path_factory, content, layout):
    where = tmp_path_factory.mktemp("random") / "house"
    where.mkdir()
    data, timestamp = header(boot=3, uptime=500, layout=layout), 0
    for step, values in content:
        if values[:2] != b"\xff\xff":
            timestamp += step
            data += struct.pack("<H", timestamp) + values
    (where / "00000001.seg").write_bytes(data)
    want = plain_reader.read(str(where))
    loaded = load_frames([where])
    assert loaded.uptime.tolist() == [f[1] for f in want]
    for i, unknown, column in (
        (3, None, loaded.voltage),
        (4, None, loaded.current),
        (5, None, loaded.temperature),
        (6, None, loaded.soc),
        (7, -1, loaded.min_cell_voltage),
        (8, -1, loaded.max_cell_voltage),
    ):
        got = [None if x != x or x == unknown else x for x in column.tolist()]
        assert got == [f[i] for f in want]
    cells = [(f[9] + 1, f[10] + 1) if f[9] is not None else (0, 0) for f in want]
    low_high = zip(loaded.min_voltage_cell.tolist(), loaded.max_voltage_cell.tolist(), strict=True)
    assert list(low_high) == cells


known = st.none() | st.integers(0, 100)


@settings(max_examples=60, deadline=None)
@given(
    layout=st.sampled_from((1, 2)),
    voltage=st.integers(1000, 100000),
    current=st.none() | st.integers(-1000000, 1000000),
    temperature=st.none() | st.integers(-400, 860),
    soc=known,
    low=st.none() | st.integers(0, 65534),
    cells=st.none() | st.tuples(st.integers(0, 15), st.integers(0, 15)),
)
def test_what_a_board_encodes_is_what_the_csv_says(
    tmp_path_factory, layout, voltage, current, temperature, soc, low, cells
):
    where = tmp_path_factory.mktemp("encoded") / "house"
    where.mkdir()
    buf = bytearray(frame.SIZE)
    amps = half.UNKNOWN if current is None else half.from_milli(current)
    pair = cells or (None, None)
    frame.encode_into(
        buf, 0, layout, 7, half.from_milli(voltage), amps, temperature, soc, low, low, *pair
    )
    (where / "00000001.seg").write_bytes(header(utc=NOON, clock=3, layout=layout) + buf)
    stream = io.StringIO()
    csv_export.write(load_frames([where]), stream.write)
    (row,) = csv.DictReader(io.StringIO(stream.getvalue()))
    assert datetime.fromisoformat(row["time"][:-1]) == datetime(2026, 6, 1, 12, 0, 7)
    assert abs(float(row["voltage"]) * 1000 - voltage) <= voltage / 2048 + 0.5
    if current is None:
        assert row["current"] == ""
    else:
        assert abs(float(row["current"]) * 1000 - current) <= abs(current) / 2048 * 1.01
    if temperature is None:
        assert row["temperature"] == ""
    else:
        step = 2.5 if layout == 1 else 5
        assert abs(float(row["temperature"]) * 10 - temperature) <= step
    assert row["soc"] == ("" if soc is None else str(soc))
    assert row["min_cell_voltage"] == ("" if low is None else f"{low / 1000:.3f}")
    said = (row["min_voltage_cell"], row["max_voltage_cell"])
    if cells is None or (layout == 1 and cells == (15, 15)):
        assert said == ("", "")
    else:
        assert said == (str(cells[0] + 1), str(cells[1] + 1))


def test_from_the_board_to_the_csv(tmp_path):
    """Three boots of a pack; the second one learns the time late, the third one never does."""
    pack = Pack(str(tmp_path), interval_s=10, budget=65536)
    pack.history.anchor(NOON, segment.NTP)
    pack.readings(3001, current=-5000, flush=True)
    pack.history.close()
    pack.start()
    pack.readings(601, current=20000, flush=True)
    pack.ms += 3600 * 1000
    pack.readings(601, current=10000, flush=True)
    pack.history.anchor(NOON + 10000, segment.PC)
    pack.history.close()
    pack.start()
    pack.readings(11)
    pack.history.close()

    loaded = load_frames([tmp_path])
    assert not loaded.problems
    assert loaded.pack == "house"
    first, second, third = (loaded.boot == boot for boot in (1, 2, 3))
    assert loaded.time[first & ~loaded.hole].tolist() == list(range(NOON, NOON + 3001, 10))
    assert loaded.uptime[loaded.hole].tolist() == [3001, 601, 4802]
    start = NOON + 10000 - 4802
    frames_of_second = loaded.time[second & ~loaded.hole]
    assert frames_of_second[0] == start and frames_of_second[-1] == start + 4801
    assert (loaded.time[third] == -1).all()

    steps = np.diff(loaded.time[second], prepend=start)
    held = ~loaded.hole[second] & ~np.roll(loaded.hole[second], 1)
    charge = np.nansum(loaded.current[second][held] * steps[held])
    assert abs(charge - (600 * 20 + 600 * 10)) < 0.1


def test_the_examples_time_is_what_it_says():
    assert datetime.fromtimestamp(NOON, timezone.utc).isoformat() == "2026-06-01T12:00:00+00:00"


def row_by_row(data):
    """CPU seconds that a plain loop takes to make CSV of these records: the measure for ours."""
    start = time.process_time()
    lines = []
    for second, *values in struct.iter_unpack("<HeeBBHHB", data):
        at = datetime.fromtimestamp(NOON + second, timezone.utc).isoformat()
        lines.append(f"{at},{','.join(f'{value:.6g}' for value in values)}\n")
    assert len("".join(lines)) > 40 * len(lines)
    return time.process_time() - start


def test_a_million_frames_are_a_matter_of_seconds(tmp_path):
    count, files = 5037, 200
    random = np.random.default_rng(1)
    for i in range(files):
        records = np.zeros(count, FRAME)
        records["timestamp"] = np.arange(1, count + 1) * 5
        records["voltage"] = 53 + random.normal(0, 0.3, count)
        records["current"] = random.normal(0, 30, count)
        records["packed16"] = random.integers(0, 60000, count)
        records["min_cell_voltage"] = random.integers(3000, 3400, count)
        records["max_cell_voltage"] = random.integers(3000, 3400, count)
        records["packed8"] = random.integers(0, 255, count)
        base = i * count * 5
        data = header(i + 1, uptime=base, utc=NOON + base, clock=3) + records.tobytes()
        (tmp_path / segment.file_name(i + 1)).write_bytes(data)
    start = time.process_time()
    assert decoding.decode([tmp_path], tmp_path / "out.csv") == count * files
    took = time.process_time() - start
    assert took < files * row_by_row(records.tobytes()) / 2
    with open(tmp_path / "out.csv") as file:
        assert sum(1 for _ in file) == count * files + 1
