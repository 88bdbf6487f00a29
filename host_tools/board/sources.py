"""Where a pull takes the history from: a logger that runs and answers, or one that is stopped."""

import base64
import zlib
from collections.abc import Iterator

from host_tools.board.device import Device
from host_tools.board.script import script
from host_tools.board.talk import Lost, Talk
from host_tools.ground.errors import PacklogError

CHUNK = 4096
LISTING_S = 300  # a board looks at all of its files for it


class Running:
    """Nothing stops. PATH is PACK/SERIES/NAME throughout."""

    def __init__(self, talk: Talk):
        self.talk = talk

    def tell_time(self) -> None:
        """Set the clock, so that all of this boot is dated."""
        self.talk.tell_time()

    def flush(self) -> dict[str, int]:
        """Have written what the board still has in RAM. By pack, for how many s a frame has gone on
        that is not written before it ends.
        """
        lines = (
            line.split() for line in self.talk.ask("flush").decode("utf8", "replace").splitlines()
        )
        try:
            return {name: int(seconds) for name, seconds in lines}
        except ValueError:
            raise PacklogError("the board answers strangely: reset it") from None

    def listed(self) -> str:
        """A line of JSON for each file, as the firmware's answers.py says."""
        return self.talk.ask("files").decode("utf8", "replace")

    def crc(self, path: str, count: int) -> int:
        """The CRC-32 of the first bytes of a file."""
        try:
            return int(self.talk.ask("crc", path, count), 16)
        except ValueError:
            raise Lost(f"{path} could not be read from the board: pull again") from None

    def read(self, path: str, offset: int, count: int) -> Iterator[bytes]:
        """count bytes of a file, in pieces that are verified."""
        return self.talk.read(path, offset, count)


class Stopped:
    """The same at the REPL: the logger was told the time, and flushed, before it was stopped."""

    def __init__(self, device: Device):
        self._device = device

    def listed(self) -> str:
        return self._device.run(script("history"), total_s=LISTING_S)

    def crc(self, path: str, count: int) -> int:
        try:
            return int(self._device.run(f"print(crc({path!r}, {count}))"))
        except ValueError:
            raise _unread(path) from None

    def read(self, path: str, offset: int, count: int) -> Iterator[bytes]:
        end = offset + count
        while offset < end:
            piece = self._piece(path, offset, min(CHUNK, end - offset))
            offset += len(piece)
            yield piece

    def _piece(self, path: str, offset: int, count: int) -> bytes:
        *lines, crc = self._device.run(f"piece({path!r}, {offset}, {count})").split() or [""]
        try:
            data = b"".join(map(base64.b64decode, lines))
            right = zlib.crc32(data) == int(crc)
        except ValueError:
            right = False
        if not right or len(data) != count:
            raise _unread(path)
        return data


def _unread(path: str) -> PacklogError:
    return PacklogError(f"{path} could not be read from the board: pull again")
