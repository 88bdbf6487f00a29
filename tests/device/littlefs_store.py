"""The store on littlefs. Only MicroPython has that: tests/test_store_littlefs.py runs this there.

Lines that begin with "measured" are figures for whoever reads the output.
"""

import gc
import os
import time

import plain_reader
from a_pack import Pack
from ram_flash import RamFlash, fill
from temporary import remove

from store import segment

PARTITION = 512  # blocks: 2 MiB, as on an ESP32 with 4 MB of flash


def a_pack(root, **options):
    return Pack(root + "/data", **options)


def on_flash(flash):
    """(boot, uptime, start of coverage) of the frames that a restart would find."""
    with flash.copy().mounted("/found") as root:
        return [frame[:3] for frame in plain_reader.read(root + "/data/house")]


def test_every_flush_is_durable_without_closing():
    flash = RamFlash(64)
    with flash.mounted() as root:
        pack = a_pack(root)
        for n in range(1, 60):
            pack.readings(7)
            assert pack.history.flush()
            assert on_flash(flash) == [(1, s, max(0, s - 1)) for s in range(7 * n)]


def test_restart_goes_on():
    flash = RamFlash(64)
    for boot in range(1, 6):
        with flash.mounted() as root:
            pack = a_pack(root)
            assert pack.history.boot == boot
            pack.readings(50)
            assert pack.history.flush()  # and then the power goes
        flash = flash.copy()
    frames = on_flash(flash)
    assert [f[:2] for f in frames] == [(boot, s) for boot in range(1, 6) for s in range(50)]
    with flash.mounted() as root:
        assert os.listdir(root + "/data/house") == ["00000001.seg"]


def wear(flash, frames_a_flush, flushes):
    """Erases a flush, of a pack that logs steadily on that flash."""
    with flash.mounted() as root:
        pack = a_pack(root)
        pack.readings(200)
        pack.history.flush()
        before = flash.erases
        for _ in range(flushes):
            pack.readings(frames_a_flush)
            assert pack.history.flush()
        pack.history.close()
    return (flash.erases - before) / flushes


def test_a_flush_costs_one_erase():
    for frames_a_flush in (1, 3, 15, 30):
        rate = wear(RamFlash(PARTITION), frames_a_flush, 1000)
        print("measured: erases a flush of", frames_a_flush, "frames:", rate)
        assert rate < 1.25


def test_a_full_file_system_costs_no_more():
    flash = RamFlash(PARTITION)
    with flash.mounted() as root:
        fill(root + "/foreign", 60)
        pack = a_pack(root)
        pack.readings(9000, flush=True)  # until the oldest files go
        before = flash.erases
        flushes = 0
        while flushes < 500:
            pack.readings(15)
            assert pack.history.flush()
            flushes += 1
        rate = (flash.erases - before) / flushes
        worst = max(flash.wear)
        print("measured: erases a flush, nearly full:", rate, "most of one block:", worst)
        assert rate < 1.25
        seconds = [second for second, _ in plain_reader.coverage(root + "/data/house")]
        assert seconds == list(range(seconds[0], 16500))
        assert pack.history.dropped_frames == 0


def test_a_disk_filled_by_others_while_logging():
    flash = RamFlash(40)
    with flash.mounted() as root:
        pack = a_pack(root, budget=16384, reserve=0)  # segments of one block
        pack.readings(1200, flush=True)
        assert pack.history.flush()
        fill(root + "/foreign", 0)
        pack.readings(600, flush=True)  # the oldest files go, no frame is lost
        assert pack.history.close()
        assert pack.history.dropped_frames == 0
        seconds = [second for second, _ in plain_reader.coverage(root + "/data/house")]
        assert seconds == list(range(seconds[0], 1800))
        for name in os.listdir(root + "/data/house"):
            assert segment.read_header(root + "/data/house/" + name).name == "house"


