"""JK (Jikong) BMS over Bluetooth: frames JK02_24S and JK02_32S (software to 19.x) become Samples.

A frame is 55 AA EB 90 | type | counter | data | sum of the bytes before, mod 256: 300 bytes, low
byte first. The radio is a bridge to the unit's UART: acknowledgements, AT commands and pieces of
frames stand between. Software below 11 speaks 24S, later 32S. Frames 0x01 (settings) and 0x03
(device) hold passcodes: a byte is wiped once it is done with. Facts from captures and ESPHome.
"""

import struct

from bms import framed
from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    MAX_TEMPERATURES,
)

NUMBER = 2  # in the events
LINKS = {"ble": {"service": 0xFFE0, "notify": 0xFFE1, "write": 0xFFE1}}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
SEEN_AS = {"service": 0xFFE0}
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

# A layout's place: how many cells at 6, where their presence bits, wire resistances (mOhm), sensor
# bits (0: none) and temperatures (T1 to T5, MOSFET) are, and its column in the FIELDS.
LAYOUT_32S = (32, 70, 80, 214, (162, 164, 254, 256, 258, 144), 3)
LAYOUT_24S = (24, 54, 64, 0, (130, 132, 0, 0, 0, 134), 4)
FIELDS = (
    # name, size (below 0: signed), scale, place in 32S and in 24S (0: not in it)
    ("voltage", 4, 1, 150, 118),  # mV
    ("current", -4, 1, 158, 126),  # mA
    ("errors", 4, 1, 166, 0),
    ("errors", 2, 1, 0, 136),
    ("balance_current", -2, 1, 170, 138),  # mA
    ("soc", 1, 1, 173, 141),  # %
    ("charge", 4, 1, 174, 142),  # mAh
    ("capacity", 4, 1, 178, 146),  # mAh
    ("cycles", 4, 1, 182, 150),
    ("soh", 1, 10, 190, 158),  # 0.1 %
)
EXTRAS = (("charge_in", 4, 1, 186, 154), ("bms_uptime", 4, 1, 194, 162))  # mAh, s
SWITCHES = (
    (CHARGE_ON, 1, 1, 198, 166),
    (DISCHARGE_ON, 1, 1, 199, 167),
    (BALANCING, 1, 1, 172, 140),
)
TEXTS = (("model", 6, 16), ("hardware", 22, 8), ("software", 30, 8))  # of DEVICE: place, size

# Protections, by the bits of ALARMS; the others only warn.
STOP_CHARGE = 0x3F2
STOP_DISCHARGE = 0x0F00F802

NO_SENSOR = -2000
APART = 10  # 0.1 degC: a T3 that was never further from the MOSFET only repeats it
_WIPE = "556s"  # the whole buffer


