"""JK's frames: where their fields stand, which layout it is, and what a frame has to agree with.

The wrong layout yields correct cells and wrong totals; the sum of a frame lets one damaged frame in
256 pass. docs/jk.md says what is compared, why, and what it costs.
"""

from bms import framed
from bms.framed import ANY, PLACE
from lib import once
from sample import BALANCING, CHARGE_ON, DISCHARGE_ON, MAX_TEMPERATURES

LENGTH = 300
LONGEST = LENGTH + 8  # with the acknowledgement that jk_pb.py waits for
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
WIRES = ("wire_resistances", 2, 10, 80, 64)  # mOhm to 0.1 mOhm, that of cell 1
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


def words_near(buf, at, other, place, count, step):
    """True if count numbers of two bytes differ by that step at most."""
    while count:
        if buf[at + 1] != other[place + 1] or (step < 255 and buf[at] != other[place]):
            off = ((buf[at + 1] - other[place + 1]) << 8) + buf[at] - other[place]
            if off > step or off < -step:
                return False
        at += 2
        place += 2
        count -= 1
    return True


class Frames(framed.Decoder):
    """The base of the decoder in jk.py. cells: how many are wired, 0 if the unit's bits decide."""

    @once.packs
    def __init__(self, on_sample, cells, kinds, live):
        super().__init__(on_sample, cells, kinds, LONGEST)
        self._memory = framed.Memory(LENGTH, live)
        self._layout = None  # until the software's version is known
        self._major = 0  # of that version
        self._mean = self._dead = 0  # of the cells, see _total()
        self._due = 2  # questions to ask
        self._quiet_s = 0  # without news

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
                high = buf[at + 1]
                if high >= MAX_CELL:
                    return 0
                total += buf[at]
                total += high << 8
                count += 1 if high > 1 else 0x100
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
        wired = self._wired()
        while count and not wired >> count - 1 & 1:
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
        if passed > LATE_S + self._quiet_s and self._is_beside_counted():
            flowed = self._off(FIELDS[CHARGE][self._column], 4)
            if self._due < 2 or not flowed:
                return 0
            passed = min(passed, flowed // FLOWS)
        return 1 + min(passed // STEP_S, 20000) if passed >= 0 else 0

    def _is_beside_counted(self):
        """Is the comparison with the last frame that counted, or the first of a start?"""
        counted = self._memory.frame
        return self._other is counted or not counted[0]

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
        if not torn and not self._words_near(CELLS_AT, count, CELL_STEP * self._times):
            return False
        return self._words_near(WIRES[self._column], count, WIRE_STEP * self._times)

    def _words_near(self, place, count, step):
        return words_near(self._buf, self._start + place, self._other, place, count, step)
