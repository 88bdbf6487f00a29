"""The base of the decoders of a BMS that speaks Modbus RTU: slave, function, count, data, CRC.

A question is its bytes, with the CRC; the kind of an answer is how many bytes of data it has, and
its places count from the slave. The CRC has 16 bits, low byte first.
"""

from bms import asked
from bms.crc import crc16

FUNCTION = 3
AROUND = 5  # bytes around the data


class Decoder(asked.Decoder):
    """Its FIRST is the slave's number."""

    def _is_cut_off(self):
        return self._end - self._start >= 3 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        pending = self._end - at
        if buf[at] != self.FIRST or (pending > 1 and buf[at + 1] != FUNCTION):
            return 0
        if pending < 3:
            return AROUND
        return buf[at + 2] + AROUND if buf[at + 2] in self.stats["accepted"] else 0

    def _take(self, length):
        crc = crc16(self._buf, self._start, length - 2)
        if self._number(length - 2, 1) | self._number(length - 1, 1) << 8 != crc:
            return False
        return self._take_answer(length - AROUND, length)
