"""The store on littlefs. Only MicroPython has that: test_store_littlefs.py runs this there.

Lines that begin with "measured" are figures for whoever reads the output.
"""

import gc
import os
import time

import flash_wear
import plain_reader
from a_pack import Pack
from chance import Chance
from ram_flash import RamFlash, fill
from temporary import remove

from store import segment

PARTITION = 512  # blocks: 2 MiB, as on an ESP32 with 4 MB of flash


def a_pack(root, **options):
    return Pack(root + "/data", **options)


def on_flash(flash):
    """(boot, uptime, start of coverage) of the frames that a restart would find."""
    with flash.copy().mounted("/found") as root:
        return [frame[:3] for frame in plain_reader.read(root + "/data/house/pack")]


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
        assert os.listdir(root + "/data/house/pack") == ["00000001.seg"]


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
        rate = wear(RamFlash(PARTITION), frames_a_flush, 400)
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
        while flushes < 150:
            pack.readings(15)
            assert pack.history.flush()
            flushes += 1
        rate = (flash.erases - before) / flushes
        worst = max(flash.wear)
        print("measured: erases a flush, nearly full:", rate, "most of one block:", worst)
        assert rate < 1.25
        seconds = [second for second, _ in plain_reader.coverage(root + "/data/house/pack")]
        assert seconds == list(range(seconds[0], 11250))
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
        seconds = [second for second, _ in plain_reader.coverage(root + "/data/house/pack")]
        assert seconds == list(range(seconds[0], 1800))
        for name in os.listdir(root + "/data/house/pack"):
            assert segment.read_header(root + "/data/house/pack/" + name).name == "house"


def test_a_disk_full_of_other_things_recovers_when_there_is_room():
    flash = RamFlash(40)
    with flash.mounted() as root:
        pack = a_pack(root)
        pack.readings(30)
        assert pack.history.flush()
        fill(root + "/foreign", 0)
        durable = 30
        pack.readings(50)
        while pack.history.flush():  # there is some room in the file's last block
            durable += 50
            assert durable < 1000
            pack.readings(50)
        assert pack.history.last_error.errno == 28
        assert [f[1] for f in on_flash(flash)] == list(range(durable))
        remove(root + "/foreign")
        assert pack.history.flush()
        assert pack.history.last_error is None
    assert on_flash(flash) == [(1, s, max(0, s - 1)) for s in range(durable + 50)]


def days(pack, chance, flushes):
    """Readings that flush, with loads that come and go; a bit of compaction after each flush."""
    steps = iter(())
    for _ in range(flushes):
        flash_wear.load(pack.sample, chance)
        pack.readings(30, current=pack.sample.current)
        assert pack.history.flush()
        for _ in range(200):
            if next(steps, 0) == 0:
                steps = pack.history.compact()
                break


def test_shards_on_a_nearly_full_file_system():
    flash = RamFlash(160)
    with flash.mounted() as root:
        fill(root + "/foreign", 40)
        pack = a_pack(root, budget=20 * 4096, reserve=4 * 4096)
        pack.sample.cell_count = 4
        chance = Chance(1)
        for n in range(6):
            days(pack, chance, 60)
            if n == 3:  # somebody takes nearly all there is left
                fill(root + "/more", 7)
            assert pack.history.dropped_frames == 0
            assert os.statvfs(root)[3] < 160
            names = sorted(os.listdir(root + "/data/house/pack"))
            assert names[-1].endswith(".seg")
        seconds = [second for second, _ in plain_reader.coverage(root + "/data/house/pack")]
        assert seconds == list(range(seconds[0], 6 * 60 * 30))
        assert seconds[0] > 0 and len(names) > 1, names
        print("measured: files", names, "frames", len(seconds))


def test_heap_of_a_compaction_while_the_log_goes_on():
    flash = RamFlash(120)
    with flash.mounted() as root:
        pack = a_pack(root, budget=4 * 65536)
        pack.sample.cell_count = 16
        chance = Chance(2)
        while pack.history.frames < 5200:
            flash_wear.load(pack.sample, chance)
            pack.readings(60, current=pack.sample.current)
            assert pack.history.flush()
        from store import encoder  # noqa: F401 - the code itself comes and goes, and is not counted

        steps = pack.history.compact()
        gc.collect()
        steady = gc.mem_alloc()
        most = 0
        for n, _ in enumerate(steps):
            pack.readings(1)
            if n % 30 == 0:
                assert pack.history.flush()
            gc.collect()
            most = max(most, gc.mem_alloc() - steady)
        assert n > 5000
        print("measured: heap of a compaction beyond the steady state:", most)
        assert 4000 < most <= 8192, most


def test_start_on_a_partition_full_of_shards():
    flash = RamFlash(PARTITION)
    with flash.mounted() as root:
        pack = a_pack(root)
        pack.readings(5200, flush=True)
        for _ in pack.history.compact():
            pass
        assert pack.history.close()
        with open(pack.path + "/00000001.shard", "rb") as file:
            shard = file.read()
        shard += bytes(5 * 4096 - len(shard) - 100)
        os.rename(pack.path + "/00000002.seg", pack.path + "/00000999.seg")
        number = 2
        while os.statvfs(root)[3] > 50:
            with open(pack.path + "/" + segment.file_name(number, ".shard"), "wb") as file:
                file.write(shard)
            number += 1
        pack.start()
        pack.readings(4900, flush=True)  # the newest segment is nearly full
        assert pack.history.close()
    flash = flash.copy()
    with flash.mounted() as root:
        flash.read_calls = flash.read_bytes = 0
        a_pack(root)
        calls, size = flash.read_calls, flash.read_bytes
    print("measured: start with", number, "shards reads", size, "bytes in", calls, "calls")
    # At 50 us a call and 2 bytes a us, an ESP32's flash on the slow side: 2 s.
    assert calls * 50 + size // 2 < 2000000


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
            pack.readings(1500, flush=True)  # an hour is over: its series has begun
            gc.collect()
        steady = gc.mem_alloc()
        pack.readings(5000, flush=True)
        gc.collect()
        assert gc.mem_alloc() < steady + 512
