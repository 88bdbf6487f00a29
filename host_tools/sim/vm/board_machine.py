"""The machine module of the virtual board, as far as an ESP32's goes that packlog uses.

Pins exist and refuse as on an ESP32 (WROOM); a bus error is the OSError that the ESP32 raises.
"""

import struct

import link
import memory
import ops
from board_time import EPOCH_2000

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
_cause = PWRON_RESET
_INPUT_ONLY = (34, 35, 36, 37, 38, 39)
_NO_PIN = (20, 24, 28, 29, 30, 31)


def reset_cause():
    return _cause


def reset():
    link.request(ops.RESET, 1)
    link.halt()


def soft_reset():
    link.request(ops.RESET, 0)
    link.halt()


def unique_id():
    return b"\x02\x00\x5e\x10\x00\x01"


def freq(hz=None):
    return 160000000


def idle():
    link.spend(10)


class Pin:
    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_UP, PULL_DOWN = 2, 1

    def __init__(self, pin, mode=-1, pull=-1, value=None):
        if isinstance(pin, Pin):
            pin = pin.number
        if not 0 <= pin < 40 or pin in _NO_PIN:
            raise ValueError("invalid pin")
        self.number = pin
        self._idle = 1 if pull == Pin.PULL_UP else 0
        self.init(mode, pull, value)

    def init(self, mode=-1, pull=-1, value=None):
        if mode in (Pin.OUT, Pin.OPEN_DRAIN) and self.number in _INPUT_ONLY:
            raise ValueError("pin can only be input")
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            link.call(ops.PIN_READ, self.number, 0, self._idle)
            return link.value
        link.call(ops.PIN_WRITE, self.number, 0, 1 if level else 0)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


def _pin(pin, out):
    return Pin(pin, Pin.OPEN_DRAIN if out else Pin.IN).number


class I2C:
    def __init__(self, id=-1, *, scl=18, sda=19, freq=400000, timeout=50000):
        if id not in (-1, 0, 1):
            raise ValueError("I2C(" + str(id) + ") doesn't exist")
        self._scl = _pin(scl, True)
        self._sda = _pin(sda, True)
        self._freq = freq

    def _bus(self):
        return self._scl << 8 | self._sda

    def scan(self):
        return list(link.call(ops.I2C_SCAN, 0, self._bus(), self._freq) or b"")

    def writeto(self, address, buf, stop=True):
        link.call(ops.I2C_WRITE, address, self._bus(), self._freq, buf)
        return len(buf) + 1

    def readfrom(self, address, count, stop=True):
        how_many = bytes((count,))
        return bytes(link.call(ops.I2C_READ, address, self._bus(), self._freq, how_many))

    def readfrom_into(self, address, buf, stop=True):
        buf[:] = self.readfrom(address, len(buf))


class SoftI2C(I2C):
    def __init__(self, scl, sda, *, freq=400000, timeout=50000):
        super().__init__(-1, scl=scl, sda=sda, freq=freq)


class UART:
    def __init__(self, id, baudrate=115200, **options):
        if id not in (0, 1, 2):
            raise ValueError("UART(" + str(id) + ") doesn't exist")
        self._id = id
        self._rx = (3, 9, 16)[id]
        self._share = "uart " + str(id)
        self.init(baudrate, **options)

    def init(self, baudrate=115200, bits=8, parity=None, stop=1, tx=None, rx=None, rxbuf=256,
             txbuf=256, timeout=0, timeout_char=0, invert=0):  # fmt: skip
        if rx is not None:
            self._rx = _pin(rx, False)
        if tx is not None:
            _pin(tx, True)
        if not memory.take(self._share, rxbuf // 1024 + 1):
            raise OSError(-1)  # ESP_FAIL
        link.call(ops.UART_OPEN, self._id, self._rx, baudrate, struct.pack("<I", rxbuf))

    def deinit(self):
        memory.give(self._share)
        link.call(ops.UART_CLOSE, self._id)

    def poll_bit(self):
        return 1 << self._id

    def any(self):
        link.call(ops.UART_ANY, self._id)
        return link.value

    def read(self, count=65535):
        return link.call(ops.UART_READ, self._id, 0, count)

    def readinto(self, buf, count=None):
        data = self.read(len(buf) if count is None else count)
        if data is None:
            return None
        buf[: len(data)] = data
        return len(data)

    def write(self, buf):
        link.call(ops.UART_WRITE, self._id, 0, 0, buf)
        return len(buf)

    def txdone(self):
        return True


class RTC:
    def memory(self, data=None):
        if data is None:
            return link.call(ops.RTC_MEMORY) or b""
        if len(data) > 2048:
            raise ValueError("buffer too long")
        link.call(ops.RTC_MEMORY, 1, 0, 0, bytes(data))

    def datetime(self, fields=None):
        import time

        if fields is None:
            y, mo, d, h, mi, s, weekday, _ = time.gmtime()
            return (y, mo, d, weekday, h, mi, s, (link.now + link.wall) % 1000000)
        y, mo, d, _, h, mi, s, us = fields
        seconds = time.mktime((y, mo, d, h, mi, s, 0, 0)) + EPOCH_2000
        link.call(ops.RTC_SET, 0, 0, seconds * 1000000 + us)
        link.wall = link.value


class WDT:
    def __init__(self, id=0, timeout=5000):
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        link.call(ops.WDT_START, 0, 0, timeout)

    def feed(self):
        link.call(ops.WDT_FEED)
