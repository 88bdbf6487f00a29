"""Sample: one reading of a pack, in integers from the wire to the flash.

mV, mA (charge positive), 0.1 degC, %, mAh, mWh; None is unknown. Cells are numbered from 0 here and
from 1 wherever a person reads. A decoder fills one Sample over and over, a hub keeps a copy of the
newest: nothing is allocated per reading. Imports nothing.
"""

MAX_CELLS = 32
MAX_TEMPERATURES = 6

# Sample.mode, as Chargery numbers it
DISCHARGE, CHARGE, STORAGE = 0, 1, 2

# Sample.flags: protections that are active now
CHARGE_STOPPED = 1
DISCHARGE_STOPPED = 2

SCALARS = (
    "voltage",  # mV, the whole pack
    "current",  # mA, charge positive
    "soc",  # %
    "mode",  # DISCHARGE, CHARGE or STORAGE
    "energy",  # mWh in the pack, by the BMS's own counter
    "charge",  # mAh in the pack, by the BMS's own counter
    "full_cell_voltage",  # mV at which the BMS ends the charge
    "empty_cell_voltage",  # mV at which the BMS ends the discharge
    "flags",  # bitmask, see above
)


class Sample:
    """One reading. cells[0:cell_count] are mV, 0 where a cell is not wired or not known."""

    def __init__(self):
        self.cells = [0] * MAX_CELLS
        self.impedances = [0] * MAX_CELLS  # 0.1 mOhm
        self.temperatures = [None] * MAX_TEMPERATURES  # 0.1 degC by sensor
        self.clear()

    def clear(self):
        """Make every field unknown."""
        for name in SCALARS:
            setattr(self, name, None)
        self.impedance_count = 0
        for i in range(MAX_TEMPERATURES):
            self.temperatures[i] = None
        self.clear_cells()

    def clear_cells(self):
        """Forget the cell voltages and what follows from them."""
        self.cell_count = 0
        self.min_cell = self.max_cell = None

    def copy_from(self, other):
        """Take over every field of another Sample without allocating."""
        for name in SCALARS:
            setattr(self, name, getattr(other, name))
        self.cell_count = other.cell_count
        self.min_cell = other.min_cell
        self.max_cell = other.max_cell
        self.impedance_count = other.impedance_count
        for i in range(other.cell_count):
            self.cells[i] = other.cells[i]
        for i in range(other.impedance_count):
            self.impedances[i] = other.impedances[i]
        for i in range(MAX_TEMPERATURES):
            self.temperatures[i] = other.temperatures[i]

    def find_extremes(self):
        """Set min_cell and max_cell, the lowest-numbered where several are equal."""
        low = high = None
        cells = self.cells
        for i in range(self.cell_count):
            mv = cells[i]
            if mv:
                if low is None or mv < cells[low]:
                    low = i
                if high is None or mv > cells[high]:
                    high = i
        self.min_cell = low
        self.max_cell = high

    @property
    def temperature(self):
        """The pack's temperature in 0.1 degC: that of the first sensor that is known."""
        for t in self.temperatures:
            if t is not None:
                return t
        return None

    @property
    def min_cell_voltage(self):
        """mV of the lowest cell."""
        return None if self.min_cell is None else self.cells[self.min_cell]

    @property
    def max_cell_voltage(self):
        """mV of the highest cell."""
        return None if self.max_cell is None else self.cells[self.max_cell]
