"""Counts the instructions of what the firmware does again and again: a part of the benchmark.

All of the firmware is imported, so that a garbage collection has to do what it has on a board.
Needs qemu's -icount shift=0, and a full segment and the beginning of the next one in SEGMENTS.
show() prints JSON.
"""

import gc
import json
import sys
from time import ticks_ms

import fakes
import rv32

fakes.install([name for name in fakes.NAMES if name[:5] != "umqtt"] + ["usocket"])

import asked_stream  # noqa: E402
import chargery_stream  # noqa: E402
import jk_stream  # noqa: E402
from house_day import House  # noqa: E402

import config  # noqa: E402
import packlog  # noqa: E402
from board import Board  # noqa: E402
from lib import passing  # noqa: E402
from lib.uptime import Uptime  # noqa: E402
from pack import Pack  # noqa: E402
from parts.mqtt import Mqtt  # noqa: E402
from sample import Sample  # noqa: E402
from screen.pages import Screen  # noqa: E402
from screen.state import Health, PackView  # noqa: E402
from store import compaction as compaction_module  # noqa: E402
from store import kernels, segment  # noqa: E402
from store.compaction import Compactor  # noqa: E402
from store.files import Files  # noqa: E402

SEGMENTS = "/segments"
NOTIFICATION = 244  # bytes
EVERY_MS = 2000
CELLS = 16
ROUNDS = 10000  # of an empty loop
CONFIG = {
    "packs": [
        {"name": "house", "bms": "chargery", "cells": CELLS},
        {"name": "van", "bms": "jk", "cells": CELLS, "address": "c8:47:8c:00:00:01"},
        {"name": "boat", "bms": "bluenova", "cells": CELLS},
        {"name": "shed", "bms": "jbd", "cells": CELLS, "device": "JBD-1"},
        {"name": "barn", "bms": "daly", "cells": CELLS, "device": "DL-1"},
        {"name": "hut", "bms": "daly_old", "cells": CELLS, "link": "ble", "device": "DL-2"},
    ],
    "wifi": {"networks": [{"ssid": "harbour", "password": "12345678"}]},
}
PATHS = list(sys.path)
wires = None  # asked_wires, once they are needed
# Counted one by one, when all else has been
OTHERS = (
    {"name": "pier", "bms": "renogy", "cells": CELLS, "link": "ble", "device": "BT-TH-1"},
    {"name": "quay", "bms": "sok", "cells": CELLS, "device": "SOK-1"},
    {"name": "raft", "bms": "tdt", "cells": CELLS, "device": "WT-1"},
    {"name": "camp", "bms": "cbt", "cells": CELLS, "device": "CBT-1"},
    {"name": "dock", "bms": "eg4", "cells": CELLS, "link": "ble", "device": "Z1"},
    {"name": "yard", "bms": "pace", "cells": CELLS, "device": "PC-1"},
    {"name": "attic", "bms": "seplos_v3", "cells": CELLS, "device": "SP05B"},
    {"name": "loft", "bms": "seplos_v2", "cells": CELLS, "device": "BP02"},
    {"name": "keel", "bms": "ant_old", "cells": CELLS, "device": "ANT-1"},
    {"name": "mast", "bms": "ant", "cells": CELLS, "device": "ANT-1"},
    {"name": "bow", "bms": "redodo", "cells": CELLS, "device": "R-1"},
)


def count(action, *arguments):
    """How many instructions a call takes."""
    begun = rv32.instructions()
    action(*arguments)
    return rv32.instructions() - begun


def nothing(*arguments):
    """What counting itself takes is that of this call."""


NOTHING = min([count(nothing) for _ in range(5)])


