"""Random and mutated bytes into the Chargery decoder, judged by a search that knows only the sums.

The judge lists, for any bytes, the packets in them whose sum is right, wherever they stand. Every
reading must be one of those, in order, and every one of its cells must come from one before it.
"""

import random
from collections import Counter

import pytest
from host_tools.sim.units import chargery_wire as wire
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.feeding import feed_all, memory_of

from bms.chargery import Decoder

STRINGS, MANY = 20_000, 200_000
LENGTHS = {
    0x56: {6 + 2 * n for n in range(1, 25)} | {13 + 2 * n for n in range(1, 25)},
    0x57: {0x0D, 0x0F, 0x13},
    0x58: {8 + 2 * n for n in range(1, 25)},
}
HEADERS = [
    bytes([0x24, 0x24, command, length]) for command in LENGTHS for length in LENGTHS[command]
]


def true_packets(data: bytes, command: int) -> list[tuple[int, bytes]]:
    """All (place, packet) of that command in data whose length exists and whose sum is right."""
    found = []
    at = data.find(bytes([0x24, 0x24, command]))
    while at >= 0:
        if at + 3 < len(data) and data[at + 3] in LENGTHS[command]:
            packet = data[at : at + data[at + 3]]
            if len(packet) == packet[3] and sum(packet[:-1]) % 256 == packet[-1]:
                found.append((at, packet))
        at = data.find(bytes([0x24, 0x24, command]), at + 1)
    return found


def said_by(packet: bytes) -> tuple:
    """What a 0x57 says, read by hand: full cell mV, current and temperatures in tenths."""
    current = 6 if packet[3] == 0x0D else 7
    numbers = [int.from_bytes(packet[i : i + 2], "big") for i in (4, current, current + 2)]
    t1 = numbers[2] - 65536 if numbers[2] > 32767 else numbers[2]
    return (numbers[0], numbers[1], t1 if -600 <= t1 <= 1500 else None)


