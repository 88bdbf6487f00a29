"""Huffman codes for deflate: code lengths with a limit, and a dynamic block's header (RFC 1951).

Counts and lengths are indexed by symbol; a length of 0 says that a symbol does not occur.
"""

SYMBOLS = 288  # bytes, end of block, 29 run lengths, two that only the fixed code counts
END = 256  # of block; the symbols above are matches
LENGTH_LIMIT = 15
_HEADER_LIMIT = 7
HEADER_SYMBOLS = 19
_HEADER_ORDER = b"\x10\x11\x12\x00\x08\x07\x09\x06\x0a\x05\x0b\x04\x0c\x03\x0d\x02\x0e\x01\x0f"
_EXTRA_BITS = b"\x02\x03\x07"  # after the header's symbols 16, 17 and 18
# Four bits in the opposite order
_TURNED = b"\x00\x08\x04\x0c\x02\x0a\x06\x0e\x01\x09\x05\x0d\x03\x0b\x07\x0f"
_SYMBOL_BITS = 9
_SYMBOL = (1 << _SYMBOL_BITS) - 1


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


def measure_header(lengths, own, counts, keys):
    """Bits of what describes the lengths in a dynamic block, runs of them in a code of their own.

    Fills own, 19 bytes, with the lengths of that code; counts and keys are scratch.
    """
    bits = 14
    for symbol in range(HEADER_SYMBOLS):
        counts[symbol] = 0
    for run in _runs(lengths):
        counts[run & 31] += 1
        bits += _extra_bits(run)
    used = find_lengths(counts, own, _HEADER_LIMIT, keys)
    return bits + measure(keys, used, own, 0) + 3 * _sent(own)


def write_header(lengths, own, codes, put):
    """Call put(value, bits) for all that measure_header measured; codes is scratch."""
    put(_end(lengths) - 257, 5)
    put(0, 5)  # one code of distance
    put(_sent(own) - 4, 4)
    for i in range(_sent(own)):
        put(own[_HEADER_ORDER[i]], 3)
    find_codes(own, HEADER_SYMBOLS, codes)
    for run in _runs(lengths):
        put(codes[run & 31] & 0xFFFF, codes[run & 31] >> 16)
        put(run >> 5, _extra_bits(run))


def _sent(own):
    sent = HEADER_SYMBOLS
    while not own[_HEADER_ORDER[sent - 1]]:
        sent -= 1
    return sent


def _extra_bits(run):
    return _EXTRA_BITS[(run & 31) - 16] if run & 16 else 0


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
