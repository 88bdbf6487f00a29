"""The base of the decoders of a BMS that is asked, and whose fields may stand behind a list."""

from bms import asked, framed
from bms.framed import ANY, HIGHEST, LOWEST, PLACE, SCALE, SIZE, STEP
from lib import once


class Decoder(asked.Decoder):
    """As that of asked.py. The places of rows count from _shift on: a decoder whose fields come
    behind a list sets it for each answer. _put() is for rows that _are_right() has found in their
    ranges.
    """

    @once.packs
    def __init__(self, on_sample, cells, live, longest, read=framed.high_first):
        super().__init__(on_sample, cells, live, longest, read)
        self._shift = 0

    def _value(self, row):
        value = self._read(self._buf, self._start + self._shift + row[PLACE], row[SIZE])
        return value * row[SCALE]

    def _is_in_range(self, row):
        if row[SIZE] & 2 and row[HIGHEST] - row[LOWEST] == asked.WORD:
            return True
        value = self._read(self._buf, self._start + self._shift + row[PLACE], row[SIZE])
        return row[LOWEST] <= value <= row[HIGHEST]

    def _is_near(self, row):
        if row[STEP] == ANY:
            return True
        off = self._read(self._buf, self._start + self._shift + row[PLACE], row[SIZE])
        off -= self._read(self._other, self._shift + row[PLACE], row[SIZE])
        return -row[STEP] <= off <= row[STEP]
