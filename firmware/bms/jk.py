"""JK (Jikong) BMS over Bluetooth: frames JK02_24S and JK02_32S (software to 19.x) become Samples.

A frame is 55 AA EB 90 | type | counter | data | sum of the bytes before, mod 256: 300 bytes, low
byte first. The radio is a bridge to the unit's UART: acknowledgements, AT commands and pieces of
frames stand between. Software below 11 speaks 24S, later 32S. Frames 0x01 (settings) and 0x03
(device) hold passcodes: a byte is wiped once it is done with. Facts from captures and ESPHome.
docs/jk.md says what a frame has to agree with before it counts, and why.
"""

import struct

from bms import framed
from bms.framed import ANY, NAME, PLACE, SCALE, low_words
from lib import once
from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    MAX_TEMPERATURES,
    shown,
)

NUMBER = 2  # in the events
LINKS = {"ble": {"service": 0xFFE0, "notify": 0xFFE1, "write": 0xFFE1}}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
SEEN_AS = {"service": 0xFFE0}
LEAVES_OUT = True  # a sensor says nothing for a moment: see hold.py
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
# By their bits, as the display has room for them
ALARMS = (
    "wire resistance", "MOSFET overheated", "wrong cell count", "current sensor",
    "cell overvoltage", "pack overvoltage", "charge overcurrent", "charge short circuit",
    "charge too hot", "charge too cold", "coprocessor silent", "cell undervoltage",
    "pack undervoltage", "load overcurrent", "load short circuit", "discharge too hot",
    "charge MOSFET fault", "load MOSFET fault", "GPS disconnected", "password to change",
    "discharge on failed", "battery overheated", "temperature sensor", "PLC module fault",
    "short not released", "load overcurrent 2", "load overcurrent 3", "discharge too cold",
    "locked remotely",
)  # fmt: skip
HINTS = ("BMS in reach?", "Phone app closed?")  # what to check when it is silent

HEADER = b"\x55\xaa\xeb\x90"
LENGTH = 300
SETTINGS, CELLS, DEVICE = 1, 2, 3
ASK_DEVICE = b"\xaa\x55\x90\xeb\x97\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x11"
ASK_CELLS = b"\xaa\x55\x90\xeb\x96\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10"
QUIET_S = 5  # without news for so long: ask again
ASK_S = 180  # some units stop unless they are asked every few minutes

