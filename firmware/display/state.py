"""What the display is told: a PackView a pack and one Health, both filled by whoever calls it."""

from display.glyphs import lcd_text

# What a person can look after when a BMS is silent, at most 16 characters each, by kind of BMS
HINTS = {
    "chargery": ("BMS LCD unit on?", "Check the cable"),
    "": ("BMS on?", "Check the cable"),
}


class PackView:
    """A pack: its newest reading and how old that is."""

    def __init__(self, name, sample, bms="", stale_ms=10_000):
        self.name = lcd_text(name)
        self.hints = tuple(lcd_text(hint) for hint in HINTS.get(bms, HINTS[""]))
        self.sample = sample
        self.stale_ms = stale_ms  # an older reading is not shown any more
        self.heard = False  # there has been a reading since the start
        self.age_ms = 0  # of the newest reading; before the first one, time since the start
        self.rejected = 0  # damaged packets since the last good one


class Health:
    """The logger itself. Texts are str, in words a person can act on, or None."""

    def __init__(self):
        self.frames = 0  # stored since the start
        self.storage_error = None  # such as "flash full"
        self.note = None  # anything else to know, such as "clock not set"
