"""Streams of Chargery packets, and what the decoder makes of them, for the tests beside this."""

import sys

from bms.chargery import CELLS, IMPEDANCES, READING, Decoder

HERE = __file__.rsplit("/", 1)[0]
# The one file of the simulator that runs on MicroPython too, without the package around it.
sys.path.append(HERE + "/../../host_tools/sim/units")
import chargery_wire as wire  # noqa: E402

sys.path.pop()

CELLS_16 = [3325, 3332, 3332, 3330, 3331, 3332, 3334, 3329]
CELLS_16 += [3336, 3330, 3333, 3326, 3334, 3323, 3343, 3324]
ONE = wire.cells_packet(CELLS_16, energy=47578742, charge=922723)
TWO = wire.reading_packet(3620, wire.CHARGE, 228, 131, 132, 91)
THREE = wire.impedances_packet(wire.CHARGE, 228, [1, 3, 3, 3, 2, 3, 0, 0, 1, 1, 1, 0, 5, 2, 3, 3])


def row(sample):
    """All that a sample says, as something to compare."""
    names = ("voltage", "current", "soc", "mode", "energy", "charge", "flags")
    values = [getattr(sample, name) for name in names]
    values += [sample.full_cell_voltage, sample.empty_cell_voltage]
    values += [sample.min_cell, sample.max_cell, sample.temperatures[:2]]
    values.append(sample.cells[: sample.cell_count])
    values.append(sample.impedances[: sample.impedance_count])
    return values


def decode(data, cells=0, size=None):
    """The rows of all readings in data, fed in pieces of that size, and the statistics."""
    rows = []
    decoder = Decoder(lambda sample: rows.append(row(sample)), cells)
    for at in range(0, len(data), size or len(data)):
        decoder.feed(data[at : at + (size or len(data))])
    decoder.finish()
    return rows, decoder.stats


def last_sample(data, cells=0):
    """The sample after all of data; the stream goes on, so nothing is finished."""
    decoder = Decoder(lambda sample: None, cells)
    decoder.feed(data)
    return decoder.sample


def capture(name):
    """A capture from the maker's papers, as bytes."""
    with open(HERE + "/../data/chargery/" + name) as file:
        return bytes([int(byte, 16) for byte in file.read().split()])


def accepted(stats):
    counts = stats["accepted"]
    return counts[CELLS], counts[READING], counts[IMPEDANCES]
