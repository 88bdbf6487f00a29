"""Asked: a template for a new link. A UART on which a BMS speaks when it is asked."""

import asyncio

from machine import UART

KEYS = {
    "uart": ("number", (1, 2), 2),
    "rx": ("pin", (), 16),
    "tx": ("pin", (), 17),
    "baudrate": ("number", (1200, 1000000)),  # the BMS says which is usual
}
ASK = {"rx": "the wire from the BMS", "tx": "the wire to the BMS"}  # questions of a first install
RULES = ({"rule": "unique", "keys": ("uart",)},)


def make(settings, parameters, board):
    """The link that a pack's settings describe. parameters: what LINKS says besides its KEYS."""
    return AskedLink(settings)


class AskedLink:
    """settings: of the pack."""

    state = None  # while it is up; otherwise words for the display
    idle = "Asked, no answer"  # what is said of a link that is up without a reading
    delays = (1, 2, 5)  # s to wait before each attempt after a failure

    def __init__(self, settings):
        self.counters = {"asked": 0}
        self._settings = settings
        self._buffer = bytearray(64)

    async def run(self, feed, request):
        """Ask every second; feed(buffer, count) takes what comes. OSError when it fails."""
        it = self._settings
        uart = UART(it["uart"], baudrate=it["baudrate"], rx=it["rx"], tx=it["tx"], rxbuf=1024)
        try:
            while True:
                uart.write(request())
                self.counters["asked"] += 1
                await asyncio.sleep(1)
                while uart.any():
                    feed(self._buffer, uart.readinto(self._buffer))
        finally:
            uart.deinit()
