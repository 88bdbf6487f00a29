"""Huffman codes for deflate: code lengths with a limit, and a dynamic block's header (RFC 1951).

The first half of a block. Counts and lengths are indexed by symbol; a
length of 0 says that a symbol does not occur.
"""

from store.deflate import DISTANCE, DYNAMIC, END, FIXED, LENGTH_LIMIT, STORED, SYMBOLS

try:
    from store import huffman_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import huffman_plain as fast

PASSING = True

_HEADER_LIMIT = 7
_HEADER_SYMBOLS = 19
_HEADER_ORDER = b"\x10\x11\x12\x00\x08\x07\x09\x06\x0a\x05\x0b\x04\x0c\x03\x0d\x02\x0e\x01\x0f"
_EXTRA_BITS = b"\x02\x03\x07"  # after the header's symbols 16, 17 and 18
# Four bits in the opposite order
_TURNED = b"\x00\x08\x04\x0c\x02\x0a\x06\x0e\x01\x09\x05\x0d\x03\x0b\x07\x0f"
_SYMBOL_BITS = 9
_SYMBOL = (1 << _SYMBOL_BITS) - 1
_FIRST_GUESS = 8  # repeats worth a match, before the lengths are known


def work(deflater, plane):
    """Generator: find the codes for a plane, and from how many repeats on a match is shorter.

    Fills in the deflater's codes and shortest. Returns (kind of block, size of the plane, header):
    the header of a dynamic block as pairs of bytes, a value and how many bits of it there are.
    """
    counts, lengths, codes = deflater.counts, deflater.lengths, deflater.codes
    for byte in range(len(deflater.shortest)):
        deflater.shortest[byte] = _FIRST_GUESS
    yield from _count(deflater, plane)
    find_lengths(counts, lengths, LENGTH_LIMIT, codes)
    yield
    _weigh_runs(lengths, deflater.shortest)
    yield
    size = yield from _count(deflater, plane)
    used = find_lengths(counts, lengths, LENGTH_LIMIT, codes)
    yield
    fixed = measure(codes, used, None, 5)
    yield
    dynamic = measure(codes, used, lengths, 1)
    yield
    header = find_header(lengths, counts, codes)
    for i in range(1, len(header), 2):
        dynamic += header[i]
    yield
    kind = DYNAMIC if dynamic < fixed else FIXED
    if min(fixed, dynamic) >= 8 * size + 32 + 7:
        kind = STORED
    if kind == FIXED:
        for symbol in range(SYMBOLS):
            lengths[symbol] = fixed_length(symbol)
    find_codes(lengths, SYMBOLS, codes)
    codes[DISTANCE] = (5 if kind == FIXED else 1) << 16
    return kind, size, header if kind == DYNAMIC else b""


def _count(deflater, plane):
    counts = deflater.counts
    for symbol in range(SYMBOLS):
        counts[symbol] = 0
    deflater.restart(plane)
    total = size = 0
    while size >= 0:
        total += size
        size = plane.readinto(deflater.chunk)
        fast.count_symbols(
            deflater.chunk, max(size, 0), int(size < 0), deflater.shortest, deflater.state, counts
        )
        yield
    return total


def _weigh_runs(lengths, shortest):
    """From how many repeats on a match is shorter than literals, by the lengths found."""
    by_length = bytearray(LENGTH_LIMIT + 1)
    for length in range(1, LENGTH_LIMIT + 1):
        repeats = 3
        while repeats * length <= _match_bits(lengths, repeats):
            repeats += 1
        by_length[length] = repeats
    for byte in range(256):
        shortest[byte] = by_length[lengths[byte] or 1]


def _match_bits(lengths, repeats):
    extra = 0 if repeats < 11 else 1 if repeats < 19 else 2
    symbol = 257 + 4 * extra + (repeats - 3 >> extra)
    return (lengths[symbol] or 9) + extra + 1


def find_lengths(counts, lengths, limit, keys):
    """Fill lengths for the counts, which it uses up; returns how many symbols occur.

    keys, an array of 32 bits, then holds what measure() wants to know of them.
    """
    used = 0
    for symbol in range(len(lengths)):
        lengths[symbol] = 0
        if counts[symbol]:
            keys[used] = counts[symbol] << _SYMBOL_BITS | symbol
            used += 1
    if used < 2:
        if used:
            lengths[keys[0] & _SYMBOL] = 1
        return used
    for i, key in enumerate(sorted(memoryview(keys)[:used])):
        keys[i] = key
        counts[i] = key >> _SYMBOL_BITS
    find_depths(counts, used)
    _assign(lengths, keys, _leaves_by_depth(counts, used, limit))
    return used


def measure(keys, used, lengths, distance):
    """Bits of all the symbols' codes, and of the distance code that follows each match."""
    bits = 0
    for i in range(used):
        symbol = keys[i] & _SYMBOL
        width = lengths[symbol] if lengths else fixed_length(symbol)
        if symbol > END:
            width += distance
        bits += (keys[i] >> _SYMBOL_BITS) * width
    return bits


