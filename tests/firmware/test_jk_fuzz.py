"""Random and mutated bytes into the JK decoder, judged by a search that knows only the sums.

The judge lists, for any bytes, the frames in them whose sum is right, wherever they stand. Every
reading must be one of those, in order, in one of the two layouts; and where only the rubbish
around true frames is random, none of them may be lost.
"""

import random
from collections import Counter

import pytest
from host_tools.sim.units import jk_wire as wire
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.feeding import feed_all, memory_of

from bms.jk import Decoder

STRINGS = 200_000
SAMPLE = 30_000  # of them, in the default run
KINDS = (1, 2, 3)


def true_frames(data: bytes) -> list[bytes]:
    """All frames in data, by their beginning, that have a known type and a right sum."""
    found = []
    at = data.find(wire.HEADER)
    while at >= 0:
        frame = data[at : at + 300]
        if len(frame) == 300 and frame[4] in KINDS and sum(frame[:299]) % 256 == frame[299]:
            found.append(frame)
        at = data.find(wire.HEADER, at + 1)
    return found


def said_by(frame: bytes, wide: bool) -> tuple:
    """What a 0x02 says in that layout, read by hand."""

    def number(place, size, signed=False):
        return int.from_bytes(frame[place : place + size], "little", signed=signed)

    slots = 32 if wide else 24
    mask = number(70 if wide else 54, 4) & (1 << slots) - 1
    cells = [number(6 + 2 * i, 2) or 1 if mask >> i & 1 else 0 for i in range(mask.bit_length())]
    shift = 0 if wide else 32
    t1, charge, uptime = (
        number(162 - shift, 2, True),
        number(174 - shift, 4),
        number(194 - shift, 4),
    )
    return (
        number(150 - shift, 4),
        number(158 - shift, 4, signed=True),
        t1 if -600 <= t1 <= 1500 else -2000,
        charge if charge <= 20_000_000 else None,
        uptime if uptime < 1 << 31 else None,
        cells,
    )


def shown_by(sample) -> tuple:
    return (
        sample.voltage,
        sample.current,
        -2000 if sample.temperatures[0] is None else sample.temperatures[0],
        sample.charge,
        sample.extras["bms_uptime"],
        sample.cells[: sample.cell_count],
    )


def agrees(frame: bytes, shown: tuple) -> bool:
    """Whether the frame says that in either layout; the 32S one may say that it has no T1."""
    for wide in (True, False):
        said = said_by(frame, wide)
        if wide and not frame[214] & 2:
            said = (*said[:2], -2000, *said[3:])
        if said == shown:
            return True
    return False


def check(data: bytes, step: int = 0, least: int = 0) -> dict:
    """Decode data and compare every reading with what the judge finds; return the statistics."""
    readings = []
    decoder = Decoder(lambda sample: readings.append(shown_by(sample)))
    feed_all(decoder, data, step)
    frames = true_frames(data)
    cells = iter([frame for frame in frames if frame[4] == 2])
    for shown in readings:
        assert any(agrees(frame, shown) for frame in cells), f"no frame says {shown}"
    stats = decoder.stats
    taken = stats["accepted"]
    assert taken[2] == len(readings) >= least
    assert all(taken[kind] <= sum(frame[4] == kind for frame in frames) for kind in KINDS)
    assert stats["bytes_skipped"] == len(data) - 300 * sum(taken.values())
    return stats


