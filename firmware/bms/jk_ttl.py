"""JK (Jikong) BMS on its TTL port ("GPS", "RS485" by an adapter): frames 4E 57 with tagged values.

A frame is NW | length, 2 bytes | who, 4 | command, 3 | tags, each with its value | 4 bytes | 68 |
0 0 | sum of all before, 2 bytes; length counts from itself, high byte first. Behind the cells (79)
each tag has a value of a known size. B2 is the unit's password: it is wiped before anything else is
done with a frame. Facts from ESPHome's JK component and from frames that others show.
"""

from bms import asked, framed
from bms.framed import ANY, HIGHEST, LOWEST, PLACE, SCALE, SIZE, STEP
from lib import once
from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    MAX_CELLS,
    MAX_TEMPERATURES,
)

NUMBER = 8  # in the events
LINKS = {"serial": {"baudrate": 115200, "quiet_ms": 50}}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
LEAVES_OUT = False  # a frame has all that there is
SECRETS = "jk_ttl_secrets"  # what keeps its password out of a capture
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
# By their bits, as the display has room for them
ALARMS = (
    "low capacity", "MOSFET overheated", "pack overvoltage", "pack undervoltage",
    "battery overheated", "charge overcurrent", "load overcurrent", "cells differ",
    "box overheated", "battery too cold", "cell overvoltage", "cell undervoltage",
    "309 A protection", "309 B protection", "alarm 14", "alarm 15",
)  # fmt: skip
HINTS = ("BMS on?", "Check the cable")  # what to check when it is silent

HEAD = b"NW"
READ_ALL = 6
AROUND = 20  # bytes of a frame besides its tags
TAGS_AT, CELLS_TAG, FIRST_TAG, LAST_TAG, PASSWORD = 11, 0x79, 0x80, 0xC0, 0xB2
# Of the values, by their tags; 0: no such tag
SIZES = bytes((
    2, 2, 2, 2, 2, 1, 1, 2, 0, 4, 2, 2, 2, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 4, 1, 1, 2, 1, 1, 2, 1, 10, 1, 8, 4, 4, 15, 1, 4, 24, 0, 0, 0, 0,
    0, 1,
))  # fmt: skip
LONGEST = AROUND + 3 * MAX_CELLS + 2 + 225
MAX_CELL, CELL_STEP = 6000, 500  # mV

