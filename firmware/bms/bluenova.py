"""BlueNova: the lines of its text console, turned into Samples. Units as in LINES.

The console marks no rounds and promises no order. So a round ends when one of its measurements
(any Cnn), Vpack, Temp, Vc_max, Vc_min, SOC, SOH) comes again, which begins the next one; when there
was none for QUIET calls of request(); or when it has gone on for LONGEST of them. Current may come
more often than the others: it ends a round that has all that the one before had, otherwise the
newest stands. A line sent twice in a row is one. A reading needs voltage, current or a cell: until
there is one, the round goes on. What did not come in a round is unknown, but for what the console
says once and means until it says otherwise (who the unit is, its energies) and our own counters.
Lines have no checksum: a value that a battery cannot have reached since the last one comes twice.
"""

from lib import once
from sample import EXTRAS, TEXTS, Sample, shown

NUMBER = 3  # in the events
LINKS = {"websocket": {"host": "10.0.0.2", "port": 9000, "path": "/ws/"}}
KEYS = {"cells": ("number", (0, 16), 0), "timeout_s": ("number", (3, 3600), 30)}
LEAVES_OUT = True  # a line now and then: see hold.py
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = ()  # it says them in words
HINTS = ("Battery on?", "Check its network")  # what to check when it is silent

LINE = 256  # bytes; longer lines are discarded
MAX_TEXT = 64
QUIET, LONGEST = 3, 10  # calls of request(), once a second

# What came in a round, by bits: 1 to 16 are the cells, 17 the voltage, 18 the current, 19 and up
# the other measurements, 0 is what else the console says
OTHER, CURRENT = 1, 1 << 18
READING = 0x7FFFE

# Columns of a row. BEGIN is followed by a number, and from MORE on by pieces with a number each:
# the last one is the value, its thousandths divided by DIVISOR. A row of a text has STOP instead: a
# quote is required, other texts may go on to the end. A row with a name only is counted.
BEGIN, NAME, DIVISOR, LOWEST, HIGHEST, MORE = 0, 1, 2, 3, 4, 5
STOP = 2
LINES = (
    (b"C", "cells", 1000, 0, 6000, b") T: ", b", V: "),  # number, degC, mV
    (b"Vpack: ", "voltage", 1000, 8000, 100000),  # mV
    (b"Current: ", "current", 1, -2000000, 2000000),  # A
    (b"Temp: ", "temperature", 100, -600, 1500),  # degC
    (b"Vc_max: ", "vc_max", 1000, 0, 6000),  # mV
    (b"Vc_min: ", "vc_min", 1000, 0, 6000),  # mV
    (b"SOC: ", "soc", 1000, 0, 100),  # %
    (b"SOH: ", "soh", 100, 0, 1100),  # %
    (b'Errors: "', "errors", b'"'),
    (b"System_State: ", "system_state", b"\n"),
    (b"Breaker: ", "breaker", b"\n"),
    (b"Charge State: ", "charge_state", b" "),
    (b"Vp_adc: ", "adc_vp", 1000, -200000, 200000),  # mV
    (b"DEBUG: ADC[", "adc", 1000, -200000, 200000, b"]: ", b" = "),  # mV
    (b"MCU ID: ", "mcu_id", 1000, 0, 0xFFFFFFFF),  # hexadecimal
    (b"--- PO PARAMS --- (i=", "units", 1000, 0, 255),
    (b"after assignRank() --> own rank = ", "rank", 1000, 0, 255),
    (b"CellCount: ", "cells_present", 1000, 0, 255),
    (b"DEBUG: CALC PACK_CHARGE, STORE IN FLASH", "energy"),
    (b"Write EnergyOut: ", "energy", 1, 0, 0xFFFFFFFF),  # kWh; first out, then in
    (b"INFO: BAD CRC", "bad_crc"),
    (b"INFO: cellcomms parse FAIL", "parse_fail"),
    (b"DEBUG: REJECT BAD", "bad_cell_voltage"),
)
MEASURED = 8  # rows of LINES that are measurements, the first ones
# By how much a value may differ from the last one: a cell's, then by the rows of LINES
STEPS = (500, 8000, 500000, 100, 500, 500, 2, 20)
ENERGIES = 24  # places of the two energies behind the measurements
ENERGY_STEP = 5000  # Wh
# Extras: what stays until the link is lost, our own counters, and what is of a round
STAYS = ("mcu_id", "units", "rank", "cells_present", "energy_in", "energy_out")
COUNTERS = ("bad_crc", "parse_fail", "bad_cell_voltage")
ADCS = ("adc_0", "adc_1", "adc_2", "adc_3", "adc_4")
ROUND = ("adc_vp", "vc_max", "vc_min")
GOES_ON = b".eExX+-0123456789"  # behind digits: they are not the whole number


