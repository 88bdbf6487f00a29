"""BlueNova: the lines of its text console, turned into Samples. Units as LINES says.

The console marks no rounds and promises no order. So a round ends when one of its measurements
(any Cnn), Vpack, Temp, Vc_max, Vc_min, SOC, SOH) comes again, which begins the next one; when there
was none for QUIET calls of request(); or when it has gone on for LONGEST of them. Current may come
more often than the others: it ends a round that has all that the one before had, otherwise the
newest stands. A line sent twice in a row is one. A reading needs voltage, current or a cell: until
there is one, the round goes on. What did not come in a round is unknown, but for what the console
says once and means until it says otherwise (who the unit is, its energies) and our own counters.
"""

from sample import EXTRAS, TEXTS, Sample

NUMBER = 3  # in the events
LINKS = {"websocket": {"host": "10.0.0.2", "port": 9000, "path": "/ws/"}}
KEYS = {"cells": ("number", (0, 16), 0), "timeout_s": ("number", (3, 3600), 30)}
ALARMS = ()  # it says them in words
HINTS = ("Battery on?", "Check its network")  # what to check when it is silent

LINE = 256  # bytes; a longer line is none
MAX_TEXT = 64
UNWIRED_BELOW = 500  # mV
QUIET, LONGEST = 3, 10  # calls of request(), once a second

# What came in a round: bits 1 to 16 are the cells, 17 the voltage, 18 the current, 19 and up the
# other measurements, 0 is what else the console says.
OTHER, CURRENT = 1, 1 << 18
READING = 0x7FFFE

# In a line # is a number, % a hexadecimal one, $ text up to the character behind it or to the end;
# a quote has to come. What stands behind the last of them does not matter.
LINES = (
    # line, name in the Sample, 1/1000 of the number in one of ours, lowest, highest
    (b"C#) T: #, V: #", "cells", 1000, 0, 6000),  # degC, mV
    (b"Vpack: #", "voltage", 1000, 8000, 100000),  # mV
    (b"Current: #", "current", 1, -2000000, 2000000),  # A
    (b"Temp: #", "temperature", 100, -600, 1500),  # degC
    (b"Vc_max: #", "vc_max", 1000, 0, 6000),  # mV
    (b"Vc_min: #", "vc_min", 1000, 0, 6000),  # mV
    (b"SOC: #", "soc", 1000, 0, 100),  # %
    (b"SOH: #", "soh", 100, 0, 1100),  # %
    (b'Errors: "$"', "errors"),
    (b"System_State: $\n", "system_state"),
    (b"Breaker: $\n", "breaker"),
    (b"Charge State: $ ", "charge_state"),
    (b"Vp_adc: #", "adc_vp", 1000, -200000, 200000),  # mV
    (b"DEBUG: ADC[#]: # = #", "adc", 1000, -200000, 200000),  # mV
    (b"MCU ID: %", "mcu_id", 1000, 0, 0xFFFFFFFF),
    (b"--- PO PARAMS --- (i=#", "units", 1000, 0, 255),
    (b"after assignRank() --> own rank = #", "rank", 1000, 0, 255),
    (b"CellCount: #", "cells_present", 1000, 0, 255),
    (b"DEBUG: CALC PACK_CHARGE, STORE IN FLASH", "energy"),
    (b"Write EnergyOut: #", "energy", 1, 0, 0xFFFFFFFF),  # kWh; first out, then in
    (b"INFO: BAD CRC", "bad_crc"),
    (b"INFO: cellcomms parse FAIL", "parse_fail"),
    (b"DEBUG: REJECT BAD", "bad_cell_voltage"),
)
MEASURED = 8  # so many of them are measurements
ADCS = EXTRAS[9:14]
ROUND = EXTRAS[6:14] + EXTRAS[17:]  # before these is what stays, between them are our counters
NUMBER, HEX, WORDS = b"#%$"
GOES_ON = b".eExX+-0123456789"  # behind digits: they are not the whole number


