"""When segments are compacted: while the log goes on if the heap has room for it, else at a start.

What finds no room asks for a start of its own with the file ASKED: store/starting.py compacts
there, before links and radios take the memory.
"""

from lib import heap, once
from store import compaction, kernels

ASKED = "/compact"
PLANNED = "planned"  # what it says if the logger restarts by itself: boot.py counts no crash then
MANY = 2  # segments that wait are worth a restart
LEAST_S = 86400  # between two of those
RETRY_S = 21600  # until a radio that had to be left out is tried again


class Upkeep:
    """Makes days of the hours and compacts segments, of histories: a list of
    store.history.History.

    tried: compacting at this start has failed, and a restart would not help. lost: a radio had to
    be left out at this start. waits: segments that found no room. failed: attempts that ended with
    a MemoryError.
    """

    @once.start
    def __init__(self, histories, tried=False, lost=False, has_room=heap.has_room, asked=ASKED):
        self.waits = 0
        self._histories = histories
        self._tried = tried
        self._lost = lost
        self._has_room = has_room
        self._path = asked
        self._asked = False

    @property
    def failed(self):
        """Attempts that ended with a MemoryError, since the start."""
        return sum([each.starved for each in self._compactors()])

    def steps(self):
        """Generator: write the days that are over, and compact what there is, if there is room.
        Steps of some milliseconds.
        """
        for history in self._histories:
            yield from history.make_days()
        self.waits = 0
        for compactor in self._compactors():
            waiting = compactor.waiting()
            if not waiting:
                continue
            if not self.waits and not kernels.lost and self._has_room(compaction.NEEDS):
                yield from compactor.run()
                compaction.forget_encoder()
                waiting = waiting if isinstance(compactor.last_error, MemoryError) else 0
            self.waits += waiting
        if self.waits and not self._asked:
            self._ask("")

    def wants_restart(self, uptime_s):
        """True if the logger should restart at the next quiet moment: see plan_restart()."""
        if self._lost and uptime_s >= RETRY_S:
            return True
        return self.waits >= MANY and uptime_s >= LEAST_S and not self._tried

    def why(self):
        """Why it should restart, in words."""
        return "Restarting to " + ("try the radio again" if self._lost else "compact the history")

    def plan_restart(self):
        """Ask for a compaction at the restart that comes now. False if the flash failed."""
        return self._ask(PLANNED)

    def values(self):
        """For health: (key, number) pairs, numbers as of the last round."""
        return [("compaction_waits", self.waits), ("compaction_failed", self.failed)]

    def _compactors(self):
        return [each for history in self._histories for each in history.compactors()]

    def _ask(self, how):
        try:
            with open(self._path, "w") as file:
                file.write(how)
            self._asked = True
        except OSError:  # the next round tries again
            pass
        return self._asked
