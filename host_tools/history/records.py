"""The files of a history, as records: segments and shards, the same for every reader.

find() says which files to read, read() gives a file's header and its records as bytes. What is
damaged costs only itself and is named. Pipes and devices are never opened, and a file that is
larger than any that a board makes is not read.
"""

import functools
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import host_tools.ground.firmware  # noqa: F401 - puts the store on the path
import numpy as np
from host_tools.ground.errors import PacklogError
from host_tools.history import blocks, shards

from store import segment, shard

Found = tuple[segment.Header | None, np.ndarray, str | None]
Reader = Callable[[Path], Found]
_NOTHING = np.zeros((0, 0), np.uint8)
# Bytes of a file. A shard is at most about as large as its segment.
LARGEST = {segment.MAGIC: segment.MAX_SIZE, shard.MAGIC: 2 * segment.MAX_SIZE}


def find(paths: Iterable[Path | str]) -> list[Path]:
    """The segments and shards in paths (files, or folders and all below), each once, by name.

    In a folder a shard stands for the segment it was made of. PacklogError if nothing is found.
    """
    found: dict[Path, Path] = {}
    folder = functools.cache(Path.resolve)
    for path in map(Path, paths):
        if not path.exists():
            raise PacklogError(f"{path} does not exist: give a pulled folder, .seg or .shard files")
        for file in files(path) if path.is_dir() else [path]:
            is_link = file.is_symlink()  # to resolve each file would take as long as to read it
            found.setdefault(file.resolve() if is_link else folder(file.parent) / file.name, file)
    if not found:
        raise PacklogError(
            "no segments or shards (*.seg, *.shard) found: pull them off the board first"
        )
    return list(found.values())


def read(path: Path | str) -> Found:
    """(header, records as uint8 of shape (rows, record size), what is wrong with the file or None).

    Of a segment whose end is torn the whole records are kept, of damaged blocks none: a RUN takes
    their place. CHECKs are left out. A damaged shard has no records, unless the
    segment that it was made of is still there. Where no records can be had the header is None:
    also, with nothing wrong, of a segment that was begun and never written.
    """
    path = Path(path)
    try:
        data = _contents(path)
        if data[:4] != shard.MAGIC and path.suffix != segment.SHARD:
            return _read_segment(path, data)
        header, records = shards.read(data)
        return header, without(records, np.flatnonzero(blocks.is_check(records))), None
    except OSError as error:
        return None, _NOTHING, f"{path}: {error.strerror}"
    except segment.SegmentError as error:
        return None, _NOTHING, f"{path}: {error}"
    except shards.ShardError as error:
        return _instead(path, f"{path}: {error}")


def without(records: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The records but for those at the places in at, which rise and are mostly few."""
    if not len(at):
        return records
    at = at.tolist()
    between = zip([-1, *at], [*at, len(records)], strict=True)
    return np.concatenate([records[place + 1 : end] for place, end in between])


def damage(count: int) -> PacklogError:
    """The error of a command that has shown all it could read and named count problems."""
    return PacklogError(
        f"{count} damaged file{'s' * (count > 1)} (named above), the rest is there: "
        "pull again to see whether the board's copy is whole"
    )


def _contents(path: Path) -> bytes:
    """All of a file of ours, of another the beginning. SegmentError: no file, or too large."""
    about = os.stat(path)
    if not stat.S_ISREG(about.st_mode):  # before it is opened: a pipe would block
        raise segment.SegmentError("not a file")
    with open(path, "rb", buffering=0) as file:
        data = file.read(min(about.st_size, max(LARGEST.values()) + 1))
    largest = LARGEST.get(data[: len(shard.MAGIC)], 0)
    if not largest:
        return data[: len(shard.MAGIC)]
    if len(data) > largest:
        raise segment.SegmentError(f"larger than any that a board makes ({largest} bytes)")
    return data


def files(folder: Path) -> Iterator[Path]:
    """The segments and shards below a folder; of a segment and the shard made of it, the shard.

    A folder of such a name is passed over. A pipe or a device is among them: read() says that it is
    no file.
    """
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (segment.SHARD, segment.SUFFIX) or path.is_dir():
            continue
        if path.suffix == segment.SHARD or not _stands_for(path.with_suffix(segment.SHARD), path):
            yield path


def _stands_for(made: Path, source: Path) -> bool:
    """Was this shard made of this segment? A pulled folder can have another board's beside it."""
    try:
        head, rows = shards.read_head(_contents(made))
        data = _contents(source)
        if data[: len(head)] != head:
            return False
        _, records = split(data)
    except (OSError, shards.ShardError, segment.SegmentError):
        return False
    return len(records) - int(blocks.is_check(records).sum()) <= rows


def without_checks(data: bytes) -> bytes:
    """The bytes of a segment but for its CHECKs: what its shard holds, if nothing is damaged.

    SegmentError if the header is damaged.
    """
    header, records = split(data)
    size = header.header_size + records.size
    return data[: header.header_size] + records[~blocks.is_check(records)].tobytes() + data[size:]


def split(data: bytes) -> tuple[segment.Header, np.ndarray]:
    """(header, whole records as they are) of a segment's bytes. SegmentError if it is damaged."""
    header = segment.parse_header(data)
    count = max(0, len(data) - header.header_size) // header.record_size
    start, size = min(header.header_size, len(data)), count * header.record_size
    records = np.frombuffer(data, np.uint8, size, start)
    return header, records.reshape(count, header.record_size)


def _read_segment(path: Path, data: bytes) -> Found:
    if not data:
        return None, _NOTHING, None
    header, raw = split(data)
    records, damaged = blocks.whole(raw, header)
    problems = []
    if damaged:
        where = ", ".join(f"{first + 1} to {end}" for first, end in damaged)
        problems.append(f"records {where} are left out (their checksum is wrong)")
    if len(data) != header.header_size + raw.size:
        problems.append(f"cut off after {len(raw)} records")
    return header, records, f"{path}: {'; '.join(problems)}" if problems else None


def _instead(path: Path, problem: str) -> Found:
    """What a damaged shard was made of, if that is still beside it."""
    source = path.with_suffix(segment.SUFFIX)
    if path.suffix == segment.SHARD and _stands_for(path, source):
        header, records, torn = read(source)
        if header:
            return header, records, torn or f"{problem}: {source.name} read instead"
    return None, _NOTHING, problem
