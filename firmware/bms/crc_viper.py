"""CRCs in native code: crc_bytecode.py is the reference."""
# ruff: noqa: F821 (ptr8 is known to the compiler alone)

import micropython

PASSING = True  # a file of its own: crc_bytecode.py can take its place


@micropython.viper
def crc(buf: ptr8, at: int, count: int, found: int, polynomial: int) -> int:
    high = polynomial >> 16
    count += at
    while at < count:
        found ^= buf[at] << 8 * high
        at += 1
        bits = 8
        while bits:
            bits -= 1
            if high:
                found += found
                if found >> 16:
                    found ^= polynomial
            else:
                found = found >> 1 ^ (0 - (found & 1) & polynomial)
    return found
