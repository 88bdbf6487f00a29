"""Switches on what takes the chip's own memory, before the rest of the firmware fills the heap.

A part with a radio has a function radio(section), which can be called again at any time. This
module is needed once, and lets go of itself.
"""

import sys

from board import module


def switch_on(settings):
    """Call radio() of each part in use that has one. What fails here its part tries again."""
    for name in settings["parts"]:
        try:
            radio = getattr(module("parts", name), "radio", None)
            if radio:
                radio(settings[name])
        except Exception:
            pass  # the logger makes the part next, and says what is wrong with it
    sys.modules.pop("radios")
