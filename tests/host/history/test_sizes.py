"""Files that are no history: what no board can have made is refused before it takes memory."""

import os
import struct
import threading
import tracemalloc
import zlib

import pytest
from host_tools.history import records
from host_tools.history.frames import load as load_frames
from tests.helpers.segment_bytes import frames, header, put
from tests.helpers.segment_bytes import rows as rows_of

from store import segment, shard

MB = 1 << 20


def crafted(rows, marks, record_size, inflated, series=segment.CELLS):
    """A shard whose checksums are right and whose sizes are not."""
    head = segment.Header(series, 1, 32, "house", 7, record_size).pack()
    start = struct.pack(shard.HEADER, shard.MAGIC, 1, len(head), 0, rows, marks, 1) + head
    squeezer = zlib.compressobj(9)
    stream = b"".join(squeezer.compress(bytes(MB)) for _ in range(inflated // MB))
    return start + struct.pack("<I", zlib.crc32(start)) + stream + squeezer.flush()


def peak_of(call):
    tracemalloc.start()
    try:
        return call(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("rows", "marks", "size", "inflated"),
    [
        (65535, 65535, 65535, 64 * MB),
        (65535, 0, 68, 64 * MB),
        (1, 65535, 13, 64 * MB),
        (1, 1, 65535, MB),
        (5038, 0, 14, MB),  # 52 + 5,038 * 13 would just do
    ],
)
def test_a_shard_of_more_than_a_segment_holds(tmp_path, rows, marks, size, inflated):
    path = tmp_path / "00000001.shard"
    path.write_bytes(crafted(rows, marks, size, inflated))
    (found, none, problem), peak = peak_of(lambda: records.read(path))
    assert found is None and not len(none)
    assert problem == f"{path}: of more records than a segment holds"
    assert peak < MB


def test_a_shard_that_inflates_to_more_than_its_rows(tmp_path):
    path = tmp_path / "00000001.shard"
    path.write_bytes(crafted(10, 0, 13, 64 * MB, segment.EVENTS))
    (found, _, problem), peak = peak_of(lambda: records.read(path))
    assert found is None and problem and peak < 2 * MB


@pytest.mark.parametrize("name", ["00000001.seg", "00000001.shard"])
@pytest.mark.parametrize("magic", [segment.MAGIC, shard.MAGIC])
def test_a_file_that_is_too_large_is_not_read(tmp_path, name, magic):
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(magic)
        file.truncate(8 << 30)  # sparse: it takes no room on the disk
    (found, _, problem), peak = peak_of(lambda: records.read(path))
    assert found is None and f"{path}: larger than any that a board makes" in problem
    assert peak < MB


def test_the_largest_segment_that_a_board_makes(tmp_path):
    data = header() + frames(*range(1, 1 + (segment.MAX_SIZE - segment.HEADER_SIZE) // 13))
    path = put(tmp_path, data) / "00000001.seg"
    assert records.read(path)[2] is None and len(rows_of(path)) == 5037


def make_nothing(path):
    path.mkdir()


def make_device(path):
    path.symlink_to("/dev/zero")


def make_dangling(path):
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make", [os.mkfifo, make_nothing, make_device, make_dangling])
@pytest.mark.parametrize("suffix", [".seg", ".shard"])
def test_a_history_with_something_else_in_it(tmp_path, make, suffix):
    house = put(tmp_path, header() + frames(1, 2))
    make(house / f"00000002{suffix}")
    found = []
    reader = threading.Thread(target=lambda: found.append(load_frames([house])), daemon=True)
    reader.start()
    reader.join(20)
    assert found, "hangs"
    (loaded,) = found
    assert len(loaded) == 2
    named = [] if make is make_nothing else [f"{house / '00000002'}{suffix}: "]  # a folder is none
    assert [problem.partition(": ")[0] + ": " for problem in loaded.problems] == named


def test_a_pipe_named_by_itself(tmp_path):
    pipe = tmp_path / "00000001.seg"
    os.mkfifo(pipe)
    assert records.read(pipe)[2] == f"{pipe}: not a file"
