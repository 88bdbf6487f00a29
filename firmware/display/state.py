"""What the display is told: a PackView a pack and one Health, both filled by whoever calls it."""

from display.glyphs import lcd_text


class PackView:
    """A pack: its newest reading and how old that is.

    hints: what a person can check when the BMS is silent. errors: names of sample.errors' bits.
    idle: what is said of a link that is up without a reading, None if nothing is.
    """

    def __init__(self, name, sample, hints=(), stale_ms=10_000, errors=(), idle=None):
        self.name = lcd_text(name)
        self.hints = self._own_hints = tuple(lcd_text(hint) for hint in hints)
        self.errors = tuple(lcd_text(error) for error in errors)
        self.link = b""  # what the link is doing, if it is not up
        self._up = lcd_text(idle or "")
        self._link = 0  # not told yet
        self.sample = sample
        self.stale_ms = stale_ms  # an older reading is not shown any more
        self.heard = False  # there has been a reading since the start
        self.age_ms = 0  # of the newest reading; before the first one, time since the start
        self.rejected = 0  # damaged packets since the last good one
        self.strange = False  # some of them are whole, of a layout that is not known

    def tell_link(self, state):
        """What the link is doing, in words; None: it is up. Comes before the other hints."""
        if state != self._link:
            self._link = state
            self.link = lcd_text(state or "")
            first = self.link or self._up
            self.hints = ((first,) if first else ()) + self._own_hints


class Health:
    """The logger itself. Texts are str, in words a person can act on, or None."""

    def __init__(self):
        self.frames = 0  # stored since the start
        self.storage_error = None  # such as "flash full"
        self.note = None  # anything else to know, such as "clock not set"
        self.lines = []  # pages of the logger's own: lcd_texts
