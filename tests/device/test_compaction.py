"""Full segments become shards while the log goes on: nothing is lost, doubled or in its way."""

import os
import struct

import plain_reader
import temporary
from a_pack import Pack

from store import compaction, segment

SEGMENT = 8184  # two blocks of flash
FRAMES = 625  # in one
BUDGET = 4 * 8192


def vary(pack, count):
    """Readings that flush as they come, with values that change."""
    for n in range(count):
        pack.sample.voltage = 53000 + n * 7 % 90
        pack.readings(1, current=-20000 + n * 131 % 900 * 40, flush=True)


def a_pack(folder, count=0):
    """A pack whose segments take two blocks each, after so many readings."""
    pack = Pack(folder, budget=BUDGET)
    vary(pack, count)
    return pack


def a_full_segment(folder):
    """A pack with one to compact and one begun, all of it on the disk, and its frames."""
    pack = a_pack(folder, 700)
    assert pack.history.flush()
    return pack, plain_reader.read(pack.path)


def compact(pack):
    """Until there is nothing left to do; returns the number of steps."""
    steps = 0
    series = pack.history._pack
    done = -1
    while series.compactor.done != done:
        done = series.compactor.done
        for _ in series.compact():
            steps += 1
    return steps


def names(pack):
    return sorted(os.listdir(pack.path))


def test_all_but_the_newest_become_shards():
    with temporary.Folder() as folder:
        pack = a_pack(folder, 1400)
        before = plain_reader.read(pack.path)
        assert names(pack) == ["00000001.seg", "00000002.seg", "00000003.seg"]
        assert compact(pack) > 500
        assert names(pack) == ["00000001.shard", "00000002.shard", "00000003.seg"]
        assert os.stat(pack.path + "/00000001.shard")[6] < SEGMENT // 2
        assert plain_reader.read(pack.path) == before
        assert compact(pack) == 0
        vary(pack, 10)
        assert pack.history.close()
        assert plain_reader.read(pack.path)[: len(before)] == before


