"""A pack's history on a file system: durable after a flush, picked up after a restart."""

import os

import plain_reader
import temporary
from a_pack import Pack

from lib.uptime import NTP
from store import segment


def uptimes(folder, boot=None):
    return [f[1] for f in plain_reader.read(folder) if boot is None or f[0] == boot]


def names(pack):
    return sorted(os.listdir(pack.path))


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def test_adding_touches_no_file_and_flushing_makes_durable():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(5)
        assert os.listdir(folder) == []
        assert (pack.history.frames, pack.history.durable_frames) == (5, 0)
        assert pack.history.flush()
        assert names(pack) == ["00000001.seg"]
        assert pack.history.durable_frames == 5
        assert os.stat(pack.path + "/00000001.seg")[6] == 52 + 5 * 13
        assert plain_reader.read(pack.path) == [
            (1, s, max(0, s - 1), 53.25, 10.0) + (None,) * 6 for s in range(5)
        ]


def test_flushing_nothing_writes_nothing():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        assert pack.history.flush() and pack.history.close()
        assert os.listdir(folder) == []
        pack.history.anchor(1780000000, NTP)  # an event, but of the frames there is nothing
        assert not pack.history.due() and pack.history.flush()
        assert os.listdir(folder + "/house") == ["events"]


def test_due_within_the_window():
    with temporary.Folder() as folder:
        pack = Pack(folder, window_s=30)
        assert not pack.history.due()
        for _ in range(26):
            assert not pack.history.due()
            pack.readings(1)
        assert pack.history.due()  # 4 s before the oldest frame is 30 s old
        pack.history.flush()
        assert not pack.history.due()
        assert uptimes(pack.path) == list(range(26))


def test_frames_that_come_too_fast_for_too_long_are_written_less_often():
    with temporary.Folder() as folder:
        pack = Pack(folder, window_s=10)
        flushed = []  # at which second
        for second in range(3600):
            pack.readings(1)
            if pack.history.due():
                assert pack.history.flush()
                flushed.append(second)
        apart = [b - a for a, b in zip(flushed, flushed[1:])]  # noqa: B905, RUF007 - MicroPython
        assert set(apart[:60]) == {6} and set(apart[-60:]) == {26}
        assert sum(apart[:80]) < 600


def test_due_before_the_memory_is_full():
    with temporary.Folder() as folder:
        pack = Pack(folder, window_s=3600, capacity=64)
        pack.readings(31)
        assert pack.history.due()  # with the run's mark they are 32 records
        pack.readings(500, flush=True)
        assert pack.history.dropped_frames == 0


def test_close_writes_the_frame_in_the_making_and_logging_can_go_on():
    with temporary.Folder() as folder:
        pack = Pack(folder, interval_s=10)
        pack.readings(14)
        assert pack.history.close()
        assert uptimes(pack.path) == [0, 10, 13]
        pack.ms += 20000
        pack.readings(11)
        pack.history.close()
        frames = plain_reader.read(pack.path)
        assert [f[1] for f in frames] == [0, 10, 13, 34, 44]
        assert [f[2] for f in frames] == [0, 0, 10, 34, 34]  # the pause is not covered


def test_restart_goes_on_in_the_same_file():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        for boot in (1, 2, 3):
            assert pack.history.boot == boot
            pack.readings(4)
            pack.history.close()
            pack.start()
        assert names(pack) == ["00000001.seg"]
        frames = plain_reader.read(pack.path)
        assert [f[:2] for f in frames] == [(boot, s) for boot in (1, 2, 3) for s in range(4)]
        assert all(f[1] - f[2] == (f[1] > 0) for f in frames)


def test_a_boot_without_frames_does_not_count():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.start()
        pack.readings(1)
        pack.history.flush()
        pack.start()
        pack.start()
        assert pack.history.boot == 2


def damaged(change):
    """Let change(path) spoil the newest segment: the store leaves it alone, goes on beside it."""
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(4)
        pack.history.close()
        path = pack.path + "/00000001.seg"
        change(path)
        spoilt = content(path)
        pack.start()
        boot = pack.history.boot
        pack.readings(3)
        pack.history.close()
        assert content(path) == spoilt
        assert names(pack) == ["00000001.seg", "00000002.seg"]
        frames = plain_reader.read_file(pack.path + "/00000002.seg")
        assert [f[:2] for f in frames] == [(boot, s) for s in range(3)]
        return boot


def test_a_torn_tail_is_left_alone():
    assert damaged(lambda path: write(path, content(path)[:-5])) == 2


def test_a_wrong_checksum_is_left_alone():
    def flip(path):
        data = bytearray(content(path))
        data[20] ^= 1
        write(path, data)

    assert damaged(flip) == 2  # the other series remember the boot


