"""Compaction waits for room on the heap, and what has waited is done at a start of its own."""

import os
import sys

import fake_module
import temporary
from test_compaction import a_pack, names, vary

from lib import heap
from lib.uptime import Uptime
from store import compaction, upkeep

DAY_S = 86400


class Machine:
    """The module machine of a board that has just come up."""

    HARD_RESET = 2

    def __init__(self, cause):
        self.fed = 0
        self.reset_cause = lambda: cause
        self.WDT = self._watch  # MicroPython imports no method from an object

    def _watch(self, timeout):
        assert timeout >= 60000
        return self

    def feed(self):
        self.fed += 1


def starting(cause=2, seconds=0):
    """store.starting on a board whose last reset had that cause, and whose time stands still."""
    machine = Machine(cause)
    module = fake_module.import_with("store.starting", machine)
    ticks = [0, 1000 * seconds]
    module.Uptime = lambda: Uptime(lambda: ticks.pop(0) if ticks[1:] else ticks[0], minus)
    return module, machine


def minus(a, b):
    return a - b


def a_logger(folder, has_room, tried=False, count=1400, lost=False):
    """A pack with two segments to compact, and its Upkeep."""
    pack = a_pack(folder, count)
    assert pack.history.flush()
    assert list(pack.history.make_days())  # there are none
    return pack, upkeep.Upkeep([pack.history], tried, lost, has_room, folder + "/compact")


def a_round(keeper):
    return len(list(keeper.steps()))


def counts(keeper):
    return dict(keeper.values())


def read(path):
    with open(path) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


SEGMENTS = ["00000001.seg", "00000002.seg", "00000003.seg"]
SHARDS = ["00000001.shard", "00000002.shard", "00000003.seg"]


def settings():
    return {"packs": [{"name": "house"}], "watchdog_s": 90}


def test_it_begins_only_with_room_for_all_that_it_takes():
    with temporary.Folder() as folder:
        asked = []
        pack, keeper = a_logger(folder, lambda size: asked.append(size) or len(asked) > 1)
        compaction.forget_encoder()
        assert a_round(keeper) == 0
        assert asked == [compaction.NEEDS] and asked[0] > 10000
        assert "store.plans" not in sys.modules  # nothing was loaded for it
        assert names(pack) == SEGMENTS
        assert counts(keeper) == {"compaction_waits": 2, "compaction_failed": 0}
        assert read(folder + "/compact") == ""
        while a_round(keeper):
            pass
        assert names(pack) == SHARDS
        assert counts(keeper) == {"compaction_waits": 0, "compaction_failed": 0}
        assert "store.plans" not in sys.modules  # and it is given back


def test_without_a_segment_that_waits_nobody_asks_for_room():
    with temporary.Folder() as folder:
        pack, keeper = a_logger(folder, None, count=100)
        assert a_round(keeper) == 0
        assert "compact" not in os.listdir(folder)


def test_memory_that_runs_out_is_counted_and_tried_again():
    with temporary.Folder() as folder:
        pack, keeper = a_logger(folder, lambda size: True)
        write = compaction.open = Failing()
        try:
            a_round(keeper)
        finally:
            del compaction.open
        assert write.failed == 1
        assert counts(keeper) == {"compaction_waits": 2, "compaction_failed": 1}
        assert names(pack) == SEGMENTS
        for _ in range(4):
            a_round(keeper)
        assert names(pack) == SHARDS
        assert counts(keeper) == {"compaction_waits": 0, "compaction_failed": 1}


class Failing:
    """open() with no memory left for a file that is written."""

    failed = 0

    def __call__(self, path, mode):
        if mode == "wb":
            self.failed += 1
            raise MemoryError
        return open(path, mode)


def test_a_restart_is_worth_it_once_a_day_for_several_segments():
    with temporary.Folder() as folder:
        pack, keeper = a_logger(folder, lambda size: False)
        assert not keeper.wants_restart(DAY_S)  # nobody has looked yet
        a_round(keeper)
        assert not keeper.wants_restart(DAY_S - 1)
        assert keeper.wants_restart(DAY_S)
        assert keeper.plan_restart() and read(folder + "/compact") == "planned"
    with temporary.Folder() as folder:
        pack, keeper = a_logger(folder, lambda size: False, tried=True)
        a_round(keeper)
        assert not keeper.wants_restart(DAY_S)  # it has not helped
    with temporary.Folder() as folder:
        pack, keeper = a_logger(folder, lambda size: False, count=700)
        a_round(keeper)
        assert counts(keeper)["compaction_waits"] == 1
        assert not keeper.wants_restart(DAY_S)


def test_a_radio_that_was_left_out_is_tried_again_by_a_restart_after_six_hours():
    with temporary.Folder() as folder:
        pack, keeper = a_logger(folder, None, count=100, lost=True)
        a_round(keeper)
        assert not keeper.wants_restart(21599)
        assert keeper.wants_restart(21600)
        assert keeper.why() == "Restarting to try the radio again"
        assert keeper.plan_restart() and read(folder + "/compact") == "planned"
        pack.history.close()
        found, _ = start(folder)
        assert found == (True, False)  # a planned start, with nothing to compact