class Counts:
    """Of one thing that was done several times."""

    def __init__(self):
        self._found = []

    def take(self, action, *arguments):
        """Do it, and count."""
        self._found.append(count(action, *arguments) - NOTHING)

    def put(self, instructions):
        """What was counted elsewhere."""
        self._found.append(instructions)

    def total(self):
        """All together."""
        return sum(self._found)

    def summary(self):
        """The usual one and the largest."""
        found = sorted(self._found)
        return {"times": len(found), "median": found[len(found) // 2], "most": found[-1]}


def cells_of(sample):
    """16 cells around the four of the house."""
    return [sample.cells[i % sample.cell_count] + i // 4 for i in range(CELLS)]


# What a unit sends for a reading, as it comes: a list of answers, or bytes in one piece


def chargery_bytes(sample, i):
    """A reading's packets: cells, reading, impedances."""
    wire = chargery_stream.wire
    mode = wire.CHARGE if sample.current > 0 else wire.DISCHARGE
    tenths = abs(sample.current) // 100
    data = wire.cells_packet(cells_of(sample), energy=47000000 + i, charge=920000 + i)
    data += wire.reading_packet(3620, mode, tenths, sample.temperatures[0], 131, sample.soc)
    return data + wire.impedances_packet(mode, tenths, [3] * CELLS)


def jk_bytes(sample, i):
    """A cell frame of 300 bytes."""
    values = {"current": sample.current, "soc": sample.soc, "t1": sample.temperatures[0]}
    values.update({"t2": 220, "mosfet": 260, "capacity": 280000, "charge": 140000, "soh": 100})
    mv = cells_of(sample)
    return jk_stream.wire.cell_frame("32S", mv, [50] * CELLS, counter=i & 255, **values)


def bluenova_bytes(sample, i):
    """A round of the console's lines."""
    mv = cells_of(sample)
    lines = [f"C{k + 1:02d}) T: {20 + k % 5}, V: {mv[k]}" for k in range(CELLS)]
    amps = f"{sample.current // 1000}.{sample.current % 1000:03d}"
    lines += [f"Vpack: {sum(mv)}", "Current: " + amps, "Temp: 23"]
    lines += [f"Vc_max: {max(mv)}", f"Vc_min: {min(mv)}", f"SOC: {sample.soc}"]
    return ("\n".join(lines) + "\n").encode()


def jbd_bytes(sample, i):
    """Cells and totals."""
    wire, mv = asked_stream.jbd_wire, cells_of(sample)
    totals = (sum(mv) // 10, sample.current // 10, 15400, 28000, sample.soc, (215, 213))
    return [wire.cells_frame(mv), wire.basic_frame(*totals)]


def daly_bytes(sample, i):
    """All that matters."""
    wire = asked_stream.daly_wire
    return wire.status(cells_of(sample), sample.current // 100, 1540, 10 * sample.soc, (21, 22))


def daly_old_bytes(sample, i):
    """A round."""
    wire, mv = asked_stream.daly_old_wire, cells_of(sample)
    answers = [wire.sizes(CELLS, 2), wire.temperatures((21, 22))[0], wire.faults(0)]
    answers.append(wire.state(2, (1, 1), 154000))
    answers.extend(wire.cells(mv))
    answers.append(wire.totals(sum(mv) // 100, -sample.current // 100, 10 * sample.soc))
    return answers


def redodo_bytes(sample, i):
    """All that it says."""
    mv = cells_of(sample)
    values = (sample.current, 15400, 28000, sample.soc, (21, 22))
    return wires.redodo_wire.status(mv, *values)


def ant_bytes(sample, i):
    """A status."""
    values = (154000000, 280000000, sample.soc, (21, 22, 23, 24))
    return wires.ant_wire.status(cells_of(sample), -sample.current // 100, *values)


def ant_old_bytes(sample, i):
    """All that it says."""
    values = (154000000, 280000000, sample.soc, (21, 22, 23, 24))
    return wires.ant_old_wire.status(cells_of(sample), -sample.current // 100, *values)


def seplos_v2_bytes(sample, i):
    """All that it says."""
    values = (15400, 28000, 10 * sample.soc, (215, 216, 217, 218, 190, 250))
    return wires.seplos_v2_wire.status(cells_of(sample), sample.current // 10, *values)


def seplos_v3_bytes(sample, i):
    """A round."""
    wire, mv = wires.seplos_v3_wire, cells_of(sample)
    totals = (sum(mv) // 10, sample.current // 10, 15400, 28000, 10 * sample.soc)
    return [wire.states(), wire.cells(mv, (215, 216, 217, 218)), wire.totals(*totals)]


def pace_bytes(sample, i):
    """A round."""
    wire, mv = wires.pace_wire, cells_of(sample)
    own = (sum(mv) // 10, sample.current // 10, 15400, 28000, sample.soc)
    return [wire.cells(mv, (215, 216, 217, 218)), wire.pack(*own)]


def renogy_bytes(sample, i):
    """A round."""
    wire, mv = wires.renogy_wire, cells_of(sample)
    tenths, totals = [each // 100 for each in mv], (sum(mv) // 100, sample.current // 10)
    return [wire.states(), wire.cells(tenths, (215, 216)), wire.totals(*totals, 154000, 280000)]


def sok_bytes(sample, i):
    """A round."""
    wire, mv = wires.sok_wire, cells_of(sample)
    answers = wire.cells(mv)
    answers.append(wire.states((1, 1), (21, 22)))
    answers.append(wire.totals(sum(mv), sample.current, 280000, 154000, sample.soc))
    return answers


def cbt_bytes(sample, i):
    """A round."""
    wire, mv = wires.cbt_wire, cells_of(sample)
    answers = [wire.soc(sample.soc), wire.values(sum(mv), sample.current)]
    answers.extend([wire.cells(group, mv) for group in range(4)])
    return answers


def tdt_bytes(sample, i):
    """A round."""
    wire, values = wires.tdt_wire, (1540, 2800, sample.soc, (215, 216, 217, 218))
    return [wire.states(CELLS, 4), wire.data(cells_of(sample), sample.current // 100, *values)]


def eg4_bytes(sample, i):
    """All that matters."""
    values = (154, 1008000000, sample.soc, (21, 22, 23, 24))
    return wires.eg4_wire.status(cells_of(sample), sample.current // 100, *values)


BYTES = {
    "ant": ant_bytes,
    "ant_old": ant_old_bytes,
    "bluenova": bluenova_bytes,
    "cbt": cbt_bytes,
    "chargery": chargery_bytes,
    "daly": daly_bytes,
    "daly_old": daly_old_bytes,
    "eg4": eg4_bytes,
    "jbd": jbd_bytes,
    "jk": jk_bytes,
    "pace": pace_bytes,
    "redodo": redodo_bytes,
    "renogy": renogy_bytes,
    "seplos_v2": seplos_v2_bytes,
    "seplos_v3": seplos_v3_bytes,
    "sok": sok_bytes,
    "tdt": tdt_bytes,
}


def pieces(answers):
    """[[piece, ...] of each answer]: a notification has NOTIFICATION bytes at most."""
    if not isinstance(answers, list):
        answers = [answers]
    size = NOTIFICATION
    return [[a[at : at + size] for at in range(0, len(a), size)] for a in answers]


def feed(decoder, answers):
    """(instructions of all answers, those of the longest one)"""
    counts = Counts()
    for answer in answers:
        counts.put(sum([count(decoder.feed, piece) - NOTHING for piece in answer]))
    return counts.total(), counts.summary()["most"]


def readings(settings, store, times):
    """What a reading of a pack takes: all of it, and its parts on their own."""
    rv32.set_ticks(0)
    uptime = Uptime()
    pack = Pack(0, settings, store, Board({"packs": [settings]}, uptime, None))
    alone = type(pack.decoder)(nothing, settings["cells"])
    hub = type(pack.hub)(uptime)
    names = ("a reading, all of it", "decoding alone", "an answer of it", "hub alone", "flush")
    counts = {name: Counts() for name in names}
    house, sample = House(1), Sample()
    gc.collect()
    for i in range(times):
        rv32.set_ticks(EVERY_MS * (i + 1))
        house.next(sample)
        data = pieces(BYTES[settings["bms"]](sample, i))
        counts["a reading, all of it"].put(feed(pack.decoder, data)[0])
        gc.collect()
        decoding, answer = feed(alone, data)
        counts["decoding alone"].put(decoding)
        counts["an answer of it"].put(answer)
        counts["hub alone"].take(hub.put, sample)
        if pack.history.due():
            counts["flush"].take(pack.history.flush)
        gc.collect()  # is counted apart
    assert pack.hub.readings >= times - 1, pack.decoder.stats
    assert not pack.hub.tap_errors, pack.hub.last_error
    return pack, {name: found.summary() for name, found in counts.items()}


def display(pack):
    """Drawing a large display."""
    counts = Counts()
    screen, health = Screen(20, 4), Health()
    view = PackView(pack.name, pack.sample, pack.hints)
    view.heard = True
    for i in range(20):
        view.age_ms = pack.hub.age_ms()
        counts.take(screen.render, [view], health, 250 * i)
    return counts.summary()


def publishing(pack, settings):
    """What MQTT composes between two turns of the loop: all that it says of a pack, and of it at
    Home Assistant, and then of one more reading.
    """
    client = Mqtt(settings, ToldBoard(pack), "24a1")
    client._begin()
    packets = client._packets()
    everything = turns(client, packets)
    rv32.set_ticks(ticks_ms() + 1000 * settings["interval_s"])
    pack.readings += 1
    return {"discovery": everything, "a reading": turns(client, packets)}


class Told:
    """A pack as MQTT sees it, with a reading that is always fresh."""

    def __init__(self, pack):
        for name in ("name", "bms", "topics", "errors", "timeout_s", "sample", "energy"):
            setattr(self, name, getattr(pack, name))
        self.readings = 1

    def fresh(self):
        return True

    def age_s(self):
        return 0


class ToldBoard:
    """A board as MQTT sees it, with that pack."""

    values = ()

    def __init__(self, pack):
        self.packs = [pack]
        self.clock = self

    def unix(self):
        return 1795000000


def turns(client, packets):
    """The instructions of all, and of the most that come without a turn of the loop between; a
    garbage collection is counted apart.
    """
    counts = Counts()
    packet = ()
    while packet is not None:
        gc.collect()
        begun = rv32.instructions()
        packet = next(packets)
        if packet:
            client._publish(*packet)
        counts.put(rv32.instructions() - begun)
        client._pipe.size = 0
    found = counts.summary()
    found["all"] = counts.total()
    return found


def compaction():
    """A full segment becomes a shard: all of it, its longest step, and the step that loads each
    module.
    """
    loads = {}
    loaded = []
    load = kernels._load

    def noting(name):
        loaded.append(name)
        load(name)

    kernels._load = noting
    header = segment.read_header(SEGMENTS + "/" + segment.file_name(1))
    compaction_module.forget_encoder()
    gc.collect()
    compactor = Compactor(Files(SEGMENTS), header)
    steps = compactor.run()
    total = times = most = taken = 0
    while taken >= 0:
        total += taken
        times += 1
        if loaded:
            name = loaded.pop()
            loads[name] = max(taken, loads.get(name, 0))
            assert not loaded  # one a step
        else:
            most = max(most, taken)
        taken = step(steps)
    kernels._load = load
    assert compactor.done == 1, compactor.last_error
    return {"all": total, "steps": times, "most": most, "loads": loads}


def step(steps):
    """The instructions of a generator's next step; -1 at its end."""
    begun = rv32.instructions()
    if next(steps, steps) is steps:
        return -1
    return rv32.instructions() - begun - NOTHING


def loop(rounds):
    """The loop whose time on a board is known."""
    i = 0
    while i < rounds:
        i += 1


def let_go_of_the_checks():
    """Of config.json: a board does not have them in memory when it logs."""
    global config
    config = None
    for name in ("config", "config_rules", "config_keys", "config_zone"):
        if name in sys.modules:
            passing.forget(name)


def show(times):
    """Print all of it as one JSON object; times: readings of each kind."""
    global wires
    checked = config.parse(json.dumps(CONFIG))
    # As on a board. MicroPython looks for most of its own modules there, too, at each import
    sys.path[:] = [sys.path[0], "", ".frozen", "/lib"]
    gc.collect()
    result = {"heap_used": gc.mem_alloc(), "a_round_of_a_loop": count(loop, ROUNDS) / ROUNDS}
    result["readings"] = {}
    for settings in checked["packs"]:
        pack, result["readings"][settings["bms"]] = readings(settings, checked["store"], times)
        if settings["bms"] == "chargery":
            result["display"] = display(pack)
        mqtt = publishing(Told(pack), checked["mqtt"])
        result["readings"][settings["bms"]]["mqtt"] = mqtt
        pack = None
    let_go_of_the_checks()
    result["compaction"] = compaction()
    gc.collect()
    result["collection"] = count(gc.collect)
    sys.path[:] = PATHS
    wires = __import__("asked_wires")
    for pack in OTHERS:
        checked = __import__("config").parse(json.dumps({"packs": [pack]}))
        settings = checked["packs"][0]
        _, result["readings"][settings["bms"]] = readings(settings, checked["store"], times)
    assert packlog.Logger
    print(json.dumps(result))
