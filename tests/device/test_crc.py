"""CRCs, native and not, against published ones (of the digits 1 to 9)."""

from bms import crc, crc_bytecode

try:
    from bms import crc_viper
except (ImportError, SyntaxError, AttributeError):  # CPython
    crc_viper = crc_bytecode
DIGITS = b"123456789"


def test_published_crcs():
    for form in (crc_bytecode, crc_viper):
        assert form.crc(DIGITS, 0, 9, 0xFFFF, crc.MODBUS) == 0x4B37
        assert form.crc(DIGITS, 0, 9, 0, 0x8C) == 0xA1  # Maxim, 8 bits
        assert form.crc(DIGITS, 0, 9, 0, 0x11021) == 0x31C3  # XModem
    assert crc.crc16(DIGITS, 0, 9) == 0x4B37


def test_of_a_part_and_in_parts():
    for form in (crc_bytecode, crc_viper):
        assert form.crc(b"??" + DIGITS + b"?", 2, 9, 0, 0x11021) == 0x31C3
        begun = form.crc(DIGITS, 0, 4, 0xFFFF, crc.MODBUS)
        assert form.crc(DIGITS, 4, 5, begun, crc.MODBUS) == 0x4B37
        assert form.crc(DIGITS, 0, 0, 0xFFFF, crc.MODBUS) == 0xFFFF