def cell_lists(packet: bytes) -> list[int]:
    """The cells of a 0x56 as the decoder shows them: below 500 mV there is none."""
    tail = 9 if packet[3] % 2 else 2
    words = [packet[i : i + 2] for i in range(4, len(packet) - tail, 2)]
    cells = [int.from_bytes(word, "big") for word in words]
    cells = [mv if mv >= 500 else 0 for mv in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def check(data: bytes, step: int = 0) -> dict:
    """Decode data and compare every reading with what the judge finds; return the statistics."""
    readings = []

    def take(sample):
        current = None if sample.current is None else abs(sample.current) // 100
        said = (sample.full_cell_voltage, current, sample.temperatures[0])
        readings.append((said, sample.cells[: sample.cell_count]))

    decoder = Decoder(take)
    feed_all(decoder, data, step)
    judge(data, readings)
    stats = decoder.stats
    assert stats["accepted"][0x57] == len(readings)
    assert 0 <= stats["bytes_skipped"] <= len(data)
    return stats


def judge(data: bytes, readings: list) -> None:
    """Each reading, in order, has a right packet of its own that says it, after its cells."""
    packets = iter(true_packets(data, 0x57))
    cells = true_packets(data, 0x56)
    for said, shown in readings:
        assert any(
            agrees(packet, said) and came_before(place, shown, cells) for place, packet in packets
        ), f"no packet says {said} with the cells {shown}"


def came_before(place: int, shown: list, cells: list) -> bool:
    """Whether cells as shown came in a right packet before that place, or none are shown."""
    return not shown or any(at < place and cell_lists(packet) == shown for at, packet in cells)


def agrees(packet: bytes, said: tuple) -> bool:
    full, current, t1 = said_by(packet)
    if packet[3] == 0x0D and current:
        current = None
    return said == (full, current, t1)


class Line:
    """Seeded byte strings: noise, noise with headers in it, and true streams that got damaged."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def packet(self) -> bytes:
        r = self.random
        count = r.choice((1, 4, 8, 16, 24))
        cells = [r.randrange(3000, 3650) for _ in range(count)]
        kind = r.randrange(6)
        if kind == 0:
            return wire.cells_packet(
                cells, energy=r.randrange(1 << 32), charge=r.randrange(1 << 32)
            )
        if kind == 1:
            return wire.cells_packet(cells, soc=r.randrange(101))
        if kind == 2:
            return wire.impedances_packet(r.randrange(2), r.randrange(2000), cells)
        mode, soc, empty = r.choice(((None, None, None), (1, 50, None), (0, 7, 2800)))
        current = r.randrange(2000)
        temperature = r.randrange(-300, 600)
        return wire.reading_packet(3650, mode, current, temperature, 250, soc, empty)

    def noise(self) -> bytes:
        return self.random.randbytes(self.random.randrange(80))

    def headers(self) -> bytes:
        """Headers of true lengths with noise behind, every fourth with the sum put right."""
        r = self.random
        data = b""
        for _ in range(r.randrange(1, 4)):
            head = r.choice(HEADERS)
            body = head + r.randbytes(head[3] - 5)
            total = sum(body) % 256 if r.random() < 0.25 else r.randrange(256)
            data += body + bytes([total])
        return data

    def damaged(self) -> bytes:
        r = self.random
        data = bytearray(b"".join(self.packet() for _ in range(r.randrange(1, 5))))
        for _ in range(r.randrange(1, 4)):
            at = r.randrange(len(data))
            kind = r.randrange(4)
            if kind == 0:
                data[at] = r.randrange(256)
            elif kind == 1:
                data[at] ^= 1 << r.randrange(8)
            elif kind == 2:
                del data[at : at + r.randrange(1, 4)]
            else:
                data[at:at] = r.choice((b"\x24", b"$$W", b"h::3\r\n", r.randbytes(3)))
            if not data:
                break
        return bytes(data)

    def next(self) -> bytes:
        return self.random.choice((self.noise, self.headers, self.damaged, self.damaged))()


@pytest.mark.parametrize("strings", [STRINGS, pytest.param(MANY, marks=pytest.mark.slow)])
def test_random_and_mutated_bytes(strings):
    line = Line(1)
    totals = Counter()
    for i in range(strings):
        stats = check(line.next(), step=(0, 1, 7)[i % 3])
        totals.update({f"0x{command:02x}": n for command, n in stats["accepted"].items()})
        totals["rejected"] += stats["rejected"]
    assert min(totals[kind] for kind in ("0x56", "0x57", "0x58", "rejected")) > strings // 20


def test_one_decoder_for_all_of_it_stays_small():
    line = Line(3)
    decoder = Decoder(lambda sample: None)
    pieces = [line.next() for _ in range(4000)]
    grown, peak = memory_of(decoder, pieces)
    assert grown < 2048 and peak < 65536


pieces = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(HEADERS),
    st.just(wire.SPACER),
    st.builds(
        wire.reading_packet,
        st.integers(0, 6500),
        st.integers(0, 3),
        st.integers(0, 21000),
        st.integers(-32768, 32767),
        st.integers(-700, 1600),
        st.integers(0, 110),
        st.sampled_from((None, 2800)),
    ),
    st.builds(
        wire.cells_packet,
        st.lists(st.integers(0, 6100), min_size=1, max_size=24),
        energy=st.integers(0, 2**32 - 1),
        charge=st.integers(0, 2**32 - 1),
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=8), st.integers(1, 70))
def test_any_sequence_in_any_chunks(parts, step):
    data = b"".join(parts)
    stats = check(data)
    assert check(data, step) == stats
    taken = len(data) - stats["bytes_skipped"]
    least = sum(min(LENGTHS[command]) * n for command, n in stats["accepted"].items())
    assert taken >= least and (taken > 0) == (least > 0)
