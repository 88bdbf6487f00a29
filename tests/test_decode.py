"""packlog decode: from the bytes of docs/format.md to rows of a CSV."""

import csv
import io
import struct
import time
from datetime import datetime, timezone

import numpy as np
import plain_reader
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import host_tools.firmware  # noqa: F401  puts store on the path
from host_tools import decode as decoder
from host_tools.errors import PacklogError
from store import frame, half, segment

NOON = 1780315200  # 2026-06-01T12:00:00Z


def header(sequence=1, boot=1, uptime=0, utc=0, clock=0, layout=1, name="house", log=7):
    made = segment.Header(segment.PACK, layout, 16, name, log)
    made.sequence, made.boot, made.uptime, made.utc, made.clock = sequence, boot, uptime, utc, clock
    return made.pack()


def a_frame(timestamp, current=10000):
    """53.25 V, 23.5 degC, 91 %, cell 4 lowest at 3.318 V, cell 12 highest at 3.341 V."""
    buf = bytearray(frame.SIZE)
    amps = half.from_milli(current)
    frame.encode_into(buf, 0, 1, timestamp, 0x52A8, amps, 235, 91, 3318, 3341, 3, 11)
    return bytes(buf)


def mark(timestamp, kind, a, b):
    return struct.pack("<HHBII", timestamp, 0xFFFF, kind, a, b)


def run(boot, uptime, timestamp=0):
    return mark(timestamp, 1, boot, uptime)


def anchor(timestamp, utc, clock=segment.NTP):
    return mark(timestamp, 2, utc, clock)


def frames(*timestamps):
    return b"".join(map(a_frame, timestamps))


@pytest.fixture
def folder(tmp_path):
    """folder(data, ...) writes the segments, in order, and returns where."""

    def write(*segments, names=None):
        where = tmp_path / "house"
        where.mkdir(exist_ok=True)
        for i, data in enumerate(segments):
            name = names[i] if names else segment.file_name(i + 1)
            (where / name).write_bytes(data)
        return where

    return write


def times(loaded):
    return loaded.time.tolist()


def rows(*paths, epoch=True):
    """(text of the CSV's rows without its header)."""
    stream = io.StringIO()
    decoder.write_csv(decoder.load(paths), stream.write, epoch)
    return stream.getvalue().splitlines()[1:]


REST = "53.250,10,23.5,91,3.318,3.341,4,12"


def test_the_csv_to_the_letter(folder, tmp_path):
    where = folder(header(utc=NOON, clock=3) + frames(0, 10))
    assert decoder.decode([where], tmp_path / "out.csv") == 2
    assert (tmp_path / "out.csv").read_text() == (
        "time,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
        "min_voltage_cell,max_voltage_cell\n"
        f"2026-06-01T12:00:00Z,{REST}\n"
        f"2026-06-01T12:00:10Z,{REST}\n"
    )
    decoder.decode([where], tmp_path / "out.csv", epoch=True)
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [
        f"{NOON},{REST}",
        f"{NOON + 10},{REST}",
    ]


def test_to_standard_output(folder, capsys):
    decoder.decode([folder(header(utc=NOON, clock=3) + frames(0))], None)
    assert capsys.readouterr().out.endswith(f"2026-06-01T12:00:00Z,{REST}\n")


def test_numbers_as_text(folder):
    def said(current, temperature=None, soc=None, mv=None, volts=half.UNKNOWN):
        buf = bytearray(frame.SIZE)
        frame.encode_into(buf, 0, 1, 0, volts, current, temperature, soc, mv, mv, None, None)
        return rows(folder(header(utc=NOON, clock=3) + buf))[0].partition(",")[2]

    unknown = half.UNKNOWN
    assert said(unknown) == ",,,,,,,"
    assert said(half.from_milli(0)) == ",0,,,,,,"
    assert said(half.from_milli(-22800)) == ",-22.7969,,,,,,"
    assert said(half.from_milli(1)) == ",0.00100040,,,,,,".replace("40,", "4,")
    assert said(unknown, temperature=-223) == ",,-22.5,,,,,".replace("-22.5", "-22.5")
    assert said(unknown, temperature=-400, soc=0, mv=0) == ",,-40.0,0,0.000,0.000,,"
    assert said(unknown, temperature=870, soc=100, mv=65534) == ",,87.0,100,65.534,65.534,,"
    assert said(unknown, volts=half.from_milli(3325)) == "3.324,,,,,,,"
    assert said(unknown, volts=half.from_milli(-70000)) == "-70.000,,,,,,,"


def test_half_a_percent(folder):
    data = bytearray(a_frame(0))
    data[7] = 183
    assert ",91.5," in rows(folder(header(utc=NOON, clock=3) + data))[0]


