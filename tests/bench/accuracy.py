"""What frames say against the readings that they stand for: the current's error, and the charge.

Readings are a reading every EVERY_S, all known; frames cover them without a gap.
"""

import numpy as np
from host_tools.history import frames, logs

from store import segment

_HOUR_S = 3600


class Said:
    """Each frame's current in A, and the second with which it ends, counted as the readings are."""

    def __init__(self, seconds, current):
        self.seconds = np.asarray(seconds, np.int64)
        self.current = np.asarray(current, np.float64)

    @classmethod
    def of_folder(cls, folder):
        """The frames that a pack's folder holds: one log, one boot."""
        (log,) = logs.load([folder], segment.PACK, _current).logs
        return cls(log.columns["uptime"], log.columns["current"])

    @classmethod
    def of_baseline(cls, found, made, ends):
        """The comparable logger's frames."""
        return cls(stamps(found)[ends], made["current"].view("<f2"))

    def rms_error(self, found):
        """A: of the current that the frames say, over all readings up to the last frame."""
        return float(np.sqrt((self.errors(found) ** 2).mean()))

    def errors(self, found):
        """A: what the frames say less each reading, up to the last frame."""
        seconds = stamps(found)
        last = np.searchsorted(seconds, self.seconds[-1], "right")
        return self.at(seconds[:last]) - found.records["current"][:last] / 1000

    def at(self, seconds):
        """A: what the frames say of those seconds."""
        return self.current[np.searchsorted(self.seconds, seconds)]

    def charge_ah(self):
        """Charge since the start at the end of each frame."""
        length = np.diff(self.seconds, prepend=self.seconds[0])
        return np.cumsum(self.current * length) / _HOUR_S


def stamps(found):
    """The second of each reading, as the sampler rounds it."""
    return found.records["seconds"].astype(np.int64) + (found.records["ms"] >= 500)


def _current(rows, header):
    raw = np.ascontiguousarray(rows).reshape(-1).view(frames.RAW)
    return {"current": raw["current"].view("<f2").astype(np.float64)}


def charge(found, said, parts=4):
    """Charge by frames less charge by readings, in Ah: at the end of each part, and in all."""
    seconds = found.records["seconds"] + found.records["ms"] / 1000
    current = found.records["current"] / 1000
    moved = current * np.diff(seconds, prepend=seconds[0]) / _HOUR_S
    true = np.cumsum(moved)
    at = np.searchsorted(stamps(found), said.seconds)
    difference = said.charge_ah() - true[at]
    marks = [len(difference) * (part + 1) // parts - 1 for part in range(parts)]
    throughput = float(np.abs(moved).sum())
    return {
        "net_ah": round(float(true[-1]), 3),
        "moved_ah": round(throughput, 3),
        "difference_ah_at_quarters": [round(float(difference[i]), 5) for i in marks],
        "largest_difference_ah": round(float(np.abs(difference).max()), 5),
        "difference_percent": round(100 * abs(float(difference[-1])) / throughput, 6),
    }
