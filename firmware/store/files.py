"""In-memory index of a series' files: asking littlefs for a hundred of them takes 0.1 s and
more.

One look at the folder when the board starts; from then on its callers report each file that they
make or delete here. Nobody else touches the folder while the logger runs.
"""

import os

from store import segment

DATA = "/data"  # the folder of all packs' histories


def make_folder(path):
    """Make a folder, and those above it, if it is not there."""
    parts = path.split("/")
    for i in range(1 + (not parts[0]), len(parts) + 1):
        path = "/".join(parts[:i])
        try:
            os.stat(path)
        except OSError:
            os.mkdir(path)


class Files:
    """segments, shards: sizes in bytes by sequence number; unfinished: numbers."""

    def __init__(self, folder):
        self.folder = folder
        self.segments = {}
        self.shards = {}
        self.unfinished = ()
        for sequence, suffix, size in segment.scan(folder):
            if suffix == segment.UNFINISHED:
                self.unfinished += (sequence,)
            else:
                self._of(suffix)[sequence] = size

    def path(self, sequence, suffix=segment.SUFFIX):
        """Where a file of that number is or would be."""
        return self.folder + "/" + segment.file_name(sequence, suffix)

    def newest(self, below=1 << 30):
        """The highest number below that one, 0 if there is none."""
        found = 0
        for files in (self.segments, self.shards):
            for sequence in files:
                if found < sequence < below:
                    found = sequence
        return found

    def oldest(self):
        """(number, suffix) of the file that goes first, never the newest; None if there is none."""
        newest = self.newest()
        found = None
        for suffix in (segment.SUFFIX, segment.SHARD):
            for sequence in self._of(suffix):
                if sequence != newest and (found is None or sequence < found[0]):
                    found = sequence, suffix
        return found

    def add(self, sequence, suffix, size):
        """There is such a file now, or it has that size now."""
        self._of(suffix)[sequence] = size

    def remove(self, sequence, suffix):
        """Delete a file."""
        self._of(suffix).pop(sequence, None)
        os.remove(self.path(sequence, suffix))

    def _of(self, suffix):
        return self.shards if suffix == segment.SHARD else self.segments
