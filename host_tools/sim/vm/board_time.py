"""The time module of the virtual board: board time, the ESP32's epoch (2000) and tick period
(2**30).

Asking for the time costs 5 us of it, so that a loop that waits for a tick comes to an end.
"""

import link
import utime as _real

EPOCH_2000 = 946684800  # unix time
_PERIOD = 1 << 30
_HALF = _PERIOD >> 1
_COST_US = 5
boot_us = 0  # board time at which the ticks were 0


def ticks_us():
    link.sync()
    link.spend(_COST_US)
    return (link.now - boot_us) & (_PERIOD - 1)


def ticks_ms():
    link.sync()
    link.spend(_COST_US)
    return (link.now - boot_us) // 1000 & (_PERIOD - 1)


def ticks_cpu():
    return ticks_us()


def ticks_add(ticks, delta):
    return (ticks + delta) & (_PERIOD - 1)


def ticks_diff(end, start):
    return ((end - start + _HALF) & (_PERIOD - 1)) - _HALF


def sleep_us(us):
    link.sync()
    until = link.now + us
    while link.now < until:  # an interrupt handler may have run meanwhile
        link.wait(until)


def sleep_ms(ms):
    sleep_us(ms * 1000)


def sleep(seconds):
    sleep_us(int(seconds * 1000000))


def time():
    link.sync()
    return (link.now + link.wall) // 1000000 - EPOCH_2000


def time_ns():
    link.sync()
    return (link.now + link.wall - EPOCH_2000 * 1000000) * 1000


def gmtime(seconds=None):
    return _real.gmtime((time() if seconds is None else seconds) + EPOCH_2000)[:8]


localtime = gmtime


def mktime(fields):
    days = _days(fields[0], fields[1], fields[2]) - _days(2000, 1, 1)
    return ((days * 24 + fields[3]) * 60 + fields[4]) * 60 + fields[5]


def _days(year, month, day):
    # Days in the Gregorian calendar, the year beginning in March so that February comes last.
    if month < 3:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day
