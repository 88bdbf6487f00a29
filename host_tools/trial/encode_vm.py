"""The board's side of packlog encode: runs on MicroPython and feeds readings to the History.

The firmware is on MICROPYPATH. On stdin comes a line of JSON: folder, name, utc, cells (places for
cells in a reading), history (options of store.history.History); then the readings, each a RECORD
and u16 mV a cell. Now and then it prints how many it has taken, at the end the result as JSON.
"""

import json
import struct
import sys

from sample import Sample
from store import segment
from store.history import History

# (name, type) of a reading's numbers: s and ms since the first one's whole second, %, cells from
# 0, mV, mA, 0.1 degC. cells: how many follow. silent: from here on there were no readings.
RECORD = (
    ("seconds", "I"),
    ("ms", "H"),
    ("soc", "B"),
    ("min_cell", "B"),
    ("max_cell", "B"),
    ("cells", "B"),
    ("silent", "B"),
    ("voltage", "i"),
    ("current", "i"),
    ("temperature", "h"),
    ("min_mv", "H"),
    ("max_mv", "H"),
)
UNKNOWN = {"B": 255, "H": 65535, "h": -32768, "i": -2147483648}
FORMAT = "<" + "".join([kind for _, kind in RECORD])
SIZE = struct.calcsize(FORMAT)
_BLOCK = 4096  # readings at a time


class Reading(Sample):
    """A Sample whose extreme cells can be known without the other cells."""

    min_mv = max_mv = None

    @property
    def min_cell_voltage(self):
        """mV of the lowest cell."""
        return self.min_mv

    @property
    def max_cell_voltage(self):
        """mV of the highest cell."""
        return self.max_mv


class Clock:
    """The uptime that the History asks for: that of the reading at hand."""

    seconds = ms = 0

    def update(self):
        """Time only moves from reading to reading."""


class Feeder:
    """Takes readings as they were packed, and keeps them as a board would."""

    def __init__(self, job):
        self.readings = 0
        self._clock = Clock()
        self._sample = Reading()
        self._cells_format = "<" + str(job["cells"]) + "H"
        self._size = SIZE + 2 * job["cells"]
        self._history = History(job["folder"], job["name"], uptime=self._clock, **job["history"])
        self._history.anchor(job["utc"], segment.PC)

    def run(self, file):
        """Take everything there is in the file; prints how far it got."""
        block = memoryview(bytearray(_BLOCK * self._size))
        while True:
            size = _fill(file, block)
            for at in range(0, size, self._size):
                self._take(block, at)
                if not at and not self.readings:
                    self._check(self._history.flush())  # the anchor stands where it holds
            self.readings += size // self._size
            print(self.readings)
            if size < len(block):
                break
        self._check(self._history.close())
        self._compact()

    def result(self):
        """What it came to."""
        history = self._history
        return {"frames": history.frames, "dropped": history.dropped_frames}

    def _take(self, block, at):
        numbers = struct.unpack_from(FORMAT, block, at)
        clock = self._clock
        clock.seconds = numbers[0]
        clock.ms = numbers[1]
        history = self._history
        if numbers[6]:
            self._check(history.close())
            return
        self._fill_sample(numbers, block, at)
        history.add(self._sample)
        if history.due():
            self._check(history.flush())
            self._compact()

    def _fill_sample(self, numbers, block, at):
        sample = self._sample
        _, _, soc, low, high, count, _, mv, ma, temperature, min_mv, max_mv = numbers
        sample.soc = None if soc == 255 else soc
        sample.min_cell = None if low == 255 else low
        sample.max_cell = None if high == 255 else high
        sample.voltage = None if mv == -2147483648 else mv
        sample.current = None if ma == -2147483648 else ma
        sample.temperatures[0] = None if temperature == -32768 else temperature
        sample.min_mv = None if min_mv == 65535 else min_mv
        sample.max_mv = None if max_mv == 65535 else max_mv
        sample.cell_count = count
        if count:
            cells = struct.unpack_from(self._cells_format, block, at + SIZE)
            sample.cells[: len(cells)] = cells

    def _compact(self):
        """What a board does in the background, at once."""
        for _ in self._history.make_days():
            pass
        for _ in self._history.compact():
            pass

    def _check(self, done):
        if not done:
            raise self._history.last_error


def _fill(file, block):
    """Read until the block is full or the file at its end; how many bytes that are."""
    size = 0
    while size < len(block):
        count = file.readinto(block[size:])
        if not count:
            break
        size += count
    return size


def main():
    """Exits with the errno of a write that failed."""
    file = sys.stdin.buffer
    try:
        feeder = Feeder(json.loads(file.readline()))
        feeder.run(file)
    except OSError as error:
        print(json.dumps({"errno": error.errno}))
        sys.exit(1)
    print(json.dumps(feeder.result()))


if __name__ == "__main__":
    main()
