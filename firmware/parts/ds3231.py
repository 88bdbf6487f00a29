"""A DS3231: a clock chip with a battery, which knows the time after a power cut without WiFi.

On the I2C bus of the display, or on two pins of its own. It keeps UTC, and is set whenever a PC or
NTP sets the board's clock. Source: the chip's data sheet (Maxim 19-5170).
"""

import asyncio
import errno
import time

from micropython import const

from board import check_pins
from lib import once
from lib.uptime import DS3231, NTP, PC

ORDER = 30
KEYS = {
    "scl": ("optional_pin", (), -1),
    "sda": ("optional_pin", (), -1),
}
PC_RULES = ({"rule": "bus", "keys": ("scl", "sda")},)

_ADDRESS = const(0x68)
_FREQUENCY = const(100000)
_TIMEOUT_US = const(20000)  # as for the display: a bus that hangs holds the loop for so long
_STATUS = const(15)  # its register; the oscillator-stop flag says that the time is not valid
_STOPPED = const(0x80)
_SIZE = const(16)  # registers up to that one
# Control: runs on its battery, no output. Status: the time is valid
_RUNS = b"\x0e\x1c\x00"
_OLDEST, _NEWEST = const(2025), const(2060)
_EDGE_MS, _LONGEST_MS = const(20), const(1200)  # to wait for the next second
_LOOK_S, _RETRY_S = const(3600), const(60)
_KEEP_MS = const(500)  # a clock that goes by the chip is left alone if it is off by less,
_APART_MS = const(2000)  # one that a PC or NTP has set, by less than this
_PPM = const(200)  # that a crystal can be off by


@once.start
def make(settings, board):
    """The part. ValueError says what is wrong."""
    return Ds3231(_bus(settings, board), board)


@once.start
def _bus(settings, board):
    lcd = board.settings.get("lcd")
    is_apart = settings["scl"] >= 0 <= settings["sda"]
    if not is_apart and (not lcd or lcd["kind"] != "i2c"):
        raise ValueError("config.json: ds3231: needs scl and sda, or a display on I2C to share")
    from machine import I2C, Pin, SoftI2C

    if is_apart:
        check_pins(settings, "ds3231")
        pins = {key: Pin(settings[key]) for key in ("scl", "sda")}
        return SoftI2C(freq=_FREQUENCY, timeout=_TIMEOUT_US, **pins)
    # An ESP32 has one object for each of its buses: this is the display's, with the same settings
    pins = {key: Pin(lcd[key]) for key in ("scl", "sda")}
    return I2C(0, freq=lcd["frequency"], timeout=_TIMEOUT_US, **pins)


class Ds3231:
    """i2c: the bus. state: what is wrong, in 20 characters; None while the chip tells the time."""

    @once.start
    def __init__(self, i2c, board):
        self.state = None
        self._i2c = i2c
        self._clock = board.clock
        self._uptime = board.uptime
        self._registers = bytearray(_SIZE)
        self._owed = False  # the chip is still to be set
        self._told_at = 0  # uptime in s at which a better clock told the time
        board.clock.add_listener(self._told)

    async def run(self):
        """Go by the chip, and set it, forever."""
        while True:
            try:
                if self._owed:
                    self._set()
                await self._look()
            except OSError:
                self.state = "Clock chip missing"
            await asyncio.sleep(_RETRY_S if self.state else _LOOK_S)

    def values(self):
        """For the health report."""
        return [("ds3231", self.state or "ok")]

    def _told(self, unix, source, ms):
        """A clock has told the time: the chip takes over that of a better one."""
        if source not in (PC, NTP):
            return
        self._told_at = self._uptime.seconds
        self._owed = True
        try:
            self._set()
        except OSError:
            pass  # run() sees to it

    def _set(self):
        """Write the board's time, to the nearest second. OSError if the chip does not answer."""
        _, ms = self._clock.now()
        y, mo, d, h, mi, s, weekday = time.gmtime(time.time() + (ms >= 500))[:7]
        numbers = (s, mi, h, weekday + 1, d, mo, y % 100)
        self._i2c.writeto(_ADDRESS, bytes([0] + [_bcd(number) for number in numbers]))
        self._i2c.writeto(_ADDRESS, _RUNS)
        self._owed = False
        self.state = None

    async def _look(self):
        """See what the chip says as its next second begins. OSError if it does not answer."""
        unix = before = self._read()
        waited = 0
        while unix is not None and unix == before:
            if waited > _LONGEST_MS:
                raise OSError(errno.ETIMEDOUT)
            await asyncio.sleep_ms(_EDGE_MS)
            waited += _EDGE_MS
            unix = self._read()
        if unix is None:
            self._owed = self._clock.source in (PC, NTP)
            self.state = "Clock chip not set"
        elif unix == before + 1:  # else it has been set meanwhile
            self.state = None
            self._judge(unix)

    def _judge(self, chip):
        """chip: unix seconds that it says, at this moment."""
        unix, ms = self._clock.now()
        offset_ms = (chip - unix) * 1000 - ms
        far = abs(offset_ms)
        source = self._clock.source
        if source in (PC, NTP):
            since = self._uptime.seconds - self._told_at
            if far > _APART_MS + since * _PPM // 1000:
                return self._set()  # no crystal is off by so much: the chip is wrong
            if far < _APART_MS:
                return
        elif source == DS3231 and far < _KEEP_MS:
            return
        self._clock.shift(offset_ms, DS3231)

    def _read(self):
        """Unix seconds; None if the chip does not know the time. OSError if it does not answer."""
        registers = self._registers
        self._i2c.writeto(_ADDRESS, b"\0")
        self._i2c.readfrom_into(_ADDRESS, registers)
        return None if registers[_STATUS] & _STOPPED else _unix(registers)


def _bcd(number):
    return number // 10 << 4 | number % 10


def _number(bcd):
    return (bcd >> 4) * 10 + (bcd & 15)


def _unix(registers):
    """Unix seconds of registers 0 to 6; None if they are no time."""
    second, minute = _number(registers[0]), _number(registers[1])
    day, month = _number(registers[4]), _number(registers[5] & 0x1F)
    year = 2000 + _number(registers[6])
    hour = _hour(registers[2])
    right = 0 < month < 13 and 0 < day < 32 and hour < 24 and minute < 60 and second < 60
    if not right or not _OLDEST <= year <= _NEWEST:
        return None
    return ((_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second


def _hour(register):
    if register & 0x40:  # of 12, as some other program has set it
        return _number(register & 0x1F) % 12 + (12 if register & 0x20 else 0)
    return _number(register & 0x3F)


def _days(year, month, day):
    """Since 1970: the year begins in March, so that February comes last."""
    if month < 3:
        year -= 1
        month += 12
    leap = year // 4 - year // 100 + year // 400
    return 365 * year + leap + (153 * month - 457) // 5 + day - 719469