def test_a_disk_full_of_other_things_recovers_when_there_is_room():
    flash = RamFlash(40)
    with flash.mounted() as root:
        pack = a_pack(root)
        pack.readings(30)
        assert pack.history.flush()
        fill(root + "/foreign", 0)
        durable = 30
        pack.readings(100)
        while pack.history.flush():  # there is some room in the file's last block
            durable += 100
            assert durable < 1000
            pack.readings(100)
        assert pack.history.last_error.errno == 28
        assert [f[1] for f in on_flash(flash)] == list(range(durable))
        remove(root + "/foreign")
        assert pack.history.flush()
        assert pack.history.last_error is None
    assert on_flash(flash) == [(1, s, max(0, s - 1)) for s in range(durable + 100)]


def log_for_a_while(pack, flash, durable):
    """Flushes, new files, deleted files, an anchor. durable: the frames that were said to be."""
    for n in range(24):
        pack.readings(60)
        if n == 11:
            pack.history.anchor(1780000000, segment.PC)
        if pack.history.flush() and not flash.dead:
            durable[0] = pack.ms // 1000
        if flash.dead:
            return


def before_the_cut():
    flash = RamFlash(24)
    with flash.mounted() as root:
        pack = a_pack(root, budget=16384, reserve=0)
        pack.readings(400, flush=True)
        pack.history.close()
    return flash.data


def check_after_a_cut(flash, durable, where):
    """Everything that was durable is there, once, and the log goes on."""
    alive = RamFlash(0, flash.data)
    with alive.mounted() as root:
        path = root + "/data/house"
        pack = a_pack(root, budget=16384, reserve=0)
        found = [f[:2] for f in plain_reader.read(path)]
        assert len(set(found)) == len(found), where
        second = [s for boot, s in found if boot == 2]
        if durable:
            first = second[0] if found[0][0] == 2 else 0
            assert set(range(first, durable)) <= set(second), where
            assert pack.history.boot == 3, where
        assert all(boot in (1, 2) for boot, _ in found), where
        new = pack.history.boot
        pack.readings(5)
        assert pack.history.flush(), where
    after = [f[:2] for f in on_flash(alive)]
    assert [s for boot, s in after if boot == new] == list(range(5)), where


def cut_everywhere(step, start):
    image = before_the_cut()
    flash = RamFlash(0, image)
    durable = [0]
    with flash.mounted() as root:
        log_for_a_while(a_pack(root, budget=16384, reserve=0), flash, durable)
    assert durable[0] == 24 * 60
    total = flash.operations
    for cut in range(start, total + 1, step):
        flash = RamFlash(0, image)
        flash.cut = cut
        durable = [0]
        with flash.mounted() as root:
            try:
                log_for_a_while(a_pack(root, budget=16384, reserve=0), flash, durable)
            except OSError:
                assert flash.dead
        check_after_a_cut(flash, durable[0], cut)
        gc.collect()
    print("measured: power cut at every", step, "of", total, "flash operations")


def test_power_cuts():
    cut_everywhere(5, 3)


def slow_power_cut_at_every_operation():
    cut_everywhere(1, 1)


def test_adding_and_flushing_are_quick():
    flash = RamFlash(PARTITION)
    with flash.mounted() as root:
        pack = a_pack(root)
        pack.sample.cell_count = 16
        pack.sample.find_extremes()
        add = flush = 0
        for _ in range(200):
            start = time.ticks_us()
            pack.readings(30)
            add += time.ticks_diff(time.ticks_us(), start)
            start = time.ticks_us()
            assert pack.history.flush()
            flush += time.ticks_diff(time.ticks_us(), start)
        print("measured: us a reading that becomes a frame:", add / 6000)
        print("measured: us a flush of 30 frames:", flush / 200)
        start = time.ticks_us()
        a_pack(root)
        print("measured: us to start with a full segment:", time.ticks_diff(time.ticks_us(), start))


def test_readings_allocate_nothing_that_stays():
    flash = RamFlash(64)
    with flash.mounted() as root:
        pack = a_pack(root, interval_s=3600, gap_s=300)
        pack.readings(10)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        for _ in range(100):
            pack.history.add(pack.sample)
            pack.ms += 1000
        used = gc.mem_alloc() - before
        gc.enable()
        print("measured: bytes allocated by 100 readings:", used)
        assert used < 100 * 64
        for _ in range(3):
            pack.readings(500, flush=True)
            gc.collect()
        steady = gc.mem_alloc()
        pack.readings(5000, flush=True)
        gc.collect()
        assert gc.mem_alloc() < steady + 512
