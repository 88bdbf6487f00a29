"""Captures of a BMS's byte stream: files of raw bytes, or of hex text with any white space.

Read in pieces, because a capture may hold months. A byte of hex text is two digits that stand
together; anything else is a PacklogError that names the file and the line.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from host_tools.ground.errors import PacklogError

PIECE = 64 * 1024
_HEX_TEXT = re.compile(rb"(?:\xef\xbb\xbf)?\s*[0-9A-Fa-f][0-9A-Fa-f\s]*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_capture(
    path: Path, hex: bool, progress: Callable[[int], None] | None = None
) -> Iterator[bytes]:
    """The bytes of a capture, in pieces of any size.

    The file is opened at once. progress is called with how many bytes of it have been read.
    """
    with _named(path):
        file = open(path, "rb")  # noqa: SIM115  the generator closes it
    pieces = _read(path, file, progress)
    return _from_hex(path, pieces) if hex else pieces


def size_of(path: Path) -> int:
    """The bytes of a capture, 0 of what has no size: a pipe."""
    with _named(path):
        return path.stat().st_size


def looks_like_hex(path: Path) -> bool:
    """Whether the file begins like hex text; raw packets never do."""
    with contextlib.closing(read_capture(path, hex=False)) as pieces:
        return _HEX_TEXT.fullmatch(next(pieces, b"")) is not None


def _read(path: Path, file: BinaryIO, progress: Callable | None) -> Iterator[bytes]:
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
        raise PacklogError(f"there is no capture {path}: check the name") from None
    except IsADirectoryError:
        raise PacklogError(f"{path} is a folder: name a capture file in it") from None
    except PermissionError:
        raise PacklogError(f"no permission to read {path}: change its permissions") from None
    except OSError as error:
        raise PacklogError(f"cannot read {path}: {error.strerror or error}") from error


def _from_hex(path: Path, pieces: Iterator[bytes]) -> Iterator[bytes]:
    line = 1
    rest = b""
    first = True
    for piece in pieces:
        text = rest + piece
        if first:
            text = text.removeprefix(_BYTE_ORDER_MARK)
            first = False
        whole = len(text) - _unfinished(text)
        text, rest = text[:whole], text[whole:]
        yield _decoded(path, text, line)
        line += text.count(b"\n")
    yield _decoded(path, rest, line)


def _unfinished(text: bytes) -> int:
    """How many digits at the end belong to a byte whose other digit may still come: 0 or 1."""
    tail = len(text)
    while tail and not text[tail - 1 : tail].isspace():
        tail -= 1
    return (len(text) - tail) & 1


def _decoded(path: Path, text: bytes, line: int) -> bytes:
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        raise _bad_digit(path, text, line) from None


def _bad_digit(path: Path, text: bytes, line: int) -> PacklogError:
    for row in text.split(b"\n"):
        for word in row.split():
            shown = word[:20].decode("ascii", "backslashreplace")
            if not re.fullmatch(rb"[0-9A-Fa-f]*", word):
                return PacklogError(
                    f"{path}, line {line}: {shown!r} is not hex: mend it, or leave --hex out"
                )
            if len(word) & 1:
                return PacklogError(
                    f"{path}, line {line}: {shown!r} has an odd number of digits: a byte is two"
                )
        line += 1
    raise AssertionError("text that is hex after all")
