"""CRCs with other polynomials than that of Modbus, in native code where there is some.

crc(buf, at, count, found, polynomial): as in crc_bytecode.py.
"""

try:
    from bms.crc_others_viper import crc
except (ImportError, SyntaxError, AttributeError, MemoryError):  # no native code, or no room for it
    from bms.crc_bytecode import crc  # noqa: F401 - of this module, for others

XMODEM = 0x11021
