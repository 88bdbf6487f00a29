"""CRCs, native and not, against published ones (of the digits 1 to 9)."""

from bms import crc, crc_bytecode, crc_others

MODBUS, OTHERS = [crc_bytecode], [crc_bytecode]
try:
    from bms import crc_others_viper, crc_viper

    MODBUS.append(crc_viper)
    OTHERS.append(crc_others_viper)
except (ImportError, SyntaxError, AttributeError):  # CPython
    pass
DIGITS = b"123456789"
ANY = bytes([167 * i * i + 31 * i & 0xFF for i in range(300)])


def test_published_crcs():
    for form in OTHERS:
        assert form.crc(DIGITS, 0, 9, 0, 0x8C) == 0xA1  # Maxim, 8 bits
        assert form.crc(DIGITS, 0, 9, 0, crc_others.XMODEM) == 0x31C3
    for form in MODBUS:
        assert form.crc16(DIGITS, 0, 9) == 0x4B37
    assert crc.crc16(DIGITS, 0, 9) == 0x4B37


def test_of_a_part_and_in_parts():
    for form in OTHERS:
        assert form.crc(b"??" + DIGITS + b"?", 2, 9, 0, crc_others.XMODEM) == 0x31C3
        begun = form.crc(DIGITS, 0, 4, 0, 0x8C)
        assert form.crc(DIGITS, 4, 5, begun, 0x8C) == 0xA1
        assert form.crc(DIGITS, 0, 0, 0x1234, crc_others.XMODEM) == 0x1234
    for form in MODBUS:
        assert form.crc16(b"??" + DIGITS + b"?", 2, 9) == 0x4B37
        assert form.crc16(DIGITS, 0, 0) == 0xFFFF


def test_native_ones_are_those_of_the_reference():
    for at in range(0, 256, 5):
        for count in (1, 2, 3, 44):
            asked = (ANY, at, count)
            assert MODBUS[-1].crc16(*asked) == crc_bytecode.crc16(*asked)
            for polynomial in (0x8C, crc_others.XMODEM):
                found = OTHERS[-1].crc(*asked, at, polynomial)
                assert found == crc_bytecode.crc(*asked, at, polynomial)
