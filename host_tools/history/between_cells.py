"""What lies between two records of the cells: the deviation of each cell from the mean of all of
them as a line, on the mean as the frames have it.

A record says each cell at one moment, often hours apart; the frames say the pack's voltage
meanwhile, and so the mean: that is the pack's line (between.py) by the number of cells, plus what
the two are apart in the median of all records. Where no frame says it, the mean is a line, too. The
line of a deviation does not leave the tolerance around what the record before it says, but for the
seconds in which no other record may follow: nothing bounds it there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from host_tools.ground.units import MILLI
from host_tools.history import between, logs, packed, timeline
from host_tools.history.between import USUAL, Lines, Tolerances
from host_tools.history.timeline import UNKNOWN

_OFF_PERMILLE = 10  # what the pack's voltage may be off the cells' sum and still be theirs
_SPACING_S = 10  # of readings: a record comes with the first that is due
_UPTIME = 32  # bits of it in a key
_RECORDS = 20_000  # at a time


@dataclass
class CellLines:
    """A row for each stretch of time: straight lines from begin to end, in V, a column a cell."""

    begin: np.ndarray  # unix s; s of uptime if no clock has dated it
    end: np.ndarray
    boot: np.ndarray
    uptime: np.ndarray  # s since the boot, of its end
    undated: np.ndarray
    dated: np.ndarray
    first: np.ndarray
    last: np.ndarray

    def __len__(self) -> int:
        return len(self.begin)


def lines_of(
    log: logs.Log, frames: logs.Log | None, tolerances: Tolerances = USUAL
) -> Iterator[CellLines]:
    """The lines of a log's cells, cut where a frame ends; some at a time.

    frames: the same log's, as packed.load() has them; None, if there are none.
    """
    records = _Records(log, tolerances)
    if not len(records.key):
        return
    at, end = int(records.key[0]), int(records.key[-1])
    if frames is not None and len(frames):
        resistances, records.offset = _first_look(records, frames)
        for block, spans in packed.blocks(frames):
            key = _keys(block.boot, block.uptime)
            by_key = between.Spans(key - spans.length, key, spans.length, spans.follows)
            lines = between.drawn(block, by_key, resistances, tolerances)
            upto = min(int(key[-1]), end)
            yield from records.lines(at, upto, lines if len(lines) else None)
            at = max(at, upto)
    yield from records.lines(at, end, None)


def _keys(boot: np.ndarray, uptime: np.ndarray) -> np.ndarray:
    """Boot and uptime in one number: what orders the records of a log."""
    return boot.astype(np.int64) << _UPTIME | uptime.astype(np.int64)


def _first_look(records: "_Records", frames: logs.Log) -> tuple[between.Resistances, float]:
    """The pack's resistances; by how many V the cells' mean is above the pack's by their number."""
    regression = between.Regression()
    apart = [np.zeros(0)]
    for block, spans in packed.blocks(frames):
        regression.add(block, spans.follows)
        key = _keys(block.boot, block.uptime)
        of_block = slice(*np.searchsorted(records.key, (key[0], key[-1]), "right"))
        mean, _, count = records.cells(of_block)
        pack = between.quantity(block, "voltage")[np.searchsorted(key, records.key[of_block])]
        apart.append(mean - pack / np.maximum(count, 1))
        apart[-1] = apart[-1][np.abs(apart[-1]) <= mean * _OFF_PERMILLE / MILLI]
    found = np.concatenate(apart)
    is_theirs = 2 * len(found) > len(records.key)
    return regression.resistances, float(np.median(found)) if is_theirs else np.nan


