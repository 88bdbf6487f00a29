"""The store goes on in the files of version 0.1.0, and makes whole shards of its segments."""

import binascii
import os

import plain_hours
import plain_shard
import temporary
from test_hours import MIDNIGHT

from lib.uptime import NTP, Uptime
from sample import Sample
from store import draft, hours, segment
from store.history import History

OLD = __file__.rsplit("/", 1)[0] + "/../data/0.1.0"
SERIES = ("pack", "cells", "events")
# Cells, newest boot, log
PACKS = {"house": (16, 4, 33199), "boat": (32, 3, 26193)}
# CRC-32 of the shards that are made of these segments, the same on every port
SHARDS = {
    "house/pack/00000002": 4114220782,
    "house/pack/00000003": 3900823005,
    "house/cells/00000001": 1004261651,
    "house/cells/00000002": 1426395085,
    "house/events/00000002": 253763084,
    "boat/pack/00000003": 2921310047,
    "boat/cells/00000003": 2393127779,
    "boat/events/00000002": 2243282393,
}


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Copy(temporary.Folder):
    """A copy of a pack's files, in a folder for one test."""

    def __init__(self, pack):
        self.pack = pack

    def __enter__(self):
        folder = super().__enter__()
        os.mkdir(folder + "/" + self.pack)
        for series in SERIES:
            path = self.pack + "/" + series
            os.mkdir(folder + "/" + path)
            for name in os.listdir(OLD + "/" + path):
                with open(folder + "/" + path + "/" + name, "wb") as file:
                    file.write(read(OLD + "/" + path + "/" + name))
        return folder


def start(folder, pack):
    uptime = Uptime(lambda: 0, lambda a, b: a - b)
    return History(folder, pack, PACKS[pack][0], uptime)


def test_the_same_log_goes_on_in_a_newer_file():
    for pack in PACKS:
        cells, boots, log = PACKS[pack]
        with Copy(pack) as folder:
            newest = folder + "/" + pack + "/pack/00000004.seg"
            size = os.stat(newest)[6]
            history = start(folder, pack)
            assert history.boot == boots + 1
            # The draft is a frame now, and a CHECK ends the file
            assert os.stat(newest)[6] == size + 2 * 13
            sample = Sample()
            sample.voltage, sample.cell_count = 53250, cells
            history.add(sample)
            assert history.flush(True)
            assert os.stat(newest)[6] == size + 2 * 13  # it may not have what newer ones may
            header = segment.read_header(newest.replace("4.seg", "5.seg"))
            assert (header.log, header.version, header.boot) == (log, 2, boots + 1)
            assert history.close()


def test_hours_days_and_sums_begin_beside_them():
    for pack in PACKS:
        with Copy(pack) as folder:
            before = {path: read(folder + "/" + path) for path in files(folder, pack)}
            ms = [0]
            uptime = Uptime(lambda: ms[0], lambda a, b: a - b)  # noqa: B023 - used in this round
            history = History(folder, pack, PACKS[pack][0], uptime, 3600, gap_s=300)
            history.anchor(MIDNIGHT, NTP)
            sample = Sample()
            sample.voltage, sample.current = 50000, 36000
            for _ in range(26 * 15):
                history.add(sample)
                if history.due():
                    assert history.flush()
                ms[0] += 240000
            for _ in history.make_days():
                pass
            assert history.close()
            assert history.totals.charge_in == 36000 * (26 * 15 - 1) * 240 // 3600
            path = folder + "/" + pack
            assert [each.boot for each in plain_hours.hours(path)] == [PACKS[pack][1] + 1] * 26
            assert [each.day for each in plain_hours.days(path)] == [MIDNIGHT // 86400]
            for name in before:
                assert read(folder + "/" + name)[: len(before[name])] == before[name]


def files(folder, pack):
    return [
        pack + "/" + series + "/" + name
        for series in SERIES
        for name in os.listdir(folder + "/" + pack + "/" + series)
    ]


def test_a_draft():
    found, making = draft.Draft(OLD + "/house"), hours.Hours(None, None, 15)
    assert found.load(making)
    assert (found.boot, found.start, found.end) == (4, 10798, 10824)
    assert binascii.hexlify(found.record) == b"0000995200458bb0e10ce60c2a"
    assert found.begin == draft.NO_HOUR and list(making.sums) == [0, 0, 0, 0]


def test_shards_are_made_that_hold_the_same_records():
    made = {}
    for pack in PACKS:
        with Copy(pack) as folder:
            history = start(folder, pack)
            for _ in range(4):
                for _ in history.compact():
                    pass
            for name in SHARDS:
                if name.startswith(pack + "/"):
                    made[name] = binascii.crc32(read(folder + "/" + name + ".shard"))
                    if name != "boat/pack/00000003":  # of the layout that plain_shard knows
                        whole = plain_shard.read(read(folder + "/" + name + ".shard"))
                        assert whole == read(OLD + "/" + name + ".seg")
            assert history.close()
    assert made == SHARDS
