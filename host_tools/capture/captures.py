"""Captures of what a BMS sent, in the shapes in which they exist, as streams of its bytes.

Those of packlog capture (own.py); raw bytes; text: bytes in hex or a console's lines (text.py);
Bluetooth logs and network captures (packets.py). The file itself shows which. It is read in pieces:
a capture may hold months. A stream is named after what tells it from the others of the file.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from host_tools.capture import own, packets, text
from host_tools.ground.errors import PacklogError
from host_tools.ground.inputs import open_input

PIECE = 64 * 1024
HEAD = 4096  # bytes that show what a file is
PACKED = {b"PK\3\4": "zip", b"\x1f\x8b": "gzip", b"7z\xbc\xaf": "7z", b"BZh": "bzip2"}

Pieces = Iterator[bytes]
Progress = Callable[[int], None]


def read_streams(
    path: Path, hex: bool | None = None, progress: Progress | None = None
) -> Iterator[tuple[str, bytes]]:
    """(stream, its next bytes) of a capture, in pieces of any size.

    hex: the file is text with bytes in hex; None or False: the file shows what it is. The file is
    opened at once. progress is called with how many bytes of it have been read. PacklogError names
    the file, and where it cannot go on.
    """
    with _named(path):
        file = open_input(path)
    return _streams(path, hex, _read(path, file, progress))


def read_capture(
    path: Path, hex: bool | None = None, progress: Progress | None = None
) -> Iterator[bytes]:
    """The bytes of a capture, whatever stream they are of."""
    return (data for _, data in read_streams(path, hex, progress))


def size_of(path: Path) -> int:
    """The bytes of a capture, 0 of what has no size: a pipe."""
    with _named(path):
        return path.stat().st_size


def _streams(path: Path, hex: bool | None, pieces: Pieces) -> Iterator[tuple[str, bytes]]:
    head, pieces = _peek(pieces)
    for magic, kind in PACKED.items():
        if head.startswith(magic):
            raise PacklogError(f"{path} is a {kind} file: unpack it, and name the capture in it")
    if own.is_own(head) and not hex:
        yield from own.streams(path, pieces)
    elif hex or text.is_text(head):
        yield from text.streams(path, pieces, hex)
    elif found := packets.reader(head):
        yield from packets.streams(path, found, pieces)
    else:
        for piece in pieces:
            yield "", piece


def _peek(pieces: Pieces) -> tuple[bytes, Pieces]:
    """The beginning of a capture, and the whole of it all the same."""
    begun, size = [], 0
    for piece in pieces:
        begun.append(piece)
        size += len(piece)
        if size >= HEAD:
            break

    def all_of_it():
        yield from begun
        yield from pieces

    return b"".join(begun), all_of_it()


def _read(path: Path, file: BinaryIO, progress: Progress | None) -> Pieces:
    done = 0
    with file:
        while True:
            with _named(path):
                piece = file.read(PIECE)
            if not piece:
                return
            done += len(piece)
            if progress:
                progress(done)
            yield piece


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise PacklogError(f"{path} does not exist: check the name") from None
    except IsADirectoryError:
        raise PacklogError(f"{path} is a folder: name a capture file in it") from None
    except PermissionError:
        raise PacklogError(f"no permission to read {path}: change its permissions") from None
    except OSError as error:
        raise PacklogError(f"cannot read {path}: {error.strerror or error}") from error