class _Records:
    """A log's records of the cells. offset: of the mean, NaN if the frames say nothing of it."""

    def __init__(self, log: logs.Log, tolerances: Tolerances):
        self._log = log
        self._tolerances = tolerances
        self.offset = np.nan
        self.key = _keys(log.columns["boot"], log.columns["uptime"])
        start = _keys(log.columns["boot"], log.start)
        self._joined = np.append(start[1:] <= self.key[:-1], False)

    def cells(self, which: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of some records: the mean of the known cells and what each is off it, V; their number."""
        mv = self._log.columns["cells"][which]
        known = mv > 0
        count = known.sum(axis=1)
        mean = mv.sum(axis=1) / np.maximum(count, 1) / MILLI
        return mean, np.where(known, mv / MILLI - mean[:, None], np.nan), count

    def lines(self, begin: int, end: int, pack: Lines | None) -> Iterator[CellLines]:
        """Between two keys. pack: the pack's lines there, from key to key."""
        inside = self.key[slice(*np.searchsorted(self.key, (begin, end), "right"))]
        for upto in (*inside[_RECORDS - 1 : -1 : _RECORDS].tolist(), end):
            if upto > begin:
                yield self._some(begin, upto, pack)
                begin = upto

    def _some(self, begin: int, end: int, pack: Lines | None) -> CellLines:
        before, after = np.searchsorted(self.key, (begin, end), "right")
        first = int(before) - 1
        which = slice(first, int(after) + 1)
        edges = [np.array([begin, end]), self.key[which]]
        if pack is not None:
            edges += [pack.begin, pack.end]
        edge = np.unique(np.concatenate(edges))
        edge = edge[(edge >= begin) & (edge <= end)]
        low, high = edge[:-1], edge[1:]
        record = np.searchsorted(self.key[which], low, "right") - 1
        joined = self._joined[which][record]
        low, high, record = low[joined], high[joined], record[joined]
        values = self._values(which, record, (low, high), pack)
        return self._placed(record + first, low, high, values)

    def _values(
        self, which: slice, record: np.ndarray, keys: tuple[np.ndarray, np.ndarray], pack
    ) -> list[np.ndarray]:
        """The cells at the beginnings and at the ends of pieces, each within one record's time."""
        mean, deviation, count = self.cells(which)
        key = self.key[which]
        following = np.minimum(record + 1, len(key) - 1)
        off = deviation[following] - deviation[record]
        unbounded = key[following] - key[record] <= self._tolerances.cells_min_s + _SPACING_S
        bound = np.where(unbounded, np.inf, self._tolerances.cells_deviation_mv / MILLI)[:, None]
        off = np.nan_to_num(np.clip(off, -bound, bound))
        line, known = self._of_pack(keys[0], pack)
        found = []
        for at in keys:
            share = (at - key[record]) / np.maximum(key[following] - key[record], 1)
            middle = mean[record] + (mean[following] - mean[record]) * share
            if pack is not None:
                of_pack = pack.at("voltage", line, at) / np.maximum(count[record], 1) + self.offset
                middle = np.where(known & np.isfinite(of_pack), of_pack, middle)
            found.append(middle[:, None] + deviation[record] + off * share[:, None])
        return found

    def _of_pack(self, low: np.ndarray, pack: Lines | None) -> tuple[np.ndarray, np.ndarray]:
        """Which of the pack's lines pieces are on that begin there, and whether they are on one."""
        if pack is None:
            return np.zeros(len(low), np.int64), np.zeros(len(low), bool)
        line = np.minimum(np.searchsorted(pack.end, low, "right"), len(pack) - 1)
        return line, (pack.begin[line] <= low) & (low < pack.end[line])

    def _placed(self, record: np.ndarray, low: np.ndarray, high: np.ndarray, values) -> CellLines:
        columns = self._log.columns
        begin, end = (self._moments(record, key) for key in (low, high))
        covers = end > begin
        record = record[covers]
        return CellLines(
            begin[covers],
            end[covers],
            columns["boot"][record].astype(np.int64),
            high[covers] & ((1 << _UPTIME) - 1),
            columns["undated"][record],
            columns["time"][record] != UNKNOWN,
            *(value[covers] for value in values),
        )

    def _moments(self, record: np.ndarray, key: np.ndarray) -> np.ndarray:
        """The seconds at which keys are that lie between these records and the next ones."""
        time = self._log.columns["time"]
        length = self.key[record + 1] - self.key[record]
        ahead = key - self.key[record]
        told = time[record + 1] - time[record]
        agree = np.abs(told - length) <= timeline.tolerance(length)
        scaled = time[record] + np.rint(ahead * told / np.maximum(length, 1)).astype(np.int64)
        by_utc = np.where(agree, scaled, time[record + 1] - length + ahead)
        uptime = key & ((1 << _UPTIME) - 1)
        return np.where(time[record] != UNKNOWN, by_utc, uptime)
