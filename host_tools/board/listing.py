"""The files of the history on a board, as it lists them: names of a stranger's, checked."""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from host_tools.ground.errors import PacklogError
from host_tools.ground.text import parse_json
from host_tools.history.place import place

from store import segment, shard

LARGEST = 1 << 20  # bytes of a file; a board's are up to 64 KB
SHOWN = 10  # of what was passed over
_CRC = 4
# Bytes of a header, its own CRC-32 left out: what tells one file from another of the same name
HEAD = {
    segment.SUFFIX: segment.HEADER_SIZE - _CRC,
    segment.SHARD: struct.calcsize(shard.HEADER) + segment.HEADER_SIZE - _CRC,
}


@dataclass
class Remote:
    """A file of the history on the board. head: CRC-32 of its header; tail: its last bytes."""

    pack: str
    series: str
    name: str
    size: int
    head: int
    tail: bytes

    @property
    def path(self) -> str:
        return f"{self.pack}/{self.series}/{self.name}"

    @property
    def head_size(self) -> int:
        """How many bytes head is of."""
        return min(self.size, HEAD[self.name[8:]])


def listed(text: str) -> tuple[list[Remote], list[str]]:
    """The files of the history, and what else lies among them."""
    remotes, strays = [], []
    for line in text.splitlines():
        try:
            kind, *said = parse_json(line)
            if kind == "stray":
                strays.append(str(said[0]))
                continue
            pack, series, name, size, head, tail = said
            remote = Remote(pack, series, name, int(size), int(head), bytes.fromhex(tail))
        except (ValueError, TypeError, IndexError, OverflowError):
            raise PacklogError(
                f"the board listed its history in a strange way: {line[:80]!r}"
            ) from None
        try:
            place(Path(), pack, series, name)
            if name[8:] not in HEAD or not 0 <= remote.size <= LARGEST:  # a twin is only ever here
                raise ValueError
            remotes.append(remote)
        except (ValueError, TypeError):
            strays.append(f"/data/{pack}/{series}/{name}")
    return remotes, strays


def name_strays(strays: list[str], say: Callable[[str], None]) -> None:
    """Report what was passed over."""
    for path in strays[:SHOWN]:
        say(f"skipped on the board, not part of a history: {path}")
    if len(strays) > SHOWN:
        say(f"... and {len(strays) - SHOWN} more")


def current(remotes: list[Remote]) -> list[Remote]:
    """Without the segments that stand beside their shard: the board was about to delete them."""
    paths = {remote.path for remote in remotes}
    return [
        remote
        for remote in remotes
        if remote.path.endswith(segment.SHARD)
        or remote.path.removesuffix(segment.SUFFIX) + segment.SHARD not in paths
    ]


def newest(remotes: Iterable[Remote]) -> set[str]:
    """The paths of the last segment of each series: those that grow."""
    last: dict[tuple[str, str], Remote] = {}
    for remote in remotes:
        key = remote.pack, remote.series
        if remote.name.endswith(segment.SUFFIX) and (
            key not in last or last[key].name < remote.name
        ):
            last[key] = remote
    return {remote.path for remote in last.values()}