def start(folder, cause=2, seconds=0, most_s=60, given=None):
    module, machine = starting(cause, seconds)
    given = given or settings()
    return module.compact_waiting(given, folder, folder + "/compact", most_s), machine


def test_what_waits_is_done_at_the_next_start():
    for how, cause, planned in (("planned", 2, True), ("planned", 1, False), ("", 2, False)):
        with temporary.Folder() as folder:
            pack, keeper = a_logger(folder, lambda size: False)
            before = pack.history._pack.header.log
            a_round(keeper)
            write(folder + "/compact", how)
            pack.history.close()
            found, machine = start(folder, cause)
            assert found == (planned, False)
            assert names(pack) == SHARDS
            assert "compact" not in os.listdir(folder)
            assert machine.fed > 500
            assert "store.plans" not in sys.modules
            pack.start()
            assert pack.history.boot == 2 and pack.history._pack.header.log == before
            vary(pack, 5)
            assert pack.history.close()
            assert names(pack) == SHARDS


def test_damaged_records_that_it_leaves_out_are_counted():
    with temporary.Folder() as folder:
        pack, _ = a_logger(folder, None)
        pack.history.close()
        write(folder + "/compact", "")
        with open(pack.path + "/00000001.seg", "r+b") as file:
            file.seek(700)
            byte = file.read(1)[0]
            file.seek(700)
            file.write(bytes([byte ^ 4]))
        given = settings()
        assert start(folder, given=given)[0] == (False, False)
        damaged = given["packs"][0]["damaged"]
        assert 0 < damaged < 400  # a block's


def test_a_start_that_was_not_asked_for_it_does_nothing():
    with temporary.Folder() as folder:
        pack, _ = a_logger(folder, None)
        pack.history.close()
        found, machine = start(folder)
        assert found == (False, False) and machine.fed == 0
        assert names(pack) == SEGMENTS


def test_a_start_does_not_wait_for_it_longer_than_allowed():
    with temporary.Folder() as folder:
        pack, _ = a_logger(folder, None)
        pack.history.close()
        write(folder + "/compact", "planned")
        found, machine = start(folder, seconds=60)
        assert found == (True, True) and 0 < machine.fed < 10
        assert names(pack) == SEGMENTS  # whole, and nothing beside them
        assert start(folder, seconds=60)[0] == (False, False)  # not again unless asked


def test_what_goes_wrong_at_a_start_does_not_keep_the_logger_from_starting():
    with temporary.Folder() as folder:
        write(folder + "/compact", "")
        os.mkdir(folder + "/house")
        write(folder + "/house/pack", "a file, where a folder should be")
        found, _ = start(folder)
        assert found == (False, True)


class Gc:
    """The module gc of a chip: bytes of its heap, in use, and of the block it would grow into."""

    def __init__(self, size, used, block):
        self.size, self.used, self.block = size, used, block
        self.collected = 0

    def collect(self):
        self.collected += 1

    def mem_alloc(self):
        return self.used

    def mem_free(self):
        return self.size - self.used + self.block


class on_chip:
    """with on_chip(idf_heap_info, gc): lib.heap has that function of esp32, and that gc."""

    def __init__(self, idf, gc=heap.gc):
        self.idf, self.gc = idf, gc

    def __enter__(self):
        self.before = heap.gc, heap.idf_heap_info, getattr(heap, "HEAP_DATA", None)
        heap.gc, heap.idf_heap_info, heap.HEAP_DATA = self.gc, self.idf, 4

    def __exit__(self, *error):
        heap.gc, heap.idf_heap_info, heap.HEAP_DATA = self.before
        if heap.HEAP_DATA is None:
            del heap.HEAP_DATA


def has_room(gc, idf, size):
    with on_chip(idf, gc):
        return heap.has_room(size)


def test_memory_that_the_heap_could_only_grow_into_is_no_room():
    gc = Gc(112000, 90000, 60000)
    idf = lambda kind: [(1000, 900, 800, 500), (90000, 70000, 60000, 50000)]  # noqa: E731
    assert not has_room(gc, idf, 20000)  # 22,000 free, some of it for pieces
    assert has_room(gc, idf, 19000)
    assert gc.collected == 2
    assert has_room(Gc(112000, 90000, 0), None, 19000)  # a heap that does not grow
    assert not has_room(Gc(112000, 90000, 0), None, 21000)


def test_garbage_between_two_numbers_is_no_growth():
    class Allocating(Gc):
        more = 0

        def mem_alloc(self):
            self.more += 16  # never as much as the time before
            self.used += self.more
            return super().mem_alloc()

    assert has_room(Allocating(112000, 90000, 0), None, 19000)

    class Growing(Gc):
        def mem_free(self):
            self.size += 2048
            return super().mem_free()

    assert not has_room(Growing(112000, 90000, 0), None, 19000)


def test_idf_heap_is_summed_over_its_regions():
    with on_chip(lambda kind: [(9, 5, 4, 2), (90, 50, 40, 20)]):
        assert heap.idf() == (55, 40, 22)
    with on_chip(None):  # another board than an ESP32
        assert heap.idf() is None
