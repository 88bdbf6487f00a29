"""JK (Jikong) BMS over Bluetooth: frames JK02_24S and JK02_32S (software to 19.x) become Samples.

A frame is 55 AA EB 90 | type | counter | data | sum of the bytes before, mod 256: 300 bytes, low
byte first. The radio is a bridge to the unit's UART: acknowledgements, AT commands and pieces of
frames stand between. Software below 11 speaks 24S, later 32S. Frames 0x01 (settings) and 0x03
(device) hold passcodes: a byte is wiped once it is done with. Facts from captures and ESPHome.
jk_frame.py has where the fields stand, and what a frame has to agree with before it counts.
"""

import struct

from bms import jk_frame
from bms.framed import NAME, SCALE, low_words
from bms.jk_frame import (
    CELLS_AT,
    CURRENT,
    EXTRAS,
    FIELDS,
    LAYOUT_24S,
    LAYOUT_32S,
    LENGTH,
    SENSORS,
    SWITCHES,
    TEMPERATURES,
    VOLTAGE,
    WIRES,
)
from lib import once
from sample import (
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    MAX_TEMPERATURES,
)

NUMBER = 2  # in the events
LINKS = {"ble": {"service": 0xFFE0, "notify": 0xFFE1, "write": 0xFFE1}}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
SEEN_AS = ({"service": 0xFFE0, "maker": (0x0B65, 0x4B4A)},)
LEAVES_OUT = True  # a sensor says nothing for a moment: see hold.py
SECRETS = "jk_secrets"  # what keeps its passcodes out of a capture
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
SETTINGS, CELLS, DEVICE = 1, 2, 3
ASK_DEVICE = b"\xaa\x55\x90\xeb\x97\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x11"
ASK_CELLS = b"\xaa\x55\x90\xeb\x96\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10"
QUIET_S = 5  # without news for so long: ask again
ASK_S = 180  # some units stop unless they are asked every few minutes

TEXTS = (("model", 6, 16), ("hardware", 22, 8), ("software", 30, 8))  # of DEVICE: place, size

# Protections, by the bits of ALARMS; the others only warn.
STOP_CHARGE = 0x3F2
STOP_DISCHARGE = 0x0F00F802

MOSFET = MAX_TEMPERATURES - 1  # index of its temperature
NO_CELLS = "No cells connected"
NO_WIRE = 0xFFFF  # mOhm: no value
APART = 10  # 0.1 degC: a T3 that was never further from the MOSFET only repeats it
_WIPE, _FRAME = "564s", "300s"  # the whole buffer, and of it a frame


def keep(cells, wires, present, count):
    """Keep the cells that are there (bits), of the first count inputs."""
    scale = WIRES[SCALE]
    while count:
        count -= 1
        if present >> count & 1:
            cells[count] = cells[count] or 1  # as shown() in sample.py
            wires[count] = wires[count] * scale if wires[count] < NO_WIRE else 0
        else:
            cells[count] = wires[count] = 0


class Decoder(jk_frame.Frames):
    """Calls on_sample(sample) for each valid CELLS frame; the sample is the same object each time.

    cells is how many are wired, 0 if the unit's presence bits decide; what is wired shows what it
    reads, 1 mV for 0. live leaves out a frame whose counter stands still, and has the first
    one come twice.
    """

    FIRST = HEADER[0]

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, (SETTINGS, CELLS, DEVICE), live)
        self._summed = memoryview(self._buf)[: LENGTH - 1]
        self.sample.wires = True
        self.stats["repeated"] = 0  # CELLS whose counter stood still
        self.stats["mismatched"] = 0  # CELLS that are no pack's in the layout of the software
        for row in EXTRAS:
            self.sample.extras[row[NAME]] = None
        for key, _, _ in TEXTS:
            self.sample.texts[key] = None
        self._live = live
        self._counter = None
        # The temperatures that are known to be sensors, by bit: T1 and T2 are; and those that the
        # last frame had
        self._seen = self._heard = 3
        self._asked_s = 0

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
        start = self._start
        pending = self._end - start
        if pending > 4 and self._buf.find(HEADER, start, start + 4) == start:
            return 5 if self._buf[start + 4] in self.stats["accepted"] else 4
        for i in range(min(pending, len(HEADER))):
            if self._buf[start + i] != HEADER[i]:
                return i
        return pending

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
            return not self._live
        self._counter = counter
        self._quiet_s = 0
        return True

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