def test_an_unknown_time_is_empty_and_boot_and_uptime_say_what_is_known(folder):
    where = folder(
        header(boot=4) + frames(0, 10),
        header(2, boot=5) + frames(3) + anchor(3, NOON) + frames(13),
    )
    stream = io.StringIO()
    decoder.write_csv(decoder.load([where]), stream.write)
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith(",max_voltage_cell,boot,uptime")
    assert lines[1:] == [
        f",{REST},4,0",
        f",{REST},4,10",
        ",,,,,,,,,4,11",
        f"2026-06-01T12:00:00Z,{REST},5,3",
        f"2026-06-01T12:00:10Z,{REST},5,13",
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
    loaded = decoder.load([where])
    assert loaded.uptime.tolist() == [f[1] for f in want]
    for i, unknown, scale, column in (
        (3, None, 1, loaded.voltage),
        (4, None, 1, loaded.current),
        (5, None, 1, loaded.temperature),
        (6, None, 1, loaded.soc),
        (7, -1, 1, loaded.min_cell_voltage),
        (8, -1, 1, loaded.max_cell_voltage),
    ):
        got = [None if x != x or x == unknown else x / scale for x in column.tolist()]
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
    decoder.write_csv(decoder.load([where]), stream.write)
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


def test_a_hole_is_a_row_one_second_after_the_last_frame(folder):
    where = folder(
        header(utc=NOON, clock=3) + frames(0, 10) + run(1, 60) + frames(0, 10) + run(1, 70)
        # a run that goes on where the last one ended is no hole
        + frames(10)
    )  # fmt: skip
    assert rows(where) == [
        f"{NOON},{REST}",
        f"{NOON + 10},{REST}",
        f"{NOON + 11},,,,,,,,",
        f"{NOON + 60},{REST}",
        f"{NOON + 70},{REST}",
        f"{NOON + 80},{REST}",
    ]


def test_no_hole_before_the_first_frame_and_none_between_files_of_a_run(folder):
    where = folder(
        header(uptime=100, utc=NOON, clock=3) + run(1, 200) + frames(0, 5) + run(1, 300),
        header(2, uptime=205, utc=NOON + 105, clock=3) + frames(5),
    )
    loaded = decoder.load([where])
    assert loaded.uptime.tolist() == [200, 205, 210]
    assert not loaded.hole.any()


def test_a_file_that_is_missing_is_a_hole(folder):
    where = folder(
        header(utc=NOON, clock=3) + frames(0, 5),
        header(3, uptime=10, utc=NOON + 10, clock=3) + frames(5),
        names=["00000001.seg", "00000003.seg"],
    )
    loaded = decoder.load([where])
    assert loaded.uptime.tolist() == [0, 5, 6, 15]
    assert loaded.hole.tolist() == [False, False, True, False]


def test_a_runs_own_timestamp_says_where_coverage_starts(folder):
    where = folder(header(utc=NOON, clock=3) + frames(0, 10) + run(1, 0, 10) + frames(20))
    assert not decoder.load([where]).hole.any()
    where = folder(header(utc=NOON, clock=3) + frames(0, 10) + run(1, 0, 15) + frames(20))
    assert decoder.load([where]).uptime.tolist() == [0, 10, 11, 20]


def test_a_hole_too_short_for_a_row_has_none(folder):
    where = folder(header(utc=NOON, clock=3) + frames(0, 10) + run(1, 11) + frames(0, 5))
    assert decoder.load([where]).uptime.tolist() == [0, 10, 11, 16]


def test_a_reboot_is_a_hole(folder):
    where = folder(
        header(utc=NOON, clock=3) + frames(0, 10) + run(2, 0) + frames(0) + anchor(0, NOON + 30)
    )
    assert rows(where) == [
        f"{NOON},{REST}",
        f"{NOON + 10},{REST}",
        f"{NOON + 11},,,,,,,,",
        f"{NOON + 30},{REST}",
    ]


def test_unknown_marks_are_skipped(folder):
    where = folder(header(utc=NOON, clock=3) + frames(0) + mark(5, 77, 1, 2) + frames(10))
    assert decoder.load([where]).uptime.tolist() == [0, 10]


def test_frames_are_ordered_and_unique(folder):
    again = header(3, uptime=10, utc=NOON + 10, clock=3) + frames(10, 20)
    where = folder(
        header(utc=NOON, clock=3) + frames(0, 10, 20),
        header(2, boot=2) + frames(5) + anchor(5, NOON + 100),
        again,  # what an interrupted write leaves
        again,
    )
    loaded = decoder.load([where, where / "00000001.seg"])
    assert list(zip(loaded.boot.tolist(), loaded.uptime.tolist(), strict=True)) == [
        (1, 0),
        (1, 10),
        (1, 20),
        (1, 30),
        (1, 31),
        (2, 5),
    ]
    assert loaded.hole.tolist() == [False] * 4 + [True, False]


def test_two_lives_of_a_board_do_not_mix(folder):
    where = folder(
        header(log=9, utc=NOON + 500, clock=3) + frames(0, 10, 20),
        header(log=5) + frames(0, 10) + anchor(10, NOON),
        header(2, log=5, uptime=10) + frames(5),
        names=["00000001.seg", "00000001-12345678.seg", "00000002.seg"],
    )
    loaded = decoder.load([where])
    assert times(loaded) == [NOON - 10, NOON, NOON + 5, NOON + 6, NOON + 500, NOON + 510, NOON + 520]
    assert loaded.hole.tolist() == [False] * 3 + [True] + [False] * 3


def test_an_anchor_dates_what_was_before_it_in_other_files_too(folder):
    where = folder(
        header(boot=2, uptime=50) + frames(0, 10),
        header(2, boot=2, uptime=60) + frames(10) + anchor(0, NOON) + frames(20),
    )
    assert times(decoder.load([where])) == [NOON - 10, NOON, NOON + 10, NOON + 20]


def test_between_anchors_that_agree_time_runs_evenly(folder):
    # 1000 s of uptime are 1002 s of UTC
    where = folder(
        header() + frames(0) + anchor(0, NOON) + frames(250, 500, 1000) + anchor(1000, NOON + 1002)
        + frames(1100)
    )  # fmt: skip
    assert times(decoder.load([where])) == [NOON + t for t in (0, 250, 501, 1002, 1102)]


@pytest.mark.parametrize(("told", "even"), [(1002, True), (1003, False), (998, True), (997, False)])
def test_two_seconds_and_500_ppm_is_what_anchors_may_disagree_by(folder, told, even):
    where = folder(
        header() + frames(0) + anchor(0, NOON) + frames(500, 999, 1000) + anchor(1000, NOON + told)
    )
    at_500 = 500 + (told - 1000) // 2 if even else 500
    at_999 = round(999 * told / 1000) if even else 999
    assert times(decoder.load([where])) == [NOON, NOON + at_500, NOON + at_999, NOON + told]


def test_a_clock_that_is_put_right_steps_there(folder):
    where = folder(
        header() + frames(0) + anchor(0, NOON) + frames(50, 100) + anchor(100, NOON + 5000)
        + frames(110)
    )  # fmt: skip
    assert times(decoder.load([where])) == [NOON, NOON + 50, NOON + 5000, NOON + 5010]


def test_ntp_and_pc_outrank_an_rtc_of_the_same_boot(folder):
    where = folder(
        header() + frames(0) + anchor(0, NOON + 900, segment.RTC) + frames(10)
        + anchor(10, NOON, segment.PC) + run(2, 0) + frames(5) + anchor(5, NOON + 77, segment.RTC)
    )  # fmt: skip
    loaded = decoder.load([where])
    assert times(loaded)[:2] == [NOON - 10, NOON]
    assert times(loaded)[-1] == NOON + 77  # of another boot it is all there is


def test_a_header_that_repeats_an_anchor_does_not_bend_time(folder):
    # The clock ran 20 ppm slow: 20 s in 1,000,000 s. The second file's header repeats the first
    # anchor; without the rule the 20 s would all fall between 500,000 and 1,000,000.
    where = folder(
        header() + frames(0) + anchor(0, NOON),
        header(2, uptime=500000, utc=NOON + 500000, clock=3) + frames(0),
        header(3, uptime=1000000) + frames(0) + anchor(0, NOON + 1000020),
    )
    assert times(decoder.load([where]))[2] == NOON + 500010


def test_headers_speak_where_the_anchor_itself_is_gone(folder):
    where = folder(
        header(2, uptime=500000, utc=NOON, clock=3) + frames(0),
        header(3, uptime=750000, utc=NOON + 250000, clock=3) + frames(0),
        header(4, uptime=1000000) + frames(0) + anchor(0, NOON + 500010),
    )
    found = decoder.load([where])
    assert times(found)[~found.hole.argmax() : 1] or times(found)[0] == NOON
    assert found.time[~found.hole].tolist() == [NOON, NOON + 250005, NOON + 500010]


def problems(folder_path, out, capsys):
    """What decode says on stderr, line by line, and in the error it ends with."""
    with pytest.raises(PacklogError) as error:
        decoder.decode([folder_path], out, epoch=True)
    return capsys.readouterr().err.splitlines(), str(error.value)


GOOD = header(utc=NOON, clock=3) + frames(0, 10)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"time,voltage\n1,2\n", "not a packlog segment"),
        (GOOD[:30], "cut off in its header, after 30 bytes"),
        (GOOD[:20] + b"\x09" + GOOD[21:], "its header is damaged (the checksum is wrong)"),
    ],
)
def test_a_damaged_file_costs_only_itself(folder, tmp_path, capsys, data, what):
    where = folder(GOOD, data)
    lines, error = problems(where, tmp_path / "out.csv", capsys)
    assert lines == [f"{where / '00000002.seg'}: {what}"]
    assert error.startswith("1 damaged file (named above), the rest is written")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3


