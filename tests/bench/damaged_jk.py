"""JK's frames, damaged on their way as notifications: all at once, a row of bytes a stream.

A stream is four frames that follow each other: one before, the one that is damaged, two behind it.
Only a stream in which a window behind a header has a right sum, and is none of the frames, is
decoded: of any other no decoder makes more than the frames themselves.
"""

import functools

import numpy as np
from host_tools.sim.units import jk_wire as wire
from host_tools.sim.units.jk import PERIOD_S, Unit
from host_tools.sim.units.pack import Pack

from bms import framed, jk, jk_frame

LENGTH = 300
PIECES = (20, 128, 182, 244)  # bytes of a notification
CELLS = {"24S": 16, "32S": 16}
UPTIME = {"24S": 162, "32S": 194}
SOFTWARE = {"24S": "10.07", "32S": "14.20"}


class Before(jk.Decoder):
    """With the rules of 0.1.0: sum, type, the layout by the cells' sum."""

    def __init__(self):
        super().__init__(lambda sample: None, live=True)
        self.taken = []

    def _is_merged(self, length):
        return False

    def _is_in_range(self, row):
        return True

    def _is_sick(self, layout):
        return False

    def _odd(self):
        return 0

    def _is_believed(self, memory, odd):
        self.taken.append(bytes(self._buf[self._start : self._start + LENGTH]))
        return True


class After(jk.Decoder):
    """As it is."""

    def __init__(self):
        super().__init__(lambda sample: None, live=True)
        self.taken = []

    def _is_believed(self, memory, odd):
        believed = super()._is_believed(memory, odd)
        if believed:
            self.taken.append(bytes(self._buf[self._start : self._start + LENGTH]))
        return believed


@functools.cache
def base(layout, seconds=600):
    """Frames of a simulated unit over a day, a few in a row at a time: (streams, 4 * 300)."""
    unit = Unit(Pack(cells=CELLS[layout], seed=3), layout, seed=3)
    unit.write(wire.command(wire.ASKS_CELLS), 0)
    found = []
    for start in np.linspace(10, 86000, seconds):
        first = int(start)
        sent = [data for _, data in unit.sent(first, first + 4 * PERIOD_S)]
        frames = [data for data in sent if len(data) == LENGTH and data[4] == wire.CELLS]
        if len(frames) == 4:
            found.append(np.frombuffer(b"".join(frames), np.uint8))
    return np.array(found)


def streams(layout, count, chance):
    """So many streams: those of base() at other times of the unit's life."""
    rows = base(layout)
    rows = rows[chance.integers(0, len(rows), count)].copy()
    later = chance.integers(0, 1 << 24, count).astype(np.uint32)
    for frame in range(4):
        at = frame * LENGTH + UPTIME[layout]
        uptime = rows[:, at : at + 4].copy().view("<u4")[:, 0] + later
        rows[:, at : at + 4] = uptime[:, None].astype("<u4").view(np.uint8)
        end = (frame + 1) * LENGTH - 1
        rows[:, end] = rows[:, end - 299 : end].sum(axis=1, dtype=np.uint32) & 0xFF
    return rows


def pieces(size):
    """The places of the bytes of each notification of frames 1 to 3."""
    sent = []
    for frame in (1, 2, 3):
        for at in range(0, LENGTH, size):
            begin = frame * LENGTH + at
            sent.append(list(range(begin, (frame * LENGTH) + min(at + size, LENGTH))))
    return sent


