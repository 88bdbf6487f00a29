"""A flash that fails, is full, or is interrupted in the middle: nothing durable is lost or doubled,
what is lost is counted and shows as a hole."""

import os

import plain_reader
import temporary
from a_pack import Pack

from store import retention, segment
from store.files import Files

NO_SPACE, IO_ERROR = 28, 5


class Flash:
    """with Flash() as flash: open() in the store is this one, which can be told to fail."""

    def __init__(self):
        self.error = None  # what the next writes raise
        self.torn = 0  # how many bytes of a failing write get to the file all the same
        self.after = 0  # how many writes go well before

    def __enter__(self):
        segment.open = self.open
        return self

    def __exit__(self, *_):
        del segment.open

    def open(self, path, mode):
        file = open(path, mode)
        return file if mode == "rb" else File(file, self)


class File:
    def __init__(self, file, flash):
        self.file = file
        self.flash = flash

    def write(self, data):
        if self.flash.error and not self.flash.after:
            self.file.write(bytes(data)[: self.flash.torn])
            raise self.flash.error
        self.flash.after = max(0, self.flash.after - 1)
        self.file.write(bytes(data))

    def flush(self):
        self.file.flush()

    def close(self):
        self.file.close()


def frames_once(folder):
    """The frames without doubles, ordered."""
    found = {}
    for frame in plain_reader.read(folder):
        found.setdefault(frame[:2], frame)
    return [found[key] for key in sorted(found)]


def test_a_failing_flash_loses_nothing_that_memory_can_hold():
    with temporary.Folder() as folder, Flash() as flash:
        pack = Pack(folder)
        pack.readings(10)
        assert pack.history.flush()
        flash.error = OSError(IO_ERROR, "flash")
        pack.readings(29)
        assert pack.history.due()
        assert not pack.history.flush()
        assert pack.history.last_error.errno == IO_ERROR
        assert not pack.history.due()  # not again at once
        pack.ms += 1000
        pack.readings(29)
        assert pack.history.due()
        flash.error = None
        assert pack.history.flush()
        assert pack.history.last_error is None
        assert (pack.history.durable_frames, pack.history.dropped_frames) == (68, 0)
        frames = plain_reader.read(pack.path)
        assert [f[1] for f in frames] == list(range(39)) + list(range(40, 69))
        assert os.listdir(pack.path) == ["00000001.seg"]


def test_what_is_too_much_is_dropped_counted_and_a_hole():
    with temporary.Folder() as folder, Flash() as flash:
        pack = Pack(folder, capacity=20)
        pack.readings(5)
        assert pack.history.flush()
        flash.error = OSError(IO_ERROR, "flash")
        pack.readings(50)
        assert not pack.history.flush()
        flash.error = None
        assert pack.history.close()
        history = pack.history
        assert history.frames == 55
        assert history.durable_frames + history.dropped_frames == 55
        frames = plain_reader.read(pack.path)
        assert [f[1] for f in frames] == [0, 1, 2, 3, 4] + list(range(36, 55))
        assert frames[5][2] == 35  # covered from the last one that was dropped
        assert all(f[2] == f[1] - 1 for f in frames[1:])


def test_half_a_write_is_left_behind_and_written_once_more():
    for torn in (1, 13, 13 * 7, 13 * 7 + 5):
        with temporary.Folder() as folder, Flash() as flash:
            pack = Pack(folder)
            pack.readings(10)
            assert pack.history.flush()
            flash.error = OSError(IO_ERROR, "flash")
            flash.torn = torn
            pack.readings(20)
            assert not pack.history.flush()
            flash.error = None
            assert pack.history.flush()
            assert sorted(os.listdir(pack.path)) == ["00000001.seg", "00000002.seg"]
            path = pack.path + "/00000001.seg"
            with open(path, "rb") as file:
                data = file.read()
            with open(path, "wb") as file:
                file.write(data[: len(data) - (len(data) - 52) % 13])
            frames = frames_once(pack.path)
            assert [f[1] for f in frames] == list(range(30)), torn
            assert all(f[2] == max(0, f[1] - 1) for f in frames)


