"""Takes what needs the chip's own memory, before the rest of the firmware fills the heap.

An ESP32's Python heap grows into that memory and keeps it. So radios are switched on and UARTs
opened first: by radio(section) of a part, claim(section of the pack) of a link. A radio without its
memory cannot be tried again in a running chip, and before MicroPython 1.28 Bluetooth panics: both
end in a reset. What has ended MOST starts in a row is left out of the next one, which says so: what
needs no radio is logged. The RTC's memory keeps count: it outlives a reset, not a loss of power.
"""

import sys
import time

from machine import RTC, reset

from board import module

MOST = 2
READ_S = 3  # to read what it was, before the reset
RETRY_S = 21600  # a logger that had to leave something out starts again after that
_MARK = b"packlog"
_NAMES = {"wifi": "WiFi", "ble": "Bluetooth", "uart": "UART"}
lost = set()  # names of what was left out of this start


def bring_up(settings):
    """Take it. Returns what was left out or is wrong, in words a person can act on.

    A part that was left out is taken out of settings["parts"]; a link asks in lost.
    """
    said = []
    for wing, name, section in _in_use(settings):
        if name in lost:
            continue
        if _counts().get(name, 0) < MOST:
            said += _take(wing, name, section)
        else:
            _count(name, 0)
            lost.add(name)
            said.append("No memory for " + _NAMES.get(name, name) + ": it is off")
    settings["parts"] = [name for name in settings["parts"] if name not in lost]
    return said


def give_up(name, error):
    """Something failed for want of memory while the logger runs: reset, but only MOST times."""
    count = _counts().get(name, 0)
    if count < MOST and name not in lost:
        _count(name, count + 1)
        _reset(error)


def works(name):
    """Something has its memory: its failures are forgotten."""
    if name in _counts():
        _count(name, 0)


def _in_use(settings):
    for name in settings["parts"]:
        yield "parts", name, settings[name]
    for pack in settings["packs"]:
        yield "transport", pack["link"], pack


def _take(wing, name, section):
    """Returns what is wrong, as a list of texts."""
    try:
        take = getattr(module(wing, name), "radio" if wing == "parts" else "claim", None)
        if not take:
            return []
        _count(name, _counts().get(name, 0) + 1)  # before it panics
        take(section)
    except (OSError, RuntimeError, MemoryError) as error:
        _reset(error)
    except ImportError:
        return []  # the logger comes to it again, and says it
    except Exception as error:
        _count(name, 0)
        return [str(error) or repr(error)]
    _count(name, 0)
    return []


def _reset(error):
    sys.print_exception(error)
    print("packlog! no memory for a radio: restarting")
    time.sleep(READ_S)  # Ctrl-C gets out here
    reset()


def _counts():
    """How many starts in a row each has ended, by name. The RTC's memory may hold anything."""
    words = bytes(RTC().memory()).split()
    if words[:1] != [_MARK]:
        return {}
    return {word[:-1].decode(): word[-1] - 48 for word in words[1:]}


def _count(name, count):
    counts = _counts()
    counts[name] = count
    words = [each + str(counts[each]) for each in counts if counts[each]]
    RTC().memory(b" ".join([_MARK] + [word.encode() for word in words]) if words else b"")
