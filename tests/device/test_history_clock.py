"""Anchors: when they are written, and what the headers say of the time."""

import plain_reader
import temporary
from a_pack import Pack

from lib.uptime import KEPT, NTP, PC
from store import segment

NOON = 1780000000


def test_an_anchor_is_written_with_the_next_flush():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(5)
        pack.history.anchor(NOON, PC)
        pack.readings(5)
        pack.history.flush()
        assert plain_reader.anchors(pack.path) == [(1, 5, NOON, PC)]
        header = segment.read_header(pack.path + "/00000001.seg")
        assert (header.uptime, header.utc, header.clock) == (0, NOON - 5, PC)


def test_an_anchor_alone_is_due_and_written_after_a_close():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(5)
        pack.history.close()
        assert not pack.history.due()
        pack.history.anchor(NOON, PC)
        assert pack.history.due() and pack.history.flush()
        assert not pack.history.due()
        assert plain_reader.anchors(pack.path) == [(1, 5, NOON, PC)]
        assert segment.read_header(pack.path + "/00000001.seg").utc == 0


def test_an_anchor_before_the_first_frame_dates_it():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.history.anchor(NOON, KEPT)
        pack.ms = 3000
        pack.readings(2)
        pack.history.flush()
        assert plain_reader.anchors(pack.path) == [(1, 3, NOON + 3, KEPT)]


def test_the_better_of_two_that_wait_is_written():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(2)
        pack.history.anchor(NOON, KEPT)
        pack.history.anchor(NOON + 100, NTP)
        pack.history.anchor(NOON + 1, KEPT)
        pack.history.flush()
        assert plain_reader.anchors(pack.path) == [(1, 2, NOON + 100, NTP)]
        pack.history.anchor(NOON + 2, KEPT)
        pack.history.flush()
        assert plain_reader.anchors(pack.path)[1:] == [(1, 2, NOON + 2, KEPT)]


def test_utc_is_that_of_the_whole_second_of_uptime():
    for at_ms, utc_ms, said in (
        (5000, 0, NOON),
        (5400, 0, NOON),
        (5600, 0, NOON - 1),
        (5900, 950, NOON),
        (5100, 900, NOON + 1),
    ):
        with temporary.Folder() as folder:
            pack = Pack(folder)
            pack.readings(1)
            pack.ms = at_ms
            pack.history.anchor(NOON, PC, utc_ms)
            pack.history.flush()
            assert plain_reader.anchors(pack.path) == [(1, 5, said, PC)], at_ms


def test_an_anchor_long_after_the_last_frame():
    with temporary.Folder() as folder:
        pack = Pack(folder)
        pack.readings(3)
        pack.history.flush()
        pack.ms = 200000 * 1000
        pack.history.anchor(NOON, NTP)
        pack.history.flush()
        pack.readings(2)
        pack.history.close()
        assert plain_reader.anchors(pack.path) == [(1, 200000, NOON, NTP)]
        frames = plain_reader.read(pack.path)
        assert [f[1:3] for f in frames[3:]] == [(200000, 200000), (200001, 200000)]


def test_headers_carry_the_newest_anchor_on():
    with temporary.Folder() as folder:
        pack = Pack(folder, budget=16384)  # makes segments of 4096 bytes
        pack.readings(100, flush=True)
        pack.history.anchor(NOON, NTP)  # at 100
        pack.readings(900, flush=True)
        headers = [segment.read_header(path) for path in plain_reader.files(pack.path)]
        assert len(headers) > 2
        assert headers[0].utc == 0
        for header in headers[1:]:
            assert (header.utc - header.uptime, header.clock) == (NOON - 100, NTP)


def test_a_new_boot_does_not_know_the_time():
    with temporary.Folder() as folder:
        pack = Pack(folder, budget=16384)
        pack.history.anchor(NOON, NTP)
        pack.readings(10, flush=True)
        pack.history.close()
        pack.start()
        pack.readings(400, flush=True)
        headers = [segment.read_header(path) for path in plain_reader.files(pack.path)]
        assert [header.utc for header in headers] == [NOON, 0]
