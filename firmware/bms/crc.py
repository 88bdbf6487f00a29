"""The CRC of Modbus, in native code where there is some: a hundredth of the time.

crc16(buf, at, count): of so many bytes.
"""

try:
    from bms.crc_viper import crc16
except (ImportError, SyntaxError, AttributeError, MemoryError):  # no native code, or no room for it
    from bms.crc_bytecode import crc16  # noqa: F401 - of this module, for others
