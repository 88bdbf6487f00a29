"""A BMS on a UART, receive only. Bytes in, as they come, to a decoder."""

import asyncio

from machine import UART

from lib import once

KEYS = {
    "uart": ("number", (1, 2), 2),
    "rx": ("pin", (), 16),
    "tx": ("pin", (), 17),
    "baudrate": ("number", (1200, 1000000)),  # the BMS says which is usual
}
ASK = {
    "rx": "the wire from the MAX3232 (RX)",
    "tx": "a free pin that the UART can have (TX)",
}
RULES = ({"rule": "unique", "keys": ("uart",)},)

# A second of a 115200 baud line's usual traffic is under 150 bytes; the buffer holds what comes
# while the loop does something else for a quarter of a second at full speed.
RECEIVE_BUFFER = 4096
CHUNK = 256


@once.packs
def make(settings, parameters, board):
    """The link that a pack's settings describe."""
    return UartLink(settings["uart"], settings["rx"], settings["tx"], settings["baudrate"])


@once.packs
def claim(section):
    """Open it for the first time: its buffer takes memory that the heap would grow into."""
    try:
        _open(section["uart"], section["rx"], section["tx"], section["baudrate"])
    except ValueError:
        pass  # a pin that the board does not have: the pack says which


def _open(number, rx, tx, baudrate):
    return UART(number, baudrate=baudrate, rxbuf=RECEIVE_BUFFER, rx=rx, tx=tx)


class UartLink:
    """rx, tx: GPIO numbers. Nothing is sent, but an ESP32's UART takes a TX pin in any case."""

    state = None  # a wire is always there
    idle = None
    delays = (0,)

    @once.packs
    def __init__(self, uart, rx, tx, baudrate):
        self.counters = {}
        self._id = uart
        self._rx = rx
        self._tx = tx
        self._baudrate = baudrate
        self._buffer = bytearray(CHUNK)

    async def run(self, feed, request):
        """Open the UART and call feed(buffer, count) with what comes, until cancelled."""
        # It stays open: the heap would take the memory of one that is closed
        uart = _open(self._id, self._rx, self._tx, self._baudrate)
        reader = asyncio.StreamReader(uart)
        while True:
            count = await reader.readinto(self._buffer)
            if count:
                feed(self._buffer, count)