# CELLS, low byte first, by layout: 32S and 24S
LAYOUT_32S, LAYOUT_24S = 0, 1
INPUTS = (32, 24)
KNOWN_TO = 19  # the software's major version
CELLS_AT = 6  # mV, 2 bytes each
VOLTAGE, CURRENT, ERRORS, CHARGE, CAPACITY = 0, 1, 2, 6, 7  # rows, ERRORS are two
FIELDS = (
    # name, size, factor, place in 32S and in 24S, lowest, highest, step in STEP_S
    ("voltage", 4, 1, 150, 118, 0, 200000, 8000),  # mV
    ("current", -4, 1, 158, 126, -2000000, 2000000, ANY),  # mA
    ("errors", 4, 1, 166, 0, 0, 0xFFFFFFFF, ANY),
    ("errors", 2, 1, 0, 136, 0, 0xFFFF, ANY),
    ("balance_current", -2, 1, 170, 138, -20000, 20000, ANY),  # mA
    ("soc", 1, 1, 173, 141, 0, 100, 1),  # %
    ("charge", 4, 1, 174, 142, 0, 20000000, 1000),  # mAh
    ("capacity", 4, 1, 178, 146, 0, 20000000, 0),  # mAh
    ("cycles", 4, 1, 182, 150, 0, 100000, 1),
    ("soh", 1, 10, 190, 158, 0, 100, 1),  # % to 0.1 %
)
EXTRAS = (
    ("charge_out", 4, 1, 186, 154, 0, 0x7FFFFFFF, 1000),  # mAh
    ("bms_uptime", 4, 1, 194, 162, 0, 0x7FFFFFFF, ANY),  # s
)
UPTIME = EXTRAS[1]
SWITCHES = (
    (CHARGE_ON, 1, 1, 198, 166, 0, 255, 0),
    (DISCHARGE_ON, 1, 1, 199, 167, 0, 255, 0),
    (BALANCING, 1, 1, 172, 140, 0, 255, ANY),
)
PRESENT = ("present", 4, 1, 70, 54, 0, 0xFFFFFFFF, 0)  # bits of the cells
WIRES = ("impedances", 2, 10, 80, 64)  # mOhm to 0.1 mOhm, that of cell 1
SENSORS = ("sensors", 2, 1, 214, 0, 0, 0xFFFF, 0)  # bits: 0 MOSFET, 1 to 5 T1 to T5
TEMPERATURES = (
    (0, -2, 1, 162, 130, -600, 1500, 100),  # 0.1 degC
    (1, -2, 1, 164, 132, -600, 1500, 100),
    (2, -2, 1, 254, 0, -600, 1500, 100),
    (3, -2, 1, 256, 0, -600, 1500, 100),
    (4, -2, 1, 258, 0, -600, 1500, 100),
    (MAX_TEMPERATURES - 1, -2, 1, 144, 134, -600, 1500, 100),  # of the MOSFETs
)
# What the unit has made of its cells and of voltage times current, 0 if it does not
MEAN = ("mean", 2, 1, 74, 58)  # mV
POWER = ("power", 4, 1, 154, 122)  # mW
MAX_CELL = 24  # high byte of mV: 6144
STEP_S = 8  # of the unit's own clock
LATE_S, FLOWS = 6, 12  # that clock may be ahead by so much; mAh in a second: see _passed()
CELL_STEP, WIRE_STEP, OFF_STEP = 500, 30, 500  # mV, mOhm, mV
# How far the unit's own figures, of another moment, may be off ours
MEAN_OFF, POWER_OFF = 12, 200000  # mV, mW
STEADY = 20000  # mA: of a change by less the power says nothing
# What is odd about a frame, by bits
ODD_POWER, ODD_MEAN, ODD_CELLS = 1, 2, 4
TEXTS = (("model", 6, 16), ("hardware", 22, 8), ("software", 30, 8))  # of DEVICE: place, size

# Protections, by the bits of ALARMS; the others only warn.
STOP_CHARGE = 0x3F2
STOP_DISCHARGE = 0x0F00F802

MOSFET = MAX_TEMPERATURES - 1  # index of its temperature
NO_CELLS = "No cells connected"
APART = 10  # 0.1 degC: a T3 that was never further from the MOSFET only repeats it
_WIPE, _FRAME = "556s", "300s"  # the whole buffer, and of it a frame


def keep(cells, wires, present, count):
    """Keep the cells that are there (bits), of the first so many inputs."""
    while count:
        count -= 1
        if present >> count & 1:
            cells[count] = shown(cells[count], True)
            wires[count] *= WIRES[SCALE]
        else:
            cells[count] = wires[count] = 0


