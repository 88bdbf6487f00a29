"""packlog decode: what is damaged or foreign is named, and costs only itself."""

import struct
import zlib

import pytest
from host_tools.export import csv as csv_export
from host_tools.export import decode as decoding
from host_tools.ground.errors import PacklogError
from host_tools.history.frames import load as load_frames
from tests.helpers.segment_bytes import NOON, REST, frames, header, put, run

from store import segment


def problems(where, out, capsys):
    """What decode says on stderr after its first line, and in the error it ends with."""
    with pytest.raises(PacklogError) as error:
        decoding.decode([where], out, epoch=True)
    first, *lines = capsys.readouterr().err.splitlines()
    if first.startswith("house, frames: "):
        return lines, str(error.value)
    return [first, *lines], str(error.value)


GOOD = header(utc=NOON, clock=3) + frames(0, 10)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"time,voltage\n1,2\n", "not a packlog segment"),
        (GOOD[:30], "cut off in its header, after 30 bytes"),
        (GOOD[:20] + b"\x09" + GOOD[21:], "its header is damaged (the checksum is wrong)"),
    ],
)
def test_a_damaged_file_costs_only_itself(tmp_path, capsys, data, what):
    where = put(tmp_path, GOOD, data)
    lines, error = problems(where, tmp_path / "out.csv", capsys)
    assert lines == [f"{where / '00000002.seg'}: {what}"]
    assert error.startswith("1 damaged file (named above), the rest is there")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3


def test_a_newer_version_is_named(tmp_path, capsys):
    data = bytearray(GOOD)
    data[4] = 3
    struct.pack_into("<I", data, 48, zlib.crc32(data[:48]))
    lines, _ = problems(put(tmp_path, GOOD, bytes(data)), tmp_path / "out.csv", capsys)
    assert lines[0].endswith("00000002.seg: of format version 3: a newer packlog reads it")


def test_a_torn_tail_loses_the_torn_record_only(tmp_path, capsys):
    where = put(tmp_path, GOOD + frames(20)[:7])
    lines, _ = problems(where, tmp_path / "out.csv", capsys)
    assert lines == [f"{where / '00000001.seg'}: cut off after 2 records"]
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [
        f"{NOON},{REST}",
        f"{NOON + 10},{REST}",
    ]


def test_every_length_that_a_file_can_be_cut_to(tmp_path):
    whole = GOOD + run(1, 60) + frames(0, 5)
    for length in range(len(whole) + 1):
        try:
            loaded = load_frames([put(tmp_path, whole[:length])])
        except PacklogError:
            continue
        count = max(0, length - 52) // 13
        assert (~loaded.hole).sum() == count - (count > 2)
        assert bool(loaded.problems) == (
            (length - 52) % 13 != 0 if length > 52 else 0 < length < 52
        )


def test_time_that_runs_backwards_is_damage(tmp_path, capsys):
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(0, 10, 20, 15, 30))
    lines, _ = problems(where, tmp_path / "out.csv", capsys)
    assert lines == [f"{where / '00000001.seg'}: damaged from record 4 on (time runs backwards)"]
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 4


def test_nothing_that_can_be_read(tmp_path, capsys):
    lines, error = problems(put(tmp_path, b"hello", b"world"), tmp_path / "out.csv", capsys)
    assert len(lines) == 2 and error.startswith("no frames in")
    assert not (tmp_path / "out.csv").exists()


def test_a_segment_that_was_begun_and_never_written_is_no_damage(tmp_path):
    loaded = load_frames([put(tmp_path, GOOD, b"")])
    assert len(loaded) == 2 and not loaded.problems


def test_a_header_alone_is_an_empty_table(tmp_path):
    assert decoding.decode([put(tmp_path, header())], tmp_path / "out.csv") == 0
    assert (tmp_path / "out.csv").read_text() == csv_export.HEADER + "\n"


def test_other_series_are_left_out(tmp_path):
    cells = segment.Header(segment.CELLS, 1, 16, "house", 7, 34).pack() + bytes(68)
    loaded = load_frames([put(tmp_path, GOOD, cells)])
    assert len(loaded) == 2 and not loaded.problems


def test_more_than_one_pack_is_refused(tmp_path):
    put(tmp_path, GOOD)
    (tmp_path / "boat").mkdir()
    (tmp_path / "boat" / "00000001.seg").write_bytes(header(name="boat") + frames(0))
    with pytest.raises(PacklogError, match=r"more than one pack here \(boat, house\)"):
        load_frames([tmp_path])
    assert len(load_frames([tmp_path / "boat"])) == 1


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(PacklogError, match="does not exist"):
        load_frames([tmp_path / "none"])
    with pytest.raises(PacklogError, match="no segments"):
        load_frames([tmp_path])