class Air:
    """Seeded byte strings: noise, noise with headers in it, and true streams that got damaged."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def cells(self) -> bytes:
        r = self.random
        cells = [r.randrange(3000, 3650) for _ in range(r.choice((4, 8, 16, 24)))]
        values = {"current": r.randrange(-300_000, 300_000), "t1": r.randrange(-300, 600)}
        values |= {"soc": r.randrange(101), "charge": r.randrange(20_000_001), "t2": -2000}
        if r.random() < 0.1:
            values["voltage"] = r.randrange(1 << 17)
        layout = r.choice(("24S", "32S"))
        return wire.cell_frame(layout, cells, counter=r.randrange(256), **values)

    def frame(self) -> bytes:
        r = self.random
        kind = r.randrange(8)
        if kind == 0:
            return wire.device_frame(software=r.choice(("10.07", "14.20", "19.05", "", "\x80x")))
        if kind == 1:
            return wire.settings_frame(counter=r.randrange(256))
        if kind == 2:
            data = wire.HEADER + bytes([r.choice(KINDS)]) + r.randbytes(294)
            return data + bytes([sum(data) % 256])
        return self.cells()

    def noise(self) -> bytes:
        return self.random.randbytes(self.random.randrange(80))

    def rubbish(self) -> bytes:
        r = self.random
        return r.choice((wire.AT, wire.ACKNOWLEDGEMENT, wire.HEADER, bytes(20), r.randbytes(9)))

    def headers(self) -> bytes:
        """Headers with noise behind, some of them long enough for a frame."""
        r = self.random
        pieces = []
        for _ in range(r.randrange(1, 6)):
            pieces.append(wire.HEADER + bytes([r.randrange(5)]) + r.randbytes(r.randrange(150)))
        return b"".join(pieces)

    def damaged(self) -> bytes:
        r = self.random
        data = bytearray(b"".join(self.frame() for _ in range(r.randrange(1, 4))))
        for _ in range(r.randrange(1, 4)):
            at = r.randrange(len(data))
            kind = r.randrange(5)
            if kind == 0:
                data[at] = r.randrange(256)
            elif kind == 1:
                data[at] ^= 1 << r.randrange(8)
            elif kind == 2:
                del data[at : at + r.randrange(1, 30)]
            elif kind == 3:
                data[at:at] = self.rubbish()
            else:
                data[at:at] = data[max(0, at - r.randrange(300)) : at]
            if not data:
                break
        return bytes(data)

    def next(self) -> bytes:
        return self.random.choice((self.noise, self.noise, self.headers, self.damaged))()


def campaign(strings: int, seed: int) -> None:
    air = Air(seed)
    totals = Counter()
    for i in range(strings):
        stats = check(air.next(), step=(0, 20, 7)[i % 3])
        totals.update({f"0x{kind:02x}": n for kind, n in stats["accepted"].items()})
        totals.update({name: stats[name] for name in ("rejected", "mismatched")})
    least = {"0x01": 100, "0x02": 12, "0x03": 100, "rejected": 4, "mismatched": 50}
    for name, part in least.items():
        assert totals[name] > strings / part, totals


def test_random_and_mutated_bytes():
    campaign(SAMPLE, 1)


@pytest.mark.slow
def test_many_random_and_mutated_bytes():
    campaign(STRINGS, 2)


def test_frames_between_rubbish_are_all_found():
    air = Air(4)
    for _ in range(1000):
        layout = air.random.choice(("24S", "32S"))
        frames, data = 0, b""
        count = air.random.randrange(4, 25)
        for _ in range(air.random.randrange(1, 5)):
            data += air.rubbish() * air.random.randrange(3)
            data += wire.cell_frame(layout, [3300] * count, counter=air.random.randrange(256))
            frames += 1
        assert check(data, least=frames)["accepted"][2] == frames


def test_one_decoder_for_all_of_it_stays_small():
    air = Air(3)
    decoder = Decoder(lambda sample: None, live=True)
    pieces = [air.next() for _ in range(3000)]
    grown, peak = memory_of(decoder, pieces)
    assert grown < 2048 and peak < 65536


pieces = st.one_of(
    st.binary(max_size=30),
    st.sampled_from((wire.HEADER, wire.HEADER + b"\x02", wire.AT, wire.ACKNOWLEDGEMENT)),
    st.binary(min_size=20, max_size=299).map(
        lambda data: wire.frame(data[0] % 5, data[1], [(6, data[2:])])
    ),
    st.builds(
        lambda layout, cells, counter, **values: wire.cell_frame(
            layout, cells, counter=counter, **values
        ),
        st.sampled_from(("24S", "32S")),
        st.lists(st.integers(0, 65535), max_size=24),
        st.integers(0, 255),
        current=st.integers(-(2**31), 2**31 - 1),
        voltage=st.integers(0, 2**32 - 1),
        errors=st.integers(0, 65535),
    ),
    st.builds(wire.device_frame, software=st.text("0123456789.-x\0", max_size=8)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces, max_size=6), st.integers(1, 400))
def test_any_sequence_in_any_chunks(parts, step):
    data = b"".join(parts)
    assert check(data, step) == check(data)