class Decoder(framed.Decoder):
    """Calls on_sample(sample) for each valid CELLS frame; the sample is the same object each time.

    cells is how many are wired, 0 if the unit's presence bits decide; what is wired shows what it
    reads, 1 mV for 0. new_only leaves out a frame whose counter stands still.
    """

    FIRST = HEADER[0]

    @once.packs
    def __init__(self, on_sample, cells=0, new_only=False):
        super().__init__(on_sample, cells, (SETTINGS, CELLS, DEVICE), LENGTH)
        self._summed = memoryview(self._buf)[: LENGTH - 1]
        self.stats["repeated"] = 0  # CELLS whose counter stood still
        self.stats["mismatched"] = 0  # CELLS that are no pack's in the layout of the software
        for row in EXTRAS:
            self.sample.extras[row[NAME]] = None
        for key, _, _ in TEXTS:
            self.sample.texts[key] = None
        self._new_only = new_only
        self._memory = framed.Memory(LENGTH)
        self._layout = None  # until the software's version is known
        self._major = 0  # of that version
        self._counter = None
        self._mean = self._dead = 0  # of the cells, see _total()
        # The temperatures that are known to be sensors, by bit: T1 and T2 are; and those that the
        # last frame had
        self._seen = self._heard = 3
        self._due = 2  # questions to ask
        self._asked_s = self._quiet_s = 0

    def request(self):
        """The question to send now, b"" for none. To be called when the link is up, then every
        second.
        """
        self._asked_s += 1
        self._quiet_s += 1
        if not self._due:
            quiet = self._quiet_s >= QUIET_S
            if self._asked_s < (QUIET_S if quiet else ASK_S):
                return b""
            self._due = 2 if quiet or self._layout is None else 1
        self._due -= 1
        self._asked_s = 0
        return ASK_DEVICE if self._due else ASK_CELLS

    def forget(self):
        """The link is a new one: drop the pending bytes, ask anew.

        The counter stays: a frame that the unit repeats is as old as before.
        """
        super().forget()
        self._due = 2
        self._quiet_s = 0

    def _is_cut_off(self):
        return self._begins() > len(HEADER)

    def _length(self):
        begins = self._begins()
        return LENGTH if begins >= min(self._end - self._start, len(HEADER) + 1) else 0

    def _begins(self):
        """How many of the pending bytes begin a frame of a known type, 5 at most."""
        pending = self._end - self._start
        for i in range(min(pending, len(HEADER))):
            if self._buf[self._start + i] != HEADER[i]:
                return i
        known = pending > 4 and self._buf[self._start + 4] in self.stats["accepted"]
        return min(pending, 5 if known else 4)

    def _take(self, length):
        if self._sum(length - 1) != self._number(length - 1, 1) or self._is_merged(length):
            return False
        kind = self._number(4, 1)
        if kind == CELLS:
            return self._take_cells(length)
        if kind == DEVICE:
            self._take_device()
        self.stats["accepted"][kind] += 1
        self._drop(length)
        return True

    def _is_merged(self, length):
        """Does another frame begin before this one ends? Then pieces are lost."""
        start = self._start + 1
        end = start + length + 2  # the header may be cut in two by the end
        return self._buf.find(HEADER, start, min(end, self._end)) >= 0

    def _take_cells(self, length):
        if not self._find_layout():
            self.stats["mismatched"] += 1
            self._skip_on()
            return True
        if not self._is_in_range(FIELDS[VOLTAGE]) or not self._is_in_range(FIELDS[CURRENT]):
            return False
        if not self._is_believed(self._memory, self._odd()):
            return False
        self.stats["accepted"][CELLS] += 1
        is_reading = self._is_wanted()
        if is_reading:
            self._fill()
            self._fill_cells()
            self._fill_temperatures()
        self._drop(length)
        if is_reading:
            self._on_sample(self.sample)
        return True

    def _sum(self, count):
        return super()._sum(count) if self._start else sum(self._summed) & 0xFF

    def _drop(self, count):
        """Nothing can be read from the buffer any more."""
        if self._start + count == self._end:
            struct.pack_into(_WIPE, self._buf, 0, b"")
        else:
            for i in range(self._start, self._start + count):
                self._buf[i] = 0
        super()._drop(count)

    def _copy_to(self, frame):
        if self._start:
            super()._copy_to(frame)
        else:
            struct.pack_into(_FRAME, frame, 0, self._buf)

    def _take_device(self):
        texts = self.sample.texts
        for key, place, size in TEXTS:
            text = self._text(place, size)
            if text != texts[key]:  # another unit
                texts[key] = text
                self._memory.frame[0] = 0
        try:
            self._major = int(texts["software"].split(".")[0])
            self._layout = LAYOUT_24S if self._major < 11 else LAYOUT_32S
        except ValueError:
            self._layout = None

    def _text(self, place, size):
        """The text up to the first 0, "?" for what is not printable."""
        text = ""
        for i in range(place, place + size):
            code = self._number(i, 1)
            if not code:
                break
            text += chr(code) if 32 <= code < 127 else "?"
        return text

    def _is_wanted(self):
        """Whether the first pending frame is news, or is to be taken all the same."""
        counter = self._number(5, 1)
        if counter == self._counter:
            self.stats["repeated"] += 1
            return not self._new_only
        self._counter = counter
        self._quiet_s = 0
        return True

    def _find_layout(self):
        """Read the first pending frame in its layout from here on. False if neither fits, or
        another than the software's.

        The wrong layout's sum is far off the voltage it reads. Where that is a small number of
        cells and of cycles by chance, it is the smaller voltage: so the larger one is tried first.
        """
        voltage_24s = self._choose(LAYOUT_24S)
        voltage_32s = self._choose(LAYOUT_32S)
        layout = LAYOUT_24S if voltage_24s > voltage_32s else LAYOUT_32S
        if not self._fits(layout):
            layout = LAYOUT_24S if layout == LAYOUT_32S else LAYOUT_32S
            if not self._fits(layout):
                return self._layout is not None and self._is_sick(self._layout)
        return self._layout is None or self._layout == layout

    def _choose(self, layout):
        """Returns the pack's voltage in that layout."""
        self._column = PLACE + layout
        return self._value(FIELDS[VOLTAGE]) or 0

    def _fits(self, layout):
        """Do the cells make up the pack's voltage? Their sum may be one cell off (the wire of an
        input is torn) and a sixteenth (the voltage is calibrated apart, and measured at another
        moment).
        """
        voltage = self._choose(layout)
        total = self._total(self._present(), INPUTS[layout])
        off = abs(total - voltage)
        return voltage and total and off <= self._mean + (voltage >> 4)

    def _is_sick(self, layout):
        """The same for a pack of which several inputs read nothing, or all: known software says
        that it is the layout all the same.
        """
        voltage = self._choose(layout)
        present = self._present()
        total = self._total(present or -1, INPUTS[layout])
        if self._major > KNOWN_TO or not self._dead:
            return False
        if not self._mean:
            return True
        return present and abs(total + self._dead * self._mean - voltage) <= voltage >> 4

    def _total(self, present, inputs):
        """mV of the cells that are there, all together, 0 if one is out of range. Notes their mean,
        and how many are dead: below 512 mV, and no part of the mean.
        """
        buf = self._buf
        at = self._start + CELLS_AT
        total = count = 0
        while present and inputs:
            if present & 1:
                if buf[at + 1] >= MAX_CELL:
                    return 0
                total += buf[at]
                total += buf[at + 1] << 8
                count += 1 if buf[at + 1] > 1 else 0x100
            present >>= 1
            inputs -= 1
            at += 2
        self._dead = count >> 8
        count &= 0xFF
        self._mean = total // count if count else 0
        return total

    def _present(self):
        """Bits of the cells that are there by the unit's word, or the user's where it has none."""
        return self._value(PRESENT) or (1 << self._cells) - 1

    def _wired(self):
        """Bits of the cells that are shown."""
        return (1 << self._cells) - 1 if self._cells else self._present()

    def _count(self):
        """Of the inputs up to the last cell."""
        count = INPUTS[self._column - PLACE]
        while count and not self._wired() >> count - 1 & 1:
            count -= 1
        return count

    # What a frame has to agree with: its own figures, and the frame before

    def _odd(self):
        """What is odd about the first pending frame, by bits."""
        odd = ODD_POWER if self._is_power_odd() else 0
        mean = self._number(MEAN[self._column], 2)
        if self._dead:
            if not self._errors():
                odd |= ODD_CELLS
        elif mean and abs(mean - self._mean) > MEAN_OFF:  # some leave it at 0
            odd |= ODD_MEAN
        return odd

    def _is_power_odd(self):
        """Is the current a much other one than before, but the unit's power does not say so?"""
        self._other = self._memory.frame
        first = not self._other[0]
        place = FIELDS[CURRENT][self._column]
        if not first and self._off(place, -4) <= STEADY:
            return False
        told = self._number(POWER[self._column], 4)
        if first and not told:  # some leave it at 0
            return False
        power = self._value(FIELDS[VOLTAGE]) * (abs(self._number(place, -4)) // 1000)  # mV * A
        return abs(power - told) > POWER_OFF + (max(power, told) >> 2)

    def _errors(self):
        return self._value(FIELDS[ERRORS]) or self._value(FIELDS[ERRORS + 1])

    def _agrees(self):
        self._times = self._passed()
        return (
            self._times
            and self._is_current_near()
            and self._are_states_near()
            and self._are_near(FIELDS)
            and self._are_near(EXTRAS)
            and self._are_near(SWITCHES)
            and self._is_near(PRESENT)
            and self._are_near(TEMPERATURES)
            and self._are_cells_near(self._count())
        )

    def _passed(self):
        """How many STEP_S the unit's clock is ahead of the other frame's, and one more; 0 if it
        cannot be.

        It may be ahead of our clock by LATE_S. A capture has no clock: then as much time may have
        passed as charge has flowed.
        """
        place = UPTIME[self._column]
        passed = self._number(place, 4) - self._read(self._other, place, 4)
        if passed > LATE_S + self._quiet_s and self._other is self._memory.frame:
            flowed = self._off(FIELDS[CHARGE][self._column], 4)
            if self._due < 2 or not flowed:
                return 0
            passed = min(passed, flowed // FLOWS)
        return 1 + min(passed // STEP_S, 20000) if passed >= 0 else 0

    def _is_current_near(self):
        """A current can change by ten times the capacity at once, not by more."""
        most = 10 * (self._value(FIELDS[CAPACITY]) or 100000)
        return self._off(FIELDS[CURRENT][self._column], -4) <= most

    def _are_states_near(self):
        """New errors come twice, unless the cells show them, too; and so do new sensors."""
        place = FIELDS[ERRORS][self._column]
        size = 4 if place else 2
        if self._off(place or FIELDS[ERRORS + 1][self._column], size):
            return self._dead
        place = SENSORS[self._column]
        return not place or not self._off(place, 1)

    def _are_cells_near(self, count):
        torn = self._dead and self._errors()
        if not torn and not self._words_near(CELLS_AT, count, CELL_STEP):
            return False
        return self._words_near(WIRES[self._column], count, WIRE_STEP)

    def _fill(self):
        sample = self.sample
        self._put(FIELDS)
        self._put_into(sample.extras, EXTRAS)
        switches = sample.switches = self._bits(SWITCHES)
        # Switched off by its owner, it is not stopped.
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not switches & CHARGE_ON:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not switches & DISCHARGE_ON:
            sample.flags |= DISCHARGE_STOPPED

    def _fill_cells(self):
        sample = self.sample
        count = self._count()
        low_words(self._buf, self._start + CELLS_AT, sample.cells, count)
        low_words(self._buf, self._start + WIRES[self._column], sample.impedances, count)
        keep(sample.cells, sample.impedances, self._wired(), count)
        sample.cell_count = sample.impedance_count = count
        sample.find_extremes()
        if not count:
            sample.texts["errors"] = NO_CELLS
        elif "errors" in sample.texts:
            sample.texts["errors"] = ""

    def _fill_temperatures(self):
        self._put_into(self.sample.temperatures, TEMPERATURES)
        self._mosfet = self.sample.temperatures[MOSFET]
        bits = self._value(SENSORS)
        if bits is None:
            bits = 0xFF
        heard = 0
        for i in range(MOSFET):
            if bits & 2 << i and self._is_own(i, self.sample.temperatures[i]):
                heard |= 1 << i
        self._seen |= heard & self._heard
        self._heard = heard
        self._keep_sensors(bits >> 1 & self._seen | (bits & 1) << MOSFET)

    def _keep_sensors(self, bits):
        for i in range(MAX_TEMPERATURES):
            if not bits >> i & 1:
                self.sample.temperatures[i] = None

    def _is_own(self, i, value):
        """T3 to T5 count once two frames have said something of their own: some units repeat the
        MOSFET in T3, some leave 0 in T4 and T5, all with the sensor bit on.
        """
        if value is None:
            return False
        if i == 2:
            return self._mosfet is None or abs(value - self._mosfet) > APART
        return value != 0
