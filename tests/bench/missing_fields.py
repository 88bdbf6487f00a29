"""Frames that a BMS costs that leaves fields out, against one that does not.

python tests/bench/missing_fields.py [--hours N]

An hour of a simulated household through decoder, hub and store, as on the board. Of BlueNova's
lines and of JK's fields (as sensors that say nothing: the protocol has no other way) a share is
missing, of Chargery's packets with cells as many are lost.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    # This folder on the path would hide the firmware's package store.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
from host_tools.sim.units import bluenova as bluenova_unit
from host_tools.sim.units import chargery as chargery_unit
from host_tools.sim.units import jk as jk_unit
from host_tools.sim.units import jk_wire
from host_tools.sim.units.pack import Pack

import hold
import hub
from bms import bluenova, chargery, jk
from lib.uptime import Uptime
from store.history import History

HOURS, START_HOUR = 1, 10
SHARE = 0.01
CAPACITY_AH = 280
JK_SENSORS = ((162, 2), (164, 2), (144, 2))  # T1, T2, MOSFET in 32S
NOTHING = (-2000 & 0xFFFF).to_bytes(2, "little")


def pack():
    """The household's, in the same hour for all."""
    return Pack(seed=5, start_hour=START_HOUR)


def of_chargery(share, chance, hours):
    """(second, bytes): packets of cells are lost."""
    for at, data in chargery_unit.Unit(pack(), seed=5).sent(0, 3600 * hours):
        if data[:3] != b"\x24\x24\x56" or chance.random() >= share:
            yield at, data


def of_jk(share, chance, hours):
    """(second, bytes): sensors say that there is none."""
    unit = jk_unit.Unit(pack(), "32S", seed=5)
    unit.write(jk_wire.command(jk_wire.ASKS_DEVICE) + jk_wire.command(jk_wire.ASKS_CELLS), 0)
    for at, data in unit.sent(0, 3600 * hours):
        if data[4] == jk_wire.CELLS:
            frame = bytearray(data)
            for place, size in JK_SENSORS:
                if chance.random() < share:
                    frame[place : place + size] = NOTHING
            data = bytes(frame[:299]) + bytes([sum(frame[:299]) & 0xFF])
        yield at, data


def of_bluenova(share, chance, hours, noise=False):
    """(second, bytes): lines are left out. noise: so does the console itself, and half rounds."""
    unit = bluenova_unit.Unit(pack(), seed=5, noise=noise)
    for at, text in unit.messages(0, 3600 * hours):
        if chance.random() >= share:
            yield at, (text + "\n").encode()


def of_a_noisy_console(share, chance, hours):
    """The console that the virtual board has."""
    return of_bluenova(share, chance, hours, noise=True)


SOURCES = {
    "chargery": (chargery, of_chargery),
    "jk": (jk, of_jk),
    "bluenova": (bluenova, of_bluenova),
    "bluenova with noise": (bluenova, of_a_noisy_console),
}


class Run:
    """What a board makes of a source: frames, and of each field in how many readings it lacked."""

    def __init__(self, bms, share, hours=HOURS, seed=1):
        module, source = SOURCES[bms]
        self.readings = 0
        self.lacking = {"soc": 0, "voltage": 0, "temperature": 0, "min_cell": 0}
        ms = [0]
        uptime = Uptime(lambda: ms[0], lambda a, b: a - b)
        with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
            tolerances = {"capacity_ah": CAPACITY_AH}
            history = History(folder, "house", 16, uptime, tolerances=tolerances, bms=module.NUMBER)
            into = (hold if module.LEAVES_OUT else hub).Hub(uptime)
            into.add_tap(history.add)
            into.add_tap(self._look)
            decoder = module.Decoder(into.put, 16, True)
            for at, data in source(share, random.Random(seed), hours):
                ms[0] = round(1000 * at)
                decoder.feed(data)
                if history.due():
                    history.flush()
            self.frames = history.frames
            history.close()

    def _look(self, sample):
        self.readings += 1
        for name in self.lacking:
            self.lacking[name] += getattr(sample, name) is None


def measure(hours=HOURS):
    """{bms: (frames of all fields, frames with SHARE of them missing)}"""
    return {bms: (Run(bms, 0, hours).frames, Run(bms, SHARE, hours).frames) for bms in SOURCES}


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=HOURS)
    for bms, (whole, missing) in measure(parser.parse_args().hours).items():
        ratio = missing / whole
        print(f"{bms}: {whole} frames; {missing} with {SHARE:.0%} of fields missing: {ratio:.2f}")


if __name__ == "__main__":
    main()
