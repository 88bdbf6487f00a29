"""What a file of a history takes once the board has compressed it: by the board's own encoder."""

import io
from pathlib import Path

from host_tools.history import records

from store import columns, encoder, segment, shard


def shard_bytes(path: Path) -> bytes:
    """A file as the shard that it is, or becomes once it is full."""
    data = path.read_bytes()
    if data[:4] == shard.MAGIC:
        return data
    header, rows, problem = records.read(path)
    if header is None:
        raise segment.SegmentError(problem or "empty")
    out = bytearray()
    described = columns.columns_of(header)
    source = io.BytesIO(records.without_checks(data))
    for _ in encoder.write_shard(source, len(rows), header.record_size, described, out.extend):
        pass
    return bytes(out)


def size_of(path: Path, size: int) -> int:
    """Bytes of the same; size, that of the file, where it cannot be compressed or is no better."""
    if path.suffix != segment.SUFFIX or not size:
        return size
    try:
        return min(size, len(shard_bytes(path)))
    except (OSError, segment.SegmentError, shard.ShardError):
        return size