def test_readings_go_on_between_the_steps():
    with temporary.Folder() as folder:
        pack = a_pack(folder, 700)
        steps = 0
        for _ in pack.history.compact():
            steps += 1
            if steps % 2:
                vary(pack, 1)
        assert pack.history.close()
        assert names(pack)[0] == "00000001.shard"
        seconds = [second for second, _ in plain_reader.coverage(pack.path)]
        assert seconds == list(range(700 + (steps + 1) // 2))
        assert steps > 500


def test_a_boot_that_only_a_shard_remembers():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        for _ in range(3):
            vary(pack, 300)
            assert pack.history.flush()
            pack.start()
        compact(pack)
        assert names(pack) == ["00000001.shard", "00000002.seg"]
        os.remove(pack.path + "/00000002.seg")
        log = pack.history._pack.header.log
        pack.start()
        assert pack.history.boot == 4  # the shard ends in boot 3
        assert pack.history._pack.header.log == log
        vary(pack, 5)
        assert pack.history.flush()
        assert names(pack) == ["00000001.shard", "00000002.seg"]


def test_switched_off_after_any_step():
    with temporary.Folder() as folder:
        pack, before = a_full_segment(folder)
        steps = 0
        while "00000001.seg" in names(pack):
            steps += 1 + steps // 4
            pack.start()
            assert len(names(pack)) == 2
            for i, _ in enumerate(pack.history._pack.compact()):
                if i == steps:
                    break
            assert plain_reader.read(pack.path) == before
        assert steps > 300
        pack.start()
        assert names(pack) == ["00000001.shard", "00000002.seg"]


def test_switched_off_between_renaming_and_deleting():
    with temporary.Folder() as folder:
        pack, before = a_full_segment(folder)
        with open(pack.path + "/00000001.seg", "rb") as file:
            data = file.read()
        compact(pack)
        with open(pack.path + "/00000001.seg", "wb") as file:
            file.write(data)
        pack.start()
        assert plain_reader.read(pack.path) == before
        assert compact(pack) == 5  # two modules are loaded, and see that the shard is there already
        assert names(pack) == ["00000001.shard", "00000002.seg"]


def test_a_shard_of_something_else_is_no_reason_to_delete_a_segment():
    with temporary.Folder() as folder:
        pack, before = a_full_segment(folder)
        with open(pack.path + "/00000001.shard", "wb") as file:
            file.write(b"PKLS\x01")
        compact(pack)
        assert names(pack) == ["00000001.shard", "00000002.seg"]
        assert plain_reader.read(pack.path) == before


def damage(path, at, data):
    with open(path, "rb") as file:
        before = file.read()
    with open(path, "wb") as file:
        file.write(before[:at] + data + before[at + len(data) :])


def test_what_cannot_be_compacted_is_left_alone():
    cases = {
        "not a segment": lambda path: damage(path, 0, b"PKXX"),
        "damaged header": lambda path: damage(path, 20, b"\xff"),
        "torn": lambda path: damage(path, FRAMES * 13 + 50, b"12345"),
        "another pack's": another,
    }
    for name in sorted(cases):
        with temporary.Folder() as folder:
            pack = a_pack(folder, 1400)
            assert pack.history.flush()
            path = pack.path + "/00000001.seg"
            cases[name](path)
            with open(path, "rb") as file:
                foreign = file.read()
            series = pack.history._pack
            for _ in series.compact():
                pass
            assert isinstance(series.compactor.last_error, segment.SegmentError), name
            compact(pack)
            assert names(pack) == ["00000001.seg", "00000002.shard", "00000003.seg"], name
            assert compact(pack) == 0, name  # not tried again
            with open(path, "rb") as file:
                assert file.read() == foreign, name


def another(path):
    header = segment.read_header(path)
    header.name = "boat"
    damage(path, 0, header.pack())


class Disk:
    """with Disk() as disk: writing a shard raises disk.error once so many bytes are written."""

    def __init__(self, error, after):
        self.error = error
        self.after = after
        self.tries = 0

    def __enter__(self):
        compaction.open = self.open
        return self

    def __exit__(self, *_):
        del compaction.open

    def open(self, path, mode):
        if mode == "rb":
            return open(path, mode)
        self.tries += 1
        return Unfinished(open(path, mode), self)


class Unfinished:
    def __init__(self, file, disk):
        self.file = file
        self.disk = disk
        self.written = 0

    def write(self, data):
        self.written += len(data)
        if self.disk.error and self.written > self.disk.after:
            raise self.disk.error
        self.file.write(data)

    def close(self):
        self.file.close()


def test_a_full_disk_is_tried_again_less_and_less_often():
    for error in (OSError(28, "full"), MemoryError()):
        for after in (0, 500):
            with temporary.Folder() as folder, Disk(error, after) as disk:
                pack = a_pack(folder, 700)
                series = pack.history._pack
                for _ in range(100):
                    for _ in series.compact():
                        pass
                    assert names(pack) == ["00000001.seg", "00000002.seg"]
                assert series.compactor.last_error is error
                assert disk.tries == 6  # calls 1, 3, 7, 15, 31, 63
                disk.error = None
                for _ in range(65):
                    for _ in series.compact():
                        pass
                assert series.compactor.last_error is None
                assert names(pack) == ["00000001.shard", "00000002.seg"]
                assert pack.history.last_error is None
                assert pack.history.dropped_frames == 0


def test_a_flash_that_fails_at_a_segment_is_given_up_after_three_attempts():
    with temporary.Folder() as folder, Disk(OSError(5, "flash"), 500) as disk:
        pack = a_pack(folder, 700)
        series = pack.history._pack
        for _ in range(20):
            for _ in series.compact():
                pass
        assert disk.tries == 3
        assert names(pack) == ["00000001.seg", "00000002.seg"]


def test_a_shard_that_does_not_read_back_takes_nothing_s_place():
    with temporary.Folder() as folder:
        pack, before = a_full_segment(folder)
        for _ in pack.history._pack.compact():
            flip(pack.path + "/00000001.tmp")
        assert names(pack) == ["00000001.seg", "00000002.seg"]
        assert plain_reader.read(pack.path) == before


def flip(path):
    """A bit of the header falls over, as soon as it is there."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return
    if len(data) > 40 and data[30] < 0x80:
        damage(path, 30, struct.pack("B", data[30] ^ 0x80))


def test_retention_takes_the_segment_that_is_under_way():
    with temporary.Folder() as folder:
        pack = a_pack(folder, 2400)
        assert names(pack) == ["0000000" + n + ".seg" for n in "1234"]
        steps = pack.history._pack.compact()
        for _ in range(200):
            next(steps)
        assert pack.history._pack.compactor.sequence == 1
        vary(pack, 650)
        assert pack.history._pack.compactor.sequence is None
        assert list(steps) == []  # it has noticed
        assert "00000001.seg" not in names(pack) and "00000001.tmp" not in names(pack)
        compact(pack)
        assert pack.history.close()
        assert names(pack)[-1][8:] == ".seg"
        assert all(name[8:] == ".shard" for name in names(pack)[:-1])
        seconds = [second for second, _ in plain_reader.coverage(pack.path)]
        assert seconds == list(range(seconds[0], 3050))


def test_shards_make_the_budget_last_longer():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        for _ in range(12):
            vary(pack, 650)
            compact(pack)
            sizes = [os.stat(pack.path + "/" + name)[6] for name in names(pack)]
            assert sum((size + 4095) // 4096 * 4096 for size in sizes) <= BUDGET
        assert pack.history.flush()
        seconds = [second for second, _ in plain_reader.coverage(pack.path)]
        assert seconds == list(range(seconds[0], 12 * 650))
        assert len(seconds) > 5 * FRAMES  # uncompressed it would be four segments at most


def test_close_drops_what_is_under_way():
    with temporary.Folder() as folder:
        pack = a_pack(folder, 700)
        steps = pack.history.compact()
        for _ in range(100):
            next(steps)
        assert names(pack) == ["00000000.tmp", "00000001.seg", "00000002.seg"]
        assert pack.history.close()
        assert names(pack) == ["00000001.seg", "00000002.seg"]
        compact(pack)
        assert names(pack) == ["00000001.shard", "00000002.seg"]
