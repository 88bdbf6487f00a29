"""Hours and days of a history, as a board adds them up, made from its frames in Python.

For tests of the page, which reads what a board writes; times are UTC and each hour is whole.
"""

import struct

import numpy as np
from host_tools.history import frames

from store import frame, segment

HOURS, DAYS = 4, 5
SIZES = {HOURS: 58, DAYS: 64}
LENGTHS = {HOURS: 3600, DAYS: 86400}
_COMMON = "<HHIHHHhhHHHHHHBBBBBBIIIIBB"


def write(folder, series):
    """Write folder/hours or folder/days from the frames there, as segments of full size."""
    rows = frames.load([folder])
    where = folder / {HOURS: "hours", DAYS: "days"}[series]
    where.mkdir()
    size, length = SIZES[series], LENGTHS[series]
    keep = ~rows.hole & (rows.time > 0)
    bins = (rows.time[keep] - 1) // length
    data, sequence = None, 0
    columns = {name: getattr(rows, name)[keep] for name in frames.COLUMNS if name != "hole"}
    step = np.diff(columns["time"], prepend=columns["time"][:1]).clip(0, 3600)
    step[np.diff(columns["boot"], prepend=columns["boot"][:1]) != 0] = 0
    boot = 0
    for number in np.unique(bins):
        at = np.flatnonzero(bins == number)
        end = int(columns["uptime"][at[-1]])
        if data is None or len(data) + 3 * size > segment.MAX_SIZE:
            if data:
                (where / segment.file_name(sequence)).write_bytes(data)
            sequence += 1
            data = _header(rows.pack, series, size, sequence, columns, at[0])
        boot = int(columns["boot"][at[-1]])
        data += _mark(frame.RUN, boot, end, size)
        data += _record({name: it[at] for name, it in columns.items()}, step[at], series)
    (where / segment.file_name(sequence)).write_bytes(data)


def _header(pack, series, size, sequence, columns, row):
    made = segment.Header(series, 1, 16, pack, 1, size)
    made.sequence, made.boot = sequence, int(columns["boot"][row])
    made.uptime, made.utc = int(columns["uptime"][row]), int(columns["time"][row])
    made.clock = segment.NTP
    return made.pack()


def _mark(kind, a, b, size):
    return struct.pack("<HHBII", 0, frame.MARK, kind, a, b).ljust(size, b"\0")


def _record(it, step, series):
    seconds = int(step.sum())
    amps, volts = it["current"].astype(float), it["voltage"].astype(float)

    def three(values, scale, zero=0):
        mean = float((values * step).sum() / max(seconds, 1)) if seconds else float(values[0])
        return [round((each - zero) * scale) for each in (values.min(), mean, values.max())]

    def total(rate):
        return round(float((rate * step).sum()) / 3600)

    packed = struct.pack(
        _COMMON,
        0,
        seconds if series == HOURS else int(it["time"][-1] - 1) // 86400,
        int(it["time"][0] - step[0]),
        *three(volts, 100),
        round(float(amps.min()) * 10),
        round(float(amps.max()) * 10),
        *three(it["min_cell_voltage"], 1),
        *three(it["max_cell_voltage"], 1),
        *three(it["temperature"], 2, -40),
        *three(it["soc"], 2),
        total(amps.clip(0) * 100),
        total((-amps).clip(0) * 100),
        total((amps * volts).clip(0) * 10),
        total((-amps * volts).clip(0) * 10),
        int(it["min_voltage_cell"][it["min_cell_voltage"].argmin()]) - 1,
        int(it["max_voltage_cell"][it["max_cell_voltage"].argmax()]) - 1,
    )
    if series == HOURS:
        return packed + struct.pack("<HH", 0, 0)
    return packed + struct.pack("<IHHH", seconds, 0, 0, 65535)
