"""JK (Jikong) BMS over Bluetooth: frames JK02_24S and JK02_32S (software to 19.x) become Samples.

A frame is 55 AA EB 90 | type | counter | data | sum of the bytes before, mod 256: 300 bytes, low
byte first. The radio is a bridge to the unit's UART: acknowledgements, AT commands and pieces of
frames stand between. Software below 11 speaks 24S, later 32S. Frames 0x01 (settings) and 0x03
(device) hold passcodes: a byte is wiped once it is done with. Facts from captures and ESPHome.
"""

import struct

from bms import framed
from bms.framed import NAME, PLACE, SCALE, low_words
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
CELLS_AT = 6  # mV, 2 bytes each
VOLTAGE = 0  # its row
FIELDS = (
    # name, size, factor, lowest, highest, place in 32S and in 24S
    ("voltage", 4, 1, 150, 118),  # mV
    ("current", -4, 1, 158, 126),  # mA
    ("errors", 4, 1, 166, 0),
    ("errors", 2, 1, 0, 136),
    ("balance_current", -2, 1, 170, 138),  # mA
    ("soc", 1, 1, 173, 141),  # %
    ("charge", 4, 1, 174, 142),  # mAh
    ("capacity", 4, 1, 178, 146),  # mAh
    ("cycles", 4, 1, 182, 150),
    ("soh", 1, 10, 190, 158),  # % to 0.1 %
)
EXTRAS = (
    ("charge_in", 4, 1, 186, 154),  # mAh
    ("bms_uptime", 4, 1, 194, 162),  # s
)
SWITCHES = (
    (CHARGE_ON, 1, 1, 198, 166),
    (DISCHARGE_ON, 1, 1, 199, 167),
    (BALANCING, 1, 1, 172, 140),
)
PRESENT = ("present", 4, 1, 70, 54)  # bits of the cells
WIRES = ("impedances", 2, 10, 80, 64)  # mOhm to 0.1 mOhm, that of cell 1
SENSORS = ("sensors", 2, 1, 214, 0)  # bits: 0 MOSFET, 1 to 5 T1 to T5
TEMPERATURES = (
    (0, -2, 1, 162, 130),  # 0.1 degC
    (1, -2, 1, 164, 132),
    (2, -2, 1, 254, 0),
    (3, -2, 1, 256, 0),
    (4, -2, 1, 258, 0),
    (MAX_TEMPERATURES - 1, -2, 1, 144, 134),  # of the MOSFETs
)
TEXTS = (("model", 6, 16), ("hardware", 22, 8), ("software", 30, 8))  # of DEVICE: place, size

# Protections, by the bits of ALARMS; the others only warn.
STOP_CHARGE = 0x3F2
STOP_DISCHARGE = 0x0F00F802

MOSFET = MAX_TEMPERATURES - 1  # index of its temperature
NO_SENSOR = -2000
APART = 10  # 0.1 degC: a T3 that was never further from the MOSFET only repeats it
_WIPE = "556s"  # the whole buffer


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
        self._layout = None  # until the software's version is known
        self._counter = None
        self._mean = 0  # mV of the cells, see _total()
        self._seen = 3  # the temperatures that are known to be sensors, by bit: T1 and T2 are
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
        if self._sum(length - 1) != self._number(length - 1, 1):
            return False
        kind = self._number(4, 1)
        is_reading = False
        if kind == CELLS:
            if not self._find_layout():
                self.stats["mismatched"] += 1
                self._skip_on()
                return True
            is_reading = self._is_wanted()
        elif kind == DEVICE:
            self._take_device()
        self.stats["accepted"][kind] += 1
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

    def _take_device(self):
        texts = self.sample.texts
        for key, place, size in TEXTS:
            texts[key] = self._text(place, size)
        try:
            major = int(texts["software"].split(".")[0])
            self._layout = LAYOUT_24S if major < 11 else LAYOUT_32S
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
                return False
        return self._layout is None or self._layout == layout

    def _choose(self, layout):
        """Returns the pack's voltage in that layout."""
        self._column = PLACE + layout
        return self._value(FIELDS[VOLTAGE])

    def _fits(self, layout):
        """Do the cells make up the pack's voltage? Their sum may be one cell off (the wire of an
        input is torn) and a sixteenth (the voltage is calibrated apart, and measured at another
        moment).
        """
        voltage = self._choose(layout)
        total = self._total(self._present(), INPUTS[layout])
        off = abs(total - voltage)
        return voltage and total and off <= self._mean + (voltage >> 4)

    def _total(self, present, inputs):
        """mV of the cells that are there, all together. Notes their mean."""
        buf = self._buf
        at = self._start + CELLS_AT
        total = count = 0
        while present and inputs:
            if present & 1:
                total += buf[at]
                total += buf[at + 1] << 8
                count += 1
            present >>= 1
            inputs -= 1
            at += 2
        self._mean = total // (count or 1)
        return total

    def _present(self):
        """Bits of the cells that are there by the unit's word, or the user's where it has none."""
        return self._value(PRESENT) or (1 << self._cells) - 1

    def _fill(self):
        sample = self.sample
        self._put(FIELDS)
        self._put_into(sample.extras, EXTRAS)
        if sample.soc > 100:
            sample.soc = None
        switches = sample.switches = self._bits(SWITCHES)
        # Switched off by its owner, it is not stopped.
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not switches & CHARGE_ON:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not switches & DISCHARGE_ON:
            sample.flags |= DISCHARGE_STOPPED

    def _fill_cells(self):
        sample = self.sample
        present = (1 << self._cells) - 1 if self._cells else self._present()
        count = INPUTS[self._column - PLACE]
        while count and not present >> count - 1 & 1:
            count -= 1
        low_words(self._buf, self._start + CELLS_AT, sample.cells, count)
        low_words(self._buf, self._start + WIRES[self._column], sample.impedances, count)
        keep(sample.cells, sample.impedances, present, count)
        sample.cell_count = sample.impedance_count = count
        sample.find_extremes()

    def _fill_temperatures(self):
        temperatures = self.sample.temperatures
        self._put_into(temperatures, TEMPERATURES)
        self._mosfet = temperatures[MOSFET]
        bits = self._value(SENSORS)
        for i in range(MAX_TEMPERATURES):
            bit = 1 << (i + 1) % MAX_TEMPERATURES  # the MOSFET's comes first
            if not (bits is None or bits & bit) or not self._is_sensor(i):
                temperatures[i] = None

    def _is_sensor(self, i):
        """T3 to T5 count once they have said something: some units repeat the MOSFET in T3, some
        leave 0 in T4 and T5, all with the sensor bit on.
        """
        temperatures = self.sample.temperatures
        value = temperatures[i]
        if value is None or value == NO_SENSOR:
            return False
        if abs(value - self._mosfet) > APART if i == 2 else value:
            self._seen |= 1 << i
        return self._seen >> i & 1 or i == MOSFET
