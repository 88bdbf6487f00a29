"""Bits that fall over in a segment: each is reported, and costs only its block."""

import random
import sys

import numpy as np
import pytest
from host_tools.history import blocks, cells, frames, records
from tests.helpers.segment_bytes import put, run

from store import frame, segment

sys.path.append(str(records.Path(__file__).parents[2] / "device"))
from test_checks import a_history, passed

FLIPS = 1500
SERIES = ("pack", "cells", "events")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The bytes of a whole segment of each series, by a pack that was switched off now and then."""
    pack = a_history(str(tmp_path_factory.mktemp("store")), 1230, restart_every=170)
    assert pack.history.close()
    root = records.Path(pack.folder) / "house"
    return {series: (root / series / "00000001.seg").read_bytes() for series in SERIES}


def sealed(data):
    """(header, all records, the rows of the CHECKs)."""
    header, raw = records.split(data)
    return header, raw, np.flatnonzero(blocks.is_check(raw))


@pytest.mark.parametrize("series", SERIES)
def test_every_flip_is_reported_and_costs_only_its_block(written, series):
    data = written[series]
    header, raw, checks = sealed(data)
    assert len(checks) >= 4 and checks[-1] == len(raw) - 1
    whole, damaged = blocks.whole(raw, header)
    assert not damaged
    first = np.concatenate(([0], checks[:-1] + 1))
    chance = random.Random(12)
    for _ in range(FLIPS):
        bit = chance.randrange(8 * header.header_size, 8 * len(data))
        flipped = raw.copy()
        flipped.reshape(-1)[bit // 8 - header.header_size] ^= 1 << bit % 8
        left, damaged = blocks.whole(flipped, header)
        number = int(np.searchsorted(checks, (bit // 8 - header.header_size) // header.record_size))
        assert damaged == [(first[number], checks[number])]
        # What stood before the block, a RUN, what stood behind it
        before = first[number] - number
        after = checks[number] - number
        assert left[:before].tobytes() == whole[:before].tobytes()
        rest = whole[after:]
        assert len(left) == before + bool(len(rest)) + len(rest)
        assert left[before + bool(len(rest)) :].tobytes() == rest.tobytes()
        if len(rest):
            assert frame.mark_kind(left[before].tobytes(), 0) == frame.RUN


@pytest.mark.parametrize("series", ["pack", "cells"])
def test_the_other_blocks_keep_their_time(written, series, tmp_path):
    """As boot and uptime, also where the block that is lost held the RUN."""
    load = {"pack": frames.load, "cells": cells.load}[series]
    data = written[series]
    header, _, checks = sealed(data)
    path = tmp_path / "00000001.seg"
    path.write_bytes(data)
    found = load([path])
    whole = {(b, u) for b, u, h in zip(found.boot, found.uptime, found.hole, strict=True) if not h}
    begin = 0
    for check in checks:
        damaged = bytearray(data)
        damaged[header.header_size + (begin + 1) * header.record_size + 5] ^= 16
        path.write_bytes(damaged)
        found = load([path])
        left = list(zip(found.boot, found.uptime, strict=True))
        left = [at for at, hole in zip(left, found.hole, strict=True) if not hole]
        assert set(left) < whole
        assert 0 < len(whole) - len(left) <= check - begin
        assert len(found.problems) == 1 and "checksum is wrong" in found.problems[0]
        begin = check + 1


@pytest.mark.parametrize("series", SERIES)
def test_the_board_leaves_out_the_same(written, series):
    data = written[series]
    header, _, _ = sealed(data)
    chance = random.Random(3)
    for count in (0, 1, 1, 1, 2, 2, 3, 5):
        for cut in (0, 7 * header.record_size):  # with an end that has no CHECK
            flipped = bytearray(data[: len(data) - cut])
            for _ in range(count):
                flipped[chance.randrange(header.header_size, len(flipped))] ^= (
                    1 << chance.randrange(8)
                )
            rows, damaged = passed(bytes(flipped))
            left, lost = blocks.whole(records.split(bytes(flipped))[1], header)
            assert b"".join(rows) == left.tobytes()
            assert sum(end - first for first, end in lost) == damaged


def test_the_file_and_its_records_are_named(written, tmp_path):
    data = bytearray(written["pack"])
    data[52 + 13 * 20] ^= 1
    path = put(tmp_path, bytes(data) + b"12345") / "00000001.seg"
    _, raw, checks = sealed(bytes(data))
    _, left, problem = records.read(path)
    assert problem == (
        f"{path}: records 1 to {checks[0]} are left out (their checksum is wrong); "
        f"cut off after {len(raw)} records"
    )
    assert len(left) == len(raw) - len(checks) - checks[0] + 1


def test_a_shard_stands_for_a_segment_with_checks(written):
    data = written["pack"]
    _, _, checks = sealed(data)
    short = records.without_checks(data)
    assert len(short) == len(data) - len(checks) * 13
    assert records.without_checks(data + b"123") == short + b"123"
    assert records.without_checks(short) == short
    assert records.without_checks(segment.Header(1, 1, 0, "a", 1).pack() + run(1, 2))[52:] == run(
        1, 2
    )
