"""GAPs: read as the frames and RUNs that they stand for, and what they take in a shard."""

import io
import random
import zlib

import numpy as np
import pytest
from host_tools.history import frames as host_frames
from host_tools.history import shards, unfold
from host_tools.history.compressed import encoder_in_memory
from tests.helpers import gap_records, segment_bytes
from tests.helpers.segment_bytes import a_frame, header, put, run

from store import columns, encoder, frame, segment


def unfolded(*records, base=1000):
    made = segment.parse_header(header(uptime=base))
    rows = np.frombuffer(b"".join(records), np.uint8).reshape(-1, 13)
    return unfold.unfold(rows, made)[0].tobytes()


def gap(begin, end):
    return gap_records.gap(begin, end)


def test_a_frame_that_goes_on_across_silence():
    found = unfolded(a_frame(0), gap(100, 140), a_frame(300))
    assert found == b"".join((a_frame(0), a_frame(100), run(1, 1000, 140), a_frame(300)))


def test_silence_where_the_frame_before_ended():
    found = unfolded(a_frame(0), a_frame(101), gap(100, 140), a_frame(300))
    assert found == b"".join((a_frame(0), a_frame(101), run(1, 1000, 140), a_frame(300)))


def test_two_gaps_with_a_reading_between_them():
    found = unfolded(a_frame(0), gap(100, 128), gap(128, 160), a_frame(300))
    parts = a_frame(100), run(1, 1000, 128), run(1, 1000, 160), a_frame(300)
    assert found == a_frame(0) + b"".join(parts)


def test_gaps_that_no_frame_goes_on_across_say_nothing():
    for records in (
        (a_frame(0), gap(100, 140)),
        (a_frame(0), gap(100, 140), run(2, 0), a_frame(300)),
        (a_frame(0), gap(100, 140), a_frame(90)),  # a draft from before the silence
    ):
        assert unfolded(*records) == b"".join(records)


def test_charge_and_holes(tmp_path):
    data = header(utc=segment_bytes.NOON, clock=3) + a_frame(0) + gap(100, 140) + a_frame(300)
    found = host_frames.load([put(tmp_path, data)])
    assert found.uptime.tolist() == [0, 100, 101, 300]
    assert found.hole.tolist() == [False, False, True, False]


def shard_of(records, base=0):
    made = segment.parse_header(header(uptime=base))
    out = bytearray()
    described = columns.columns_of(made)
    source = io.BytesIO(made.pack() + records)
    with encoder_in_memory():
        for _ in encoder.write_shard(source, len(records) // 13, 13, described, out.extend):
            pass
    return bytes(out)


@pytest.mark.parametrize("base", [0, 86401])
def test_a_gap_takes_a_byte_and_a_half(base):
    records = gap_records.as_the_board_writes(5000, base=base)
    data = shard_of(records, base)
    assert shards.read(data)[1].tobytes() == records
    rows = np.frombuffer(records, np.uint8).reshape(-1, 13)
    marked = (rows[:, 2] == 255) & (rows[:, 3] == 255)
    gaps = int((marked & (rows[:, 4] == frame.GAP)).sum())
    without = shard_of(rows[~marked].tobytes(), base)
    assert gaps > 1500
    assert len(data) - len(without) < 1.6 * gaps


@pytest.mark.parametrize("seed", range(20))
def test_any_gaps_come_back_bit_for_bit(seed):
    records = gap_records.as_they_come(60 * seed, seed)
    assert shards.read(shard_of(records))[1].tobytes() == records


@pytest.mark.parametrize("seed", range(8))
def test_marks_that_somebody_has_made_up(seed):
    """The checksums are right, the planes of the marks are anything: an error, or records."""
    chance = random.Random(seed)
    data = shard_of(gap_records.as_they_come(200, seed))
    stream = shards.parse(data)[3]
    planes = zlib.decompress(stream)
    refused = 0
    for _ in range(40):
        made_up = bytearray(planes)
        for _ in range(chance.choice((1, 2, 8))):
            made_up[-chance.randrange(1, 600)] = chance.choice((0, 48, 255, chance.randrange(256)))
        try:
            made, rows = shards.read(data[: -len(stream)] + zlib.compress(bytes(made_up)))[:2]
        except shards.ShardError:
            refused += 1
        else:
            assert unfold.unfold(rows, made)[0].shape[1] == rows.shape[1]
    assert 0 < refused < 40
