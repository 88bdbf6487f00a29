"""Compaction: full segments become shards, the oldest first, in small steps while the log goes on.

NUMBER.tmp is written, synced and read back (inflated, its checksums compared), then renamed to
NUMBER.shard, and only then NUMBER.seg is deleted. So at each moment the records are there, at worst
twice, and whoever finds both takes the shard. A power cut costs the work, never a record.
"""

import os

from store import kernels, segment, shard
from store.retention import NO_SPACE

BLOCK = 4096
_ATTEMPTS = 3  # at a segment, before it is left alone until the next start
_LONGEST_PAUSE = 64  # calls of run()
_ENCODER = ("columns", "rows", "encoder")
_PHASES = ("fit", "huffman", "deflate")
# Bytes of heap. In use at most on RV32: 26,800, of which 7,094 are native code; with 33 KB free it
# still ran out of room, for the heap is in pieces and collected only now and then.
_TAKES = 25 * 1024
_NATIVE = 7 * 1024


def needs():
    """Bytes of heap that compacting a segment takes at most."""
    return _TAKES if kernels.STAYS else _TAKES + _NATIVE


def forget_encoder():
    """Let the memory of its modules go; the next segment imports them again."""
    kernels.forget(_ENCODER + _PHASES)


class Compactor:
    """Works on those Files that are like header (of its series and pack)."""

    def __init__(self, files, header):
        self.done = 0  # shards made since the start
        self.starved = 0  # attempts that ended with a MemoryError
        self.last_error = None  # of the newest attempt
        self.sequence = None  # of the segment that is being worked on
        self._files = files
        self._header = header
        self._failures = {}  # how many, by sequence number
        self._pause = self._left_out = 0  # calls of run()
        self._source = self._target = None
        self._unfinished = None  # path
        self._written = 0  # bytes
        self._turn = 0

    def clean(self):
        """Delete what a power cut left unfinished."""
        if self._files.unfinished is not None:
            self._unfinished = self._files.path(self._files.unfinished, segment.UNFINISHED)
            self._files.unfinished = None
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
        path, self._unfinished = self._unfinished, None
        try:
            self._close()
            if path:
                os.remove(path)
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
            # A file that is damaged or not ours stays so; a flash may have its moods.
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
        found = [n for n in files.segments if files.segments[n] > BLOCK and n != files.newest()]
        return [n for n in found if self._failures.get(n, 0) < _ATTEMPTS]

    def _compact(self, sequence):
        yield from kernels.load(_ENCODER)
        from store import columns, encoder

        yield
        header, count = self._open(sequence)
        yield
        if not self._is_made(sequence, header, count):
            self._unfinished = self._files.path(sequence, segment.UNFINISHED)
            self._target = open(self._unfinished, "wb")  # noqa: SIM115 - as above
            header = segment.parse_header(header)
            size = header.record_size
            header = columns.columns_of(header)
            yield from encoder.write_shard(self._source, count, size, header, self._target.write)
            self._target.close()
            yield
            self._target = open(self._unfinished, "rb")  # noqa: SIM115
            yield from shard.check(self._target)
            self._written = self._target.tell()
            self._target.close()
            os.rename(self._unfinished, self._files.path(sequence, segment.SHARD))
            self._unfinished = None
            self._files.add(sequence, segment.SHARD, self._written)
            yield
        self._close()
        self._files.remove(sequence, segment.SUFFIX)

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
        return found[:2] == (head, count)

    def _close(self):
        files = self._source, self._target
        self._source = self._target = None
        for file in files:
            if file:
                file.close()
