"""The CRCs of decoders, in native code where there is some: a tenth of the time."""

try:
    from bms.crc_viper import crc
except (ImportError, SyntaxError, AttributeError, MemoryError):  # no native code, or no room for it
    from bms.crc_bytecode import crc

MODBUS = 0xA001


def crc16(buf, at, count):
    """The CRC of Modbus, of so many bytes."""
    return crc(buf, at, count, 0xFFFF, MODBUS)
