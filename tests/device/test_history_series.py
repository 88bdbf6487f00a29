"""The three series of a pack: one boot and log number, flushes together, cells and events in files
of their own."""

import os
import struct

import temporary
from a_pack import Pack, total

from lib.uptime import KEPT, NTP, PC
from sample import CHARGE_STOPPED
from store import events, frame, segment
from store.budget import shares
from store.history import CELLS_WINDOW_S


def records(folder):
    """(boot, uptime, header, record) of what is no mark, from docs/format.md alone."""
    found = []
    for name in sorted(os.listdir(folder)):
        with open(folder + "/" + name, "rb") as file:
            data = file.read()
        header = segment.parse_header(data)
        boot, base = header.boot, header.uptime
        for offset in range(52, len(data), header.record_size):
            record = data[offset : offset + header.record_size]
            stamp, mark, kind, a, b = struct.unpack("<HHBII", record[:13])
            if mark != 0xFFFF:
                found.append((boot, base + stamp, header, record))
            elif kind == 1:
                boot, base = a, b
    return found


def cells(folder):
    """(uptime, mV ...) of the cells series."""
    return [
        (uptime,) + struct.unpack_from("<" + str(header.cell_count) + "H", record, 2)
        for _, uptime, header, record in records(folder)
    ]


def said(folder):
    """(boot, uptime, code, a, b, c) of the events series."""
    return [(b, s) + struct.unpack_from("<HBII", record, 2) for b, s, _, record in records(folder)]


def wired(pack, *mv):
    """Give the pack's next readings these cells."""
    pack.sample.cell_count = len(mv)
    for i in range(len(mv)):
        pack.sample.cells[i] = mv[i]
    pack.sample.find_extremes()


def test_the_shares_are_the_budget():
    for budget in (128 * 1024, 1536 * 1024, 99999999):
        assert sum(shares(budget)) == budget
    # Two blocks at least for the events, four for the frames
    assert shares(65536) == (18351, 5898, 8192, 19333, 13762)
    assert shares(16 << 20)[4] == 524288  # forty years are enough
    assert shares(None) == (None,) * 5
    assert shares(total(65536))[0] == 65536


def test_each_series_has_a_folder_and_all_have_one_log():
    with temporary.Folder() as folder:
        pack = Pack(folder, cell_count=4)
        wired(pack, 3300, 3301, 3302, 3303)
        pack.history.event(events.REBOOT, 1)
        pack.readings(3)
        pack.history.close()
        assert sorted(os.listdir(folder + "/house")) == ["cells", "events", "hours", "now", "pack"]
        headers = [
            segment.read_header(path + "/00000001.seg")
            for path in (pack.path, pack.cells_path, pack.events_path)
        ]
        assert [header.series for header in headers] == [1, 2, 3]
        assert [header.record_size for header in headers] == [13, 13, 13]
        assert len({header.log for header in headers}) == 1
        assert cells(pack.cells_path) == [(0, 3300, 3301, 3302, 3303), (2, 3300, 3301, 3302, 3303)]
        assert said(pack.events_path) == [(1, 0, events.REBOOT, 1, 0, 0)]


def test_the_log_is_that_of_whichever_series_is_there():
    for lost in ("pack", "cells", "events"):
        with temporary.Folder() as folder:
            pack = Pack(folder, cell_count=4)
            wired(pack, 3300, 3300, 3300, 3300)
            pack.history.event(events.REBOOT, 1)
            pack.readings(3)
            pack.history.close()
            log = segment.read_header(pack.events_path + "/00000001.seg").log
            temporary.remove(folder + "/house/" + lost)
            pack.start()
            assert pack.history.boot == 2
            pack.history.event(events.REBOOT, 1)
            pack.readings(3)
            pack.history.close()
            for path in (pack.path, pack.cells_path, pack.events_path):
                assert segment.read_header(path + "/00000001.seg").log == log, lost


