"""Compaction: full segments become shards, the oldest first, in small steps while the log goes on.

NUMBER.tmp is written, synced and read back (inflated, its checksums compared), then renamed to
NUMBER.shard, and only then NUMBER.seg is deleted. So the records are there at each moment, at worst
twice; a reader that finds both takes the shard. A power cut costs the work, never a record.
"""

import os

from store import kernels, segment
from store.retention import NO_SPACE

BLOCK = 4096
_ATTEMPTS = 3  # at a segment, before it is left alone until the next start
_LONGEST_PAUSE = 64  # calls of run()
_ENCODER = ("to_shard", "shard", "encoder", "columns", "rows", "checks", "marks", "deflate")
# Bytes of heap with which compacting a segment succeeds: 13,500 are in use at most between two
# steps, 16,000 where native code lies in the heap. The rest is what a step takes meanwhile, and a
# heap in pieces
NEEDS = 18432 if kernels.STAYS else 20480


def forget_encoder():
    """Let the memory of its modules go; the next segment imports them again."""
    kernels.forget(_ENCODER + kernels.TWINS)


class Compactor:
    """Works on those Files that are like header (of its series and pack).

    source, target: open files, unfinished: paths of what is to be deleted if nothing comes of it.
    """

    # Of the class: most of them stay what they are, and an attribute takes a place in each object
    done = 0  # shards made since the start
    damaged = 0  # records that were left out of these, for their checksum was wrong
    starved = 0  # attempts that ended with a MemoryError
    last_error = None  # of the newest attempt
    sequence = None  # of the segment that is being worked on
    source = target = None
    _failures = None  # how many, by sequence number
    _pause = _left_out = 0  # calls of run()
    _turn = 0

    def __init__(self, files, header):
        self.files = files
        self.header = header
        self.unfinished = []
        # From this one on they are read: of each series the newest is written to, and of hours and
        # days the one before it holds what store/days.py does not find in that
        self.needed = None
        if header.series >= segment.HOURS:
            newest = files.newest()
            self.needed = files.newest(newest) or newest

    def clean(self):
        """Delete what a power cut left unfinished."""
        for sequence in self.files.unfinished:
            self.unfinished.append(self.files.path(sequence, segment.UNFINISHED))
        self.files.unfinished = ()
        self.stop()

    def run(self):
        """Generator: make a shard of the oldest segment there is, but not of the newest.

        Yields after each step of some milliseconds. Ends early after stop() or an error; what is
        wrong with the flash is in last_error, and the next calls try again, less often each time.
        """
        self.stop()
        turn = self._turn
        if self._left_out:
            self._left_out -= 1
            return
        try:
            self.sequence = self._choose()
            if self.sequence is None:
                return
            for _ in self._steps():
                yield
                if self._turn != turn:
                    return
            self.sequence = self.last_error = None
            self.done += 1
            self._pause = 0
        except Exception as error:  # whatever it is: the segment is there, and others wait
            self._fail(error)

    def _steps(self):
        yield from kernels.load(("shard",))  # by itself: both in one step take too long
        yield from kernels.work("to_shard", self, self.sequence)

    def stop(self):
        """Drop what is under way. Deletes what there is of the shard."""
        self._turn += 1
        self.sequence = None
        try:
            self.close()
            while self.unfinished:
                os.remove(self.unfinished.pop())
        except OSError as error:
            self.last_error = error

    def _fail(self, error):
        sequence = self.sequence
        self.stop()
        self.last_error = error
        self.starved += isinstance(error, MemoryError)
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == NO_SPACE:
            self._pause = min(2 * self._pause + 1, _LONGEST_PAUSE)
            self._left_out = self._pause
        elif sequence is not None:
            # A damaged or foreign file stays so; flash errors can be transient: retry a few times
            more = 1 if isinstance(error, OSError) else _ATTEMPTS
            if not self._failures:
                self._failures = {}
            self._failures[sequence] = self._failures.get(sequence, 0) + more

    def waiting(self):
        """How many segments there are to compact."""
        return len(self._candidates())

    def _choose(self):
        """The oldest segment that may be compacted; None if there is none."""
        found = self._candidates()
        return min(found) if found else None

    def _candidates(self):
        """The numbers of those that may be. One that takes a single block gains nothing."""
        files = self.files
        needed = files.newest() if self.needed is None else self.needed
        found = [n for n in files.segments if files.segments[n] > BLOCK and n < needed]
        failures = self._failures or {}
        return [n for n in found if failures.get(n, 0) < _ATTEMPTS]

    def opened(self, path, mode):
        """A file that stays open until close()."""
        return open(path, mode)

    def close(self):
        """Close the files that are open."""
        files = self.source, self.target
        self.source = self.target = None
        for file in files:
            if file:
                file.close()
