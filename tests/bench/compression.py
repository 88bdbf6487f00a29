"""Bytes a frame of the board's files, against other ways to write the same frames down."""

import zlib
from pathlib import Path

import numpy as np
from host_tools.history import records, shards
from host_tools.history.compressed import shard_bytes
from host_tools.history.frames import RAW
from tests.bench import baselines

from store import frame, segment

# What is measured: name in the JSON, heading of the table
WAYS = {
    "rows_zlib": "rows, zlib -9",
    "varint_tamp": "column varints, tamp",
    "plain_planes_zlib": "plain planes, zlib -9",
    "plain_planes_xz": "plain planes, xz -9",
    "our_planes_zlib": "our planes, zlib -9",
    "our_planes_xz": "our planes, xz -9",
    "shard": "shard",
}


def measure(folder):
    """Bytes a frame by each of WAYS over all frames of a pack's folder, and the shard's ratios.

    The segment that is not full yet is made a shard, too.
    """
    totals = dict.fromkeys(WAYS, 0)
    frames = 0
    for path in records.find([Path(folder, segment.FOLDERS[segment.PACK])]):
        sizes, count = _sizes(path)
        frames += count
        for name, size in sizes.items():
            totals[name] += size
    result = {"frames": frames}
    result.update({name: round(size / frames, 4) for name, size in totals.items()})
    for name in ("varint_tamp", "our_planes_zlib", "our_planes_xz", "plain_planes_zlib"):
        result["shard_to_" + name] = round(totals["shard"] / totals[name], 4)
    return result


def _sizes(path):
    made = shard_bytes(path)
    _, rows = shards.read(made)
    raw = np.ascontiguousarray(rows).reshape(-1).view(RAW)
    kept = raw[raw["voltage"] != frame.MARK]
    planes = zlib.decompress(shards.parse(made)[3])
    plain = baselines.plain_planes(kept)
    sizes = {
        "rows_zlib": baselines.rows_zlib(kept),
        "varint_tamp": baselines.varint_tamp(kept),
        "plain_planes_zlib": baselines.zlib_size(plain),
        "plain_planes_xz": baselines.xz_size(plain),
        "our_planes_zlib": baselines.zlib_size(planes),
        "our_planes_xz": baselines.xz_size(planes),
        "shard": len(made),
    }
    return sizes, len(kept)
