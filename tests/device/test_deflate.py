import binascii
from array import array

from chance import Chance

from store import deflate as board
from store import emit, emit_plain, huffman, huffman_plain, kernels
from store.deflate import Deflater

try:
    from zlib import decompress
except ImportError:
    import io

    from deflate import ZLIB, DeflateIO

    def decompress(data):
        return DeflateIO(io.BytesIO(data), ZLIB).read()


TWINS = ((huffman_plain, emit_plain),)
if emit.fast is not emit_plain:
    TWINS += ((huffman.fast, emit.fast),)


class Plane:
    """Bytes as a Deflater reads them, some at a time."""

    def __init__(self, data, step=96):
        self.data = data
        self.step = step
        self.at = 0

    def rewind(self):
        self.at = 0

    def readinto(self, out):
        part = self.data[self.at : self.at + self.step]
        self.at += len(part)
        out[: len(part)] = part
        return len(part) or -1


def deflate(planes, step=96):
    pieces = []
    deflater = Deflater(lambda piece: pieces.append(bytes(piece)))
    for plane in planes:
        for _ in deflater.put_block(Plane(plane, step)):
            pass
    deflater.finish()
    assert deflater.size == sum([len(piece) for piece in pieces])
    assert max([len(piece) for piece in pieces]) <= 512
    return b"".join(pieces)


def check(planes, most=None):
    data = deflate(planes)
    assert decompress(data) == b"".join(planes)
    if most is not None:
        assert len(data) <= most, len(data)
    return data


def test_no_planes_and_empty_planes():
    check([], 8)
    check([b""], 10)
    check([b"", b"", b"x", b""], 15)


def test_one_byte():
    for byte in (0, 143, 144, 255):
        check([bytes([byte])], 12)


def test_runs_of_every_length():
    planes = []
    for size in range(1, 25):
        planes.append(b"\x07" * size)
    for size in (255, 256, 257, 258, 259, 260, 261, 262, 516, 517, 518, 600):
        planes.append(b"\x00" * size + b"\x01" * size)
    check(planes)


def test_a_column_that_never_changes_costs_next_to_nothing():
    check([b"\x00" * 5036], 33)
    check([b"\xff" * 5036], 33)


def test_a_run_goes_on_in_the_next_chunk():
    plane = b"ab" + b"c" * 300 + b"d"
    whole = deflate([plane], 96)
    for step in (1, 2, 7, 95):
        assert deflate([plane], step) == whole
    assert decompress(whole) == plane


def test_what_cannot_shrink_is_stored():
    plane = Chance(1).data(3000)
    check([plane], 3000 + 18)
    check([b"\x01" * 50, plane, b"\x02" * 50])


def test_a_frequent_symbol_takes_one_bit():
    chance = Chance(2)
    plane = bytes([0 if chance.below(16) < 12 else 1 + chance.below(3) for _ in range(4000)])
    check([plane], 745)  # codes of 1, 2, 3 and 3 bits: 1.42 bits each, and the header


def test_codes_are_held_at_15_bits():
    # Fibonacci counts make the deepest tree: 22 symbols, of which the rarest would take 21 bits.
    plane = bytearray()
    a = b = 1
    for symbol in range(22):
        plane += bytes([symbol]) * a
        a, b = b, a + b
    mixed = bytearray(len(plane))
    for i in range(len(plane)):
        mixed[i * 7919 % len(plane)] = plane[i]
    check([bytes(mixed)])


def test_lengths_make_a_complete_code():
    chance = Chance(3)
    keys = array("I", [0] * board.SYMBOLS)
    for trial in range(200):
        counts = array("H", [0] * board.SYMBOLS)
        used = 2 + chance.below(board.SYMBOLS - 3)
        for _ in range(used):
            counts[chance.below(board.SYMBOLS)] = 1 + (chance.below(65536) >> 9 + chance.below(7))
        lengths = bytearray(board.SYMBOLS)
        limit = 15 if trial % 2 else 10
        number = huffman.find_lengths(counts, lengths, limit, keys)
        if number > 1:
            assert max(lengths) <= limit
            assert sum([1 << (limit - n) for n in lengths if n]) == 1 << limit


def test_a_rarer_symbol_never_has_the_shorter_code():
    counts = [3, 0, 1, 40, 7, 7, 100, 2]
    lengths = bytearray(8)
    huffman.find_lengths(array("H", counts), lengths, 15, array("I", [0] * 8))
    assert list(lengths) == [5, 0, 6, 2, 4, 3, 1, 6] or list(lengths) == [5, 0, 6, 2, 3, 4, 1, 6]


def test_random_planes():
    chance = Chance(4)
    for _ in range(40):
        planes = []
        for _ in range(3):
            kinds = 1 + chance.below(20)
            stay = chance.below(10)
            plane = bytearray()
            byte = 0
            for _ in range(chance.below(700)):
                if chance.below(10) >= stay:
                    byte = chance.below(kinds) * 13 & 255
                plane.append(byte)
            planes.append(bytes(plane))
        check(planes)


def test_the_bytes_are_pinned():
    # The plain and the native kernels, on every port, give these bytes.
    chance = Chance(5)
    planes = [
        bytes([chance.below(4) * chance.below(5) for _ in range(3000)]),
        bytes([7 * (chance.below(40) == 0) for _ in range(3000)]),
        chance.data(500),
        bytes([1 << chance.below(8) for _ in range(1000)]),
    ]
    data = check(planes)
    assert (len(data), binascii.crc32(data)) == (2116, 4141025531)


def test_both_twins_give_the_same_bytes():
    # On CPython there is one twin; the pinned bytes above stand for the other.
    chance = Chance(6)
    plane = bytes([chance.below(7) * (chance.below(3) == 0) for _ in range(2000)])
    found = []
    native = huffman.fast, emit.fast
    forget, kernels.forget = kernels.forget, lambda names: None
    try:
        for huffman.fast, emit.fast in TWINS:
            found.append(deflate([plane, chance.data(0)]))
    finally:
        kernels.forget = forget
        huffman.fast, emit.fast = native
    assert decompress(found[0]) == plane
    assert found[0] == found[-1]


def test_the_deflater_and_its_loops_agree_about_the_state():
    of_huffman = ("PREVIOUS", "REPEATS")
    of_emit = ("BITS", "BIT_COUNT", "SIZE", "ADLER_LOW", "ADLER_HIGH", "DISTANCE")
    for loops, names in ((huffman.fast, of_huffman), (emit.fast, of_emit)):
        for name in names:
            # With short names a compiler has put a constant where it is used
            if hasattr(loops, name) and hasattr(board, name):
                assert getattr(loops, name) == getattr(board, name), name
    if hasattr(board, "PREVIOUS"):
        assert huffman.fast.PREVIOUS == board.PREVIOUS


def test_adler_of_wikipedia():
    for _, k in TWINS:
        state = array("I", [0] * board.STATE_SIZE)
        state[board.ADLER_LOW] = 1
        k.add_adler(b"Wiki", 4, state)
        k.add_adler(b"pedia", 5, state)
        assert (state[board.ADLER_HIGH], state[board.ADLER_LOW]) == (0x11E6, 0x0398)
