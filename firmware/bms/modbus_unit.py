"""The base of the decoders of a BMS that speaks Modbus and has a number on its line: unit.

A row of its QUESTIONS has the first register in place of the bytes: what is asked for follows from
that, the kind (how many bytes of data the answer has) and the number, which is UNIT by default.
"""

from bms import modbus
from bms.asked import BYTES, EVERY, KIND, LONGEST
from bms.crc import crc16
from lib import once


class Decoder(modbus.Decoder):
    """As that of modbus.py."""

    @once.packs
    def __init__(self, on_sample, cells, live, longest):
        super().__init__(on_sample, cells, live, longest)
        self.configure({})

    @once.packs
    def configure(self, settings):
        """Take the unit's number."""
        super().configure(settings)
        self.FIRST = settings.get("unit", self.UNIT)
        self._questions = [
            (question(self.FIRST, row[BYTES], row[KIND]), row[KIND], row[EVERY], row[LONGEST])
            for row in self.QUESTIONS
        ]


@once.packs
def question(unit, first, size):
    """What is sent to ask that unit for so many bytes, from that register on."""
    body = bytes((unit, modbus.FUNCTION, first >> 8, first & 0xFF, 0, size >> 1))
    crc = crc16(body, 0, len(body))
    return body + bytes((crc & 0xFF, crc >> 8))
