"""Frames of JK units, real and built, and what the decoder makes of them, for the tests beside
this.
"""

import sys

from bms.jk import Decoder
from sample import SCALARS

HERE = __file__.rsplit("/", 1)[0]
# The one file of the simulator that runs on MicroPython too, without the package around it.
sys.path.append(HERE + "/../../host_tools/sim/units")
import jk_wire as wire  # noqa: E402, F401

sys.path.pop()

CELLS_16 = [3300 + i for i in range(16)]


def captured(name):
    """A frame that a real unit sent: device or cells, _24s or _32s."""
    with open(HERE + "/../data/jk/" + name + ".hex") as file:
        return bytes([int(byte, 16) for byte in file.read().split()])


def row(sample):
    """All that a sample says, as something to compare."""
    values = [getattr(sample, name) for name in SCALARS]
    values += [sample.min_cell, sample.max_cell, list(sample.temperatures)]
    values.append(sample.cells[: sample.cell_count])
    values.append(sample.impedances[: sample.impedance_count])
    values += [dict(sample.extras), dict(sample.texts)]
    return values


def decode(data, size=None, **options):
    """The rows of all readings in data, fed in pieces of that size, and the statistics."""
    rows = []
    decoder = Decoder(lambda sample: rows.append(row(sample)), **options)
    for at in range(0, len(data), size or len(data)):
        decoder.feed(data[at : at + (size or len(data))])
    decoder.finish()
    return rows, decoder.stats


def last_sample(data, **options):
    """The sample after all of data, of which at least one reading must have come."""
    heard = []
    decoder = Decoder(heard.append, **options)
    decoder.feed(data)
    assert heard, decoder.stats
    return decoder.sample


def accepted(stats):
    counts = stats["accepted"]
    return counts[1], counts[2], counts[3]