def test_a_foreign_file_is_left_alone():
    assert damaged(lambda path: write(path, b"time,voltage\n")) == 2


def test_a_header_alone_is_gone_on_in():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(2)
        pack.history.close()
        path = pack.path + "/00000001.seg"
        write(path, content(path)[:52])
        pack.start()
        pack.readings(2)
        pack.history.close()
        assert names(pack) == ["00000001.seg"]
        assert [f[:2] for f in plain_reader.read(pack.path)] == [(2, 0), (2, 1)]


def test_an_empty_file_is_used():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(2)
        pack.history.close()
        write(pack.path + "/00000002.seg", b"")
        pack.start()
        assert pack.history.boot == 2
        pack.readings(2)
        pack.history.close()
        assert names(pack) == ["00000001.seg", "00000002.seg"]
        assert segment.read_header(pack.path + "/00000002.seg").sequence == 2


def test_a_number_that_is_taken_is_passed_over():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.make_folder()
        write(pack.path + "/00000041.seg", b"somebody's")
        pack.start()
        pack.readings(2)
        pack.history.close()
        assert names(pack) == ["00000041.seg", "00000042.seg"]
        assert segment.read_header(pack.path + "/00000042.seg").sequence == 42


def test_another_cell_count_or_layout_begins_a_new_file():
    with temporary.Folder() as folder:
        pack = Pack(folder, cell_count=16)
        for cell_count, files in ((16, 1), (15, 2), (24, 3), (24, 3), (0, 3)):
            pack.options["cell_count"] = cell_count
            pack.start()
            pack.readings(2)
            pack.history.close()
            assert len(names(pack)) == files, cell_count
        header = segment.read_header(pack.path + "/00000003.seg")
        assert (header.layout, header.cell_count) == (2, 24)


def test_more_cells_than_expected_change_the_layout():
    with temporary.Folder() as folder:
        pack = Pack(folder, cell_count=0)
        sample = pack.sample
        sample.cell_count = 20
        for i in range(20):
            sample.cells[i] = 3300 + i
        sample.find_extremes()
        pack.readings(3)
        pack.history.flush()
        pack.readings(3)
        pack.history.close()
        frames = plain_reader.read(pack.path)
        assert [f[1:3] for f in frames] == [(s, max(0, s - 1)) for s in range(6)]
        assert [f[9:] for f in frames] == [(None, None)] * 3 + [(0, 19)] * 3
        header = segment.read_header(pack.path + "/00000002.seg")
        assert (header.layout, header.cell_count) == (2, 20)


def test_files_follow_each_other_without_a_hole():
    with temporary.Folder() as folder:
        pack = Pack(folder, budget=65536)  # makes segments of four blocks: 1254 records
        pack.readings(3000, flush=True)
        pack.history.close()
        assert names(pack) == ["00000001.seg", "00000002.seg", "00000003.seg"]
        for name in names(pack)[:2]:
            assert 16360 - 5 * 13 < os.stat(pack.path + "/" + name)[6] <= 16360
        assert plain_reader.coverage(pack.path) == [(s, max(0, s - 1)) for s in range(3000)]


def test_a_run_longer_than_a_timestamp_can_say():
    with temporary.Folder() as folder:
        pack = Pack(folder, interval_s=900, gap_s=300, window_s=3600)
        pack.readings(1000, every_ms=300000, flush=True)  # 3.5 days
        pack.history.close()
        frames = plain_reader.read(pack.path)
        assert [f[1] for f in frames] == list(range(0, 299701, 900))
        assert all(f[2] == max(0, f[1] - 900) for f in frames)
        assert names(pack) == ["00000001.seg"]


def test_one_log_keeps_its_number_and_two_have_different_ones():
    logs = []
    with temporary.Folder() as folder:
        pack = Pack(folder, budget=8192)
        pack.readings(400, flush=True)
        pack.start()
        pack.readings(400, flush=True)
        pack.history.close()
        found = {segment.read_header(path).log for path in plain_reader.files(pack.path)}
        assert len(names(pack)) > 1 and len(found) == 1 and 0 not in found
        logs.append(found)
    for _ in range(3):
        with temporary.Folder() as folder:
            pack = Pack(folder)
            pack.readings(1)
            pack.history.flush()
            logs.append({segment.read_header(pack.path + "/00000001.seg").log})
    assert any(log != logs[0] for log in logs)


def test_a_name_that_cannot_be_one():
    try:
        Pack("/tmp/x", pack_name="a/b")
    except (segment.SegmentError, TypeError):
        pass
    from store.history import History

    try:
        History("/tmp", "../etc", 16, None)
    except segment.SegmentError as error:
        assert "letters" in str(error)
    else:
        raise AssertionError("accepted")