def rounded(thousandths, divisor):
    """The nearest whole number, half away from 0."""
    value = (abs(thousandths) + divisor // 2) // divisor
    return -value if thousandths < 0 else value


class Decoder:
    """Calls on_sample(sample) for each round that is a reading, always with the same Sample.

    cells is how many are wired, 0 if the console decides: then below UNWIRED_BELOW there is none.
    With a number given, those cells show whatever they read (1 mV for 0) and the rest is ignored.
    Every line is news, the console repeats none by itself: new_only changes nothing.
    """

    def __init__(self, on_sample, cells=0, new_only=False):
        self.sample = Sample()
        self.sample.extras = dict.fromkeys(EXTRAS, 0)
        self.sample.texts = dict.fromkeys(TEXTS)
        self.stats = {
            "accepted": {},  # lines by what they say
            "rejected": 0,  # lines that begin like one of LINES, with a value that cannot be
            "too_long": 0,
            "bytes_skipped": 0,  # of lines that were not accepted
        }
        self._on_sample = on_sample
        self._cells = cells
        self._buf = bytearray(LINE)
        self._end = 0  # of the pending line; LINE + 1: it is too long
        self._numbers = [0, 0, 0]  # in the line at hand, in 1/1000
        self._none = {}
        self._texts = {}  # what each said last: its bytes, and as text
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
        self.stats["bytes_skipped"] += min(self._end, LINE)
        self._end = 0
        self._seen = self._before = 0  # measurements of this round and of the one before
        self._last = self._value = 0  # the last measurement
        self._quiet = self._open = 0
        self._energy = None  # the energy out while that in is to come, -1: both are
        self._begin()
        self.sample.extras.update(dict.fromkeys(EXTRAS[:6]))  # who the unit is, and its energies

    def feed(self, data, count=None):
        """Take the first count bytes (all by default) of the stream's next piece."""
        if count is None:
            count = len(data)
        buf = self._buf
        end = self._end
        for i in range(count):
            char = data[i]
            if char == 0x0A:
                self._end = end
                self._take_line()
                end = 0
            elif end < LINE:
                buf[end] = char
                end += 1
            else:
                end = LINE + 1
                self.stats["bytes_skipped"] += 1
        self._end = end

    def finish(self):
        """The stream has ended, and with it its last line and round."""
        if self._end:
            self.feed(b"\n")
        self._close()

    # Lines

    def _take_line(self):
        stats = self.stats
        buf = self._buf
        size = self._end
        if size > LINE:
            stats["too_long"] += 1
            size = LINE
        elif size:
            if buf[size - 1] == 0x0D:
                self._end -= 1
            for i in range(len(LINES)):
                row = LINES[i]
                if buf[0] == row[0][0]:
                    match = self._match(row[0])
                    if match and self._take(i):
                        accepted = stats["accepted"]
                        accepted[row[1]] = accepted.get(row[1], 0) + 1
                        return
                    if match is not None:
                        stats["rejected"] += 1
                        self._energy = None  # if it was the first, the next is not
                        break
        stats["bytes_skipped"] += size + 1

    def _match(self, form):
        """Find the numbers or the text in the pending line. None: it is not that one of LINES,
        False: it begins like it.
        """
        at = self._count = 0  # of the numbers
        for i in range(len(form)):
            char = form[i]
            if char == WORDS:
                return self._find_text(at, form[i + 1])
            if char == NUMBER or char == HEX:  # noqa: SIM109 - in would allocate a tuple
                at = self._find_number(at, 10 if char == NUMBER else 16)
                if at < 0:
                    return False if i > 1 else None  # C# is too little to know a cell by
                self._count += 1
            elif at >= self._end or self._buf[at] != char:
                return False if self._count else None
            else:
                at += 1
        return True

    def _find_text(self, at, stop):
        end = at
        while end < self._end and self._buf[end] != stop:
            end += 1
        if end == self._end and stop == 0x22:
            return False
        self._start = at  # of the text in the line at hand
        self._stop = min(end, at + MAX_TEXT)
        return True

    def _find_number(self, at, base):
        """Note the number that stands there. Returns where it ends, -1 if there is none."""
        buf = self._buf
        end = self._end
        while at < end and buf[at] == 0x20:
            at += 1
        negative = at < end and buf[at] == 0x2D
        if negative or (at < end and buf[at] == 0x2B):
            at += 1
        value = digits = 0
        places = -1  # behind the point
        while at < end:
            digit = buf[at] - 0x30
            if digit > 9 and base > 10:
                digit = (buf[at] | 0x20) - 0x57
                if digit == 33 and digits == 1 and not value:
                    digit = 0  # 0x
                    digits = -1
            if digit == -2 and places < 0 and base < 16:
                places = 0
            elif 0 <= digit < base and (places >= 0 or not value >> 28):
                digits += 1
                if places < 3:
                    value = value * base + digit
                if places >= 0:
                    places += 1
            else:
                break
            at += 1
        if not digits or (at < end and buf[at] in GOES_ON):
            return -1
        for _ in range(max(places, 0), 3):
            value *= 10
        self._numbers[self._count] = -value if negative else value
        return at

    # What they say

    def _take(self, i):
        """Put what one of LINES says where it belongs; False if that cannot be."""
        row = LINES[i]
        name = row[1]
        first = self._numbers[0] // 1000
        bit = OTHER
        value = 0
        if self._count:
            value = rounded(self._numbers[self._count - 1], row[2])
            if not row[3] <= value <= row[4]:
                return False
        if name == "cells":
            if not 0 < first <= 16:
                return False
            if 0 < self._cells < first:
                return True
            bit = 1 << first
        elif i < MEASURED:
            bit = 1 << 16 + i
        elif name == "adc" and not 0 <= first < len(ADCS):
            return False
        if bit == OTHER or self._is_news(bit, value):
            if not self._seen:
                self._begin()
            self._seen |= bit
            self._put(name, value, first)
        return True

    def _put(self, name, value, first):
        sample = self.sample
        if name == "cells":
            self._put_cell(first - 1, value)
        elif name == "temperature":
            sample.temperatures[0] = value
        elif name == "adc":
            sample.extras[ADCS[first]] = value
        elif name == "energy":
            self._put_energy(value)
        elif name in sample.texts:
            sample.texts[name] = self._text(name)
        elif name in sample.extras:
            sample.extras[name] = value if self._count else sample.extras[name] + 1
        else:
            setattr(sample, name, value)

    def _put_cell(self, i, mv):
        sample = self.sample
        degrees = rounded(self._numbers[1], 100)
        sample.cell_temperatures[i] = degrees if -600 <= degrees <= 1500 else None
        if self._cells:
            mv = mv or 1
        elif mv < UNWIRED_BELOW:
            mv = 0
        for j in range(sample.cell_count, i):
            sample.cells[j] = 0
        sample.cells[i] = mv
        if mv:
            sample.cell_count = max(sample.cell_count, i + 1)

    def _put_energy(self, value):
        """Only both are worth something: one alone could be either."""
        out = self._energy
        if not self._count:
            self._energy = -1
        elif out is not None and value != out:  # a line that came twice
            self._energy = value if out < 0 else None
            if out >= 0:
                self.sample.extras["energy_out"] = out
                self.sample.extras["energy_in"] = value

    def _text(self, name):
        """The line's text; the same object as long as it says the same."""
        raw, text = self._texts.get(name, (b"", ""))
        start = self._start
        if len(raw) != self._stop - start or self._buf.find(raw, start, self._stop) != start:
            raw = bytes(self._buf[start : self._stop])
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
