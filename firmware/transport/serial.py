"""A BMS on a serial line (TTL, RS232, RS485) that answers when it is asked.

Several packs can share a line, a UART: each has its unit's number. One asks at a time; the line is
free again when it was quiet for the BMS's quiet_ms. direction is the pin that switches an RS485
driver on, for those that do not do it by themselves.
"""

import asyncio
import time

from machine import UART, Pin

from lib import once

KEYS = {
    "uart": ("number", (1, 2), 2),
    "rx": ("pin", (), 16),
    "tx": ("pin", (), 17),
    "direction": ("optional_pin", (), -1),
    "baudrate": ("number", (1200, 1000000)),  # the BMS says which is usual
    "unit": ("number", (0, 255), 1),  # its number on the line
}
ASK = {"rx": "the wire from the BMS (RX)", "tx": "the wire to the BMS (TX)"}
RULES = (
    {
        "rule": "shared",
        "keys": ("uart", "rx", "tx", "direction", "baudrate"),
        "apart": "unit",
    },
)

RECEIVE_BUFFER = 1024
CHUNK = 128
ANSWER_MS = 500  # without a byte for so long there is no answer
TICK_MS = 10
EVERY_MS = 1000

_lines = {}  # the number of a UART: its Line


class Line:
    """A UART: whoever has its lock asks."""

    def __init__(self, section):
        self.lock = asyncio.Lock()
        self.buffer = bytearray(CHUNK)
        self.settings = section
        self.uart = UART(
            section["uart"],
            baudrate=section["baudrate"],
            rxbuf=RECEIVE_BUFFER,
            rx=section["rx"],
            tx=section["tx"],
        )
        pin = section["direction"]
        self._driver = Pin(pin, Pin.OUT, value=0) if pin >= 0 else None
        self._byte_ms = 20000 // section["baudrate"] + 1  # twice as long as it takes

    def send(self, data):
        """Send it, with the driver on until the last bit is out."""
        while self.uart.any():  # nobody asked for that
            self.uart.readinto(self.buffer)
        if self._driver is None:
            self.uart.write(data)
            return
        self._driver(1)
        begin = time.ticks_ms()
        self.uart.write(data)
        limit = len(data) * self._byte_ms
        while not self.uart.txdone() and time.ticks_diff(time.ticks_ms(), begin) < limit:
            pass  # 14 ms at 9600 baud; the answer may come at once
        self._driver(0)


def _line(section):
    number = section["uart"]
    if number not in _lines:
        _lines[number] = Line(section)
    return _lines[number]


@once.packs
def make(settings, parameters, board):
    """The link that a pack's settings describe; parameters: quiet_ms."""
    return SerialLink(settings, parameters["quiet_ms"])


@once.packs
def claim(section):
    """Open it for the first time: its buffer takes memory that the heap would grow into."""
    try:
        _line(section)
    except ValueError:
        pass  # a pin that the board does not have: the pack says which


class SerialLink:
    """A unit on a line. settings: of the pack."""

    state = None  # a wire is always there
    idle = "Asked, no answer"
    delays = (0,)

    @once.packs
    def __init__(self, settings, quiet_ms):
        self.counters = {"unanswered": 0}
        self._settings = settings
        self._quiet_ms = quiet_ms

    async def run(self, feed, request):
        """Ask every second, and at once after a feed() that returned True, until cancelled."""
        line = _line(self._settings)
        while True:
            begin = time.ticks_ms()
            again = True
            while again:
                await line.lock.acquire()
                try:
                    again = await self._ask(line, feed, request())
                finally:
                    line.lock.release()
            left = EVERY_MS - time.ticks_diff(time.ticks_ms(), begin)
            await asyncio.sleep_ms(left if left > 0 else 0)

    async def _ask(self, line, feed, data):
        """A question and what is said until the line is quiet; True: the next one now."""
        if data:
            line.send(data)
        more = False
        limit = ANSWER_MS
        quiet = 0
        while quiet < limit:
            count = line.uart.any()
            if count:
                count = line.uart.readinto(line.buffer)
                more = feed(line.buffer, count) or more
                limit = self._quiet_ms
                quiet = 0
            else:
                await asyncio.sleep_ms(TICK_MS)
                quiet += TICK_MS
        if limit == ANSWER_MS:
            self.counters["unanswered"] += 1
        return more
