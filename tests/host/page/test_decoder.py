"""The page's decoder beside Python's: the same files give the same values, bit for bit."""

import io
import math
import random
import shutil
import struct
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from host_tools.export import csv as csv_export
from host_tools.history import cells, compressed, events, frames, loading
from host_tools.trial import encode
from host_tools.trial.plan import Plan
from tests.helpers import gap_records, node
from tests.helpers.encoding import a_csv, many
from tests.helpers.segment_bytes import NOON, header

from store import frame, segment

HERE = Path(__file__).parent
SCRIPT = HERE / "decode.mjs"
OLD = HERE.parents[1] / "data" / "0.1.0"
LOADERS = {"pack": frames, "cells": cells, "events": events}
# Some of them mean little beside others; a browser's is not known to each version
CLOCKS = (0, 1, 1, 2, 3, 4, 4, *((segment.BROWSER,) * 2 if hasattr(segment, "BROWSER") else ()))
BOOT_FIELDS = ("boot", "length", "earliest", "latest")


def of_python(folder):
    """What decode.mjs prints of a folder, by Python's decoder."""
    found, problems = {}, set()
    for series, module in LOADERS.items():
        rows = module.load([folder])
        problems |= {Path(line.partition(":")[0]).relative_to(folder) for line in rows.problems}
        if not rows.pack:
            continue
        found[series] = {name: columns_of(getattr(rows, name)) for name in names_of(rows, series)}
        found[series]["boots"] = [
            {name: asdict(boot)[name] for name in BOOT_FIELDS} for boot in rows.boots
        ]
        if series == "cells":
            for i, column in enumerate(rows.cells.T):
                found[series][f"cell_{i + 1}"] = column.tolist()
    return found, problems


def names_of(rows, series):
    arrays = [name for name, it in vars(rows).items() if isinstance(it, np.ndarray)]
    return [name for name in arrays if name not in ("cells", "event", "details")]


def columns_of(column):
    if column.dtype == bool:
        column = column.astype(int)
    return [None if isinstance(x, float) and math.isnan(x) else x for x in column.tolist()]


def infinity_is_null(found):
    """JSON of JavaScript has neither NaN nor infinity."""
    return {
        series: {
            name: [None if x in (math.inf, -math.inf) else x for x in column]
            for name, column in columns.items()
        }
        for series, columns in found.items()
    }


def compare(*folders):
    """Both decoders agree on all of them; returns how many rows that were."""
    rows = 0
    for folder, (found, problems) in zip(
        folders, node.run_json(SCRIPT, "json", *folders), strict=True
    ):
        expected, damaged = of_python(folder)
        expected = infinity_is_null(expected)
        found = {series: columns for series, columns in found.items() if series in LOADERS}
        assert found.keys() == expected.keys(), folder
        for series, columns in expected.items():
            rows += len(columns["boot"])
            for name, column in columns.items():
                assert found[series][name] == column, (folder, series, name)
        assert {Path(line.partition(":")[0]) for line in problems} == damaged, folder
    return rows


