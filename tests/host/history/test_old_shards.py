"""Shards of format version 1 are read bit for bit, and make smaller ones of version 2."""

import binascii
import io
from pathlib import Path

import pytest
from host_tools.history import shards
from host_tools.history.compressed import encoder_in_memory

from store import columns, encoder, shard

FILES = Path(__file__).parents[2] / "data/shard-1"
# Rows, marks among them, CRC-32 of all records, bytes: as they were when they were made
FOUND = {"pack": (1715, 500, 3695425703, 12573), "cells": (850, 270, 4291927857, 8177)}


def is_mark(records):
    return (records[:, 2] == 255) & (records[:, 3] == 255)


def made(header, records):
    out = bytearray()
    source = io.BytesIO(header.pack() + records.tobytes())
    described = columns.columns_of(header)
    with encoder_in_memory():
        for _ in encoder.write_shard(
            source, len(records), header.record_size, described, out.extend
        ):
            pass
    return bytes(out)


@pytest.mark.parametrize("series", FOUND)
def test_more_marks_than_version_1_set_apart(series):
    data = (FILES / series / "00000001.shard").read_bytes()
    assert data[4] == shard.MARKS_WHOLE
    header, records = shards.read(data)
    crc = binascii.crc32(records.tobytes())
    assert (len(records), int(is_mark(records).sum()), crc, len(data)) == FOUND[series]

    again = made(header, records)
    assert again[4] == shard.VERSION
    _, found = shards.read(again)
    assert found.tobytes() == records.tobytes()
    # 0.7 and 0.8 bytes a mark; version 1 took 15 of each of 255, and upset the columns by the rest
    others = made(header, records[~is_mark(records)])
    assert len(again) - len(others) < 1.2 * FOUND[series][1]
    assert len(again) < 0.6 * len(data)
