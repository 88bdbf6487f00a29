import io
import struct
import zlib

import numpy as np
import pytest
from host_tools.history import blocks, shards
from host_tools.history.compressed import encoder_in_memory
from hypothesis import given, settings
from hypothesis import strategies as st

from store import columns, encoder

HEAD = struct.pack("<4sBBBBHH", b"PKLG", 1, 1, 1, 16, 52, 13) + bytes(40)
FRAME = np.dtype([(name, "<u2") for name in ("t", "v", "i", "ts", "lo", "hi")] + [("index", "u1")])


def encode(records, described, size):
    file = io.BytesIO(HEAD + records)
    out = bytearray()
    with encoder_in_memory():
        for _ in encoder.write_shard(file, len(records) // size, size, described, out.extend):
            pass
    return bytes(out)


def check(records, layout=1, described=None, size=13):
    """Encode, decode, compare every bit; returns the shard."""
    described = described or columns.pack_columns(layout)
    data = encode(records, described, size)
    head, back = shards.decode(data, described, size)
    assert head == HEAD
    assert back.shape == (len(records) // size, size)
    assert back.tobytes() == records
    return data


def frames(count, **fields):
    out = np.zeros(count, FRAME)
    for name, values in fields.items():
        out[name] = values
    return out.tobytes()


@pytest.mark.parametrize("layout", [1, 2])
def test_no_frame_and_one_frame(layout):
    check(b"", layout)
    for record in (bytes(13), b"\xff" * 13, bytes(range(1, 14))):
        check(record, layout)


@pytest.mark.parametrize("layout", [1, 2])
@pytest.mark.parametrize("count", [2, 47, 48, 49, 96, 97, 1000])
def test_any_bytes(layout, count):
    check(np.random.default_rng(count).bytes(13 * count), layout)


@pytest.mark.parametrize("layout", [1, 2])
def test_equal_frames(layout):
    for record in (bytes(13), b"\xfe" * 13, b"\x80" * 13, bytes(range(13))):
        assert len(check(record * 1500, layout)) < 300


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 13])
@pytest.mark.parametrize("layout", [1, 2])
def test_every_value_of_every_field(layout, step):
    """Every 16-bit value of the halves and numbers, or one in so many, forwards and in a wild
    order.
    """
    values = np.arange(0, 65536, step, dtype=np.uint32)
    wild = values * 40503 & 0xFFFF
    for first in range(0, len(values), 8192):
        a, b = values[first : first + 8192], wild[first : first + 8192]
        check(frames(len(a), t=b, v=a, i=b, ts=a, lo=b, hi=a, index=b & 255), layout)


def test_extremes_alternate():
    low, high = bytes(13), b"\xff" * 13
    check((low + high) * 500)
    check(frames(1000, v=[0x7BFF, 0xFBFF] * 500, i=[0x7C00, 0xFC00] * 500, lo=[0, 65535] * 500))
    check(frames(1000, v=[0x0001, 0x8001] * 500, i=[0x8000, 0x0000] * 500))


def test_unknown_values():
    """A BMS that tells nothing but the pack voltage."""
    check(frames(900, v=0x5290, i=0x7E00, ts=0xFFFF, lo=65535, hi=65535, index=255))


def test_a_mark_costs_little_more_than_its_bytes():
    rng = np.random.default_rng(5)
    records = np.frombuffer(house(rng, 2000), np.uint8).reshape(-1, 13).copy()
    plain = len(check(np.delete(records, np.s_[::40], 0).tobytes()))
    for at in range(0, 2000, 40):
        records[at] = mark(rng)
    data = check(records.tobytes())
    assert shards.parse(data)[2] == (2000, 50)
    assert len(data) < plain + 50 * 17 + 60


def test_nothing_but_marks():
    """However many they are, all are set apart."""
    rng = np.random.default_rng(6)
    for count in (1, 48, 255, 256, 700):
        data = check(b"".join(mark(rng).tobytes() for _ in range(count)))
        assert shards.parse(data)[2] == (count, count)


def mark(rng):
    out = np.frombuffer(rng.bytes(13), np.uint8).copy()
    out[2:4] = 0xFF
    out[4] = rng.integers(1, 100)  # no CHECK, nor one with a bit off
    return out


