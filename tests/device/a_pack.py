"""A pack with its history, for the store's tests: time stands still until a test moves it."""

import os

from lib.uptime import Uptime
from sample import Sample
from store.budget import shares
from store.history import History


def total(frames):
    """The smallest budget of which the frames get so much."""
    low, high = frames, 8 * frames + 65536
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if shares(middle)[0] >= frames else (middle + 1, high)
    return low


class Pack:
    """One boot after the other over the same folder. budget is that of the frames alone."""

    def __init__(self, folder, **options):
        self.folder = folder
        self.options = {"cell_count": 16, "interval_s": 1, "window_s": 30}
        self.options.update(options)
        if "budget" in options:
            self.options["budget"] = total(options["budget"])
        self.sample = Sample()
        self.sample.voltage = 53250
        self.sample.current = 10000
        self.start()

    def start(self):
        """The board comes up: uptime begins at 0."""
        self.ms = 0
        uptime = Uptime(lambda: self.ms, lambda a, b: a - b)
        self.history = History(self.folder, "house", uptime=uptime, **self.options)

    @property
    def path(self):
        return self.folder + "/house/pack"

    @property
    def cells_path(self):
        return self.folder + "/house/cells"

    @property
    def events_path(self):
        return self.folder + "/house/events"

    def make_folder(self):
        """Before the store does: for a test that puts something there first."""
        os.mkdir(self.folder + "/house")
        os.mkdir(self.path)

    def readings(self, count, current=10000, every_ms=1000, flush=False):
        """So many readings; the first one now. Flushes when it is due, if asked to."""
        self.sample.current = current
        for _ in range(count):
            self.history.add(self.sample)
            if flush and self.history.due():
                assert self.history.flush()
            self.ms += every_ms