def test_a_series_of_another_log_is_left_alone():
    with temporary.Folder() as folder, temporary.Folder() as other:
        packs = [Pack(folder, cell_count=4), Pack(other, cell_count=4)]
        for pack in packs:
            wired(pack, 3300, 3300, 3300, 3300)
            for _ in range(2 if pack.folder == other else 1):
                pack.readings(3)
                pack.history.close()
                pack.start()
        pack = packs[0]
        mine = segment.read_header(pack.path + "/00000001.seg").log
        os.rename(packs[1].cells_path + "/00000001.seg", pack.cells_path + "/00000001.seg")
        with open(pack.cells_path + "/00000001.seg", "rb") as file:
            before = file.read()
        pack.start()
        assert pack.history.boot == 3  # one more than the highest of all series
        pack.readings(3)
        pack.history.close()
        with open(pack.cells_path + "/00000001.seg", "rb") as file:
            assert file.read() == before
        theirs = segment.read_header(pack.cells_path + "/00000001.seg").log
        header = segment.read_header(pack.cells_path + "/00000002.seg")
        assert (header.log, header.boot) == (mine, 3)
        assert theirs != mine or theirs == header.log


def test_a_boot_that_has_only_an_event_counts():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(3)
        pack.history.close()
        pack.start()
        pack.history.event(events.REBOOT, 3)
        pack.history.close()
        pack.start()
        assert pack.history.boot == 3
        assert said(pack.events_path) == [(2, 0, events.REBOOT, 3, 0, 0)]


def test_cells_wait_longer_than_frames_and_events_go_with_the_next_flush():
    with temporary.Folder() as folder:
        pack = Pack(folder, cell_count=4)
        wired(pack, 3300, 3300, 3300, 3300)
        pack.readings(10)
        pack.history.event(events.TASK_DIED)
        pack.history.flush()
        assert sorted(os.listdir(folder + "/house")) == ["events", "pack"]
        pack.readings(CELLS_WINDOW_S - 40, flush=True)
        assert sorted(os.listdir(folder + "/house")) == ["events", "now", "pack"]
        pack.readings(40, flush=True)
        assert sorted(os.listdir(folder + "/house")) == ["cells", "events", "now", "pack"]


def test_an_event_alone_is_due_within_the_window():
    with temporary.Folder() as folder:
        pack = Pack(folder, window_s=30)
        pack.history.event(events.REBOOT, 1)
        pack.ms = 25000
        assert not pack.history.due()
        pack.ms = 26000
        assert pack.history.due() and pack.history.flush()
        assert os.listdir(folder + "/house") == ["events"]
        assert not pack.history.due()


def test_silence_is_found_out_without_a_reading():
    with temporary.Folder() as folder:
        pack = Pack(folder, silent_s=10)
        pack.readings(5)
        for _ in range(60):
            if pack.history.due():
                pack.history.flush()
            pack.ms += 1000
        pack.readings(1)
        pack.history.close()
        assert said(pack.events_path) == [
            (1, 14, events.LINK_SILENT, 0, 10, 0),
            (1, 65, events.LINK_BACK, 0, 61, 0),
        ]


def test_protections_come_from_the_readings():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        for flags in (0, CHARGE_STOPPED, 0):
            pack.sample.flags = flags
            pack.readings(10)
        pack.history.close()
        assert said(pack.events_path) == [
            (1, 10, events.PROTECTION, 0, 1, 0),
            (1, 20, events.PROTECTION, 0, 0, 1),
        ]


def test_clocks_set_and_set_right_are_events_and_one_that_was_right_is_none():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        noon = 1780000000
        pack.history.anchor(noon, KEPT)
        pack.ms = 10000
        pack.history.anchor(noon + 10, PC)
        pack.ms = 20000
        pack.history.anchor(noon + 21, PC)
        pack.ms = 30000
        pack.history.anchor(noon + 3631, PC)
        pack.ms = 40000
        pack.history.anchor(noon + 41, NTP)
        pack.history.close()
        assert said(pack.events_path) == [
            (1, 10, events.CLOCK_SET, PC, noon + 10, noon + 10),
            (1, 30, events.CLOCK_SET, PC, noon + 3631, noon + 31),
            (1, 40, events.CLOCK_SET, NTP, noon + 41, noon + 3641),
        ]


