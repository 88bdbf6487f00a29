"""Listens on the console for what a PC asks while the logger runs: docs/console.md.

A request is a line of printable ASCII with its CRC-32 in front: ~CRC TEXT. Whatever else comes,
from a person at a terminal, another program or a noisy line, is ignored. What answers is loaded for
it and unloaded when nothing more is asked.
"""

import select
import sys
from asyncio import core
from binascii import crc32

from lib import once

LONGEST = 96  # bytes between ~ and the end of the line
MOST = 128  # bytes read without yielding
_TEXT = 9  # where it begins, after the CRC and a blank


class Listener:
    """board: what is asked about. flushed: uptime in s of the last flush that a PC asked for."""

    @once.start
    def __init__(self, board):
        self.board = board
        self.flushed = None
        self._line = bytearray(LONGEST)
        self._used = -1  # bytes of the line; -1: none has begun
        self._one = bytearray(1)
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    async def run(self):
        """Answer requests, forever."""
        while True:
            await _something()
            text = self.take()
            if text:
                await self._answer(text)

    async def _answer(self, text):
        import answers  # as long as this runs: nothing else holds it

        del sys.modules["answers"]
        await answers.serve(self, text)

    def take(self):
        """Read what has come. Returns the text of a request once one is complete, else None."""
        for _ in range(MOST):
            # Byte by byte: MicroPython waits until as many are there as it was asked for
            if not self._poll.poll(0):
                break
            sys.stdin.buffer.readinto(self._one)
            if self._put(self._one[0]):
                used, self._used = self._used, -1
                text = bytes(memoryview(self._line)[_TEXT:used])
                if self._line[:_TEXT] == b"%08x " % crc32(text):
                    return text
        return None

    def _put(self, byte):
        """Returns True if the byte ends a line that could be a request."""
        used = self._used
        if byte == 126:  # ~
            self._used = 0
        elif used >= 0:
            if 32 <= byte < 126 and used < LONGEST:
                self._line[used] = byte
                self._used = used + 1
            elif byte == 10 and used > _TEXT:
                return True
            else:
                self._used = -1
        return False


def _something():
    """Await it: there is something to read."""
    yield core._io_queue.queue_read(sys.stdin)
