"""What is around a board that is being measured: a clock, and things that happen at times.

All of this folder is frozen into the image that measures, and what it allocates lies aside
(rv32.aside), as on an ESP32 the drivers in C and the IDF's memory lie outside of the heap.
"""

import sys
from time import ticks_add, ticks_diff, ticks_ms

import rv32

_due = []  # [ticks, action, arguments], in any order


def aside(function):
    """A function that does the same, with what it allocates aside."""

    def call(*arguments, **named):
        return rv32.aside(function, *arguments, **named)

    return call


def later(ms, action, *arguments):
    """Have it happen, aside, when the board is idle at that time or later."""
    _due.append([ticks_add(ticks_ms(), ms), action, arguments])


def step(ms):
    """What rv32.on_idle calls: do what is due, or say for how many ms nothing is."""
    now = ticks_ms()
    wait = ms
    for entry in list(_due):
        left = ticks_diff(entry[0], now)
        if left <= 0:
            _due.remove(entry)
            entry[1](*entry[2])
            return 0
        wait = min(wait, left)
    return wait


def install(name, module):
    """Let `import name` find this module."""
    sys.modules[name] = module
