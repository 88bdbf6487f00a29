"""Frames of the BMSs that are asked, and what their decoders make of them, for the tests beside
this.
"""

import sys

HERE = __file__.rsplit("/", 1)[0]
# The files of the simulator that run on MicroPython too, without the package around them.
sys.path.append(HERE + "/../../host_tools/sim/units")
import daly_old_wire  # noqa: E402, F401
import daly_wire  # noqa: E402, F401
import jbd_wire  # noqa: E402, F401
import jk_pb_wire  # noqa: E402, F401
import jk_ttl_wire  # noqa: E402, F401

sys.path.pop()

SIZES = (1, 2, 3, 7, 13, 20, 21, 128, 244, 256, 257, None)


def row(sample):
    """What a sample says, as something to compare."""
    return (
        sample.voltage,
        sample.current,
        sample.soc,
        sample.errors,
        sample.switches,
        sample.flags,
        list(sample.temperatures),
        sample.cells[: sample.cell_count],
    )


def flipped(data):
    """(place, data with a bit fallen over there): the lowest and the highest bit of each byte."""
    for at in range(len(data)):
        for bit in (0, 7):
            bad = bytearray(data)
            bad[at] ^= 1 << bit
            yield at, bytes(bad)


def decode(module, data, size=None, **options):
    """The rows of all readings in data, fed in pieces of that size, and the statistics."""
    rows = []
    decoder = module.Decoder(lambda sample: rows.append(row(sample)), **options)
    for at in range(0, len(data), size or len(data)):
        decoder.feed(data[at : at + (size or len(data))])
    decoder.finish()
    return rows, decoder.stats


def last_sample(module, data, configured=None, **options):
    """The sample after all of data, of which at least one reading must have come."""
    heard = []
    decoder = module.Decoder(heard.append, **options)
    decoder.configure(configured or {})
    decoder.feed(data)
    assert heard, decoder.stats
    return decoder.sample


def asked(decoder, count):
    """The next questions of a decoder that nobody answers."""
    return [decoder.request() for _ in range(count)]


def hexed(text):
    """Bytes from hex with blanks."""
    text = text.replace(" ", "")
    return bytes([int(text[i : i + 2], 16) for i in range(0, len(text), 2)])


def kelvin(*tenths):
    """Six temperatures: those, then none."""
    return list(tenths) + [None] * (6 - len(tenths))
