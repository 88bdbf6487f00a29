"""CRCs: the reference of crc_viper.py, and what stands in for it if a port has no native code, or
no room for it.
"""

PASSING = True  # a file of its own


def crc(buf, at, count, found, polynomial):
    """The CRC of so many bytes that goes on from found, lowest bit first. A polynomial of 17 bits:
    16 bits, highest bit first.
    """
    high = polynomial >> 16
    count += at
    while at < count:
        found ^= buf[at] << 8 * high
        at += 1
        bits = 8
        while bits:
            bits -= 1
            if high:
                found <<= 1
                found = found ^ polynomial if found >> 16 else found
            else:
                found = found >> 1 ^ polynomial if found & 1 else found >> 1
    return found
