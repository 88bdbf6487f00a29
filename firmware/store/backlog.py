"""Records that wait in RAM for the flash, oldest first, in a ring of fixed size.

When the flash does not take them for long enough, the oldest are dropped and counted, and a RUN
mark takes their place: the data show the hole.
"""

from array import array

from store import frame


class Backlog:
    """count records; their timestamps are not set yet, the uptime of each is kept beside it."""

    def __init__(self, capacity, record_size=frame.SIZE):
        self.capacity = capacity
        self.record_size = record_size
        self.buffer = bytearray(capacity * record_size)
        self.view = memoryview(self.buffer)
        self.count = 0
        self.dropped = 0  # frames, since the start
        self._uptimes = array("I", [0] * capacity)
        self._first = 0

    def slot(self):
        """Offset in buffer at which to write the next record, before put() takes it in."""
        if self.count == self.capacity:
            self._drop()
        return self.offset(self.count)

    def put(self, uptime):
        """Take in the record that was written at slot()."""
        self._uptimes[(self._first + self.count) % self.capacity] = uptime
        self.count += 1

    def put_run(self, uptime, kind=frame.RUN, silent=0):
        """Take in a RUN: coverage begins at uptime. Or a GAP: there end so many s of silence in the
        frame that comes next.
        """
        frame.mark_into(self.buffer, self.slot(), 0, kind, silent, 0)
        self.put(uptime)

    def uptime(self, i):
        """Uptime of record i, 0 the oldest."""
        return self._uptimes[(self._first + i) % self.capacity]

    def offset(self, i):
        """Offset of record i in buffer."""
        return (self._first + i) % self.capacity * self.record_size

    def kind(self, i):
        """The kind of mark that record i is, 0 for a frame."""
        return frame.mark_kind(self.buffer, self.offset(i))

    def is_due(self, now, after):
        """True if it is half full or its oldest record has waited for that many s."""
        if not self.count:
            return False
        return 2 * self.count >= self.capacity or now - self.uptime(0) >= after

    def pop(self, count):
        """Forget the oldest records: they are on the flash."""
        self._first = (self._first + count) % self.capacity
        self.count -= count

    def _drop(self):
        """Lose the oldest. What comes after it covers the time from where it ended."""
        self.dropped += not self.kind(0)
        self.pop(1)
        if self.kind(0) != frame.RUN:
            self.dropped += not self.kind(0)
            frame.mark_into(self.buffer, self.offset(0), 0, frame.RUN, 0, 0)
