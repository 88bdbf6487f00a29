"""CRCs in native code: crc_bytecode.py is the reference. Of those with 16 bits, highest bit first,
there is XModem's alone, a byte at a time: a byte and its upper half change the CRC at three places.
"""
# ruff: noqa: F821 (ptr8 is known to the compiler alone)

import micropython

PASSING = True  # a file of its own: crc_bytecode.py can take its place


@micropython.viper
def crc(buf: ptr8, at: int, count: int, found: int, polynomial: int) -> int:
    count += at
    while at < count:
        if polynomial >> 16:
            byte = found >> 8 ^ buf[at]
            byte ^= byte >> 4
            found = (found << 8 ^ byte << 12 ^ byte << 5 ^ byte) & 0xFFFF
        else:
            found ^= buf[at]
            bits = 8
            while bits:
                bits -= 1
                found = found >> 1 ^ (0 - (found & 1) & polynomial)
        at += 1
    return found
