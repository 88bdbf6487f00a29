"""The base of the decoders of a BMS that answers questions, one answer each.

A BMS lists its QUESTIONS as rows (columns below). A round asks them in their order; the last one
brings the reading, with what the others brought before. A link asks a question a second, and the
next one of a round as soon as feed() returns True: the one before is answered.
Each kind of answer is compared with the one before (framed.py), so it has a Memory; what nobody
answers any more is unknown after KEPT readings.
"""

import struct

from bms import framed
from bms.framed import ANY, HIGHEST, LOWEST, NAME, PLACE, SCALE, SIZE, STEP
from lib import once

# Columns of a question: what is sent; the kind of its answer; every how many rounds it is asked,
# twice in a row; the longest answer, in bytes
BYTES, KIND, EVERY, LONGEST = 0, 1, 2, 3
WORD = 0xFFFF  # the range of any number of two bytes
KEPT = 30  # readings
UNANSWERED = 10  # rounds


def high_words(buf, at, target, count):
    """Read count cells of two bytes into a list, high byte first: one that reads 0 shows 1."""
    for i in range(count):
        target[i] = buf[at] << 8 | buf[at + 1] or 1
        at += 2


def words_near(buf, at, other, place, count, step):
    """True if count numbers of two bytes differ by that step at most."""
    while count:
        # mostly it takes no more than the high bytes, or both are equal
        if buf[at] != other[place] or (step < 255 and buf[at + 1] != other[place + 1]):
            off = ((buf[at] - other[place]) << 8) + buf[at + 1] - other[place + 1]
            if off > step or off < -step:
                return False
        at += 2
        place += 2
        count -= 1
    return True


def words_below(buf, at, count, most):
    """True if count numbers of two bytes are that much at most."""
    high = most >> 8
    count = at + 2 * count
    while at < count:
        if buf[at] >= high and (buf[at] << 8 | buf[at + 1]) > most:
            return False
        at += 2
    return True


class Decoder(framed.Decoder):
    """It has QUESTIONS and, for an answer of a kind that is whole (its check is right):

    - _are_right(kind): are its values possible?
    - _agrees(): see framed.py; self.kind says of which kind the answer is.
    - _fill(kind): put it into the Sample.
    - _clear(kind): what it had put there is too old.

    The places of rows count from _shift on: a decoder whose fields come behind a list sets it for
    each answer.
    """

    kept = KEPT

    @once.packs
    def __init__(self, on_sample, cells, live, longest, read=framed.high_first):
        questions = self.QUESTIONS
        super().__init__(on_sample, cells, [row[KIND] for row in questions], longest, read)
        self._questions = questions
        self._memories = {row[KIND]: framed.Memory(row[LONGEST], live) for row in questions}
        self._forms = {row[LONGEST]: str(row[LONGEST]) + "s" for row in questions}
        self._ages = {row[KIND]: KEPT for row in questions[:-1]}  # in readings
        self._asked = len(questions)  # of this round
        self._round = -1
        self._answered = False
        self.kind = None
        self.invert = False
        self._shift = 0

    @once.packs
    def configure(self, settings):
        """Take what the config says besides the cells."""
        self.invert = settings.get("invert_current", False)

    def request(self):
        """The next question."""
        i = self._asked
        if i == len(self._questions):
            i = 0
            self._round += 1
        while self._round % self._every(self._questions[i]) > 1:
            i += 1
        self._asked = i + 1
        return self._questions[i][BYTES]

    def _every(self, question):
        """Every how many rounds it is asked; one that can wait less often if nobody answers it."""
        every = question[EVERY]
        if every > 1 and self._ages[question[KIND]] >= self.kept:
            return max(every, UNANSWERED)
        return every

    def forget(self):
        """The link is a new one: what came before is too old to be shown."""
        super().forget()
        self._asked = len(self._questions)
        self._round = -1
        for kind in self._ages:
            self._ages[kind] = self.kept
            self._clear(kind)

    def feed(self, data, count=None):
        """As framed's. Returns True if the next question of the round is to be asked now."""
        self._answered = False
        super().feed(data, count)
        return self._answered and self._asked < len(self._questions)

    def _take_answer(self, kind, length):
        """Take an answer of that kind that is whole. False if it does not count."""
        self.kind = kind
        if not self._are_right(kind):
            return False
        if self._questions[self._asked - 1][KIND] == kind and self._is_last(kind):
            self._answered = True
        if not self._is_believed(self._memory(kind), 0):
            return False
        self.stats["accepted"][kind] += 1
        is_reading = kind not in self._ages
        if is_reading:
            self._age()
        else:
            self._ages[kind] = 0
        self._fill(kind)
        self._drop(length)
        if is_reading:
            self._on_sample(self.sample)
        return True

    def _memory(self, kind):
        return self._memories[kind]

    def _is_last(self, kind):
        """Is the question answered with that?"""
        return True

    def _age(self):
        for kind in self._ages:
            if self._ages[kind] < self.kept:
                self._ages[kind] += 1
            else:
                self._clear(kind)

    def _total(self, place, count):
        """The sum of count bytes from that place on."""
        buf = self._buf
        at = self._start + place
        total = 0
        count += at
        while at < count:
            total += buf[at]
            at += 1
        return total

    def _fill_cells(self, place, count):
        """The cells, two bytes each, from that place on."""
        sample = self.sample
        if self._cells:
            count = min(count, self._cells)
        high_words(self._buf, self._start + place, sample.cells, count)
        sample.cell_count = count
        sample.find_extremes()

    def _are_cells(self, place, count, most):
        """Are they all possible, up to most mV?"""
        return words_below(self._buf, self._start + place, count, most)

    # As framed's, of rows with one layout, that _are_right() has found in their ranges

    def _value(self, row):
        value = self._read(self._buf, self._start + self._shift + row[PLACE], row[SIZE])
        return value * row[SCALE]

    def _put(self, rows):
        i = len(rows)
        while i:
            i -= 1
            setattr(self.sample, rows[i][NAME], self._value(rows[i]))

    def _bits(self, rows):
        bits = 0
        for row in rows:
            if self._value(row):
                bits |= row[NAME]
        return bits

    def _fit(self, rows):
        i = len(rows)
        while i:
            i -= 1
            row = rows[i]
            if row[SIZE] & 2 and row[HIGHEST] - row[LOWEST] == WORD:  # whatever it says
                continue
            value = self._read(self._buf, self._start + self._shift + row[PLACE], row[SIZE])
            if not row[LOWEST] <= value <= row[HIGHEST]:
                return False
        return True

    def _is_near(self, row):
        if row[STEP] == ANY:
            return True
        off = self._read(self._buf, self._start + self._shift + row[PLACE], row[SIZE])
        off -= self._read(self._other, self._shift + row[PLACE], row[SIZE])
        return -row[STEP] <= off <= row[STEP]

    def _words_near(self, place, count, step):
        return words_near(self._buf, self._start + place, self._other, place, count, step)

    def _copy_to(self, frame):
        if self._start:
            super()._copy_to(frame)
        else:
            struct.pack_into(self._forms[len(frame)], frame, 0, self._buf)

    def _text(self, place, size):
        """The text up to the first 0, "?" for what is not printable."""
        text = ""
        for i in range(place, place + size):
            code = self._number(i, 1)
            if not code:
                break
            text += chr(code) if 32 <= code < 127 else "?"
        return text
