"""What the events of Seplos V2 and V3 have in common: a bit that warns and one that protects for
each voltage and temperature, one alarm here. As the maker's paper (XZH V0.1) and ESPHome list them.
"""

_PAIRS = b"\0\1\1\1\2\3\3\3\2\3\3\3\2\3\3\3"  # by four bits: which two are not both 0


def pairs(byte):
    """A bit for each two of its eight that are not both 0."""
    return _PAIRS[byte & 15] | _PAIRS[byte >> 4] << 2


def common(buf, at):
    """Bits 0 to 10 of both kinds' ALARMS: of voltages, temperatures, the box and the MOSFETs."""
    return pairs(buf[at]) | pairs(buf[at + 1]) << 4 | (pairs(buf[at + 2]) & 7) << 8
