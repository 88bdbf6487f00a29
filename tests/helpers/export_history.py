"""Histories for the tests of exports: every series, two packs, a boot without a date; and the sums
that each target has to have.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from host_tools.history import days, grids, hours, packed, resample
from host_tools.history.info import collect
from tests.helpers import rollup_bytes
from tests.helpers.segment_bytes import NOON

from store import events, frame, half, segment

HOUR_S = 3600
DAY = NOON // 86400
SECRET_CRC = 0xDEADBEEF  # of a whole config.json: nobody may see it


def header(series, name, boot=1, uptime=0, utc=0, size=13, sequence=1):
    made = segment.Header(series, 1, 3, name, 7, size)
    made.sequence, made.boot, made.uptime, made.utc = sequence, boot, uptime, utc
    made.clock = segment.NTP if utc else 0
    return made.pack()


def a_frame(second, amps=10.0, volts=52.8):
    buf = bytearray(frame.SIZE)
    halves = half.from_milli(round(1000 * volts)), half.from_milli(round(1000 * amps))
    frame.encode_into(buf, 0, 1, second, *halves, 235, 91, 3318, 3341, 3, 11)
    return bytes(buf)


def frames(first, count, step=60):
    """Frames whose current is another one each."""
    return b"".join(a_frame(first + i * step, (i % 23) - 9.5) for i in range(count))


def put(folder, name, series, *files, first=1):
    where = folder / name / segment.FOLDERS[series]
    where.mkdir(parents=True, exist_ok=True)
    for i, data in enumerate(files):
        (where / segment.file_name(first + i)).write_bytes(data)


def write(folder: Path, name: str = "house") -> Path:
    """FOLDER/NAME with all series. Boot 2 has no date. Returns folder."""
    pack, cells, happened = segment.PACK, segment.CELLS, segment.EVENTS
    put(
        folder,
        name,
        pack,
        header(pack, name, utc=NOON) + frames(0, 200),
        header(pack, name, 2, sequence=2) + frames(0, 20),
        header(pack, name, 3, utc=NOON + 8 * HOUR_S, sequence=3) + frames(0, 100),
    )
    volts = b"".join(
        struct.pack("<4H", i * 600, 3300 + i, 3305, 0 if i else 3299).ljust(13, b"\0")
        for i in range(20)
    )
    put(folder, name, cells, header(cells, name, utc=NOON) + volts)
    said = (
        (0, events.REBOOT, 1, 0, 0),
        (1, events.CONFIG, 0, SECRET_CRC, 0),
        (1, events.VALUE, 0, 0xA1B2C3D4, 0),  # mcu_id
        (1, events.VALUE, 4, 1234567, 0),  # energy_in, Wh
        (7200, events.LINK_SILENT, 0, 30, 0),
        (7200, events.REJECTED, 0, 3, 0),
    )
    lines = b"".join(struct.pack("<HHBII", *each) for each in said)
    put(folder, name, happened, header(happened, name, utc=NOON) + lines)
    write_periods(folder, name)
    return folder


def write_periods(folder: Path, name: str = "house", last_s: int = HOUR_S) -> None:
    """Five hours and a day. last_s: how much of the last hour is there."""
    records = [
        rollup_bytes.hour((i + 1) * HOUR_S, HOUR_S, NOON + i * HOUR_S, charge=(1.25 + i, 2.5))
        for i in range(4)
    ]
    records.append(rollup_bytes.hour(4 * HOUR_S + last_s, last_s, NOON + 4 * HOUR_S))
    head = header(segment.HOURS, name, utc=NOON, size=58)
    put(folder, name, segment.HOURS, head + b"".join(records))
    head = header(segment.DAYS, name, utc=NOON, size=64)
    put(folder, name, segment.DAYS, head + rollup_bytes.day(DAY, NOON - 7200, 86400))


@dataclass
class Sums:
    """frames, Ah net of them, hours, Ah and Wh in and out of them, days: as packlog's own commands
    have them.
    """

    frames: int
    net_ah: float
    hours: int
    charge_in: float
    energy_out: float
    days: int


def sums(*folders: Path) -> Sums:
    """Of dated rows of all packs in folders."""
    packs, _ = collect(folders)
    found = Sums(0, 0.0, 0, 0.0, 0.0, 0)
    for pack in packs:
        files = [path for each in folders for path in (each / pack.pack).rglob("*.s*")]
        of_hours, of_days = hours.load(files), days.load(files)
        found.frames += pack.frames - pack.undated_frames
        rows = resample.whole(resample.frames(packed.load(files), grids.grid("1h")))
        dated = (rows.time > 0) & ~rows.hole
        for sign, name in ((1, "charge_in"), (-1, "charge_out")):
            found.net_ah += sign * float(rows.values[name][dated].sum())
        known = ~of_hours.hole
        found.hours += int(known.sum())
        found.charge_in += float(of_hours.values["charge_in"][known].sum())
        found.energy_out += float(of_hours.values["energy_out"][known].sum())
        found.days += int((~of_days.hole).sum())
    return found
