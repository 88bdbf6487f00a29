"""Sample: one reading of a pack, in integers from the wire to the flash.

mV, mA (charge positive), 0.1 degC, %, mAh, mWh; None is unknown. Cells are numbered from 0 here and
from 1 wherever a person reads. A decoder fills one Sample over and over, a hub keeps a copy of the
newest: nothing is allocated per reading. What only one kind of BMS tells stands in extras and
texts, under the names listed here. fields.py has the units for who reads. Imports nothing.
"""

MAX_CELLS = 32
MAX_TEMPERATURES = 6

# Sample.mode, as Chargery numbers it
DISCHARGE, CHARGE, STORAGE = 0, 1, 2

# Sample.flags: protections that are active now
CHARGE_STOPPED = 1
DISCHARGE_STOPPED = 2

# Sample.switches: what is switched on now
CHARGE_ON = 1
DISCHARGE_ON = 2
BALANCING = 4

# The keys of Sample.extras, whole numbers, in the order of their numbers in the events: append only
EXTRAS = (
    "mcu_id",  # of the BMS's processor
    "units",  # batteries in the system
    "rank",  # of this one among them
    "cells_present",  # as the BMS counts them
    "energy_in",  # Wh, over the BMS's life
    "energy_out",
    "charge_out",  # mAh, over the BMS's life
    "bms_uptime",  # s
    "adc_vp",  # mV
    "adc_0",  # mV
    "adc_1",
    "adc_2",
    "adc_3",
    "adc_4",
    "bad_crc",  # times, since the logger started
    "parse_fail",
    "bad_cell_voltage",
    "vc_max",  # mV, the highest cell as the BMS has it
    "vc_min",
)
# The keys of Sample.texts, what the BMS says in words; also numbered in the events
TEXTS = ("errors", "system_state", "breaker", "charge_state", "model", "hardware", "software")

# What a reading may have besides: the console's extra line has them as they are
MORE = (
    "energy",  # mWh in the pack, by the BMS's own counter
    "charge",  # mAh in the pack, by the BMS's own counter
    "capacity",  # mAh that a full pack holds, as the BMS has it
    "cycles",
    "soh",  # 0.1 %
    "balance_current",  # mA
    "switches",  # bitmask, see above
    "errors",  # bitmask as the BMS numbers them: its module in bms/ has the names
)
SCALARS = (
    "voltage",  # mV, the whole pack
    "current",  # mA, charge positive
    "soc",  # %
    "mode",  # DISCHARGE, CHARGE or STORAGE
    "full_cell_voltage",  # mV at which the BMS ends the charge
    "empty_cell_voltage",  # mV at which the BMS ends the discharge
    "flags",  # bitmask of protections, see above
) + MORE

UNWIRED_BELOW = 500  # mV: an input without a cell picks up a little


def shown(mv, is_wired):
    """What an input shows that reads mv, 0 for no cell.

    is_wired: the user or the unit says that there is a cell. Then it shows whatever it reads, 1 mV
    for 0: a dead cell or a torn sense wire has to be seen. Otherwise what it reads decides.
    """
    if is_wired:
        return mv or 1
    return mv if mv >= UNWIRED_BELOW else 0


class Sample:
    """One reading. cells[0:cell_count] are mV, 0 where a cell is not wired or not known."""

    wires = False  # impedances has the resistances of the sense wires, as a JK measures them

    def __init__(self):
        self.cells = [0] * MAX_CELLS
        self.impedances = [0] * MAX_CELLS  # 0.1 mOhm; one list, for RAM: see wires
        self.cell_temperatures = [None] * MAX_CELLS  # 0.1 degC
        # 0.1 degC by sensor; the last one is that of the BMS's MOSFETs
        self.temperatures = [None] * MAX_TEMPERATURES
        self.extras = {}  # a key of EXTRAS: int or None
        self.texts = {}  # a key of TEXTS: str or None
        self.clear()

    def clear(self):
        """Make every field unknown."""
        for name in SCALARS:
            setattr(self, name, None)
        self.impedance_count = 0
        for i in range(MAX_TEMPERATURES):
            self.temperatures[i] = None
        _forget(self.extras)
        _forget(self.texts)
        self.clear_cells()

    def clear_cells(self):
        """Forget the cell voltages and what follows from them."""
        self.cell_count = 0
        self.min_cell = self.max_cell = None
        for i in range(MAX_CELLS):
            self.cell_temperatures[i] = None

    def copy_from(self, other):
        """Take over every field of another Sample without allocating."""
        _copy_scalars(self, other)
        self.cell_count = other.cell_count
        self.min_cell = other.min_cell
        self.max_cell = other.max_cell
        self.impedance_count = other.impedance_count
        self.wires = other.wires
        _copy(self.cells, other.cells, other.cell_count)
        _copy(self.cell_temperatures, other.cell_temperatures, other.cell_count)
        _copy(self.impedances, other.impedances, other.impedance_count)
        _copy(self.temperatures, other.temperatures, MAX_TEMPERATURES)
        _copy_all(self.extras, other.extras)
        _copy_all(self.texts, other.texts)

    def find_extremes(self):
        """Set min_cell and max_cell, the lowest-numbered where several are equal."""
        cells = self.cells
        least, most = 1 << 29, 0
        low = high = None
        i = self.cell_count
        while i:
            i -= 1
            mv = cells[i]
            if mv:
                if mv <= least:
                    least = mv
                    low = i
                if mv >= most:
                    most = mv
                    high = i
        self.min_cell = low
        self.max_cell = high

    @property
    def power(self):
        """0.1 W, rounded; None if unknown. In steps that an ESP32's small integers hold."""
        voltage, current = self.voltage, self.current
        if voltage is None or current is None:
            return None
        watts = voltage * (current // 1000)  # 2**30 is a pack of 100 V at 10 kA
        return watts // 100 + (watts % 100 * 1000 + voltage * (current % 1000) + 50000) // 100000

    @property
    def temperature(self):
        """The pack's temperature in 0.1 degC: that of the first sensor on it that is known."""
        for i in range(MAX_TEMPERATURES - 1):
            if self.temperatures[i] is not None:
                return self.temperatures[i]
        return None

    @property
    def min_cell_voltage(self):
        """mV of the lowest cell; it can be known without knowing which cell that is."""
        if self.min_cell is None:
            return self.extras.get("vc_min")
        return self.cells[self.min_cell]

    @property
    def max_cell_voltage(self):
        """mV of the highest cell."""
        if self.max_cell is None:
            return self.extras.get("vc_max")
        return self.cells[self.max_cell]


# With more than 11 slots (locals and stack) a function's frame lies on the heap: so clear and
# copy_from have parts


def _forget(values):
    for key in values:
        values[key] = None


def _copy_scalars(target, source):
    i = len(SCALARS)
    while i:
        i -= 1
        name = SCALARS[i]
        setattr(target, name, getattr(source, name))


def _copy(target, source, count):
    for i in range(count):
        target[i] = source[i]


def _copy_all(target, source):
    for key in source:
        target[key] = source[key]
