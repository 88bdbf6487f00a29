"""CRCs: the reference of crc_viper.py and crc_others_viper.py, and what stands in for them if a
port has no native code, or no room for it.
"""

PASSING = True  # a file of its own

MODBUS = 0xA001


def crc16(buf, at, count):
    """The CRC of Modbus, of so many bytes."""
    return crc(buf, at, count, 0xFFFF, MODBUS)


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
