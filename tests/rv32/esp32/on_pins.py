"""`machine` of an ESP32: a UART that brings what a BMS sends, an I2C with a display on it."""

import errno
import io
import time

import rv32

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
LCD = 0x27
_READABLE = 1

fed = 0  # how often the watchdog was
drawn = 0  # bytes that went to the display
clock_set = 0
received = {}  # by UART: what has come and was not read
_pins = {}
_rtc_memory = b""


def reset_cause():
    return PWRON_RESET


def unique_id():
    return b"\x24\x0a\xc4\0\0\1"


def freq(hz=160000000):
    return hz


class _Pin:
    IN, OUT, PULL_UP, OPEN_DRAIN = 1, 3, 2, 7

    def __init__(self):
        self.level = 1

    def __call__(self, level=None):
        if level is None:
            return self.level
        self.level = level

    value = __call__

    def on(self):
        self.level = 1

    def off(self):
        self.level = 0

    def init(self, *_, **__):
        pass


class Pin:
    """Pins of an ESP32 are there once, in its flash."""

    IN, OUT, PULL_UP, OPEN_DRAIN = 1, 3, 2, 7

    def __new__(cls, number, *_, **__):
        if number not in _pins:
            if not 0 <= number < 40:
                raise ValueError("invalid pin")
            _pins[number] = rv32.aside(_Pin)
        return _pins[number]


class _Uart(io.IOBase):
    def __init__(self, number):
        self._pieces = received.setdefault(number, [])

    def ioctl(self, request, argument):
        return argument & _READABLE if request == 3 and self._pieces else 0

    def readinto(self, buffer):
        if not self._pieces:
            return None
        piece = self._pieces[0]
        count = min(len(buffer), len(piece))
        buffer[:count] = piece[:count]
        if count == len(piece):
            self._pieces.pop(0)
        else:
            self._pieces[0] = piece[count:]
        return count

    def write(self, data):
        return len(data)

    def deinit(self):
        pass


def UART(number, *_, **__):
    return rv32.aside(_Uart, number)


class _I2c:
    def __init__(self):
        self._port = 0xFF

    def scan(self):
        return [LCD]

    def writeto(self, address, data):
        global drawn
        if address != LCD:
            raise OSError(errno.ENODEV)
        if data:
            drawn += len(data)
            self._port = data[-1]
        return 1 + len(data)

    def readfrom_into(self, address, buffer):
        if address != LCD:
            raise OSError(errno.ENODEV)
        buffer[0] = self._port


def I2C(*_, **__):
    return rv32.aside(_I2c)


class _Watchdog:
    def feed(self):
        global fed
        fed += 1


def WDT(*_, **__):
    return rv32.aside(_Watchdog)


class _Rtc:
    def datetime(self, new=None):
        global clock_set
        if new is None:
            ns = time.time_ns()
            y, mo, d, h, mi, s, weekday, _ = time.gmtime(ns // 1000000000)
            return y, mo, d, weekday, h, mi, s, ns // 1000 % 1000000
        clock_set += 1
        y, mo, d, _, h, mi, s, us = new
        rv32.set_time(time.mktime((y, mo, d, h, mi, s, 0, 0)), us)

    def memory(self, new=None):
        global _rtc_memory
        if new is None:
            return bytes(_rtc_memory)
        _rtc_memory = rv32.aside(bytes, bytearray(new))


def RTC():
    return rv32.aside(_Rtc)
