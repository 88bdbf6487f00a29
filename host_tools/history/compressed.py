"""What a file of a history takes once the board has compressed it: by the board's own encoder."""

import importlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from host_tools.history import records

from store import columns, encoder, kernels, segment, shard


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
    with encoder_in_memory():
        for _ in encoder.write_shard(source, len(rows), header.record_size, described, out.extend):
            pass
    return bytes(out)


@contextmanager
def encoder_in_memory() -> Iterator[None]:
    """A board makes room for each of the encoder's modules and lets go of it; a PC has the room."""
    before = kernels.load, kernels.forget
    kernels.load, kernels.forget = _load, lambda names: None
    try:
        yield
    finally:
        kernels.load, kernels.forget = before


def _load(names: Iterable[str]) -> tuple[()]:
    for name in names:
        importlib.import_module("store." + name)
    return ()


def size_of(path: Path, size: int) -> int:
    """Bytes of the same; size, that of the file, where it cannot be compressed or is no better."""
    if path.suffix != segment.SUFFIX or not size:
        return size
    try:
        return min(size, len(shard_bytes(path)))
    except (OSError, segment.SegmentError, shard.ShardError):
        return size
