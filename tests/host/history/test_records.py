"""Segments and shards as records: which files count, and what a damaged one costs."""

import io

import numpy as np
import plain_shard
import pytest
from host_tools.ground.errors import PacklogError
from host_tools.history import records
from host_tools.history.compressed import encoder_in_memory
from host_tools.history.frames import load as load_frames
from tests.helpers.segment_bytes import anchor, frames, header, put, run

from store import columns, encoder, segment, shard


def shard_of(data: bytes) -> bytes:
    """What the board makes of a segment."""
    made = segment.parse_header(data)
    count = (len(data) - made.header_size) // made.record_size
    out = bytearray()
    with encoder_in_memory():
        for _ in encoder.write_shard(
            io.BytesIO(data), count, made.record_size, columns.columns_of(made), out.extend
        ):
            pass
    return bytes(out)


def a_segment(sequence=1, first=0, **options):
    return header(sequence=sequence, uptime=first, **options) + frames(*range(1, 40))


@pytest.fixture
def house(tmp_path):
    """Two segments, the first one compacted; and the same uncompacted, in another folder."""
    one = a_segment(1) + anchor(40, 1780000000) + run(2, 100) + frames(3, 4)
    two = a_segment(2, 200, boot=2)
    (tmp_path / "raw").mkdir()
    raw = put(tmp_path / "raw", one, two)
    mixed = put(tmp_path, shard_of(one), two, names=["00000001.shard", "00000002.seg"])
    return mixed, raw, one


def test_a_shard_reads_as_its_segment(house):
    mixed, raw, _ = house
    for a, b in zip(records.find([mixed]), records.find([raw]), strict=True):
        header_a, rows_a, problem = records.read(a)
        header_b, rows_b, _ = records.read(b)
        assert problem is None
        assert vars(header_a) == vars(header_b)
        assert rows_a.shape == rows_b.shape and rows_a.shape[1] == 13
        assert rows_a.tobytes() == rows_b.tobytes()
        assert rows_a.dtype == np.uint8
    assert len(load_frames([mixed])) == len(load_frames([raw])) > 80


def test_a_shard_stands_for_its_segment(house):
    mixed, _, one = house
    (mixed / "00000001.seg").write_bytes(one)
    (mixed / "00000003.tmp").write_bytes(b"PKLS")
    assert [p.name for p in records.find([mixed])] == ["00000001.shard", "00000002.seg"]
    assert [p.name for p in records.find([mixed.parent / "house"])] == [
        "00000001.shard",
        "00000002.seg",
    ]
    (mixed / "00000001.seg").write_bytes(one[:-13])  # pulled when it was still growing
    assert len(records.find([mixed])) == 2


def test_another_history_s_segment_of_the_same_number_is_kept(house):
    mixed, _, _ = house
    (mixed / "00000001.seg").write_bytes(a_segment(1, log=99))
    names = [p.name for p in records.find([mixed])]
    assert names == ["00000001.seg", "00000001.shard", "00000002.seg"]


def test_a_damaged_shard_is_named_and_its_segment_read_instead(house):
    mixed, raw, one = house
    path = mixed / "00000001.shard"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    found, rows, problem = records.read(path)
    assert found is None and not len(rows)
    assert str(path) in problem and "damaged" in problem
    (mixed / "00000001.seg").write_bytes(one)
    found, rows, problem = records.read(path)
    assert rows.tobytes() == one[52:]
    assert "damaged" in problem and "00000001.seg read instead" in problem
    assert len(load_frames([mixed])) == len(load_frames([raw]))


def test_every_cut_and_every_flipped_bit_of_a_shard(house, tmp_path):
    """Refused, or (bits that only fill up a byte) harmless: never another record."""
    _, _, one = house
    data = shard_of(one)
    path = tmp_path / "00000009.shard"
    harmless = 0
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit >> 3] ^= 1 << (bit & 7)
        path.write_bytes(damaged)
        found, rows, problem = records.read(path)
        if problem is None:
            harmless += 1
            assert found and rows.tobytes() == one[52:], bit
        else:
            assert found is None and str(path) in problem
    assert harmless <= 14
    for size in range(len(data)):
        path.write_bytes(data[:size])
        assert records.read(path)[2], size


def test_a_newer_shard_is_refused(house):
    mixed, _, _ = house
    path = mixed / "00000001.shard"
    data = path.read_bytes()
    path.write_bytes(data[:4] + bytes([shard.VERSION + 1]) + data[5:])
    assert "newer packlog" in records.read(path)[2]


def test_a_torn_segment_keeps_its_whole_records(tmp_path):
    path = put(tmp_path, a_segment()[:-5]) / "00000001.seg"
    found, rows, problem = records.read(path)
    assert found.sequence == 1
    assert len(rows) == 38
    assert problem == f"{path}: cut off after 38 records"


def test_files_that_are_none(tmp_path):
    empty, foreign = tmp_path / "00000001.seg", tmp_path / "00000002.shard"
    empty.touch()
    assert records.read(empty)[::2] == (None, None)
    foreign.write_bytes(b"JFIF")
    assert "not a packlog shard" in records.read(foreign)[2]
    assert "No such file" in records.read(tmp_path / "none.seg")[2]
    with pytest.raises(PacklogError, match="does not exist"):
        records.find([tmp_path / "none"])
    with pytest.raises(PacklogError, match="no segments or shards"):
        (tmp_path / "nothing").mkdir()
        records.find([tmp_path / "nothing"])


@pytest.mark.parametrize("cells", [0, 4, 16, 24, 32])
@pytest.mark.parametrize("series", [segment.CELLS, segment.EVENTS])
def test_other_series(series, cells, tmp_path):
    size = max(13, 2 + 2 * cells) if series == segment.CELLS else 13
    made = segment.Header(series, 1, cells, "house", 7, size)
    data = made.pack() + np.random.default_rng(cells).bytes(size * 60)
    path = tmp_path / "00000001.shard"
    path.write_bytes(shard_of(data))
    found, rows, problem = records.read(path)
    assert (found.series, found.cell_count, problem) == (series, cells, None)
    assert rows.tobytes() == data[52:]


def test_the_plain_judge_agrees(tmp_path):
    """tests/device/plain_shard.py was written from docs/format.md alone."""
    for series, cells in ((segment.PACK, 16), (segment.CELLS, 4), (segment.EVENTS, 16)):
        size = max(13, 2 + 2 * cells) if series == segment.CELLS else 13
        data = segment.Header(series, 1, cells, "house", 7, size).pack()
        data += np.random.default_rng(series).bytes(size * 100)
        assert plain_shard.read(shard_of(data)) == data