def fixed_length(symbol):
    """The length of a symbol in deflate's fixed code."""
    if symbol < 144:
        return 8
    if symbol < 256:
        return 9
    return 7 if symbol < 280 else 8


def _leaves_by_depth(depths, count, limit):
    """How many leaves there are of each depth when none may be deeper than limit."""
    leaves = [0] * (limit + 1)
    for i in range(count):
        leaves[min(depths[i], limit)] += 1
    excess = -(1 << limit)
    for depth in range(1, limit + 1):
        excess += leaves[depth] << (limit - depth)
    while excess > 0:  # hang one of the deepest leaves beside a leaf that moves down a level
        depth = limit - 1
        while not leaves[depth]:
            depth -= 1
        leaves[depth] -= 1
        leaves[depth + 1] += 2
        leaves[limit] -= 1
        excess -= 1
    return leaves


def _assign(lengths, keys, leaves):
    """The rarest symbols, whose keys come first, get the longest codes."""
    at = 0
    for depth in range(len(leaves) - 1, 0, -1):
        for _ in range(leaves[depth]):
            lengths[keys[at] & _SYMBOL] = depth
            at += 1


def find_header(lengths, counts, codes):
    """What describes the lengths in a dynamic block, runs of them in a code of their own: pairs of
    bytes, a value and how many bits of it. counts and codes are scratch.
    """
    own = bytearray(_HEADER_SYMBOLS)
    for symbol in range(_HEADER_SYMBOLS):
        counts[symbol] = 0
    for run in _runs(lengths):
        counts[run & 31] += 1
    find_lengths(counts, own, _HEADER_LIMIT, codes)
    find_codes(own, _HEADER_SYMBOLS, codes)
    sent = _HEADER_SYMBOLS
    while not own[_HEADER_ORDER[sent - 1]]:
        sent -= 1
    out = bytearray((_end(lengths) - 257, 5, 0, 5, sent - 4, 4))  # one code of distance
    for i in range(sent):
        out.extend(bytes((own[_HEADER_ORDER[i]], 3)))
    for run in _runs(lengths):
        symbol = run & 31
        out.extend(bytes((codes[symbol] & 255, codes[symbol] >> 16)))
        if symbol & 16:
            out.extend(bytes((run >> 5, _EXTRA_BITS[symbol - 16])))
    return out


def _end(lengths):
    end = len(lengths)
    while not lengths[end - 1]:
        end -= 1
    return end


def _runs(lengths):
    """Yield the lengths in the header's symbols, extra << 5 | symbol, and that of distance 1: 1."""
    at = 0
    end = _end(lengths)
    while at < end:
        length = lengths[at]
        repeats = 0 if length else 1
        if length:
            yield length
        at += 1
        while at < end and lengths[at] == length:
            repeats += 1
            at += 1
        while repeats > 2:
            part = min(repeats, 6 if length else 138)
            if length:
                yield (part - 3) << 5 | 16
            elif part < 11:
                yield (part - 3) << 5 | 17
            else:
                yield (part - 11) << 5 | 18
            repeats -= part
        for _ in range(repeats):
            yield length
    yield 1


def find_depths(weights, count):
    """Turn ascending weights, two or more, in place into the depths of a Huffman tree's leaves.

    Moffat and Katajainen's way: first each place holds an inner node's weight, then its parent,
    then its depth; last come the leaves' depths, which descend.
    """
    leaf = root = 0
    for node in range(count - 1):
        total = 0
        for _ in range(2):
            if leaf >= count or (root < node and weights[root] < weights[leaf]):
                total += weights[root]
                weights[root] = node
                root += 1
            else:
                total += weights[leaf]
                leaf += 1
        weights[node] = total
    weights[count - 2] = 0
    for node in range(count - 3, -1, -1):
        weights[node] = weights[weights[node]] + 1
    node = count - 2
    leaf = count - 1
    depth = 0
    places = 1
    while places:
        inner = 0
        while node >= 0 and weights[node] == depth:
            inner += 1
            node -= 1
        for _ in range(places - inner):
            weights[leaf] = depth
            leaf -= 1
        places = 2 * inner
        depth += 1


def find_codes(lengths, count, codes):
    """Canonical codes, first bit lowest, with their lengths (up to 15) from bit 16 up."""
    following = [0] * (LENGTH_LIMIT + 1)  # first how many of a length, then the next code of it
    for symbol in range(count):
        following[lengths[symbol]] += 1
    following[0] = 0
    code = before = 0
    for length in range(LENGTH_LIMIT + 1):
        code = code + before << 1
        before = following[length]
        following[length] = code
    for symbol in range(count):
        length = lengths[symbol]
        if length:
            code = following[length]
            following[length] = code + 1
            turned = _TURNED[code & 15] << 12 | _TURNED[code >> 4 & 15] << 8
            turned |= _TURNED[code >> 8 & 15] << 4 | _TURNED[code >> 12]
            codes[symbol] = turned >> 16 - length | length << 16