def compare_csv(folder):
    """The CSVs of all its series are the same bytes."""
    for series in loading.SERIES:
        if not list((folder / series).glob("*.s*")):
            continue
        out = io.StringIO()
        csv_export.write(loading.SERIES[series]([folder]), out.write)
        assert node.run(SCRIPT, "csv", folder, series) == out.getvalue(), (folder, series)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """A folder with segments and shards of both layouts, by this version's own encoder."""
    made = {}
    for name, count in (("small", 16), ("large", 20)):
        folder = tmp_path_factory.mktemp(name)
        chance = random.Random(count)
        mv = [3300 + chance.randrange(40) for _ in range(count)]
        rows = []
        for i, row in enumerate(many(5600, current=lambda i: (i // 30 * 37) % 91 - 45)):
            mv = [each + chance.choice((-2, 0, 0, 0, 2)) for each in mv]
            *start, _ = row.split(",")
            shown = " ".join(f"{each / 1000:.3f}" for each in mv)
            if i % 997 < 990:  # and a gap now and then
                rows.append(",".join((*start, shown)))
        columns = (
            "time,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
            "min_voltage_cell,max_voltage_cell,cell_voltages"
        )
        encode.encode(a_csv(folder, *rows, columns=columns), folder, Plan(name=name, every=True))
        made[name] = folder / name
    return made


@pytest.mark.parametrize("pack", ["house", "boat"])
def test_files_of_version_0_1_0(pack):
    assert compare(OLD / pack) > 2000
    compare_csv(OLD / pack)


def test_files_of_this_version(encoded):
    for folder in encoded.values():
        assert list(folder.rglob("*.shard")) and list(folder.rglob("*.seg"))
        assert compare(folder) > 5600
    compare_csv(encoded["large"])


def spoiled(source, target, chance):
    """A copy of a pulled folder, some of its files damaged."""
    shutil.copytree(source, target)
    for path in sorted(target.rglob("*.*")):
        data = bytearray(path.read_bytes())
        kind = chance.randrange(4)
        if kind == 0:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[chance.randrange(len(data)) :]
        elif kind == 2:
            data += data[-chance.randrange(1, 40) :]
        path.write_bytes(data)
    return target


def test_damage_costs_the_same(encoded, tmp_path):
    chance = random.Random(7)
    sources = [OLD / "house", OLD / "boat", encoded["small"]]
    folders = [spoiled(sources[i % 3], tmp_path / str(i), chance) for i in range(24)]
    assert compare(*folders) > 10000


def test_gaps_in_frames(tmp_path):
    folders = []
    for seed in range(16):
        records = gap_records.as_they_come(400, seed)
        if seed > 12:
            records = gap_records.as_the_board_writes(3000, seed, 86401)
        folders.append(tmp_path / str(seed) / "house")
        where = folders[-1] / "pack"
        where.mkdir(parents=True)
        source = where / "00000001.seg"
        source.write_bytes(header(uptime=86401, utc=NOON, clock=3) + records)
        if seed % 2:
            where.joinpath("00000001.shard").write_bytes(compressed.shard_bytes(source))
            source.unlink()
    assert compare(*folders) > 12000
    compare_csv(folders[13])
    compare_csv(folders[14])


def mark(timestamp, kind, a, b, size):
    return struct.pack("<HHBII", timestamp, frame.MARK, kind, a, b).ljust(size, b"\0")


def strange(chance, series, sequence):
    """A segment of runs, anchors and records as they come, valid by chance."""
    size = 13 if series != segment.CELLS else 15
    made = segment.Header(series, chance.choice((1, 2)), 6, "house", chance.choice((7, 7, 8)), size)
    made.sequence, made.boot = sequence, chance.choice((1, sequence))
    made.uptime = chance.randrange(100000)
    if chance.randrange(2):
        made.utc, made.clock = NOON + made.uptime + chance.randrange(9), chance.randrange(5)
    data = made.pack()
    boot, stamp, base = made.boot, 0, made.uptime
    for _ in range(chance.randrange(120)):
        stamp = min(stamp + chance.choice((0, 1, 1, 2, 30, 400)), 65535)
        kind = chance.randrange(12)
        if kind == 0:
            boot += chance.choice((0, 0, 1, 2))
            base = chance.choice((base + stamp, base + stamp + 500, 0))
            stamp = 0
            data += mark(chance.choice((0, 0, 3)), frame.RUN, boot, base, size)
        elif kind == 1:
            clock = chance.choice(CLOCKS)
            utc = NOON + base + stamp + chance.choice((0, 1, 2, 70, 4000)) + boot * 100000
            data += mark(stamp, frame.ANCHOR, utc, clock, size)
        elif kind == 2 and not chance.randrange(6):
            stamp = max(0, stamp - 3)
        else:
            data += struct.pack("<H", stamp) + chance.randbytes(size - 2)
    return data


def test_strange_files(tmp_path):
    """Many boots with and without a clock, clocks that do not agree, records twice, two logs."""
    chance = random.Random(3)
    folders = []
    for i in range(24):
        folders.append(tmp_path / str(i) / "house")
        for number, name in segment.FOLDERS.items():
            where = folders[-1] / name
            where.mkdir(parents=True)
            if number <= segment.EVENTS:
                for sequence in range(1, chance.randrange(1, 5)):
                    path = where / segment.file_name(sequence)
                    path.write_bytes(strange(chance, number, sequence))
                    if not chance.randrange(3):  # the board has compacted it
                        made = compressed.shard_bytes(path)
                        path.unlink()
                        path.with_suffix(segment.SHARD).write_bytes(made)
    folders = [each for each in folders if list(each.rglob("*.s*"))]
    assert compare(*folders) > 2000
    for folder in folders[:4]:
        compare_csv(folder)
