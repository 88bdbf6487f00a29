"""What version 0.1.0 would have of some readings: records, and the shards that they become."""

import io

import numpy as np
from host_tools.history import frames as host_frames
from tests.bench import accuracy
from tests.bench.v010 import marks, planes, rows
from tests.bench.v010.bounds import Tolerances
from tests.bench.v010.cells import CellSampler, record_size
from tests.bench.v010.sampler import Sampler

from sample import Sample
from store import columns, frame, plans, segment, units, weights

_INTERVAL_S, _GAP_S = 900, 15
_CELLS_MV, _CELLS_S, _CELLS_MIN_S = 10, 3600, 300
_HEADER_SIZE = 20 + segment.HEADER_SIZE  # of a shard, besides the parameters
_LONGEST_S = 65000  # a timestamp's


class Records:
    """Stands for a Backlog and the file behind it: what a sampler puts, as (uptime, bytes)."""

    def __init__(self, size):
        self.record_size = size
        self.buffer = bytearray(size)
        self.put_records = []

    def slot(self):
        """Where the next record goes."""
        return 0

    def put(self, uptime):
        """Take it in."""
        self.put_records.append((uptime, bytes(self.buffer)))

    def put_run(self, uptime):
        """Take in a RUN."""
        frame.mark_into(self.buffer, 0, 0, frame.RUN, 1, uptime)
        self.buffer[frame.SIZE :] = bytes(self.record_size - frame.SIZE)
        self.put(uptime)

    def files(self):
        """The records with their timestamps, cut as into segments of 64 KB."""
        out, base = [], 0
        for uptime, data in self.put_records:
            is_run = frame.mark_kind(data, 0) == frame.RUN
            if is_run or uptime - base > _LONGEST_S:
                base = uptime
            stamp = 0 if is_run else uptime - base
            out.append(stamp.to_bytes(2, "little") + data[2:])
        most = (segment.MAX_SIZE - segment.HEADER_SIZE) // self.record_size
        return [out[i : i + most] for i in range(0, len(out), most)]


class Stored:
    """The frames and cells of some readings. cells: second and mV of each record of them."""

    def __init__(self, found, capacity_ah):
        size = record_size(found.cells)
        self._frames, self._cells = Records(frame.SIZE), Records(size)
        self._layout = frame.layout_for(found.cells)
        self._cell_count = found.cells
        tolerances = Tolerances(capacity_ah, _INTERVAL_S)
        sampler = Sampler(self._frames, self._layout, _INTERVAL_S, _GAP_S, tolerances)
        rhythm = (_CELLS_MV, _CELLS_S, _CELLS_MIN_S, _GAP_S)
        cell_sampler = CellSampler(self._cells, found.cells, *rhythm)
        for sample, second, ms in samples(found):
            sampler.add(sample, second, ms)
            cell_sampler.add(sample, second, ms)
        sampler.finish()
        cell_sampler.finish()

    @property
    def bytes_by_series(self):
        """Of the shards of both series."""
        described = columns.pack_columns(self._layout)
        cells = columns.CellColumns(2, self._cell_count, self._cells.record_size)
        return {
            "pack": sum(shard_size(file, described) for file in self._frames.files()),
            "cells": sum(shard_size(file, cells) for file in self._cells.files()),
        }

    @property
    def frames(self):
        """What the frames say of the current."""
        found = [(at, data) for at, data in self._frames.put_records if data[2:4] != b"\xff\xff"]
        raw = np.frombuffer(b"".join(data for _, data in found), host_frames.RAW)
        return accuracy.Said([at for at, _ in found], raw["current"].view("<f2"))

    @property
    def cells(self):
        """(seconds, mV a cell) of the records of the cells."""
        found = [(at, data) for at, data in self._cells.put_records if data[2:4] != b"\xff\xff"]
        end = 2 + 2 * self._cell_count
        mv = [np.frombuffer(data[2:end], "<u2") for _, data in found]
        return np.array([at for at, _ in found]), np.array(mv)


def samples(found):
    """Generator: (Sample, second, ms) of each reading."""
    sample = Sample()
    sample.cell_count = found.cells
    names = ("seconds", "ms", "voltage", "current", "temperature", "soc")
    lists = [found.records[name].tolist() for name in names]
    for row, cells in zip(zip(*lists, strict=True), found.records["mv"].tolist(), strict=True):
        second, ms, sample.voltage, sample.current, degrees, sample.soc = row
        sample.temperatures[0] = degrees
        sample.cells[: found.cells] = cells
        sample.find_extremes()
        yield sample, second, ms


def shard_size(records, described):
    """Bytes of version 1's shard of some records."""
    from store import deflate

    size = len(records[0])
    over = rows.Rows(io.BytesIO(b"".join(records)), 0, len(records), size)
    found = plans.Plans(described)
    written = io.BytesIO()
    _run(marks.work(over))
    _run(units.work(found, over))
    _run(weights.work(found, over))
    sizes = _run(planes.work(found, over, written))
    written.seek(0)
    out = bytearray()
    _run(deflate.work(bytes(_HEADER_SIZE) + found.params, sizes, written, out.extend))
    return len(out)


def _run(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
