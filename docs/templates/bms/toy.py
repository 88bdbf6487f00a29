"""Toy: a template for a new BMS. It sends a packet a second.

A packet is A5 | cells, mV, 2 bytes each | current, 0.1 A, 2 bytes, signed | alarms | sum of the
bytes before, mod 256; high byte first, four cells.
"""

from sample import Sample

NUMBER = 99  # in the events: the next one that is free, never changed afterwards
LINKS = {"uart": {"baudrate": 9600}}  # the usual one first
KEYS = {"cells": ("number", (0, 4), 0), "timeout_s": ("number", (3, 3600), 20)}
ALARMS = ("too hot", "too cold")
HINTS = ("Toy on?", "Check its wire")  # what to check when it is silent, 20 characters each
HEADER, LENGTH, CELLS = 0xA5, 13, 4
ASK = b"?"


class Decoder:
    """Calls on_sample(sample) for each valid packet, always with the same Sample."""

    def __init__(self, on_sample, cells=0, new_only=False):
        self.sample = Sample()
        self.stats = {"accepted": {HEADER: 0}, "rejected": 0, "bytes_skipped": 0}
        self._on_sample = on_sample
        self._buf = bytearray(LENGTH)
        self._end = 0

    def request(self):
        """What to send to the BMS now, b"" for nothing; called every second."""
        return ASK

    def forget(self):
        """The link is a new one."""
        self.stats["bytes_skipped"] += self._end
        self._end = 0

    def feed(self, data, count=None):
        """Take the first count bytes (all by default) of the stream's next piece."""
        for i in range(len(data) if count is None else count):
            self._buf[self._end] = data[i]
            self._end += 1
            if self._buf[0] != HEADER:
                self.forget()
            elif self._end == LENGTH:
                self._take()

    def finish(self):
        """The stream has ended."""
        self.forget()

    def _take(self):
        buf, sample = self._buf, self.sample
        self._end = 0
        if sum(buf[:-1]) & 0xFF != buf[-1]:
            self.stats["rejected"] += 1
            return
        for i in range(CELLS):
            sample.cells[i] = buf[1 + 2 * i] << 8 | buf[2 + 2 * i]
        sample.cell_count = CELLS
        sample.voltage = sum(sample.cells[:CELLS])
        current = buf[9] << 8 | buf[10]
        sample.current = 100 * (current - 0x10000 if current & 0x8000 else current)
        sample.errors = buf[11]
        sample.find_extremes()
        self.stats["accepted"][HEADER] += 1
        self._on_sample(sample)