class Decoder(framed.Decoder):
    """Calls on_sample(sample) for each valid CELLS frame; the sample is the same object each time.

    cells is how many are wired, 0 if the unit's presence bits decide; what is wired shows what it
    reads, 1 mV for 0. new_only leaves out a frame whose counter stands still.
    """

    FIRST = HEADER[0]

    def __init__(self, on_sample, cells=0, new_only=False):
        super().__init__(on_sample, cells, (SETTINGS, CELLS, DEVICE), LENGTH)
        self._summed = memoryview(self._buf)[: LENGTH - 1]
        self.stats["repeated"] = 0  # CELLS whose counter stood still
        self.stats["mismatched"] = 0  # CELLS that are no pack's in the layout of the software
        for key, _, _, _, _ in EXTRAS:
            self.sample.extras[key] = None
        for key, _, _ in TEXTS:
            self.sample.texts[key] = None
        self._new_only = new_only
        self._layout = None  # until the software's version is known
        self._counter = None
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
        total = self._sum(length - 1) if self._start else sum(self._summed) & 0xFF
        if total != self._buf[self._start + length - 1]:
            return False
        kind = self._number(4, 1)
        layout = None
        if kind == CELLS:
            layout = self._fitting_layout()
            if not layout:
                self.stats["mismatched"] += 1
                self._skip_on()
                return True
            if not self._is_wanted():
                layout = None
        elif kind == DEVICE:
            self._take_device()
        self.stats["accepted"][kind] += 1
        if layout:
            self._fill(layout)
            self._fill_cells(layout)
            self._fill_temperatures(layout)
        self._drop(length)
        if layout:
            self._on_sample(self.sample)
        return True

    def _drop(self, count):
        """Nothing can be read from the buffer any more."""
        if self._start + count == self._end:
            struct.pack_into(_WIPE, self._buf, 0, b"")
        else:
            for i in range(self._start, self._start + count):
                self._buf[i] = 0
        super()._drop(count)

    def _number(self, place, size):
        """The number at that place of the first pending frame; size below 0: signed."""
        buf = self._buf
        at = self._start + place
        last = at + abs(size) - 1
        value = buf[last]
        if size < 0 and value > 127:
            value -= 256  # the sign first: a small negative number is never a big one on the way
        while last > at:
            last -= 1
            value = value << 8 | buf[last]
        return value

    def _take_device(self):
        texts = self.sample.texts
        for key, place, size in TEXTS:
            text = ""
            for i in range(place, place + size):
                code = self._number(i, 1)
                if not code:
                    break
                text += chr(code) if 32 <= code < 127 else "?"
            texts[key] = text
        try:
            major = int(texts["software"].split(".")[0])
            self._layout = LAYOUT_24S if major < 11 else LAYOUT_32S
        except ValueError:
            self._layout = None

    def _is_wanted(self):
        """Whether the first pending frame is news, or is to be taken all the same."""
        counter = self._number(5, 1)
        if counter == self._counter:
            self.stats["repeated"] += 1
            return not self._new_only
        self._counter = counter
        self._quiet_s = 0
        return True

    def _fitting_layout(self):
        """The first pending frame's, None if it has none, or another than the software's."""
        pack_24s = self._pack(LAYOUT_24S)
        pack_32s = self._pack(LAYOUT_32S)
        layout = LAYOUT_24S if pack_24s > pack_32s else LAYOUT_32S
        fits = pack_24s | pack_32s and (self._layout or layout) is layout
        return layout if fits else None

    def _present(self, layout):
        """Bits of the cells that are there by the unit's word, or the user's where it has none."""
        return self._number(layout[1], 4) or (1 << self._cells) - 1

    def _pack(self, layout):
        """mV of the pack in that layout; 0 if the cells don't make up so much.

        Their sum may be one cell off (the wire of an input is torn) and a sixteenth (the voltage is
        calibrated apart, and measured at another moment). The wrong layout is off by far more, and
        where that is a small number of cells and of cycles by chance, it is the smaller voltage.
        """
        present = self._present(layout)
        buf = self._buf
        at = self._start + 6
        total = count = 0
        for i in range(layout[0]):
            if present >> i & 1:
                total += buf[at] | buf[at + 1] << 8
                count += 1
            at += 2
        voltage = self._number(FIELDS[0][layout[5]], 4)
        if not total or abs(total - voltage) > total // count + (voltage >> 4):
            return 0
        return voltage

    def _fill(self, layout):
        sample = self.sample
        column = layout[5]
        for row in FIELDS:
            if row[column]:
                setattr(sample, row[0], self._number(row[column], row[1]) * row[2])
        for row in EXTRAS:
            sample.extras[row[0]] = self._number(row[column], row[1]) * row[2]
        if sample.soc > 100:
            sample.soc = None
        switches = 0
        for row in SWITCHES:
            if self._number(row[column], row[1]):
                switches |= row[0]
        sample.switches = switches
        # Switched off by its owner, it is not stopped.
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not switches & CHARGE_ON:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not switches & DISCHARGE_ON:
            sample.flags |= DISCHARGE_STOPPED

    def _fill_cells(self, layout):
        sample = self.sample
        present = (1 << self._cells) - 1 if self._cells else self._present(layout)
        count = 0
        for i in range(layout[0]):
            sample.cells[i] = sample.impedances[i] = 0
            if present >> i & 1:
                count = i + 1
                sample.cells[i] = self._number(6 + 2 * i, 2) or 1
                sample.impedances[i] = self._number(layout[2] + 2 * i, 2) * 10
        sample.cell_count = sample.impedance_count = count
        sample.find_extremes()

    def _fill_temperatures(self, layout):
        """T3 to T5 count once they have said something: some units repeat the MOSFET in T3, some
        leave 0 in T4 and T5, all with the sensor bit on.
        """
        temperatures = self.sample.temperatures
        bits = self._number(layout[3], 2) if layout[3] else 0x3F
        mosfet = self._number(layout[4][-1], -2)
        for i in range(MAX_TEMPERATURES):
            place = layout[4][i]
            value = self._number(place, -2) if place else NO_SENSOR
            bit = 1 << (i + 1) % MAX_TEMPERATURES  # the MOSFET's comes first
            if not bits & bit or value == NO_SENSOR:
                temperatures[i] = None
                continue
            if abs(value - mosfet) > APART if i == 2 else value:
                self._seen |= 1 << i
            own = self._seen >> i & 1 or i == MAX_TEMPERATURES - 1
            temperatures[i] = value if own else None