def test_a_newer_version_is_named(folder, tmp_path, capsys):
    data = bytearray(GOOD)
    data[4] = 2
    struct.pack_into("<I", data, 48, __import__("zlib").crc32(data[:48]))
    lines, _ = problems(folder(GOOD, bytes(data)), tmp_path / "out.csv", capsys)
    assert lines[0].endswith("00000002.seg: of format version 2: a newer packlog reads it")


def test_a_torn_tail_loses_the_torn_record_only(folder, tmp_path, capsys):
    where = folder(GOOD + frames(20)[:7])
    lines, _ = problems(where, tmp_path / "out.csv", capsys)
    assert lines == [f"{where / '00000001.seg'}: cut off after 2 records"]
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [
        f"{NOON},{REST}",
        f"{NOON + 10},{REST}",
    ]


def test_every_length_that_a_file_can_be_cut_to(folder):
    whole = GOOD + run(1, 60) + frames(0, 5)
    for length in range(len(whole) + 1):
        try:
            loaded = decoder.load([folder(whole[:length])])
        except PacklogError:
            continue
        count = max(0, length - 52) // 13
        assert (~loaded.hole).sum() == count - (count > 2)
        assert bool(loaded.problems) == ((length - 52) % 13 != 0 if length > 52 else 0 < length < 52)