def house(rng, count, tenths=False):
    """Frames of a pack under loads that step, as a sampler leaves them."""
    current = np.repeat(rng.normal(0, 25, count // 8 + 1), 8)[:count] + rng.normal(0, 1, count)
    if tenths:
        current = np.round(current, 1)
    low = 3300 + current * 0.4 + rng.normal(0, 0.6, count)
    t = np.cumsum(rng.geometric(0.03, count)) * 2 & 0xFFFF
    return frames(
        count,
        t=t,
        v=((low + 4) * 0.016).astype(np.float16).view(np.uint16),
        i=current.astype(np.float16).view(np.uint16),
        ts=128 | 160 << 8,
        lo=np.round(low),
        hi=np.round(low + 8 + rng.normal(0, 0.6, count)),
        index=rng.choice([0x3A, 0x3B, 0x5A], count, p=[0.6, 0.3, 0.1]),
    )


KINDS = {
    "noise": lambda rng, n: rng.integers(0, 65536, n),
    "bytes": lambda rng, n: rng.integers(0, 256, n),
    "walk": lambda rng, n: np.cumsum(rng.integers(-3, 4, n)),
    "wild walk": lambda rng, n: np.cumsum(rng.normal(0, 300, n)).astype(int),
    "steps": lambda rng, n: np.repeat(rng.integers(0, 65536, n // 20 + 1), 20)[:n],
    "rare": lambda rng, n: np.where(rng.random(n) < 0.01, rng.integers(0, 65536, n), 0),
    "constant": lambda rng, n: np.full(n, rng.integers(0, 65536)),
    "extremes": lambda rng, n: rng.choice([0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF], n),
    "halves": lambda rng, n: rng.normal(0, 30, n).astype(np.float16).view(np.uint16),
    "tenths": lambda rng, n: (rng.integers(-500, 500, n) / 10).astype(np.float16).view(np.uint16),
    "ramp": lambda rng, n: np.arange(n) * rng.integers(1, 2000),
}


def random_columns(rng, most):
    """A segment of so many rows at most, each of its seven columns of a kind by chance."""
    names = list(KINDS)
    count = int(rng.integers(1, most))
    fields = {
        name: KINDS[names[rng.integers(len(names))]](rng, count) & (0xFFFF if size > 1 else 255)
        for name, size in ((n, FRAME[n].itemsize) for n in FRAME.names)
    }
    rows = np.frombuffer(frames(count, **fields), np.uint8).reshape(-1, 13)
    return rows[~blocks.is_check(rows)].tobytes()  # which no shard keeps


@pytest.mark.parametrize("seed", range(3))
def test_random_columns(seed):
    """8 segments of some 400 rows a seed; many more with the campaigns."""
    rng = np.random.default_rng(seed)
    for _ in range(8):
        check(random_columns(rng, 800), 1 + seed % 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 108))
def test_many_random_columns(seed):
    """750 segments of some 100 rows a seed, two of 2000: 42,000 columns in all."""
    rng = np.random.default_rng(seed)
    for _ in range(750):
        check(random_columns(rng, 200), 1 + seed % 2)
    for _ in range(2):
        check(random_columns(rng, 4000), 1 + seed % 2)


@given(st.lists(st.binary(min_size=13, max_size=13), max_size=40), st.sampled_from([1, 2]))
@settings(max_examples=15, deadline=None)
def test_any_few_frames(records, layout):
    check(b"".join(records), layout)


@pytest.mark.parametrize("cells", [4, 16, 24, 32])
def test_cell_voltages(cells):
    rng = np.random.default_rng(cells)
    size = 2 + 2 * cells + 1
    records = np.zeros((500, size), np.uint8)
    common = np.cumsum(rng.integers(-4, 5, 500))[:, None]
    mv = (3300 + common + rng.integers(-1, 2, (500, cells))).astype("<u2")
    records[:, 2 : 2 + 2 * cells] = mv.view(np.uint8)
    records[:, :2] = (np.arange(500) * 60).astype("<u2").view(np.uint8).reshape(500, 2)
    described = columns.CellColumns(2, cells, size)
    data = check(records.tobytes(), described=described, size=size)
    assert len(data) < 500 * cells * 0.4 + 500
    check(rng.bytes(size * 100), described=described, size=size)


def test_columns_cover_every_bit_once():
    for described, size in (
        (columns.pack_columns(1), 13),
        (columns.pack_columns(2), 13),
        (columns.CellColumns(2, 16, 36), 36),
    ):
        covered = np.zeros(8 * size, int)
        seen = set()
        for kind, offset, shift, bits, *earlier in described:
            covered[8 * offset + shift : 8 * offset + shift + bits] += 1
            assert all(each in seen for each in earlier), "predicted from a later column"
            seen.add(offset | columns.OF_HALF if kind == columns.HALF else offset)
        assert (covered == 1).all()


def test_a_current_in_tenths_is_recognised():
    rng = np.random.default_rng(1)
    exact = check(house(rng, 3000, tenths=True))
    rng = np.random.default_rng(1)
    means = check(house(rng, 3000))
    assert shards.parse(exact)[1][2] == 10
    assert shards.parse(means)[1][2] == 0
    assert len(exact) < 0.9 * len(means)


def test_the_current_predicts_the_cells():
    params = shards.parse(check(house(np.random.default_rng(2), 3000)))[1]
    weight = struct.unpack_from("<h", params, 4)[0]  # in 1/1024 mV for 1/8 A
    assert weight * 8 / 1024 == pytest.approx(0.4, abs=0.03)


def test_smaller_than_the_baselines():
    """The measure that shards are for; bench.py has it in full."""
    records = house(np.random.default_rng(3), 5036)
    data = check(records)
    planes = zlib.decompress(shards.parse(data)[3])
    assert len(data) <= 1.03 * len(zlib.compress(planes, 9))
    assert len(data) <= 0.55 * len(zlib.compress(records, 9))


def test_every_cut_is_noticed():
    data = check(house(np.random.default_rng(4), 100))
    for size in range(len(data)):
        with pytest.raises(shards.ShardError):
            shards.decode(data[:size], columns.pack_columns(1), 13)
    with pytest.raises(shards.ShardError, match="something follows"):
        shards.decode(data + b"\0", columns.pack_columns(1), 13)


def test_every_flipped_bit_is_noticed_or_harmless():
    records = house(np.random.default_rng(4), 60)
    data = check(records)
    noticed = 0
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit >> 3] ^= 1 << (bit & 7)
        try:
            _, back = shards.decode(bytes(damaged), columns.pack_columns(1), 13)
        except shards.ShardError:
            noticed += 1
        else:  # a bit that only fills up a byte
            assert back.tobytes() == records
    assert noticed >= 8 * len(data) - 14


def test_a_newer_version_and_other_columns_are_refused():
    data = check(house(np.random.default_rng(4), 60))
    with pytest.raises(shards.ShardError, match="newer"):
        shards.decode(data[:4] + b"\x03" + data[5:], columns.pack_columns(1), 13)
    with pytest.raises(shards.ShardError, match="parameters"):
        shards.decode(data, columns.pack_columns(2), 13)
    with pytest.raises(shards.ShardError, match="not a packlog shard"):
        shards.decode(b"PKLG" + data[4:], columns.pack_columns(1), 13)
