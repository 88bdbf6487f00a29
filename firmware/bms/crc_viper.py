"""The CRC of Modbus in native code, a byte at a time: crc_bytecode.py is the reference.

Its polynomial has three bits: what a byte changes is the byte at two places, and at the two ends of
the polynomial whether the byte has an odd number of bits. 0x6996 says that of each four bits.
"""
# ruff: noqa: F821 (ptr8 is known to the compiler alone)

import micropython

PASSING = True  # a file of its own: crc_bytecode.py can take its place


@micropython.viper
def crc16(buf: ptr8, at: int, count: int) -> int:
    found = 0xFFFF
    count += at
    while at < count:
        byte = (found ^ buf[at]) & 0xFF
        odd = 0x6996 >> ((byte ^ byte >> 4) & 15) & 1
        found = found >> 8 ^ byte << 6 ^ byte << 7 ^ odd * 0xC001
        at += 1
    return found
