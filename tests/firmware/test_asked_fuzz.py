"""Random and mutated bytes into the decoders of the BMSs that are asked.

Nothing raises, whatever comes; a stream in pieces says what it says in one; what a damaged answer
makes of a reading is counted (tests/bench/damaged_answers.py has the table).
"""

import importlib
import random

import pytest
from tests.bench import damaged_answers
from tests.helpers.feeding import feed_all, memory_of

KINDS = damaged_answers.KINDS
INPUTS = 20_000  # over all kinds, in the default run
STREAMS = 12


def decoder_of(kind, on_sample=None, live=False):
    return importlib.import_module(f"bms.{kind}").Decoder(
        on_sample or (lambda sample: None), 0, live
    )


class Line:
    """Seeded byte strings: noise, noise with heads in it, and true answers that got damaged."""

    def __init__(self, kind, seed):
        self.kind = kind
        self.random = random.Random(f"{kind}/{seed}")
        self.answers = [
            answer
            for stream in range(STREAMS)
            for answers in damaged_answers.rounds(kind, stream)[:2]
            for answer in answers
        ]
        self.heads = sorted({answer[:4] for answer in self.answers})

    def noise(self):
        return self.random.randbytes(self.random.randrange(60))

    def headed(self):
        r = self.random
        return b"".join(r.choice(self.heads) + self.noise() for _ in range(r.randrange(1, 4)))

    def right(self):
        """True answers, undamaged."""
        r = self.random
        return b"".join(r.choice(self.answers) for _ in range(r.randrange(1, 4)))

    def damaged(self):
        r = self.random
        data = bytearray(self.right())
        for _ in range(r.randrange(1, 4)):
            damage = r.choice(list(damaged_answers.BY_BYTES.values()))
            if data:
                damage(r, data)
        return bytes(data)

    def refitted(self):
        """An answer with a byte changed and its check put right: what only ranges can refuse."""
        r = self.random
        data = bytearray(r.choice(self.answers))
        for _ in range(r.randrange(1, 6)):
            data[r.randrange(2, len(data))] = r.randrange(256)
        return refit(self.kind, bytes(data))

    def next(self):
        makers = (self.noise, self.headed, self.damaged, self.damaged, self.refitted, self.right)
        return self.random.choice(makers)()


def refit(kind, data):
    """The same with a check that is right, for each kind of frame."""
    unit = importlib.import_module(f"host_tools.sim.units.{kind}")
    wire = getattr(unit, "wire", None) or importlib.import_module(unit.__name__ + "_wire")
    if hasattr(wire, "refit"):
        return wire.refit(data)
    if data[0] == 0xDD:
        body = data[2:-3]
        return data[:-3] + (-sum(body) & 0xFFFF).to_bytes(2, "big") + data[-1:]
    if data[0] == 0xA5:
        return data[:-1] + bytes((sum(data[:-1]) & 0xFF,))
    if data[:2] == b"NW":
        return data[:-2] + (sum(data[:-4]) & 0xFFFF).to_bytes(2, "big")
    from bms.crc import crc16

    return data[:-2] + crc16(data, 0, len(data) - 2).to_bytes(2, "little")


def campaign(kind, inputs, seed):
    """Many inputs into one decoder that lives on, every tenth into two new ones, in pieces."""
    line = Line(kind, seed)
    lasting = decoder_of(kind, live=True)
    for i in range(inputs):
        data = line.next()
        if i % 10:
            feed_all(lasting, data)
            continue
        whole, pieces = [], []
        for found, step in ((whole, 0), (pieces, line.random.choice((1, 3, 20, 61)))):
            decoder = decoder_of(
                kind, lambda sample, f=found: f.append(damaged_answers.values(sample))
            )
            feed_all(decoder, data, step)
        assert whole == pieces
    accepted = lasting.stats["accepted"]
    assert all(accepted.values()) and sum(accepted.values()) > inputs // 40, accepted
    assert lasting.stats["rejected"] > inputs // 10


@pytest.mark.parametrize("kind", KINDS)
def test_random_and_mutated_bytes(kind):
    campaign(kind, INPUTS // len(KINDS), 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_random_and_mutated_bytes(kind):
    campaign(kind, 10 * INPUTS, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_one_decoder_for_all_of_it_stays_small(kind):
    line = Line(kind, 3)
    grown, peak = memory_of(decoder_of(kind, live=True), [line.next() for _ in range(500)])
    assert grown < 3072 and peak < 65536


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_by_radio_nothing_false_is_read(kind):
    """A sample of the campaign: notifications lost, doubled, swapped."""
    for name in damaged_answers.BY_RADIO:
        assert damaged_answers.measure(kind, name, 30)[1:] == (0, 0), name


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_damaged_by_radio(kind):
    for name in damaged_answers.BY_RADIO:
        assert damaged_answers.measure(kind, name, 20_000)[1:] == (0, 0), name
