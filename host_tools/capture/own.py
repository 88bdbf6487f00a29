"""What packlog capture writes: lines of s, pack, direction and bytes in hex, see docs/captures.md.
A stream is a pack; what was sent to its BMS is left out.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from host_tools.ground.errors import PacklogError

FIRST = b"# packlog capture "
_LINE = re.compile(rb"\d+\.\d{3} ([A-Za-z0-9_-]{1,16}) (?:([<>]) ((?:[0-9a-f]{2})+)|! \d+)\s*")
LONGEST = 1 << 16  # bytes of a line


def is_own(head: bytes) -> bool:
    """Does a file begin as such a capture?"""
    return head.startswith(FIRST)


def streams(path: Path, pieces: Iterator[bytes]) -> Iterator[tuple[str, bytes]]:
    """(pack, bytes that its BMS has sent). PacklogError names a line that is damaged; the last
    one may be cut off.
    """
    for number, line, is_last in _lines(path, pieces):
        if not line.strip() or line.startswith(b"#"):
            continue
        found = _LINE.fullmatch(line)
        if found and found[2] == b"<":
            yield found[1].decode(), bytes.fromhex(found[3].decode())
        elif not found and not is_last:
            raise PacklogError(
                f"{path}, line {number}: not s, pack, < or > and bytes in hex: leave that line out"
            )


def _lines(path: Path, pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """(number, line, whether it is what stands behind the last end of a line)"""
    rest, number = b"", 1
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield number, line, False
            number += 1
        if len(rest) > LONGEST:
            raise PacklogError(
                f"{path}, line {number}: longer than {LONGEST} bytes: is it damaged?"
            )
    yield number, rest, True
