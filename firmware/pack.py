"""One pack: its link, decoder, hub and history."""

import hub
from board import check_pins, module
from console import energy_words, extras_words, status_words
from energy import KEYS, Energy
from lib import once
from store import budget, events
from store.files import DATA
from store.history import History

STORE_MS = 200
QUIET_MS = 150  # right after a reading the line is quiet: the time to stall it with a flash erase
OVERDUE_S = 3  # without readings there is no such moment


class Pack:
    """The pack of one entry of config.json's packs."""

    @once.packs
    def __init__(self, index, settings, store, board):
        check_pins(settings, "packs[" + str(index) + "]")
        self.name = settings["name"]
        self.bms = settings["bms"]
        self.timeout_s = settings["timeout_s"]
        bms = module("bms", self.bms)
        self.errors = bms.ALARMS  # names of the bits of sample.errors
        self.hints = bms.HINTS
        self.topics = bms.TOPICS
        if bms.LEAVES_OUT:
            import hold

            self.hub = hold.Hub(board.uptime)
        else:
            self.hub = hub.Hub(board.uptime)
        self.sample = self.hub.sample
        self.history = History(
            DATA,
            self.name,
            settings["cells"],
            board.uptime,
            window_s=store["window_s"],
            interval_s=store["interval_s"],
            gap_s=store["gap_s"],
            budget=store["budget_kb"] * 1024 or budget.fair(len(board.settings["packs"])),
            cells_mv=store["cells_mv"],
            cells_deviation_mv=store["cells_deviation_mv"],
            cells_s=store["cells_s"],
            cells_min_s=store["cells_min_s"],
            silent_s=self.timeout_s,
            tolerances=settings["tolerances"],
            bms=bms.NUMBER,
            damaged=settings.get("damaged", 0),
            local=board.local,
        )
        self.hub.add_tap(self.history.add)
        self.hub.add_tap(self._count_rejected)
        self.energy = Energy(self.history, board.uptime, settings["capacity_ah"])
        self.hub.add_tap(self.energy.add)
        self.sign = None
        if "invert_current" in settings:
            from current_sign import CurrentSign

            self.sign = CurrentSign(board.uptime, settings["capacity_ah"], board.complaints)
            where = "packs[" + str(index) + "]"
            self.sign.set_words(self.name, where, settings["invert_current"])
            self.hub.add_tap(self.sign.add)
        self.decoder = bms.Decoder(self.hub.put, settings["cells"], True)
        configure = getattr(self.decoder, "configure", None)
        if configure:
            configure(settings)
        link = module("transport", settings["link"])
        self.link = link.make(settings, settings["parameters"], board)
        self._count_rejected(None)
        self._uptime = board.uptime
        self._due_since = None  # in s of uptime
        self.hurry = False  # everything is to be flushed at the next moment that is good for it

    def rejected(self):
        """How much came that was damaged, or was not what it should be."""
        stats = self.decoder.stats
        return stats["rejected"] + stats.get("mismatched", 0)

    def _count_rejected(self, sample):
        self._rejected_before = self.rejected()
        self._strange_before = self.decoder.stats.get("mismatched")

    @property
    def readings(self):
        """How many there have been since the start."""
        return self.hub.readings

    def age_s(self):
        """Of the newest reading."""
        return self.hub.age_ms() // 1000

    def fresh(self):
        """Is the newest reading younger than the pack's timeout?"""
        return self.hub.readings > 0 and self.hub.age_ms() <= 1000 * self.timeout_s

    def rejected_lately(self):
        """The same since the newest reading."""
        return self.rejected() - self._rejected_before

    def strange_lately(self):
        """Is some of that whole, of a layout that is not known?"""
        return self.decoder.stats.get("mismatched") != self._strange_before

    def flush_if_due(self):
        """Generator: write to flash what is due, at a moment when the line is quiet."""
        self.history.tally(events.REJECTED, self.rejected())
        self.history.tally(events.READINGS_LOST, self.hub.tap_errors)
        if not self.history.due() and not self.hurry:
            self._due_since = None
            return
        now = self._uptime.seconds
        if self._due_since is None:
            self._due_since = now
        if self.hub.age_ms() < QUIET_MS or now - self._due_since >= OVERDUE_S:
            hurry = self.hurry
            yield from self.history.flushing(hurry)
            self.hurry = self.hurry and not hurry  # asked for meanwhile: once more

    def lines(self, more):
        """The lines of words for the console: more are (key, number) pairs of the logger."""
        history = self.history
        counts = (
            ("readings", self.hub.readings),
            ("frames", history.frames),
            ("durable", history.durable_frames),
            ("dropped", history.dropped_frames),
            ("rejected", self.rejected()),
            ("tap_errors", self.hub.tap_errors),
            ("boot", history.boot),
            ("bms", self.bms),
        )
        fresh = self.fresh()
        yield status_words(self.name, self.sample, fresh, self.hub.age_ms(), counts + more)
        energy = self.energy.values(self.sample if fresh else None)
        yield energy_words(self.name, [(key, energy[i]) for i, key in enumerate(KEYS)])
        if fresh:
            yield extras_words(self.name, self.sample)
