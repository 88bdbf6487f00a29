"""A reading takes nothing of the heap: in the decoders, in the hub, and in the history while
nothing is recorded. MicroPython alone can tell.
"""

import temporary
from asked_stream import daly_old_wire, daly_wire, jbd_wire, jk_pb_wire, jk_ttl_wire
from asked_wires import (
    ant_old_wire,
    ant_wire,
    cbt_wire,
    eg4_wire,
    pace_wire,
    redodo_wire,
    renogy_wire,
    seplos_v2_wire,
    seplos_v3_wire,
    sok_wire,
    tdt_wire,
)
from bluenova_console import CELLS, STATUS
from chargery_stream import CELLS_16
from chargery_stream import wire as chargery_wire
from house_day import House
from jk_stream import wire as jk_wire

import hold
import hub
from bms import (
    ant,
    ant_old,
    bluenova,
    cbt,
    chargery,
    daly,
    daly_old,
    eg4,
    jbd,
    jk,
    jk_pb,
    jk_ttl,
    pace,
    redodo,
    renogy,
    seplos_v2,
    seplos_v3,
    sok,
    tdt,
)
from energy import Energy
from lib.uptime import Uptime
from sample import Sample
from store.history import History

try:
    import micropython
except ImportError:  # CPython
    micropython = None

READINGS = 150
EVERY_MS = 2000


def reading(house, sample, i):
    """What a JK with 16 cells says, with counters that change each time."""
    house.next(sample)
    sample.cell_count = 16
    for cell in range(4, 16):
        sample.cells[cell] = sample.cells[cell % 4] + cell // 4
    sample.find_extremes()
    sample.flags, sample.switches, sample.errors = 0, 3, 0
    sample.extras["bms_uptime"] = i
    sample.extras["cells_present"] = 65535
    sample.texts["model"] = "JK_B2A24S15P"


class Log:
    """A history of which nobody waits for the flash."""

    def __init__(self, folder, ms):
        uptime = Uptime(lambda: ms[0], lambda a, b: a - b)
        tolerances = {"capacity_ah": 280}
        self.history = History(folder, "house", 16, uptime, tolerances=tolerances, bms="jk")

    def records(self):
        return sum([series.backlog.count for series in self.history._all()])


def test_a_reading_allocates_nothing():
    if not hasattr(micropython, "heap_lock"):
        return
    ms = [0]
    house, sample = House(1), Sample()
    quiet = 0
    with temporary.Folder() as first, temporary.Folder() as second:
        scout, log = Log(first, ms), Log(second, ms)
        for i in range(READINGS):
            reading(house, sample, i)
            ms[0] += EVERY_MS
            before = scout.records()
            scout.history.add(sample)
            if scout.records() == before:
                quiet += 1
                add_locked(log.history.add, sample)
            else:  # what is recorded may take something
                log.history.add(sample)
            assert log.records() == scout.records()
            if scout.history.due():
                assert scout.history.flush() and log.history.flush()
        assert scout.history.close() and log.history.close()
    assert quiet > READINGS // 2


def add_locked(add, sample):
    """Fails if it allocates."""
    if hasattr(micropython, "mem_total"):  # ever: the frames of functions, too
        before = micropython.mem_total()
        add(sample)
        assert micropython.mem_total() == before
        return
    micropython.heap_lock()
    try:
        add(sample)
    finally:
        micropython.heap_unlock()


def test_the_mean_current_allocates_nothing():
    """Of energy.py: what it says in between may."""
    if not hasattr(micropython, "heap_lock"):
        return
    ms = [0]
    uptime = Uptime(lambda: ms[0], lambda a, b: a - b)
    energy = Energy(None, uptime, 280)
    sample = Sample()
    for i in range(READINGS):
        ms[0] += EVERY_MS if i % 50 else 100000  # with pauses
        uptime.update()
        sample.current = (-1000000, 999999, 0, None, 12345)[i % 5]
        add_locked(energy.add, sample)
    assert energy._span


def nothing(sample):
    """Takes a reading."""


def chargery_bytes(i):
    """A reading, with its cells and impedances."""
    data = chargery_wire.cells_packet(CELLS_16, energy=47000000 + i, charge=920000 + i)
    data += chargery_wire.reading_packet(3620, chargery_wire.CHARGE, 100 + i, 131, 132, 91)
    return data + chargery_wire.impedances_packet(chargery_wire.CHARGE, 100, [3] * 16)


def jk_bytes(i):
    """A frame of a piece: what is longer than 256 bytes comes in two."""
    return jk_wire.cell_frame("32S", CELLS_16, [50] * 16, counter=i, current=-1000 * i)


def bluenova_bytes(i):
    """A round, with a current of its own; its texts are those of the round before."""
    lines = CELLS + ["Current: %d.5" % i] + STATUS[:1] + STATUS[2:]
    return ("\n".join(lines) + "\n").encode()


def jbd_bytes(i):
    """Cells and totals, with a current of their own."""
    temperatures = (215, 216, -3)
    data = jbd_wire.cells_frame(CELLS_16)
    return data + jbd_wire.basic_frame(5280, -100 * i, 15400, 28000, 55, temperatures, balance=5)


def daly_bytes(i):
    """All of a unit but its texts."""
    status = daly_wire.status(CELLS_16, -10 * i, 1540, 550, (21, -3), alarms=(0xFFFF,) * 4)
    return daly_wire.mosfet(30, balance=-10 * i) + status