def test_time_that_runs_backwards_is_damage(folder, tmp_path, capsys):
    where = folder(header(utc=NOON, clock=3) + frames(0, 10, 20, 15, 30))
    lines, _ = problems(where, tmp_path / "out.csv", capsys)
    assert lines == [f"{where / '00000001.seg'}: damaged from record 4 on (time runs backwards)"]
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 4


def test_nothing_that_can_be_read(folder, tmp_path, capsys):
    lines, error = problems(folder(b"hello", b"world"), tmp_path / "out.csv", capsys)
    assert len(lines) == 2 and error.startswith("no frames in there")
    assert not (tmp_path / "out.csv").exists()


def test_a_segment_that_was_begun_and_never_written_is_no_damage(folder):
    loaded = decoder.load([folder(GOOD, b"")])
    assert len(loaded) == 2 and not loaded.problems


def test_a_header_alone_is_an_empty_table(folder, tmp_path):
    assert decoder.decode([folder(header())], tmp_path / "out.csv") == 0
    assert (tmp_path / "out.csv").read_text() == decoder.HEADER + "\n"


def test_other_series_are_left_out(folder):
    cells = segment.Header(segment.CELLS, 1, 16, "house", 7, 34).pack() + bytes(68)
    loaded = decoder.load([folder(GOOD, cells)])
    assert len(loaded) == 2 and not loaded.problems


def test_more_than_one_pack_is_refused(folder, tmp_path):
    folder(GOOD)
    (tmp_path / "boat").mkdir()
    (tmp_path / "boat" / "00000001.seg").write_bytes(header(name="boat") + frames(0))
    with pytest.raises(PacklogError, match=r"more than one pack here \(boat, house\)"):
        decoder.load([tmp_path])
    assert len(decoder.load([tmp_path / "boat"])) == 1


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(PacklogError, match="does not exist"):
        decoder.load([tmp_path / "none"])
    with pytest.raises(PacklogError, match="no segments"):
        decoder.load([tmp_path])


def test_the_examples_time_is_what_it_says():
    assert datetime.fromtimestamp(NOON, timezone.utc).isoformat() == "2026-06-01T12:00:00+00:00"


def test_a_million_frames_are_a_matter_of_seconds(tmp_path):
    count, files = 5037, 200
    random = np.random.default_rng(1)
    for i in range(files):
        records = np.zeros(count, decoder_type())
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
    start = time.perf_counter()
    assert decoder.decode([tmp_path], tmp_path / "out.csv") == count * files
    assert time.perf_counter() - start < 10
    with open(tmp_path / "out.csv") as file:
        assert sum(1 for _ in file) == count * files + 1


def decoder_type():
    from host_tools.frames import FRAME

    return FRAME