def test_the_number_of_cells_is_learnt_from_the_readings_and_from_the_files():
    with temporary.Folder() as folder:
        pack = Pack(folder, cell_count=0)
        wired(pack, *range(3300, 3308))
        pack.readings(10)
        pack.history.flush()
        pack.readings(10)
        pack.history.close()
        assert [row[0] for row in cells(pack.cells_path)] == [10, 19]
        assert cells(pack.cells_path)[0][1:] == tuple(range(3300, 3308))
        pack.start()
        pack.readings(10)
        pack.history.close()
        assert [row[0] for row in cells(pack.cells_path)] == [10, 19, 0, 9]
        assert os.listdir(pack.cells_path) == ["00000001.seg"]


def test_more_cells_begin_a_new_file_and_fewer_are_unknown():
    with temporary.Folder() as folder:
        pack = Pack(folder, cell_count=0)
        for count in (4, 6, 5, 20):
            wired(pack, *range(3300, 3300 + count))
            pack.readings(35)
            assert pack.history.flush(True)
            pack.readings(35)
            assert pack.history.flush(True)
        pack.history.close()
        headers = [
            segment.read_header(pack.cells_path + "/" + name)
            for name in sorted(os.listdir(pack.cells_path))
        ]
        assert [(h.cell_count, h.record_size) for h in headers] == [(4, 13), (6, 14), (20, 42)]
        assert [(h.sequence, h.boot) for h in headers] == [(1, 1), (2, 1), (3, 1)]
        for row in cells(pack.cells_path):
            known = tuple(mv for mv in row[1:] if mv)
            assert known == tuple(range(3300, 3300 + len(known)))
        assert {len(row) - 1 for row in cells(pack.cells_path)} == {4, 6, 20}
        five = [row for row in cells(pack.cells_path) if len(row) == 7 and row[6] == 0]
        assert five and all(row[1:6] == (3300, 3301, 3302, 3303, 3304) for row in five)


def test_another_number_of_cells_in_the_config_begins_a_new_file():
    with temporary.Folder() as folder:
        pack = Pack(folder, cell_count=4)
        for count in (4, 8):
            pack.options["cell_count"] = count
            pack.start()
            wired(pack, *range(3300, 3300 + count))
            pack.readings(5)
            pack.history.close()
        assert [len(row) - 1 for row in cells(pack.cells_path)] == [4, 4, 8, 8]


def test_a_flash_that_fails_and_recovers_is_two_events():
    with temporary.Folder() as folder:
        pack = Pack(folder, capacity=128)
        pack.readings(5)
        pack.history.flush()
        series = pack.history._pack
        works = series.flush

        def fails():
            series.last_error = OSError(28, "full")
            return False

        series.flush = fails
        for _ in range(3):
            pack.readings(30)
            assert not pack.history.flush()
        series.flush = works
        assert pack.history.flush()
        pack.history.close()
        assert said(pack.events_path) == [
            (1, 34, events.STORAGE_FAILED, 1, 28, 0),
            (1, 94, events.STORAGE_BACK, 1, 60, 0),
        ]


def test_records_that_are_dropped_are_an_event():
    with temporary.Folder() as folder:
        pack = Pack(folder, capacity=16)
        pack.readings(20)
        assert pack.history.dropped_frames == 5
        pack.history.close()
        assert said(pack.events_path) == [(1, 19, events.RECORDS_DROPPED, 0, 5, 0)]


def test_a_boot_number_that_no_board_reaches_never_wraps():
    """A damaged mark says 2**32 - 1: the boots are counted anew, in a log of their own."""
    for boot in (0xFFFFFFFF, 1 << 31, 1 << 30):
        with temporary.Folder() as folder:
            pack = Pack(folder)
            pack.readings(3)
            pack.history.close()
            log = segment.read_header(pack.path + "/00000001.seg").log
            with open(pack.path + "/00000001.seg", "ab") as file:
                mark = bytearray(13)
                frame.mark_into(mark, 0, 0, frame.RUN, boot, 0)
                file.write(mark)
            pack.start()
            assert pack.history.boot == 1
            pack.readings(3)
            pack.history.close()
            header = segment.read_header(pack.path + "/00000002.seg")
            assert header.boot == 1 and header.log not in (0, log)
            pack.start()
            assert pack.history.boot == 2  # and goes on there
