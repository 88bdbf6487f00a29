"""A logger that answers while it runs, without a VM and in no time: docs/console.md once more, by
somebody who has not read the firmware.
"""

import re
import zlib

from tests.helpers.strange_board import Board

DATA = bytes(range(256)) * 3 + b"~.000f00000000\n" * 20 + b"\x03\x04\r\n" * 50
PIECE = 240


def pieces(text: bytes, data: bytes, last: bytes = b"=") -> bytes:
    """An answer as docs/console.md has it."""
    crc, said = zlib.crc32(text), b""
    parts = [data[at : at + PIECE] for at in range(0, len(data), PIECE)] or [b""]
    for i, part in enumerate(parts):
        head = b"~%s%s%02x" % (last if i == len(parts) - 1 else b".", text[:2], len(part))
        crc = zlib.crc32(part, zlib.crc32(head, crc))
        said += head + b"%08x\n" % crc + part
    return said


class Logger(Board):
    """Answers as the firmware does; spoil(answer) is what arrives of it."""

    def __init__(self, clock, spoil=lambda said: said):
        super().__init__(clock)
        self.spoil = spoil
        self.asked: list[list[bytes]] = []

    def take(self, data):
        for crc, text in re.findall(rb"~([0-9a-f]{8}) ([ -}]*)\n", data):
            assert int(crc, 16) == zlib.crc32(text) and b"\x03" not in data
            words = text.split()[1:]
            self.asked.append(words)
            said = pieces(text, *self.said(*words))
            self.put(said if words[0] == b"hello" else self.spoil(said))

    def said(self, verb, *words):
        if verb == b"hello":
            return (b"packlog 1 3",)
        if verb == b"read":
            at, count = map(int, words[1:])
            return (DATA[at : at + count],)
        return (b"gone", b"!") if verb == b"config" else (DATA,)