# Attribute, size, factor, tag, lowest, highest, step
FIELDS = (
    ("voltage", 2, 10, 0x83, 0, 20000, 800),  # 10 mV to mV
    ("soc", 1, 1, 0x85, 0, 100, 2),  # %
    ("cycles", 2, 1, 0x87, 0, 65535, 1),
    ("errors", 2, 1, 0x8B, 0, 65535, 0),
)
CURRENT = ("current", 2, 10, 0x84, 0, 65535, ANY)  # 10 mA, as the version has it
STATES = ("states", 2, 1, 0x8C, 0, 65535, 0)
CAPACITY = ("capacity", 4, 1000, 0xAA, 0, 20000, 0)  # Ah to mAh
VERSION = ("version", 1, 1, 0xC0, 0, 1, 0)
OTHERS = (STATES, CAPACITY, VERSION)
TEMPERATURES = (MAX_TEMPERATURES - 1, 0, 1)  # where 80 to 82 go: degC; over 100: below 0
CURRENT_STEP, TEMPERATURE_STEP = 15000, 10
# Protections, by the bits of ALARMS
STOP_CHARGE, STOP_DISCHARGE = 0x37B6, 0x3BDA


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each frame, always with the same Sample.

    cells is how many are shown, 0: as many as the unit lists.
    """

    FIRST = HEAD[0]
    QUESTIONS = (
        (
            b"NW\x00\x13\0\0\0\0\x06\x03\0\0\0\0\0\0\x68\0\0\x01\x29",
            READ_ALL,
            1,
            LONGEST,
        ),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LONGEST)
        self._places = bytearray(2 * (LAST_TAG - FIRST_TAG + 1))  # of the values in the frame
        self._count = 0  # of the cells

    def _is_cut_off(self):
        return self._end - self._start >= 4 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        pending = self._end - at
        if buf[at] != HEAD[0] or (pending > 1 and buf[at + 1] != HEAD[1]):
            return 0
        if pending < 4:
            return AROUND
        length = (buf[at + 2] << 8 | buf[at + 3]) + 2
        return length if AROUND < length <= LONGEST else 0

    def _take(self, length):
        if self._byte(length - 5) != 0x68 or self._byte(8) != READ_ALL:
            return False
        total = self._byte(length - 2) << 8 | self._byte(length - 1)
        if self._total(0, length - 4) & 0xFFFF != total or not self._find(length - 9):
            return False
        return self._take_answer(READ_ALL, length)

    def _byte(self, place):
        return self._buf[self._start + place]

    def _find(self, end):
        """Note where the values stand, up to that place; wipe the password. False if one that is
        needed is missing.
        """
        places = self._places
        for i in range(len(places)):
            places[i] = 0
        if self._byte(TAGS_AT) != CELLS_TAG:
            return False
        at = TAGS_AT + 2 + self._byte(TAGS_AT + 1)
        self._count = self._byte(TAGS_AT + 1) // 3
        while at < end:
            tag = self._byte(at) - FIRST_TAG
            if not 0 <= tag <= LAST_TAG - FIRST_TAG or not SIZES[tag]:
                break
            at += 1
            places[2 * tag] = at >> 8
            places[2 * tag + 1] = at & 0xFF
            if tag == PASSWORD - FIRST_TAG:
                self._wipe(self._start + at, SIZES[tag])
            at += SIZES[tag]
        return at <= end and 0 < self._count <= MAX_CELLS and self._has_all()

    def _has_all(self):
        for row in FIELDS:
            if not self._place(row[PLACE]):
                return False
        for row in OTHERS:
            if not self._place(row[PLACE]):
                return False
        return self._place(CURRENT[PLACE])

    def _wipe(self, at, count):
        while count:
            count -= 1
            self._buf[at + count] = 0

    def _drop(self, count):
        """No password can be read from the buffer any more."""
        self._wipe(self._start, count)
        super()._drop(count)

    def _place(self, tag):
        at = 2 * (tag - FIRST_TAG)
        return self._places[at] << 8 | self._places[at + 1]

    def _number(self, place, size):
        """The value of a tag."""
        return self._read(self._buf, self._start + self._place(place), size)

    def _value(self, row):
        return self._number(row[PLACE], row[SIZE]) * row[SCALE]

    _fit = framed.Decoder._fit

    def _is_in_range(self, row):
        value = self._number(row[PLACE], row[SIZE])
        return row[LOWEST] <= value <= row[HIGHEST]

    def _is_near(self, row):
        return row[STEP] == ANY or self._off(row[PLACE], row[SIZE]) <= row[STEP]

    def _off(self, place, size):
        return abs(self._number(place, size) - self._read(self._other, self._place(place), size))

    def _are_right(self, kind):
        if not self._fit(FIELDS) or not self._fit(OTHERS):
            return False
        i = self._count
        while i:
            if self._byte(10 + 3 * i) != i or self._mv(self._buf, self._start, i) > MAX_CELL:
                return False
            i -= 1
        return True

    def _mv(self, buf, start, i):
        """Of cell i, from 1 on, in the frame from start on."""
        return self._read(buf, start + 11 + 3 * i, 2)

    def _agrees(self):
        other = self._other
        if other[3] != self._byte(3) or other[12] != self._byte(12) or not self._are_cells_near():
            return False
        if not (self._are_near(FIELDS) and self._are_near(OTHERS) and self._are_degrees_near()):
            return False
        return abs(self._current(self._buf, self._start) - self._current(other, 0)) <= CURRENT_STEP

    def _are_cells_near(self):
        i = self._count
        while i:
            off = self._mv(self._buf, self._start, i) - self._mv(self._other, 0, i)
            if abs(off) > CELL_STEP:
                return False
            i -= 1
        return True

    def _are_degrees_near(self):
        tag = FIRST_TAG + 3
        while tag > FIRST_TAG:
            tag -= 1
            off = self._degrees(self._buf, self._start, tag) - self._degrees(self._other, 0, tag)
            if abs(off) > TEMPERATURE_STEP:
                return False
        return True

    def _degrees(self, buf, start, tag):
        """degC; 200 if the unit does not say."""
        place = self._place(tag)
        if not place:
            return 200
        tag = self._read(buf, start + place, 2)
        return tag if tag <= 100 else 100 - tag

    def _current(self, buf, start):
        """10 mA, charge positive."""
        start += self._place(CURRENT[PLACE])
        return self._signed(self._read(buf, start, 2))

    def _signed(self, value):
        if not self._value(VERSION):  # of the frame at hand; its step is 0
            return 10000 - value
        return value & 0x7FFF if value & 0x8000 else -value

    def _fill(self, kind):
        sample = self.sample
        self._put(FIELDS)
        sample.current = 10 * self._current(self._buf, self._start)
        sample.capacity = self._value(CAPACITY)
        self._fill_states(self._value(STATES))
        self._fill_degrees()
        self._fill_list(min(self._count, self._cells or MAX_CELLS))

    def _fill_states(self, states):
        sample = self.sample
        sample.switches = states & (CHARGE_ON | DISCHARGE_ON | BALANCING)
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not states & 1:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not states & 2:
            sample.flags |= DISCHARGE_STOPPED

    def _fill_degrees(self):
        i = len(TEMPERATURES)
        while i:
            i -= 1
            value = self._degrees(self._buf, self._start, FIRST_TAG + i)
            self.sample.temperatures[TEMPERATURES[i]] = 10 * value if -60 < value <= 150 else None

    def _fill_list(self, count):
        sample = self.sample
        sample.cell_count = count
        while count:
            sample.cells[count - 1] = self._mv(self._buf, self._start, count) or 1
            count -= 1
        sample.find_extremes()

    def _clear(self, kind):
        """A frame has all."""
