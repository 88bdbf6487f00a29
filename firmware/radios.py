"""Takes what needs the chip's own memory, before the rest of the firmware fills the heap.

An ESP32's Python heap grows into that memory and keeps it. So radios are switched on and UARTs
opened first: by radio(section) of a part, claim(section of the pack) of a link. A radio without its
memory cannot be tried again in a running chip, and before MicroPython 1.28 Bluetooth panics: both
end in a reset. What has ended MOST starts in a row is left out of the next one, which says so: what
needs no radio is logged. The RTC's memory keeps count: it outlives a reset, not a loss of power.
What else goes wrong with a radio is a complaint: its own task tries again.

This module lets go of itself when it is done.
"""

import sys
import time

from machine import RTC, reset

from board import module

PASSING = True

MOST = 2
NO_MEMORY = (12, 105)  # ENOMEM; ENOBUFS, as lwIP says it
READ_S = 3  # to read what it was, before the reset
_MARK = b"packlog"
_NAMES = {"wifi": "WiFi", "ble": "Bluetooth", "uart": "UART"}


def bring_up(settings):
    """Take it. What had to be left out is taken out of settings["parts"] and stands in
    settings["lost"]; what is wrong, in words a person can act on, in settings["complaints"].
    """
    settings["lost"] = []
    settings.setdefault("complaints", [])
    for wing, name, section in _in_use(settings):
        if name not in settings["lost"]:
            _bring_up(settings, wing, name, section)
    if "wifi" in settings["parts"]:
        from lib import passing, reserve

        settings["reserve"] = reserve.hold()
        passing.forget("lib.reserve")
    settings["parts"] = [name for name in settings["parts"] if name not in settings["lost"]]
    sys.modules.pop("radios", None)


def give_up(name, error):
    """What name needs got no memory while the logger runs: reset. Raises any other error."""
    sys.modules.pop("radios", None)
    if not lacks_memory(error):
        raise error
    _count(name, _counts().get(name, 0) + 1)
    _reset(error)


def _in_use(settings):
    for name in settings.get("radios", settings["parts"]):
        yield "parts", name, settings[name]
    for pack in settings["packs"]:
        yield "transport", pack["link"], pack


def _bring_up(settings, wing, name, section):
    try:
        found = module(wing, name)
        take = getattr(found, "radio" if wing == "parts" else "claim", None)
        if not take:
            return
        count = _counts().get(name, 0)
        if count < MOST:
            _count(name, count + 1)  # first: it may panic
            take(section)
        else:
            found.lost = True
            settings["lost"].append(name)
            settings["complaints"].append("No memory for " + _NAMES.get(name, name) + ": it is off")
        _count(name, 0)
    except ImportError:
        pass  # the logger comes to it again, and says it
    except Exception as error:
        if lacks_memory(error):
            _reset(error)
        _count(name, 0)
        settings["complaints"].append(str(error) or repr(error))


def lacks_memory(error):
    """True if a radio has found no memory. Bluetooth says ENOMEM; WiFi OSError("WiFi Out of
    Memory") or MemoryError, and before MicroPython 1.26 RuntimeError with ESP-IDF's number.
    """
    text = repr(error)
    return (
        getattr(error, "errno", None) in NO_MEMORY
        or "Memory" in text
        or "0x0101" in text  # ESP_ERR_NO_MEM
    )


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
    if counts.get(name, 0) != count:
        counts[name] = count
        words = [(each + str(counts[each])).encode() for each in counts if counts[each]]
        RTC().memory(b" ".join([_MARK] + words))