def begins(buf, at, piece):
    """Is that piece at that place?"""
    return buf.find(piece, at, at + len(piece)) == at


def next_row(i, char):
    """The index of the next row, from i on, that begins with that character; -1: there is none."""
    for n in range(i, len(LINES)):
        if LINES[n][BEGIN][0] == char:
            return n
    return -1


def rounded(thousandths, divisor):
    """The nearest whole number, half away from 0."""
    value = (abs(thousandths) + divisor // 2) // divisor
    return -value if thousandths < 0 else value


class Decoder:
    """Calls on_sample(sample) for each round that is a reading, always with the same Sample.

    cells is how many are wired, the rest is ignored; 0 if the console decides.
    Every line is news, the console repeats none by itself: live changes nothing.
    Functions that run for every line have at most 11 slots (locals and stack): the frame of a
    larger one lies on the heap.
    """

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        self.sample = Sample()
        self.sample.extras = dict.fromkeys(EXTRAS)
        for name in COUNTERS:
            self.sample.extras[name] = 0
        self.sample.texts = dict.fromkeys(TEXTS)
        self.stats = {
            "accepted": {},  # lines by what they say
            "rejected": 0,  # lines that begin like one of LINES, with a value that cannot be
            "too_long": 0,
            "bytes_skipped": 0,  # of lines that were not accepted
        }
        self._on_sample = on_sample
        self._cells = cells
        self._buf = bytearray(LINE + 2)
        self._end = 0  # of the pending line; LINE + 1: it is too long
        self._line = b""  # the line at hand is in it, up to _stop
        self._numbers = [0, 0, 0]  # in the line at hand, in 1/1000
        self._none = {}
        self._texts = {}  # what each said last: its bytes, and as text
        # The last values that counted, and those in doubt
        self._known = [None] * (ENERGIES + 2)
        self._doubted = [None] * (ENERGIES + 2)
        self.forget()

    def request(self):
        """What to send to the BMS: nothing. Called once a second, it is the decoder's clock."""
        if self._seen:
            self._quiet += 1
            self._open += 1
            if self._quiet >= QUIET or self._open >= LONGEST:
                self._close()
        return b""

    def forget(self):
        """The stream begins anew, maybe from another unit: only our own counters stay."""
        self.stats["bytes_skipped"] += self._end
        self._end = 0
        self._seen = self._before = 0  # measurements of this round and of the one before
        self._last = self._value = 0  # the last measurement
        self._quiet = self._open = 0
        self._energy = None  # the energy out while that in is to come, -1: both are
        for i in range(len(self._known)):
            self._known[i] = self._doubted[i] = None
        self._begin()
        for name in STAYS:
            self.sample.extras[name] = None

    def feed(self, data, count=None):
        """Take the first count bytes (all by default) of the stream's next piece."""
        if count is None:
            count = len(data)
        if type(data) is memoryview:
            data = bytes(data)  # which has find()
        at = 0
        while at < count:
            stop = data.find(b"\n", at, count)
            if stop < 0:
                self._keep(data, at, count)
                return
            if self._end:
                self._keep(data, at, stop)
                self._buf[self._end] = 0x0A
                self._take_line(self._buf, 0, self._end)
                self._end = 0
            else:
                self._take_line(data, at, stop)
            at = stop + 1

    def finish(self):
        """The stream has ended, and with it its last line and round."""
        if self._end:
            self.feed(b"\n")
        self._close()

    # Lines

    def _keep(self, data, at, stop):
        """Add to the pending line."""
        buf = self._buf
        end = self._end
        while at < stop and end < LINE:
            buf[end] = data[at]
            end += 1
            at += 1
        if at < stop:
            self.stats["bytes_skipped"] += stop - at + end - LINE - 1
            end = LINE + 1
        self._end = end

    def _take_line(self, buf, start, stop):
        self._line = buf
        self._stop = stop - 1 if stop > start and buf[stop - 1] == 0x0D else stop
        stats = self.stats
        if stop - start > LINE:
            stats["too_long"] += 1
        else:
            i = self._find_row(start)
            if i >= 0:
                if self._is_right(i, LINES[i]):
                    return
                stats["rejected"] += 1
                self._energy = None  # if it was the first, the next is not
        stats["bytes_skipped"] += stop - start + 1

    def _find_row(self, start):
        """The index of the one of LINES that the line begins like, -1 if there is none. Notes where
        its first number ends, -1 if there is none; in other rows, what follows.
        """
        i = self._count = 0
        while True:
            i = next_row(i, self._line[start])
            if i < 0:
                return i
            row = LINES[i]
            if begins(self._line, start, row[BEGIN]):
                self._at = start + len(row[BEGIN])
                if len(row) > MORE - 1:
                    self._at = self._find_number(self._at, row[NAME] == "mcu_id")
                if i or self._at >= 0:  # C is too little to know a cell by
                    return i
            i += 1

    def _is_right(self, i, row):
        """Take what the line says; False if it is not complete, or cannot be."""
        name = row[NAME]
        value = 0
        if len(row) > STOP + 1:
            if not self._find_more(row):
                return False
            value = rounded(self._numbers[self._count - 1], row[DIVISOR])
            if not row[LOWEST] <= value <= row[HIGHEST]:
                return False
        elif len(row) > STOP and not self._find_text(row[STOP]):
            return False
        if not self._take(i, name, value):
            return False
        accepted = self.stats["accepted"]
        accepted[name] = accepted.get(name, 0) + 1
        return True

    def _find_more(self, row):
        """Find the numbers behind the first one; False if one is missing."""
        at = self._at
        n = MORE
        while at >= 0 and n < len(row):
            if not begins(self._line, at, row[n]):
                return False
            at = self._find_number(at + len(row[n]), False)
            n += 1
        return at >= 0

    def _find_text(self, stop):
        end = self._line.find(stop, self._at, self._stop)
        if end < 0:
            if stop == b'"':
                return False
            end = self._stop
        self._stop = min(end, self._at + MAX_TEXT)
        return True

    def _find_number(self, at, is_hex):
        """Note the number at that place. Returns where it ends, -1 if there is none.

        Behind a line is always its end: none of the characters of a number.
        """
        buf = self._line
        while buf[at] == 0x20:
            at += 1
        sign = buf[at]
        if sign == 0x2D or sign == 0x2B:  # in would allocate a tuple
            at += 1
        at = self._find_hex(at) if is_hex else self._find_digits(at)
        if at < 0:
            return at
        if sign == 0x2D:
            self._numbers[self._count] = -self._numbers[self._count]
        self._count += 1
        sign = buf[at]
        return -1 if sign > 0x2A and sign != 0x2C and sign in GOES_ON else at

    def _find_digits(self, at):
        buf = self._line
        begin = at
        value = 0
        digit = buf[at] - 0x30
        while 0 <= digit <= 9:
            value = value * 10 + digit
            at += 1
            digit = buf[at] - 0x30
        if value >> 28 and value // 10 >> 28:
            return -1
        if digit == -2:  # a point
            return self._find_places(at, value, begin)
        self._numbers[self._count] = 1000 * value
        return at if at > begin else -1

    def _find_places(self, point, value, begin):
        """The digits behind the point at that place: three of them count."""
        scale = 1000
        at = point + 1
        digit = self._line[at] - 0x30
        while 0 <= digit <= 9:
            if scale > 1:
                value = value * 10 + digit
                scale //= 10
            at += 1
            digit = self._line[at] - 0x30
        self._numbers[self._count] = value * scale
        return at if point > begin or at > point + 1 else -1

    def _find_hex(self, at):
        buf = self._line
        if buf[at] == 0x30 and buf[at + 1] | 0x20 == 0x78:  # 0x
            at += 2
        begin = at
        value = 0
        while not value >> 28:
            digit = buf[at] - 0x30
            if digit > 9:
                digit = (buf[at] | 0x20) - 0x57
                if digit < 10:
                    break
            if not 0 <= digit < 16:
                break
            value = value * 16 + digit
            at += 1
        self._numbers[self._count] = 1000 * value
        return at if at > begin else -1

    # What they say

    def _take(self, i, name, value):
        """Put what one of LINES says where it belongs; False if that cannot be."""
        if i < MEASURED:
            number = 16 + i if i else self._numbers[0] // 1000
            if not i and not 0 < number <= 16:
                return False
            if not i and 0 < self._cells < number:
                return True
            if not self._is_believed(number, value, STEPS[i]):
                return False
            self._note(1 << number, name, value)
            return True
        if name == "adc":
            number = self._numbers[0] // 1000
            if not 0 <= number < len(ADCS):
                return False
            name = ADCS[number]
        self._note(OTHER, name, value)
        return True

    def _note(self, bit, name, value):
        """Put it into the round, if it is news."""
        if bit == OTHER or self._is_news(bit, value):
            if not self._seen:
                self._begin()
            self._seen |= bit
            self._put(name, value)

    def _is_believed(self, i, value, step):
        """Can it follow the last value, or the last one in doubt?"""
        known = self._known[i]
        if known is not None and abs(value - known) > step:
            before = self._doubted[i]
            self._doubted[i] = value
            if before is None or abs(value - before) > step:
                return False
            self._doubted[i] = known  # which may come again at once
        self._known[i] = value
        return True

    def _put(self, name, value):
        sample = self.sample
        if name == "cells":
            self._put_cell(value)
        elif name == "temperature":
            sample.temperatures[0] = value
        elif name == "energy":
            self._put_energy(value)
        elif name in sample.texts:
            sample.texts[name] = self._text(name)
        elif name in sample.extras:
            sample.extras[name] = value if self._count else sample.extras[name] + 1
        else:
            setattr(sample, name, value)

    def _put_cell(self, mv):
        sample = self.sample
        i = self._numbers[0] // 1000 - 1
        degrees = rounded(self._numbers[1], 100)
        sample.cell_temperatures[i] = degrees if -600 <= degrees <= 1500 else None
        mv = shown(mv, self._cells)
        if mv:
            for j in range(sample.cell_count, i):
                sample.cells[j] = 0
            sample.cells[i] = mv
            sample.cell_count = max(sample.cell_count, i + 1)

    def _put_energy(self, value):
        """Only both are worth something: one alone could be either."""
        out = self._energy
        if not self._count:
            self._energy = -1
        elif out is not None and value != out:  # a line that came twice
            self._energy = value if out < 0 else None
            if out >= 0:
                if self._is_believed(ENERGIES, out, ENERGY_STEP):
                    self.sample.extras["energy_out"] = out
                if self._is_believed(ENERGIES + 1, value, ENERGY_STEP):
                    self.sample.extras["energy_in"] = value

    def _text(self, name):
        """The line's text; the same object as long as it says the same."""
        raw, text = self._texts.get(name, (b"", ""))
        at, stop = self._at, self._stop
        if len(raw) != stop - at or not begins(self._line, at, raw):
            raw = bytes(self._line[at:stop])
            text = "".join([chr(c) if 0x20 <= c < 0x7F else "?" for c in raw]).strip()
            self._texts[name] = raw, text
        return text

    # Rounds

    def _is_news(self, bit, value):
        """End the round that has this measurement. False if it is the last one once more."""
        self._quiet = 0
        if bit == self._last and value == self._value:
            self._last = 0  # a third one is news
            return False
        missing = self._before & ~(self._seen | OTHER)
        if self._seen & bit and (bit != CURRENT or not missing):
            self._close()
        self._last = bit
        self._value = value
        return True

    def _close(self):
        """Hand over the round, if it is a reading."""
        self._quiet = self._open = 0
        if self._seen & READING:
            self._before = self._seen
            self._seen = self._last = 0
            self.sample.find_extremes()
            self._on_sample(self.sample)

    def _begin(self):
        """Everything is unknown, except what stays."""
        sample = self.sample
        extras = sample.extras
        sample.extras = self._none
        sample.clear()
        sample.extras = extras
        for name in ROUND:
            extras[name] = None
        for name in ADCS:
            extras[name] = None
