"""What the display is told: a PackView a pack and one Health, both filled by their caller."""

from lib import once
from screen.draw import lcd_text


class PackView:
    """A pack: its newest reading and how old that is.

    hints: what a person can check when the BMS is silent. errors: names of sample.errors' bits.
    idle: what is said of a link that is up without a reading, None if nothing is.
    """

    @once.start
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
        self.energy = ()  # as Energy.values() has it, () for nothing

    def tell_link(self, state):
        """What the link is doing, in words; None: it is up. Comes before the other hints."""
        if state != self._link:
            self._link = state
            self.link = lcd_text(state or "")
            first = self.link or self._up
            self.hints = ((first,) if first else ()) + self._own_hints


class Health:
    """The logger itself. Texts are str, in words a person can act on, or None."""

    @once.start
    def __init__(self):
        self.frames = 0  # stored since the start
        self.storage_error = None  # such as "flash full"
        self.note = None  # anything else to know, such as "clock not set"
        self.lines = []  # pages of the logger's own: lcd_texts


def health_lines(values, columns):
    """The pages of the logger's own, of health.values: lcd_texts that fit the columns."""
    found = dict(values)
    minutes = found["uptime"] // 60
    up = "Up " + str(minutes // 1440) + "d " + str(minutes // 60 % 24) + "h "
    free = str(found["heap_free"] // 1024) + "K/"
    free += "--" if found["flash_free"] is None else str(found["flash_free"] // 1024) + "K"
    texts = [
        up + str(minutes % 60) + "m",
        "Free " + free,  # of RAM and of flash
        _network(found),
        "MQTT " + found["mqtt"] if "mqtt" in found else "Clock " + found["clock"],
    ]
    if "wifi" in found:
        lost = sum([found[key] for key in found if key.endswith("drops")])
        texts += ["Links lost: " + str(lost), "Boot: " + found["cause"]]
    return [lcd_text(text[:columns]) for text in texts]


def _network(found):
    if "wifi" not in found:
        return "Boot: " + found["cause"]
    if found["wifi"] != "up":
        return found["wifi"]
    return "WiFi " + str(found["rssi"]) + " dBm"