def lost(size):
    """Each notification of a frame lost, and each two or three in a row from it on."""
    sent = pieces(size)
    for first in range(-(-LENGTH // size)):
        for count in (1, 2, 3):
            yield sent[:first] + sent[first + count :]


def lost_one(size):
    """Each notification of a frame lost."""
    sent = pieces(size)
    for first in range(-(-LENGTH // size)):
        yield sent[:first] + sent[first + 1 :]


def doubled(size):
    """Each notification of a frame twice."""
    sent = pieces(size)
    for i in range(-(-LENGTH // size)):
        yield sent[: i + 1] + sent[i:]


def swapped(size):
    """Each notification of a frame behind the next one."""
    sent = pieces(size)
    for i in range(-(-LENGTH // size)):
        yield [*sent[:i], sent[i + 1], sent[i], *sent[i + 2 :]]


def merged(size):
    """The end of a frame is that of the next one, or of one behind, from any piece on."""
    sent = pieces(size)
    count = -(-LENGTH // size)
    for kept in range(1, count):
        for gone in range(kept + 1, 2 * count):
            yield sent[:kept] + sent[gone:]


def lost_bytes(size):
    """One to eight bytes lost, anywhere."""
    every = list(range(LENGTH, 4 * LENGTH))
    for at in range(LENGTH):
        for count in (1, 2, 3, 8):
            yield [every[:at] + every[at + count :]]


def false_frames(order):
    """Where a whole header stands in a stream of that order, and 300 bytes behind it that are none
    of the frames.
    """
    for frame in (1, 2, 3):
        begin = frame * LENGTH
        for at in np.flatnonzero(order[: len(order) - LENGTH + 1] == begin):
            window = order[at : at + LENGTH]
            if list(window[:5]) != list(range(begin, begin + 5)):
                continue
            if not np.array_equal(window, np.arange(begin, begin + LENGTH)):
                yield at


def reordered(rows, sent):
    """The streams with their bytes in the order sent, and which of them may become a reading."""
    order = np.array([place for piece in sent for place in piece])
    suspects = np.zeros(len(rows), bool)
    for at in false_frames(order):
        window = order[at : at + LENGTH]
        total = rows[:, window[:-1]].sum(axis=1, dtype=np.uint32) & 0xFF
        suspects |= total == rows[:, window[-1]]
    return order, suspects


def flipped(rows, chance, bits):
    """The streams with so many bits of the second frame flipped."""
    rows = rows.copy()
    every = np.arange(len(rows))
    for _ in range(bits):
        at = LENGTH + chance.integers(0, LENGTH, len(rows))
        rows[every, at] ^= (1 << chance.integers(0, 8, len(rows))).astype(np.uint8)
    return rows


def burst(rows, chance):
    """The streams with two to eight bytes in a row of the second frame anything."""
    rows = rows.copy()
    every = np.arange(len(rows))
    begin = chance.integers(0, LENGTH - 8, len(rows))
    length = chance.integers(2, 9, len(rows))
    for i in range(8):
        at = LENGTH + begin + i
        noise = chance.integers(0, 256, len(rows)).astype(np.uint8)
        rows[every, at] = np.where(i < length, noise, rows[every, at])
    return rows


def right_sums(rows):
    """Has the second frame of the streams a right sum?"""
    frame = rows[:, LENGTH : 2 * LENGTH]
    return (frame[:, :-1].sum(axis=1, dtype=np.uint32) & 0xFF) == frame[:, -1]


def decode(decoder, layout, before, data, size):
    """The frames that a decoder takes for readings; before: of a frame that it has had, or b""."""
    decoder.request()  # as on a board, whose clock that is
    decoder.feed(wire.device_frame(software=SOFTWARE[layout]) + before)
    decoder.taken = []
    for at in range(0, len(data), size):
        decoder.feed(data[at : at + size])
    return decoder.taken


def said(frame, layout):
    """What a frame says: {name: numbers, ...} as the decoder's tables have it."""
    column = framed.PLACE + (jk_frame.LAYOUT_24S if layout == "24S" else jk_frame.LAYOUT_32S)
    found = {}
    tables = (
        jk_frame.FIELDS,
        jk_frame.EXTRAS,
        jk_frame.SWITCHES,
        (jk_frame.PRESENT,),
        jk_frame.TEMPERATURES,
    )
    for row in (row for rows in tables for row in rows):
        if row[column]:
            place, size = row[column], abs(row[1])
            number = int.from_bytes(frame[place : place + size], "little", signed=row[1] < 0)
            found[row[0], row[2]] = (number, row[-1])
    for i in range(CELLS[layout]):
        cell = int.from_bytes(frame[6 + 2 * i : 8 + 2 * i], "little")
        found["cell", i] = (cell, jk_frame.CELL_STEP)
        at = jk_frame.WIRES[column] + 2 * i
        found["wire", i] = (int.from_bytes(frame[at : at + 2], "little"), jk_frame.WIRE_STEP)
    return found


def wrong(frame, originals, layout):
    """0: each value is one of a frame that was sent; 1: one is not; 2: nor has a pack become it."""
    now = said(frame, layout)
    sent = [said(original, layout) for original in originals]
    kind = 0
    for key, (value, step) in now.items():
        off = min(abs(value - then[key][0]) for then in sent)
        kind = max(kind, 2 if off > step else 1 if off else 0)
    return kind