def test_a_first_write_that_fails_uses_the_file_later():
    with temporary.Folder() as folder, Flash() as flash:
        pack = Pack(folder)
        flash.error = OSError(IO_ERROR, "flash")
        pack.readings(10)
        assert not pack.history.flush()
        flash.error = None
        assert pack.history.flush()
        assert os.listdir(pack.path) == ["00000001.seg"]
        assert [f[1] for f in plain_reader.read(pack.path)] == list(range(10))


def test_an_interrupted_flush_goes_on_in_a_new_file():
    for after in range(4):
        with temporary.Folder() as folder, Flash() as flash:
            pack = Pack(folder, capacity=128)
            pack.readings(3)
            assert pack.history.flush()
            pack.readings(90)
            flash.error = KeyboardInterrupt()
            flash.after = after
            flash.torn = 13
            try:
                pack.history.flush()
            except KeyboardInterrupt:
                pass
            flash.error = None
            assert pack.history.close()
            frames = frames_once(pack.path)
            assert [f[1] for f in frames] == list(range(93)), after
            assert all(f[2] == max(0, f[1] - 1) for f in frames)


class FullDisk:
    """Stands in for os and open: a disk of so many blocks of 4096 bytes."""

    def __init__(self, folder, blocks):
        self.folder = folder
        self.blocks = blocks
        self.asked = 0  # how often for what is free

    def __getattr__(self, name):
        return getattr(os, name)

    def __enter__(self):
        retention.os = self
        segment.open = self.open
        return self

    def __exit__(self, *_):
        retention.os = os
        del segment.open

    def free(self):
        sizes = [os.stat(self.folder + "/" + name)[6] for name in os.listdir(self.folder)]
        return self.blocks - sum((size + 4095) // 4096 for size in sizes)

    def statvfs(self, _):
        self.asked += 1
        # as littlefs says it: below zero, it starts over from 2**32
        return (4096, 4096, self.blocks, self.free() % (1 << 32))

    def open(self, path, mode):
        file = open(path, mode)
        return file if mode == "rb" else FullFile(file, self, path)


class FullFile(File):
    def __init__(self, file, disk, path):
        self.file = file
        self.disk = disk
        self.path = path
        self.failed = False

    def write(self, data):
        size = os.stat(self.path)[6]
        if (size + len(data) + 4095) // 4096 - (size + 4095) // 4096 > self.disk.free():
            raise OSError(NO_SPACE, "full")
        self.file.write(bytes(data))
        self.file.flush()


def sizes(pack):
    return [os.stat(path)[6] for path in plain_reader.files(pack.path)]


def test_the_oldest_files_go_when_the_budget_is_used_up():
    with temporary.Folder() as folder:
        pack = Pack(folder, budget=32768)
        for _ in range(12):
            pack.readings(500, flush=True)
            assert sum((size + 4095) // 4096 * 4096 for size in sizes(pack)) <= 32768
        pack.history.close()
        seconds = [second for second, _ in plain_reader.coverage(pack.path)]
        assert seconds == list(range(seconds[0], 6000))
        assert len(seconds) >= 24576 // 13 - 20
        assert pack.history.dropped_frames == 0 and pack.history.last_error is None


def test_the_reserve_of_the_disk_stays_free():
    with temporary.Folder() as folder:
        pack = Pack(folder, reserve=5 * 4096, budget=400000)  # segments of 64 KiB
        pack.make_folder()
        with FullDisk(pack.path, 64) as disk:
            for _ in range(10):
                pack.readings(3000, flush=True)
                assert disk.free() >= 5
        assert pack.history.dropped_frames == 0
        assert len(sizes(pack)) == 3


def room_on_a_disk_of(blocks, names):
    """What is left of one-block files when one more is to be begun."""
    with temporary.Folder() as folder:
        for name in names:
            with open(folder + "/" + name, "wb") as file:
                file.write(bytes(4000))
        files = Files(folder)

        def drop():
            oldest = files.oldest()
            if oldest:
                files.remove(*oldest)
            return bool(oldest)

        with FullDisk(folder, blocks):
            retention.make_room(files, 4096, None, 0, drop)
        return sorted(os.listdir(folder))


def test_room_is_made_on_a_disk_that_counts_below_zero():
    names = ["00000001.seg", "00000002.seg", "00000003.seg", "00000004.seg"]
    assert room_on_a_disk_of(5, names) == names
    assert room_on_a_disk_of(3, names) == names[2:]
    assert room_on_a_disk_of(1, names) == names[3:]  # never the newest


def test_shards_and_segments_go_by_their_number():
    names = ["00000002.shard", "00000003.seg", "00000003.tmp", "00000007.shard", "00000010.seg"]
    assert room_on_a_disk_of(5, names) == names[1:]
    assert room_on_a_disk_of(4, names) == names[2:]
    assert room_on_a_disk_of(3, names) == ["00000003.tmp", "00000010.seg"]
    names = ["00000001.seg", "00000001.shard", "00000002.seg"]
    assert room_on_a_disk_of(3, names) == names[1:]


def test_the_newest_complete_file_stays_however_full_the_disk_is():
    with temporary.Folder() as folder:
        pack = Pack(folder, reserve=1 << 20, budget=16384)  # segments of one block
        pack.make_folder()
        with FullDisk(pack.path, 16):
            for _ in range(8):
                pack.readings(300, flush=True)
                assert len(sizes(pack)) == min(2, 1 + pack.ms // 311000)


def test_a_full_disk_costs_the_oldest_file_and_no_frame():
    with temporary.Folder() as folder:
        pack = Pack(folder, reserve=0, budget=16384)
        pack.make_folder()
        with FullDisk(pack.path, 4) as disk:
            pack.readings(900, flush=True)
            disk.blocks = 2  # somebody else's file
            pack.readings(900, flush=True)
        pack.history.close()
        assert pack.history.dropped_frames == 0
        seconds = [second for second, _ in plain_reader.coverage(pack.path)]
        assert seconds == list(range(seconds[0], 1800))


def test_a_disk_that_is_full_of_other_things_is_an_error_until_it_is_not():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.make_folder()
        with FullDisk(pack.path, 0) as disk:
            pack.readings(30)
            assert not pack.history.flush()
            assert pack.history.last_error.errno == NO_SPACE
            disk.blocks = 4
            assert pack.history.flush()
        assert [f[1] for f in plain_reader.read(pack.path)] == list(range(30))


def test_the_file_being_written_is_never_deleted():
    with temporary.Folder() as folder:
        pack = Pack(folder, capacity=128)
        pack.readings(300, flush=True)
        pack.history.close()
        pack.ms -= 1000
        with FullDisk(pack.path, 1):
            pack.readings(91)
            assert not pack.history.flush()
        assert [f[1] for f in plain_reader.read(pack.path)] == list(range(300))
        assert pack.history.flush()
        assert [f[1] for f in plain_reader.read(pack.path)] == list(range(390))


def test_the_disk_is_asked_for_its_room_once_if_there_is_some():
    """littlefs goes over all of its files for that: some 20 ms of the first flush, each time."""
    for budget, asked in ((8 * 4096, 1), (4 * 4096, 2)):
        with temporary.Folder() as folder:
            for number in range(1, 5):
                with open(folder + "/%08d.seg" % number, "wb") as file:
                    file.write(bytes(4000))
            files = Files(folder)

            def drop():
                files.remove(*files.oldest())
                return True

            with FullDisk(folder, 64) as disk:
                retention.make_room(files, 4096, budget, 0, drop)
            assert disk.asked == asked and len(os.listdir(folder)) == 5 - asked
