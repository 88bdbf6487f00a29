"""Compaction: full segments become shards, the oldest first, in small steps while the log goes on.

NUMBER.tmp is written, synced and read back (inflated, its checksums compared), then renamed to
NUMBER.shard, and only then NUMBER.seg is deleted. So the records are there at each moment, at worst
twice; a reader that finds both takes the shard. A power cut costs the work, never a record.
"""

import os

from store import kernels, segment, shard
from store.retention import NO_SPACE

BLOCK = 4096
_ATTEMPTS = 3  # at a segment, before it is left alone until the next start
_LONGEST_PAUSE = 64  # calls of run()
_ENCODER = ("encoder", "columns", "rows", "checks", "marks", "deflate")
_PLANES = 0  # what is between two passes, NUMBER.tmp too: no segment has that number
# Bytes of heap with which compacting a segment succeeds: 13,500 are in use at most between two
# steps, 16,000 where native code lies in the heap. The rest is what a step takes meanwhile, and a
# heap in pieces
NEEDS = 16384 if kernels.STAYS else 18432


def forget_encoder():
    """Let the memory of its modules go; the next segment imports them again."""
    kernels.forget(_ENCODER + kernels.NAMES)


class Compactor:
    """Works on those Files that are like header (of its series and pack)."""

    def __init__(self, files, header):
        self.done = 0  # shards made since the start
        self.damaged = 0  # records that were left out of these, for their checksum was wrong
        self.starved = 0  # attempts that ended with a MemoryError
        self.last_error = None  # of the newest attempt
        self.sequence = None  # of the segment that is being worked on
        self._files = files
        self._header = header
        self._failures = {}  # how many, by sequence number
        self._pause = self._left_out = 0  # calls of run()
        self._source = self._target = None
        self._unfinished = []  # paths
        self._turn = 0
        # From this one on they are read: of each series the newest is written to, and of hours and
        # days the one before it holds what store/days.py does not find in that
        self.needed = None
        if header.series >= segment.HOURS:
            newest = files.newest()
            self.needed = files.newest(newest) or newest

    def clean(self):
        """Delete what a power cut left unfinished."""
        for sequence in self._files.unfinished:
            self._unfinished.append(self._files.path(sequence, segment.UNFINISHED))
        self._files.unfinished = ()
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
            for _ in self._compact(self.sequence):
                yield
                if self._turn != turn:
                    return
            self.sequence = self.last_error = None
            self.done += 1
            self._pause = 0
        except Exception as error:  # whatever it is: the segment is there, and others wait
            self._fail(error)

    def stop(self):
        """Drop what is under way. Deletes what there is of the shard."""
        self._turn += 1
        self.sequence = None
        try:
            self._close()
            while self._unfinished:
                os.remove(self._unfinished.pop())
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
        files = self._files
        needed = files.newest() if self.needed is None else self.needed
        found = [n for n in files.segments if files.segments[n] > BLOCK and n < needed]
        return [n for n in found if self._failures.get(n, 0) < _ATTEMPTS]

    def _compact(self, sequence):
        head, count = self._open(sequence)
        yield
        if not self._is_made(sequence, head, count):
            damaged = yield from self._write(sequence, segment.parse_header(head), count)
            self._target.close()
            yield
            path = self._unfinished[-1]
            self._target = open(path, "rb")  # noqa: SIM115
            yield from shard.check(self._target)
            size = self._target.tell()
            self._target.close()
            os.rename(path, self._files.path(sequence, segment.SHARD))
            self._unfinished.pop()
            self._files.add(sequence, segment.SHARD, size)
            self.damaged += damaged
            yield
        self._close()
        self._files.remove(sequence, segment.SUFFIX)

    def _write(self, sequence, header, count):
        """Generator: write the shard to an unfinished file, and the planes to another before.

        Returns how many records were damaged.
        """
        self._begin(_PLANES)
        *found, damaged = yield from kernels.work(
            "encoder", self._source, count, header, self._target
        )
        self._target.close()
        self._source.close()
        yield
        self._source = open(self._unfinished[0], "rb")  # noqa: SIM115
        self._begin(sequence)
        yield from kernels.work("deflate", *found, self._source, self._target.write)
        self._source.close()
        os.remove(self._unfinished.pop(0))
        return damaged

    def _begin(self, sequence):
        """Open an unfinished file of that number for writing."""
        self._unfinished.append(self._files.path(sequence, segment.UNFINISHED))
        self._target = open(self._unfinished[-1], "wb")  # noqa: SIM115 - as above

    def _open(self, sequence):
        """Open the segment; returns its header's bytes and how many records it has."""
        path = self._files.path(sequence, segment.SUFFIX)
        self._source = open(path, "rb")  # noqa: SIM115 - it stays open
        data = self._source.read(segment.HEADER_SIZE)
        header = segment.parse_header(data)
        if (header.series, header.name) != (self._header.series, self._header.name):
            raise segment.SegmentError("of another series or pack")
        size = os.stat(path)[6] - header.header_size
        count, torn = divmod(size, header.record_size)
        if torn or not 0 <= count <= shard.MOST_ROWS or header.header_size != len(data):
            raise segment.SegmentError("cut off, or not as this version writes it")
        return data, count

    def _is_made(self, sequence, head, count):
        """Is the shard there already? The power went before the segment was deleted, then."""
        try:
            with open(self._files.path(sequence, segment.SHARD), "rb") as file:
                found = shard.read_info(file)
        except (OSError, shard.ShardError):
            return False
        return found[0] == head and found[1] <= count  # CHECKs and damaged records are left out

    def _close(self):
        files = self._source, self._target
        self._source = self._target = None
        for file in files:
            if file:
                file.close()