def daly_old_bytes(i):
    """A round."""
    wire = daly_old_wire
    data = wire.sizes(16, 2) + wire.temperatures((21, -3))[0] + wire.balance(5)
    data += wire.faults(255, 255, 255, 255, 255, 255, 255) + wire.state(2, (1, 1), 154000)
    return data + b"".join(wire.cells(CELLS_16)) + wire.totals(528, 10 * i, 550)


def jk_pb_bytes(i):
    """A frame of a JK's and its acknowledgement."""
    return jk_bytes(i) + jk_pb_wire.acknowledgement(1, jk_pb_wire.CELLS)


def jk_ttl_bytes(i):
    """All that it says."""
    return jk_ttl_wire.reading(CELLS_16, -100 * i, 55, (30, 21, -3), states=7, errors=0x0FFF)


def redodo_bytes(i):
    """All that it says, with a protection of each kind."""
    values = (15400, 28000, 55, (21, 22, -3))
    return redodo_wire.status(CELLS_16, -1000 * i, *values, protections=0xFFFF, faults=1, out=900)


def ant_bytes(i):
    """A status."""
    values = (154000000, 280000000, 55, (21, -3, 25, 26))
    return ant_wire.status(CELLS_16, -10 * i, *values, fets=(2, 12), balancer=4, out=900)


def ant_old_bytes(i):
    """All that it says."""
    values = (154000000, 280000000, 55, (21, -3))
    return ant_old_wire.status(CELLS_16, -10 * i, *values, fets=(2, 12), balancer=4, out=900)


def seplos_v2_bytes(i):
    """All that it says."""
    values = (15400, 28000, 555, (215, -35, 190, 250))
    return seplos_v2_wire.status(CELLS_16, -10 * i, *values, events=(255,) * 8, balance=9)


def seplos_v3_bytes(i):
    """A round."""
    data = seplos_v3_wire.states((255,) * 6, faults=255, balance=9)
    data += seplos_v3_wire.cells(CELLS_16, (215, 215, -35, 215))
    return data + seplos_v3_wire.totals(5292, -10 * i, 15400, 28000, 555)


def pace_bytes(i):
    """A round."""
    data = pace_wire.cells(CELLS_16, (215, -35, 215, 215))
    return data + pace_wire.pack(5292, -10 * i, 15400, 28000, 55)


def eg4_bytes(i):
    """All that matters."""
    values = (154, 1008000000, 55, (21, -3))
    return eg4_wire.status(CELLS_16, -10 * i, *values, warnings=255, protections=255, errors=255)


def renogy_bytes(i):
    """A round."""
    data = renogy_wire.states(0xFFFF, 255, 6, 0xFFFF, 0xFFFF, 0xFFFF)
    data += renogy_wire.cells([33] * 16, (215, -35))
    return data + renogy_wire.totals(529, -10 * i, 154000, 280000)


def sok_bytes(i):
    """A round."""
    data = sok_wire.protections(3) + sok_wire.balance(1) + b"".join(sok_wire.cells(CELLS_16))
    data += sok_wire.states((1, 0), (21, -3, 22))
    return data + sok_wire.totals(52920, -100 * i, 280000, 154000, 55)


def cbt_bytes(i):
    """A round."""
    data = cbt_wire.alarms(4) + cbt_wire.rated(280, 3) + cbt_wire.degrees(-3) + cbt_wire.soc(55)
    data += b"".join([cbt_wire.cells(group, CELLS_16) for group in range(4)])
    return data + cbt_wire.values(52920, -100 * i)


def tdt_bytes(i):
    """A round."""
    data = tdt_wire.states(16, 4, 255, 255, 6, 255, (255, 255), 9)
    return data + tdt_wire.data(CELLS_16, -10 * i, 1540, 2800, 55, (250, 215, -35, 216))


def test_decoding_allocates_nothing():
    if not hasattr(micropython, "mem_total"):
        return
    for module, make in (
        (chargery, chargery_bytes),
        (jk, jk_bytes),
        (bluenova, bluenova_bytes),
        (jbd, jbd_bytes),
        (daly, daly_bytes),
        (daly_old, daly_old_bytes),
        (jk_pb, jk_pb_bytes),
        (jk_ttl, jk_ttl_bytes),
        (redodo, redodo_bytes),
        (renogy, renogy_bytes),
        (sok, sok_bytes),
        (tdt, tdt_bytes),
        (cbt, cbt_bytes),
        (eg4, eg4_bytes),
        (pace, pace_bytes),
        (seplos_v3, seplos_v3_bytes),
        (seplos_v2, seplos_v2_bytes),
        (ant_old, ant_old_bytes),
        (ant, ant_bytes),
    ):
        decoder = module.Decoder(nothing, 16, True)
        for i in range(9):
            data = make(i)
            pieces = [data[at : at + 244] for at in range(0, len(data), 244)]
            before = micropython.mem_total()
            for piece in pieces:
                decoder.request()
                decoder.feed(piece)
            used = micropython.mem_total() - before
            assert used == 0 or i < 3, (module, used)
        accepted = sum(decoder.stats["accepted"].values())
        assert accepted >= 8 and not decoder.stats["rejected"], module


def test_the_hub_allocates_nothing():
    if not hasattr(micropython, "mem_total"):
        return
    for make in (hub.Hub, hold.Hub):
        house, sample = House(1), Sample()
        one = make(Uptime(lambda: 0, lambda a, b: a - b))
        one.add_tap(nothing)
        for i in range(4):
            reading(house, sample, i)
            before = micropython.mem_total()
            one.put(sample)
            assert micropython.mem_total() == before or i == 0
        assert one.readings == 4
